"""Recipes: a YAML file whose sections are the dataclasses of the training stages. A key nobody reads is an error."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from chronosight.errors import InputError
from chronosight.training.changevg.recipe import ChangeVGRecipe
from chronosight.training.compact.language_model import UniRSRecipe
from chronosight.training.compact.tower import TowerRecipe
from chronosight.training.guide.levir_recipe import GuideLevirRecipe
from chronosight.training.guide.recognition import GuideRecipe
from chronosight.training.guide.summary import GuideCaptionRecipe
from chronosight.training.recipe_kinds import KEY, read_mapping, recipe_kind


@dataclass
class RenderedRecipe:
    """How many rendered scenes are drawn once and kept. seed: of the first scene of each kind; held_out: of each
    kind."""

    stills: int = 1500
    pairs: int = 2400
    videos: int = 900
    held_out: int = 120
    seed: int = 100_000


@dataclass
class CompactRecipe:
    """All stages of the compact model.

    vocabulary: tokens at most. cross_fitted: folds (of fold_guide.folds) that a guide is trained without, so that the
    language model reads clues made by a guide that never saw the place; places of the other folds get simulated clues.
    fold_guide, fold_caption: of those guides (`fold_steps` counts). guide, guide_caption: of the guide that ships.
    unirs, unirs_reading, unirs_last: joint training in three phases, each going on from the averaged weights of the one
    before; a phase of 0 steps is left out. Views, extra windows and the model are those of `unirs`.
    """

    vocabulary: int = 4096
    cross_fitted: int = 1
    rendered: RenderedRecipe = field(default_factory=RenderedRecipe)
    tower: TowerRecipe = field(default_factory=TowerRecipe)
    fold_guide: GuideRecipe = field(default_factory=GuideRecipe)
    fold_caption: GuideCaptionRecipe = field(default_factory=GuideCaptionRecipe)
    guide: GuideRecipe = field(default_factory=GuideRecipe)
    guide_caption: GuideCaptionRecipe = field(default_factory=GuideCaptionRecipe)
    unirs: UniRSRecipe = field(default_factory=UniRSRecipe)
    unirs_reading: UniRSRecipe = field(default_factory=lambda: UniRSRecipe(steps=0))
    unirs_last: UniRSRecipe = field(default_factory=lambda: UniRSRecipe(steps=0))

    def __post_init__(self) -> None:
        """Raises InputError for more cross-fitted folds than there are."""
        if not 0 <= self.cross_fitted <= self.fold_guide.folds:
            raise InputError(
                f"cross_fitted is {self.cross_fitted}, expected 0 to fold_guide.folds, which is {self.fold_guide.folds}"
            )


def read_recipe(path: str | Path) -> CompactRecipe | ChangeVGRecipe | GuideLevirRecipe:
    """A recipe of any kind, told by its key `kind`: "compact" (also where the key is missing), "changevg-lora" or
    "guide-levir-mci". What the file leaves out keeps its default.

    Raises:
        InputError: no such file, no YAML mapping, a key that is not known, or a value of the wrong type.
    """
    path = Path(path)
    kind = recipe_kind(path)
    content = {key: value for key, value in read_mapping(path).items() if key != KEY}
    match kind:
        case "compact":
            return _fill(CompactRecipe, content, path.name)
        case "changevg-lora":
            return _fill(ChangeVGRecipe, content, path.name)
        case "guide-levir-mci":
            return _fill(GuideLevirRecipe, content, path.name)
    raise InputError(
        f"{path} is a recipe of the kind {kind}, expected compact, changevg-lora or guide-levir-mci; give another recipe"
    )


def load_recipe(path: str | Path) -> CompactRecipe:
    """A recipe of the compact model (`read_recipe`). Raises InputError for one of another kind too."""
    recipe = read_recipe(path)
    if not isinstance(recipe, CompactRecipe):
        raise InputError(f"{path} is no recipe of the compact model; expected one such as recipes/compact.yaml")
    return recipe


def _fill(kind: type, values: Any, where: str) -> Any:
    if not isinstance(values, dict):
        raise InputError(f"{where}: found {values!r}, expected a mapping of fields of {kind.__name__}")
    fields = {f.name: f for f in dataclasses.fields(kind)}
    unknown = [str(key) for key in values if key not in fields]
    if unknown:
        raise InputError(f"{where}: unknown {', '.join(unknown)}; expected some of {', '.join(fields)}")
    default = kind()
    filled = {}
    for name, value in values.items():
        current = getattr(default, name)
        if dataclasses.is_dataclass(current):
            filled[name] = _fill(type(current), value, f"{where}: {name}")
        else:
            filled[name] = _cast(value, current, f"{where}: {name}")
    return kind(**filled)


def _cast(value: Any, current: Any, where: str) -> Any:
    """The value as the type of the field's default; YAML reads 1e-3 as text and 1 where 1.0 is meant."""
    try:
        if isinstance(current, bool) or current is None or isinstance(current, str):
            if current is not None and not isinstance(value, type(current)):
                raise ValueError
            return value
        if isinstance(current, int):
            if isinstance(value, bool) or int(value) != float(value):
                raise ValueError
            return int(value)
        if isinstance(current, float):
            return float(value)
        if isinstance(current, tuple):
            return tuple(value)
        if isinstance(current, dict):
            return {**current, **value} if current else dict(value)
    except (TypeError, ValueError):
        pass
    else:
        return value
    raise InputError(f"{where}: found {value!r}, expected a value like {current!r}")
