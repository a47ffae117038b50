"""What lets a run go on where it stopped: the recipe beside what is made with it, whole checkpoints, whole results."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from chronosight.errors import InputError
from chronosight.training.ema import FILE as AVERAGE
from chronosight.training.recipes.base import Recipe
from chronosight.training.recipes.read import same_recipe


def store_recipe(recipe: Recipe, path: Path) -> None:
    """Writes the recipe beside what is made with it; nothing where the same recipe stands there.

    Args:
        recipe: Of the run.
        path: `recipe.yaml` in the run's folder.

    Raises:
        InputError: Another recipe stands there.
    """
    import yaml

    if path.is_file():
        if not same_recipe(recipe, yaml.safe_load(path.read_text())):
            raise InputError(f"{path.parent} was begun with another recipe; give another --out, or delete {path.name}")
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.partial")
    part.write_text(yaml.safe_dump(recipe.model_dump(mode="json"), sort_keys=False))
    part.replace(path)


def last_checkpoint(folder: Path, averaged: bool = False) -> str | None:
    """The newest checkpoint that was written to its end.

    The Trainer's state comes last and, in runs with a running average of the weights, that average after it.

    Args:
        folder: Of the run, with its checkpoint-N folders.
        averaged: Whether the run has a running average of the weights.

    Returns:
        The checkpoint's folder; None where there is none.
    """
    last = AVERAGE if averaged else "trainer_state.json"
    whole = [path.parent for path in folder.glob(f"checkpoint-*/{last}")]
    numbered = [path for path in whole if path.name.removeprefix("checkpoint-").isdecimal()]
    return str(max(numbered, key=lambda path: int(path.name.removeprefix("checkpoint-")))) if numbered else None


def has_model(folder: Path) -> bool:
    """Whether a folder holds a finished model, as `save_pretrained` leaves it.

    Args:
        folder: The folder.
    """
    return (folder / "config.json").is_file() and (folder / "model.safetensors").is_file()


@contextmanager
def finished_folder(path: Path) -> Iterator[Path]:
    """A folder that is there whole or not at all: filled under a temporary name, then renamed in place of an older one.

    Args:
        path: The folder to make.

    Yields:
        The temporary folder to fill.
    """
    part = path.with_name(f".{path.name}")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    yield part
    shutil.rmtree(path, ignore_errors=True)
    part.rename(path)
