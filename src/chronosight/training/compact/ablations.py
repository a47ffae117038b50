"""The claims of the papers at compact scale, each run alike but for one thing (arXiv 2412.20742, 2509.23105).

    joint                       images, pairs and videos together, with clues and change extraction
    images, pairs, videos       one kind alone: the very scenes of that kind that `joint` sees, step by step
    no_clue                     joint, learned and asked without clues
    concat, two_images          joint, with the two dates concatenated, or as two rows of visual tokens
    plain_guide                 joint, its clues from the guide that learned on the very places, not from cross-fitted ones
The three runs of one kind see together what `joint` sees: the same budget of scenes, split by kind. Change extraction
starts from nothing here, as what it is compared with does, unless all runs go on from the weights of `start`. Needs a
finished `chronosight train recipes/compact.yaml` run: its tower, vocabulary, rendered scenes and facts are used, never written.

    OUT/NAME/             checkpoints and log of a run, `final`  OUT/figures.json   all figures, written as runs end
    OUT/features          the tower's view, for all runs         OUT/plain.jsonl    facts of the plain guide
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file
from transformers import PreTrainedTokenizerFast

from chronosight.datasets.places import load_places
from chronosight.errors import InputError
from chronosight.models.guide.modeling import GuideModel
from chronosight.models.unirs.change_extraction import ChangeExtraction
from chronosight.models.unirs.modeling import UniRSForConditionalGeneration
from chronosight.models.unirs.processing import UniRSProcessor
from chronosight.models.unirs.vocabulary import load_tokenizer
from chronosight.training.compact.guide_stages import is_model
from chronosight.training.compact.language_model import UniRSRecipe, train_unirs
from chronosight.training.compact.language_model_eval import evaluate_unirs
from chronosight.training.compact.train import all_features, held_out_sources, new_model, training_sources
from chronosight.training.guide.crossfit import crossfit_facts
from chronosight.training.recipe_kinds import KEY, read_mapping
from chronosight.training.samples.guide_facts import read_facts, write_facts
from chronosight.training.samples.mixture import Exercise, Facts, Kind, Source

RUNS = ("joint", "images", "pairs", "videos", "no_clue", "concat", "two_images", "plain_guide")
KIND_OF: dict[str, Kind] = {"images": "image", "pairs": "pair", "videos": "video"}
FIGURES = "figures.json"


@dataclass
class AblationsRecipe:
    """run: OUT folder of the compact run to build on. runs: which of `RUNS`. unirs: training of every run; `told` exercises
    are about pairs, so they are left out where runs of one kind are among `runs`. rows: held-out rows of each source asked
    about. start: folder of UniRS weights that every run goes on from, where empty from the pretrained tower."""

    run: str = ""
    start: str = ""
    runs: list[str] = field(default_factory=lambda: list(RUNS))
    rows: int = 400
    unirs: dict[str, Any] = field(default_factory=dict)


class WithoutClue:
    """A source whose exercises have no clue."""

    def __init__(self, source: Source):
        self.source, self.kind, self.rows = source, source.kind, source.rows

    def frames(self, row: int) -> np.ndarray:
        return self.source.frames(row)

    def ask(self, row: int, rng: np.random.Generator) -> Exercise:
        return replace(self.source.ask(row, rng), clue="")


def load_ablations_recipe(path: str | Path) -> tuple[AblationsRecipe, UniRSRecipe]:
    """Raises InputError for unknown fields or runs."""
    values = {name: value for name, value in read_mapping(path).items() if name != KEY}
    for known, given in ((AblationsRecipe, values), (UniRSRecipe, values.get("unirs") or {})):
        unknown = sorted(set(given) - {f.name for f in fields(known)})
        if unknown:
            raise InputError(f"{path}: unknown {', '.join(unknown)}; expected some of {', '.join(f.name for f in fields(known))}")
    recipe = AblationsRecipe(**values)
    wrong = [name for name in recipe.runs if name not in RUNS]
    if wrong or not recipe.run:
        raise InputError(f"{path}: {f'no run {wrong[0]!r}, give some of ' + ', '.join(RUNS) if wrong else 'run is not given'}")
    settings: dict[str, Any] = {
        name: float(v) if isinstance(getattr(UniRSRecipe(), name), float) else v for name, v in recipe.unirs.items()
    }
    if set(KIND_OF) & set(recipe.runs):
        settings["told"] = 0
    return recipe, replace(UniRSRecipe(), **settings)


def train_ablations(
    recipe: AblationsRecipe, base: UniRSRecipe, data: str | Path, out: str | Path, say: Callable[[str], None] = print
) -> dict[str, dict[str, float]]:
    """Figures by run. Runs that are in OUT/figures.json are not done again; one that was stopped goes on.

    Raises InputError where the compact run is not finished, weights to start from are missing, or OUT was begun with
    another recipe.
    """
    run, out = Path(recipe.run), Path(out)
    tower = run / "tower" / "final"
    if not (tower / "change.safetensors").is_file() or not (run / "tokenizer.json").is_file():
        raise InputError(f"{run} is no finished compact run; make it with: chronosight train recipes/compact.yaml --out {run}")
    if "plain_guide" in recipe.runs and not is_model(run / "guide" / "final"):
        raise InputError(f"plain_guide needs the guide of the compact run, and {run / 'guide' / 'final'} holds none")
    if recipe.start and not is_model(Path(recipe.start)):
        raise InputError(f"start: {recipe.start} holds no UniRS weights (model.safetensors)")
    out.mkdir(parents=True, exist_ok=True)
    kept = out / FIGURES
    made_with = {"start": recipe.start, **asdict(base)}
    document = json.loads(kept.read_text()) if kept.is_file() else {"recipe": made_with, "figures": {}}
    if document["recipe"] != json.loads(json.dumps(made_with)):
        raise InputError(f"{out} was begun with another recipe; give another --out")
    tokenizer = load_tokenizer(str(run / "tokenizer.json"))
    sources = training_sources(base, data, run, read_facts(sorted((run / "facts").glob("train_*.jsonl"))))
    held_out = held_out_sources(data, run, read_facts(sorted((run / "facts").glob("val.jsonl"))))
    first = new_model(base, tokenizer, tower)
    features = all_features(first, sources, out / "features", f"seed {base.seed}")
    held_features = all_features(first, held_out, out / "features" / "held_out", "held out")
    for name in recipe.runs:
        if name in document["figures"]:
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
        model = train_unirs(settings, model, tokenizer, shown, features, out / name).eval()
        model.save_pretrained(out / name / "final")
        UniRSProcessor(tokenizer, model.config).save_pretrained(out / name / "final")
        asked = {key: source for key, source in held_out.items() if name not in KIND_OF or source.kind == KIND_OF[name]}
        figures = evaluate_unirs(
            model, UniRSProcessor(tokenizer, model.config), asked, held_features,
            form="none" if name == "no_clue" else "full", limit=recipe.rows,
        )  # fmt: skip
        document["figures"][name] = figures
        part = kept.with_name(f".{FIGURES}.partial")
        part.write_text(json.dumps(document, indent=1))
        part.replace(kept)
    return document["figures"]


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
    run: Path, tokenizer: PreTrainedTokenizerFast, data: str | Path, extra: int, kept: Path, say: Callable[[str], None]
) -> Facts:
    """What the compact run's own guide says of the places it learned on, `extra` windows of each beside its four; `kept`
    holds them once they are made."""
    if not kept.is_file():
        say("what the plain guide says of its own training places")
        guide = GuideModel.from_pretrained(run / "guide" / "final", trust_remote_code=False)
        places = load_places(data, "train")
        write_facts(kept, crossfit_facts([guide], tokenizer.backend_tokenizer, places, extra))
    return read_facts([kept])


def settings_of(name: str, base: UniRSRecipe) -> UniRSRecipe:
    """The recipe of a run: `base` but for the one thing that it changes."""
    if name in KIND_OF:
        scenes: dict[str, Any] = {kind: getattr(base, kind) if kind == name else 0 for kind in KIND_OF}
        return replace(base, **scenes)
    if name in ("concat", "two_images"):
        return replace(base, model={**base.model, "fusion": name})
    return base


def table(figures: Mapping[str, Mapping[str, float]]) -> list[list[str]]:
    """Rows of text, one a figure, one column a run; "" where a run was not asked."""
    names = [name for name in RUNS if name in figures]
    keys = dict.fromkeys(key for name in names for key in figures[name])
    rows = [["figure", *names]]
    for key in keys:
        rows.append([key, *(f"{figures[name][key]:.3f}" if key in figures[name] else "" for name in names)])
    return rows
