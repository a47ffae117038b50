"""Guides for a dataset: a weights folder of the compact engine (onnxruntime), or a trained guide (torch)."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from chronosight.errors import InputError

if TYPE_CHECKING:
    from chronosight.tasks.clue import GuideFacts
    from chronosight.training.samples.guided import Guide

CROSSFIT = "crossfit.json"


def open_guide(folder: Path | None, metres: float | None) -> Guide:
    """Opens a guide.

    Args:
        folder: A weights folder or a trained guide; None for the shipped weights.
        metres: Ground size of a pixel in metres, where the files do not say.

    Returns:
        The guide.

    Raises:
        InputError: The folder holds neither.
    """
    from chronosight.engines.compact.bundle import SHIPPED

    folder = folder or SHIPPED
    final = folder if (folder / "config.json").is_file() else folder / "final"
    path = final / "config.json"
    if not path.is_file():
        raise InputError(f"no guide in {folder}: expected a weights folder, or a trained guide with config.json")
    if json.loads(path.read_text(encoding="utf-8")).get("model_type") == "chronosight_guide":
        return TrainedGuide(final)
    return BundleGuide(final, metres)


def fold_of_guide(folder: Path) -> tuple[int, int] | None:
    """(fold, folds) of the pairs that a guide never saw, as its training wrote it.

    Args:
        folder: Folder of the guide's training.

    Returns:
        The fold, from 0, and the number of folds; None where the guide was trained on all pairs.
    """
    for candidate in (folder, folder / "final"):
        if (candidate / CROSSFIT).is_file():
            row = json.loads((candidate / CROSSFIT).read_text(encoding="utf-8"))
            return row["fold"], row["folds"]
    return None


class BundleGuide:
    """The guide as the engines use it."""

    def __init__(self, folder: Path, metres: float | None) -> None:
        from chronosight.engines.compact.bundle import Bundle
        from chronosight.engines.compact.encoded import Networks

        bundle = Bundle(folder)
        self.networks, self.metres = Networks(bundle), metres
        self.name = f"{bundle.facts['name']} {bundle.facts['weights_sha256'][:12]}" + (f" at {metres:g} m" if metres else "")

    def facts(self, before: Path, after: Path) -> GuideFacts:
        """What the guide finds between two image files.

        Args:
            before: Image file of the earlier date.
            after: Image file of the later date.

        Returns:
            Probability of change, caption, and counts and cells by class.
        """
        from chronosight.engines.changevg.guide import SceneGuide
        from chronosight.scenes.open import open_scene

        scene = open_scene(before, after)
        if scene.metres_per_pixel is None and self.metres:
            scene = replace(scene, metres_per_pixel=self.metres)
        return SceneGuide(scene, self.networks).facts()


class TrainedGuide:
    """A guide as `chronosight train` leaves it, at the ground size it was trained at."""

    def __init__(self, folder: Path) -> None:
        from tokenizers import Tokenizer

        from chronosight.cli.options import need_extra

        need_extra("models", "torch", "transformers")
        from chronosight.models.guide.modeling import GuideModel

        words = next((p for p in (folder / "tokenizer.json", folder.parent / "tokenizer.json") if p.is_file()), None)
        if words is None:
            raise InputError(f"the guide in {folder} has no tokenizer.json; copy it there from its training run")
        self.tokenizer = Tokenizer.from_file(str(words))
        self.model: GuideModel = GuideModel.from_pretrained(folder, trust_remote_code=False)
        self.model.train(False)
        with (folder / "model.safetensors").open("rb") as file:
            self.name = f"{folder.parent.name} {hashlib.file_digest(file, 'sha256').hexdigest()[:12]}"

    def facts(self, before: Path, after: Path) -> GuideFacts:
        """What the guide finds between two image files.

        Args:
            before: Image file of the earlier date.
            after: Image file of the later date.

        Returns:
            Probability of change, caption, and counts and cells by class.
        """
        from chronosight.scenes.open import open_scene
        from chronosight.training.guide.crossfit import guide_facts

        frames = open_scene(before, after, register=False).frames
        height, width = frames.shape[1:3]
        if height % 32 or width % 32:
            raise InputError(f"{before} is {width} x {height} pixels, this guide takes multiples of 32; give a weights folder")
        return guide_facts(self.model, self.tokenizer, *frames)
