"""What lets a run go on where it stopped: the recipe beside what is made with it, and the last whole checkpoint."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

from chronosight.errors import InputError
from chronosight.training.ema import FILE as AVERAGE


def keep_recipe(recipe: Any, path: Path) -> None:
    """Writes the recipe beside what is made with it. Raises InputError where another one stands there.

    recipe: a dataclass or a pydantic model.
    """
    import yaml

    plain = dataclasses.is_dataclass(recipe) and not isinstance(recipe, type)
    told = dataclasses.asdict(recipe) if plain else recipe.model_dump(mode="json")
    fields = json.loads(json.dumps(told))
    if path.is_file():
        if yaml.safe_load(path.read_text()) != fields:
            raise InputError(f"{path.parent} was begun with another recipe; give another --out, or delete {path.name}")
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.partial")
    part.write_text(yaml.safe_dump(fields, sort_keys=False))
    part.replace(path)


def last_checkpoint(folder: Path, averaged: bool = False) -> str | None:
    """The newest checkpoint that was written to its end. None where there is none.

    The Trainer's state comes last, and after it, in runs that keep a running average of the weights (`averaged`), that.
    """
    last = AVERAGE if averaged else "trainer_state.json"
    whole = [path.parent for path in folder.glob(f"checkpoint-*/{last}")]
    numbered = [path for path in whole if path.name.removeprefix("checkpoint-").isdecimal()]
    return str(max(numbered, key=lambda path: int(path.name.removeprefix("checkpoint-")))) if numbered else None
