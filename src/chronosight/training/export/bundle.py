"""The weights folder of the compact engine, made from the two trained models (its files: `engines.compact.bundle`)."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from chronosight.errors import InputError
from chronosight.models.guide.modeling import GuideModel
from chronosight.models.unirs.modeling import UniRSForConditionalGeneration
from chronosight.tasks.clue import GuideForm
from chronosight.training.export.guide import export_guide
from chronosight.training.export.unirs import export_unirs
from chronosight.training.guide.crossfit import SMALLEST_OBJECT
from chronosight.training.weights_folder import write_config

FORMAT = 1
GUIDE_VIEWS = 2  # the guide's maps are the mean over the pair as it is and upside down
IMAGE_VIEWS = 2  # the language model's words on an image go by the image as it is and mirrored
GUIDE_SIZE = 256  # pixels at which a guide alone sees a scene for its caption, where it is too large to be shown at once
LARGEST = 40_000_000  # bytes of all files together: the weights ship inside the package


@dataclass(frozen=True)
class Exported:
    """differences: largest difference from torch by graph, as a share of its range. sizes: bytes by file."""

    folder: Path
    differences: dict[str, float]
    sizes: dict[str, int]

    @property
    def total(self) -> int:
        """Bytes of all files."""
        return sum(self.sizes.values())


def export_bundle(
    guide: str | Path,
    unirs: str | Path | None,
    out: str | Path,
    int8: bool = False,
    metres_per_pixel: float = 1.0,
    guide_form: GuideForm = "full",
    recipe: dict[str, Any] | None = None,
    name: str = "chronosight-compact",
    say: Callable[[str], None] = lambda text: None,
) -> Exported:
    """Exports models to a weights folder of the compact engine.

    Everything is written beside `out` and takes its place at the end; a stop leaves what was there before.

    Args:
        guide: Folder written by `save_pretrained`, or the folder of a training run, whose `final` is taken.
        unirs: The same of the language model. None exports a guide alone, for the engine changevg and guided training; its
            captions' tokenizer.json is then taken from the guide's folder.
        out: Folder to write; empty, new, or a weights folder that is replaced.
        int8: Whether the decoder's weights are 8-bit integers.
        metres_per_pixel: Ground size that the guide was trained at.
        guide_form: Form of the clue that the language model was trained with.
        recipe: Recipe of the run, kept in config.json.
        name: Name of the weights, kept in config.json.
        say: Called with each step.

    Returns:
        The folder, the difference from torch by graph, and the sizes of the files.
    """
    out = Path(out)
    if out.exists() and not (out / "config.json").is_file() and any(out.iterdir()):
        raise InputError(f"{out} is not empty and holds no weights; give an empty or new folder as --out")
    guide = find_model(guide, "chronosight_guide")
    guide_model, tokenizer = GuideModel.from_pretrained(guide, trust_remote_code=False), guide / "tokenizer.json"
    model: UniRSForConditionalGeneration | None = None
    if unirs is not None:
        unirs = find_model(unirs, "chronosight_unirs")
        model, tokenizer = UniRSForConditionalGeneration.from_pretrained(unirs, trust_remote_code=False), unirs / "tokenizer.json"
        words, guide_words = model.config.text_config.vocab_size, guide_model.config.vocab_size
        if words > guide_words:
            raise InputError(f"{guide} knows {guide_words} tokens but {unirs} has {words}; train both with one tokenizer")
    elif not tokenizer.is_file():
        raise InputError(f"{guide} has no tokenizer.json; copy that of its training run there, or give --unirs")
    part = out.with_name(f".{out.name}.partial")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    try:
        say("guide")
        found = export_guide(guide_model, part)
        if model is not None:
            say("language model")
            found |= export_unirs(model, part, int8=int8)
        shutil.copyfile(tokenizer, part / "tokenizer.json")
        config = bundle_config(guide_model, model, metres_per_pixel, guide_form, name) | {"int8": int8}
        config["differences_from_torch"] = {k: float(f"{v:.2g}") for k, v in worst_by_graph(found).items()}
        if recipe:
            config["recipe"] = recipe
        write_config(part, config | {"checksums": {}})  # which are filled in as it is written
        sizes = {path.name: path.stat().st_size for path in sorted(part.iterdir())}
        if model is not None and sum(sizes.values()) > LARGEST:
            raise InputError(
                f"the weights take {sum(sizes.values()) / 1e6:.1f} MB, at most {LARGEST / 1e6:.0f} MB may ship; "
                "export with --int8, or train smaller models"
            )
        _put_in_place(part, out)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return Exported(out, worst_by_graph(found), sizes)


def bundle_config(
    guide: GuideModel,
    model: UniRSForConditionalGeneration | None,
    metres_per_pixel: float,
    guide_form: str,
    name: str,
) -> dict[str, Any]:
    """Makes config.json as `engines.compact.bundle` reads it, no confidence calibrated yet.

    Args:
        guide: The guide.
        model: The language model; None for a guide alone.
        metres_per_pixel: Ground size that the guide was trained at.
        guide_form: Form of the clue that the language model was trained with.
        name: Name of the weights.

    Returns:
        The configuration, as JSON types.
    """
    common = {
        "format": FORMAT,
        "name": name,
        "version": version("chronosight"),
        "metres_per_pixel": metres_per_pixel,
        "classes": list(guide.config.classes),
        "guide_form": guide_form,
        "guide_views": GUIDE_VIEWS,
        "calibration": {"mask": {"min_area": SMALLEST_OBJECT}},  # as the clues of training were made
    }
    if model is None:
        return common | {"pair_size": GUIDE_SIZE, "model": {"guide_parameters": guide.num_parameters()}}
    config = model.config
    return common | {
        "image_size": config.image_size,
        "image_views": IMAGE_VIEWS,
        "pair_size": config.pair_size,
        "video_size": config.video_size,
        "video_frames": config.video_frames,
        "patch": config.patch,
        "model": {
            "guide_parameters": guide.num_parameters(),
            "tower_parameters": sum(p.numel() for p in model.vision_tower.parameters()),
            "unirs_parameters": model.num_parameters(),
            "vocabulary": config.text_config.vocab_size,
            "text_width": config.text_config.hidden_size,
            "text_layers": config.text_config.num_hidden_layers,
            "fusion": config.fusion,
        },
    }


def find_model(folder: str | Path, model_type: str) -> Path:
    """Finds the folder that holds a model of a type: the given one, or `final` within it.

    Args:
        folder: Folder of a model or of a training run.
        model_type: `model_type` of its config.json.

    Returns:
        The folder with config.json.

    Raises:
        InputError: Neither folder has a config.json, or it is of another type.
    """
    folder = Path(folder)
    for candidate in (folder, folder / "final"):
        path = candidate / "config.json"
        if path.is_file():
            found = json.loads(path.read_text(encoding="utf-8")).get("model_type")
            if found != model_type:
                raise InputError(f"{candidate} holds a {found} model, expected {model_type}; give another folder")
            return candidate
    raise InputError(f"no model in {folder}: expected config.json and weights there or in {folder / 'final'}")


def worst_by_graph(differences: dict[str, float]) -> dict[str, float]:
    """The largest difference of each graph: "guide 64x96" and "guide 256x256" give one entry "guide".

    Args:
        differences: Differences from torch, by "graph size".

    Returns:
        The largest difference by graph.
    """
    worst: dict[str, float] = {}
    for name, difference in differences.items():
        graph = name.split()[0]
        worst[graph] = max(worst.get(graph, 0.0), difference)
    return worst


def _put_in_place(part: Path, out: Path) -> None:
    old = out.with_name(f".{out.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if out.exists():
        out.rename(old)
    part.rename(out)
    shutil.rmtree(old, ignore_errors=True)
