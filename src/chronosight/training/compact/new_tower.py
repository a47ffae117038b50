"""Another vision tower for a weights folder: the tower is trained, then the folder's language model on what it sees.

Without another tower the folder's language model is trained on with what it has.

    OUT/rendered, OUT/arrays, OUT/features   as of `compact.train`        OUT/tower/final    the tower
    OUT/facts                                what the folder's guide finds in the places
    OUT/unirs/final                          the language model; `chronosight export --unirs` puts it into a weights folder
The guide and everything that reads its maps stay as they are.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from chronosight.datasets.places import load_places, windows
from chronosight.engines import load
from chronosight.models.unirs.vocabulary import load_tokenizer
from chronosight.tasks.pixels import resize_frames
from chronosight.training.checkpoints import has_model, store_recipe
from chronosight.training.compact.restore import restore_decoder, restore_model
from chronosight.training.compact.tower import train_tower
from chronosight.training.compact.tower_batches import SETS, Stills
from chronosight.training.compact.train import draw_scenes, fit, held_out_sources, new_model, training_sources
from chronosight.training.progress import progress
from chronosight.training.samples.guide_facts import FactsKey, read_facts, write_facts

if TYPE_CHECKING:
    from chronosight.engines.compact.engine import CompactEngine
    from chronosight.tasks.clue import GuideFacts
    from chronosight.training.recipes.compact import CompactTowerRecipe

MEASURED = 128  # images of each set that norms are measured on


def train_new_tower(
    recipe: CompactTowerRecipe, data: str | Path, out: str | Path, say: Callable[[str], None] = lambda text: None
) -> Path:
    """Trains the tower and the language model; a stage whose result is in `out` is skipped, a stopped one goes on.

    Args:
        recipe: Every setting of the run.
        data: Folder of the training data, with pairs/ and images/.
        out: Folder of the run.
        say: Called as each stage begins.

    Returns:
        The folder of the trained language model.

    Raises:
        InputError: `data` lacks something, the weights are none, or `out` was begun with another recipe.
    """
    out, final = Path(out), Path(out) / "unirs" / "final"
    store_recipe(recipe, out / "recipe.yaml")
    engine = load("compact", recipe.weights or None)
    weights = engine.bundle.folder
    shutil.copyfile(weights / "tokenizer.json", out / "tokenizer.json")
    say("rendered scenes")
    draw_scenes(recipe.rendered, out / "rendered")
    tower = out / "tower" / "final"
    if recipe.tower is not None and not (tower / "change.safetensors").is_file():
        say("vision tower")
        train_tower(recipe.tower, data, out / "tower", out / "arrays", out / "rendered" / "stills")
    for part in ("val", "train"):
        path = out / "facts" / f"{part}.jsonl"
        if not path.is_file():
            say(f"what the guide finds, {part} places")
            path.parent.mkdir(exist_ok=True)
            write_facts(path, facts_of(engine, data, part))
    if has_model(final):
        return final
    say("joint training")
    tokenizer = load_tokenizer(str(out / "tokenizer.json"))
    if recipe.tower is None:
        model = new_model(recipe.unirs, tokenizer, None)
        restore_model(model, weights, _frames(data, out / "arrays", model.config.image_size))
    else:
        model = new_model(recipe.unirs, tokenizer, tower)
        restore_decoder(model.language_model, weights)
    train_facts, val_facts = (read_facts([out / "facts" / f"{part}.jsonl"]) for part in ("train", "val"))
    sources = training_sources(recipe.unirs, data, out, train_facts)
    fit({"unirs": recipe.unirs}, model, tokenizer, sources, held_out_sources(data, out, val_facts), out)
    return final


def _frames(data: str | Path, arrays: Path, side: int) -> Tensor:
    """(N, 3, side, side) in [0, 1]: training images to measure norms on."""
    stills = [Stills.load(data, source, "train", arrays).pixels for source in SETS]
    chosen = [pixels[:: max(1, len(pixels) // MEASURED)][:MEASURED] for pixels in stills]
    return torch.cat([torch.from_numpy(resize_frames(np.asarray(pixels), side, side)) for pixels in chosen])


def facts_of(engine: CompactEngine, data: str | Path, part: str) -> Iterator[tuple[FactsKey, GuideFacts]]:
    """What the engine's guide finds in the four windows of each place, in both orders of the dates.

    Args:
        engine: The engine.
        data: Folder of the training data.
        part: "train" or "val".

    Yields:
        (id of the place, box, whether the dates are swapped), and the facts.
    """
    for place in progress(load_places(data, part), f"guide, {part} places"):
        for box in windows(place.before.shape[0]):
            scene = place.crop(box)
            yield (place.id, box, False), engine.guide_facts(scene)[1]
            swapped = replace(scene, frames=np.ascontiguousarray(scene.frames[::-1]))
            yield (place.id, box, True), engine.guide_facts(swapped)[1]
            engine.forget()
