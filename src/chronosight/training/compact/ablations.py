"""The claims of the papers at compact scale, each run alike but for one thing (arXiv 2412.20742, 2509.23105).

    joint                       images, pairs and videos together, with clues and change extraction
    images, pairs, videos       one kind alone: the very scenes of that kind that `joint` sees, step by step
    no_clue                     joint, learned and asked without clues
    concat, two_images          joint, with the two dates concatenated, or as two rows of visual tokens
    plain_guide                 joint, its clues from the guide that learned on the very places, not from cross-fitted ones
The three runs of one kind see together what `joint` sees: the same budget of scenes, split by kind. Change extraction
starts from nothing here, as what it is compared with does, unless all runs go on from the weights of `start`. Needs a
finished `chronosight train recipes/compact.yaml` run: its tower, vocabulary, rendered scenes and facts are used, never written.

    OUT/NAME/             checkpoints and log of a run, `final`  OUT/metrics.json   all metrics, written as runs end
    OUT/features          the tower's view, for all runs         OUT/plain.jsonl    facts of the plain guide
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import numpy as np
import torch
from safetensors.torch import load_file
from transformers import PreTrainedTokenizerFast

from chronosight.datasets.places import load_places
from chronosight.errors import InputError
from chronosight.files import read_json_object, write_json
from chronosight.models.guide.modeling import GuideModel
from chronosight.models.unirs.change_extraction import ChangeExtraction
from chronosight.models.unirs.modeling import UniRSForConditionalGeneration
from chronosight.models.unirs.processing import UniRSProcessor
from chronosight.models.unirs.vocabulary import load_tokenizer
from chronosight.training.checkpoints import finished_folder, has_model
from chronosight.training.compact.language_model import train_language_model
from chronosight.training.compact.language_model_eval import evaluate_language_model
from chronosight.training.compact.train import all_features, held_out_sources, new_model, training_sources
from chronosight.training.guide.crossfit import crossfit_facts
from chronosight.training.recipes.compact import Ablation, AblationsRecipe, LanguageModelRecipe
from chronosight.training.recipes.read import same_recipe
from chronosight.training.samples.guide_facts import read_facts, write_facts
from chronosight.training.samples.pairs import Facts
from chronosight.training.samples.source import Exercise, Kind, Source

KIND_OF: dict[str, Kind] = {"images": "image", "pairs": "pair", "videos": "video"}
METRICS = "metrics.json"
OLD_METRICS = "figures.json"  # its name until version 0.1; still read


class WithoutClue:
    """A source whose exercises have no clue."""

    def __init__(self, source: Source) -> None:
        self.source, self.kind, self.rows = source, source.kind, source.rows

    def frames(self, row: int) -> np.ndarray:
        """The source's frames.

        Args:
            row: Row of the source, from 0.

        Returns:
            (T, H, W, 3) uint8: one frame for an image, two for a pair, more for a video; earliest first.
        """
        return self.source.frames(row)

    def ask(self, row: int, rng: np.random.Generator) -> Exercise:
        """The source's exercise, its clue left out.

        Args:
            row: Row of the source, from 0.
            rng: Draws the questions, their wording and, for a pair, the order of the dates.

        Returns:
            The exercise: questions with the replies to learn, its clue empty.
        """
        return replace(self.source.ask(row, rng), clue="")


def train_ablations(
    recipe: AblationsRecipe, data: str | Path, out: str | Path, say: Callable[[str], None] = print
) -> dict[str, dict[str, float]]:
    """Does the runs of a recipe. Runs whose metrics are there are not done again; one that was stopped goes on.

    Args:
        recipe: Which runs, and how each is trained.
        data: Folder with pairs/ and images/.
        out: Folder of the runs.
        say: Is given the name of each run that begins.

    Returns:
        Metrics by run.

    Raises:
        InputError: The compact run is not finished, weights to start from are missing, or `out` was begun with another
            recipe.
    """
    run, out, base = Path(recipe.run), Path(out), settings_of_all(recipe)
    tower = run / "tower" / "final"
    if not (tower / "change.safetensors").is_file() or not (run / "tokenizer.json").is_file():
        raise InputError(f"{run} is no finished compact run; make it with: chronosight train recipes/compact.yaml --out {run}")
    if "plain_guide" in recipe.runs and not has_model(run / "guide" / "final"):
        raise InputError(f"plain_guide needs the guide of the compact run, and {run / 'guide' / 'final'} holds none")
    if recipe.start and not has_model(Path(recipe.start)):
        raise InputError(f"start: {recipe.start} holds no UniRS weights (model.safetensors)")
    out.mkdir(parents=True, exist_ok=True)
    document = _begun(out, recipe, base)
    tokenizer = load_tokenizer(str(run / "tokenizer.json"))
    sources = training_sources(base, data, run, read_facts(sorted((run / "facts").glob("train_*.jsonl"))))
    held_out = held_out_sources(data, run, read_facts(sorted((run / "facts").glob("val.jsonl"))))
    first = new_model(base, tokenizer, tower)
    features = all_features(first, sources, out / "features", f"seed {base.seed}")
    held_features = all_features(first, held_out, out / "features" / "held_out", "held out")
    for name in recipe.runs:
        if name in document["metrics"]:
            continue
        say(name)
        settings = settings_of(name, base)
        model = new_model(settings, tokenizer, tower)
        if recipe.start:
            _go_on_from(model, recipe.start)
        elif model.config.fusion == "change_extraction":
            torch.manual_seed(base.seed)
            model.change = ChangeExtraction(model.config.vision_config.hidden_size, model.config.pair_size // model.config.patch)
        shown: dict[str, Source] = sources
        if name == "no_clue":
            shown = {key: WithoutClue(source) for key, source in sources.items()}
        elif name == "plain_guide":
            facts = plain_facts(run, tokenizer, data, base.extra_windows, out / "plain.jsonl", say)
            shown = training_sources(base, data, run, facts)
        model = train_language_model(settings, model, tokenizer, shown, features, out / name)
        model.train(False)
        processor = UniRSProcessor(tokenizer, model.config)
        with finished_folder(out / name / "final") as folder:
            model.save_pretrained(folder)
            processor.save_pretrained(folder)
        asked = {key: source for key, source in held_out.items() if name not in KIND_OF or source.kind == KIND_OF[name]}
        document["metrics"][name] = evaluate_language_model(
            model, processor, asked, held_features, form="none" if name == "no_clue" else "full", limit=recipe.rows
        )
        write_json(out / METRICS, document)
    metrics: dict[str, dict[str, float]] = document["metrics"]
    return metrics


def _begun(out: Path, recipe: AblationsRecipe, base: LanguageModelRecipe) -> dict[str, Any]:
    """The document of metrics so far. Raises InputError where it was begun with another recipe."""
    path = next((out / name for name in (METRICS, OLD_METRICS) if (out / name).is_file()), None)
    if path is None:
        return {"start": recipe.start, "recipe": base.model_dump(mode="json"), "metrics": {}}
    document = read_json_object(path, "metrics of a compact-ablations run")
    if "figures" in document:
        stored = dict(document["recipe"])
        document = {"start": stored.pop("start", ""), "recipe": stored, "metrics": document["figures"]}
    if document["start"] != recipe.start or not same_recipe(base, document["recipe"]):
        raise InputError(f"{out} was begun with another recipe; give another --out")
    return document


def _go_on_from(model: UniRSForConditionalGeneration, folder: str) -> None:
    """Takes over the weights of the folder that fit; the pretrained tower and a part that fuses otherwise stay as they are."""
    own = model.state_dict()
    kept = {
        name: value
        for name, value in load_file(Path(folder) / "model.safetensors").items()
        if not name.startswith("vision_tower.") and name in own and own[name].shape == value.shape
    }
    model.load_state_dict(kept, strict=False)


def plain_facts(
    run: Path, tokenizer: PreTrainedTokenizerFast, data: str | Path, extra: int, path: Path, say: Callable[[str], None]
) -> Facts:
    """What the compact run's own guide says of the places it learned on; made once.

    Args:
        run: Folder of the compact run.
        tokenizer: Of the captions.
        data: Folder with pairs/.
        extra: Windows of each place beside its four.
        path: JSONL file that holds the facts once they are made.
        say: Is given one line where they are made.

    Returns:
        Facts by window.
    """
    if not path.is_file():
        say("facts of the plain guide on its own training places")
        guide: GuideModel = GuideModel.from_pretrained(run / "guide" / "final", trust_remote_code=False)
        places = load_places(data, "train")
        write_facts(path, crossfit_facts([guide], tokenizer.backend_tokenizer, places, extra))
    return read_facts([path])


def settings_of_all(recipe: AblationsRecipe) -> LanguageModelRecipe:
    """What all runs share: the recipe's, without clue exercises where runs of one kind are among them.

    Args:
        recipe: Of the ablations.
    """
    return recipe.unirs.model_copy(update={"clue_exercises": 0}) if set(KIND_OF) & set(recipe.runs) else recipe.unirs


def settings_of(name: str, base: LanguageModelRecipe) -> LanguageModelRecipe:
    """The recipe of a run: `base` but for the one thing that it changes.

    Args:
        name: Of the run.
        base: What all runs share.
    """
    if name in KIND_OF:
        return base.model_copy(update={kind: 0 for kind in KIND_OF if kind != name})
    if name in ("concat", "two_images"):
        return base.model_copy(update={"model": {**base.model, "fusion": name}})
    return base


def table(metrics: Mapping[str, Mapping[str, float]]) -> list[list[str]]:
    """Lays metrics out as text.

    Args:
        metrics: By run, then by name.

    Returns:
        A head, then one row a metric with one column a run; "" where a run was not asked.
    """
    names = [name for name in get_args(Ablation) if name in metrics]
    keys = dict.fromkeys(key for name in names for key in metrics[name])
    rows = [["metric", *names]]
    for key in keys:
        rows.append([key, *(f"{metrics[name][key]:.3f}" if key in metrics[name] else "" for name in names)])
    return rows
