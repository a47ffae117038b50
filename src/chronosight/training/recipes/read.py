"""From a YAML file, and `--set` on the command line, to a recipe. Whatever is wrong with it is one line."""

from __future__ import annotations

import json
import sys
import types
import typing
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from chronosight.errors import InputError
from chronosight.files import check_regular_file
from chronosight.training.recipes.base import Recipe
from chronosight.training.recipes.changevg import ChangeVGRecipe
from chronosight.training.recipes.compact import AblationsRecipe, CompactRecipe, CompactTowerRecipe
from chronosight.training.recipes.guide import CaptionerRecipe, FineGuideRecipe, GuideLevirRecipe, LandCoverRecipe
from chronosight.training.recipes.unirs import UniRSRecipe

AnyRecipe = (
    CompactRecipe | CompactTowerRecipe | AblationsRecipe | UniRSRecipe | ChangeVGRecipe | GuideLevirRecipe | FineGuideRecipe
    | LandCoverRecipe | CaptionerRecipe
)
RECIPES: tuple[type[Recipe], ...] = typing.get_args(AnyRecipe)
KINDS: dict[str, type[Recipe]] = {recipe.model_fields["kind"].default: recipe for recipe in RECIPES}
EXPECTED = "a recipe, such as recipes/compact.yaml"
MAX_BYTES = 1 << 20
MAX_NODES = 20_000  # values in a recipe, each alias counted as often as it is used
MAX_DEPTH = 30

_ADAPTER: TypeAdapter[AnyRecipe] = TypeAdapter(Annotated[AnyRecipe, Field(discriminator="kind")])
_R = TypeVar("_R", bound=Recipe)


def read_recipe(path: str | Path, overrides: Sequence[str] = ()) -> AnyRecipe:
    """Reads a recipe of any kind.

    Args:
        path: YAML file. Its key `kind` says what it trains; without one it is a recipe of the compact model. What the file
            leaves out keeps its default.
        overrides: Values that take the place of the file's, such as "tower.steps=200" or "sources.0.repeat=2". A value is
            read as YAML.

    Returns:
        The recipe, checked.

    Raises:
        InputError: The file is missing, too large, not YAML or no mapping; a field is unknown, has a wrong value or
            contradicts another one; or an override is not of the form name=value.
    """
    path = Path(path)
    if not path.exists():
        raise InputError(f"no recipe {path}; expected {EXPECTED}")
    check_regular_file(path, EXPECTED, MAX_BYTES)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(f"{path} is not UTF-8 text; expected {EXPECTED}") from None
    values = parse_yaml(text, str(path))
    if values is None:
        values = {}
    if not isinstance(values, dict):
        raise InputError(f"{path}: found {values!r:.40}, expected a mapping of fields; correct the file")
    for override in overrides:
        _override(values, override)
    kind = values.setdefault("kind", "compact")
    if not isinstance(kind, str) or kind not in KINDS:
        raise InputError(f"{path}: kind is {kind!r:.40}, expected one of {', '.join(KINDS)}")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", FutureWarning)
        try:
            recipe = _ADAPTER.validate_python(values)
        except ValidationError as error:
            raise InputError(f"{path}: {_first_fault(error, KINDS[kind], skip=1)}") from None
    for message in dict.fromkeys(str(warning.message) for warning in caught):
        print(f"warning: {path}: {message}", file=sys.stderr)
    return recipe


def read_recipe_of(kind: type[_R], path: str | Path, overrides: Sequence[str] = ()) -> _R:
    """Reads a recipe of one kind.

    Args:
        kind: The recipe's class.
        path: YAML file.
        overrides: As for `read_recipe`.

    Returns:
        The recipe, checked.

    Raises:
        InputError: As `read_recipe`, or the recipe is of another kind.
    """
    recipe = read_recipe(path, overrides)
    if not isinstance(recipe, kind):
        wanted = kind.model_fields["kind"].default
        raise InputError(f"{path} is a recipe of kind {recipe.kind}, expected {wanted}; give another recipe")
    return recipe


def same_recipe(recipe: Recipe, stored: Any) -> bool:
    """Whether a recipe as it was stored (`Recipe.model_dump`) says the same, old names of fields included.

    Args:
        recipe: The recipe of now.
        stored: Plain values, from a file.
    """
    try:
        return type(recipe).model_validate(stored).model_dump() == recipe.model_dump()
    except ValidationError:
        return False


def parse_yaml(text: str, where: str) -> Any:
    """Parses YAML text of bounded size: plain values only, names as keys.

    Args:
        text: The document.
        where: Where it comes from, for the message.

    Returns:
        The value: mappings with text keys, lists, texts, numbers, booleans or None.

    Raises:
        InputError: It is not YAML, holds more than 20,000 values once aliases are expanded, is nested more than 30 levels
            deep or in itself, or a key is no text.
    """
    import yaml

    try:
        loader = yaml.SafeLoader(text)
        node = loader.get_single_node()
        if node is None:
            return None
        if _size(node, {}, 0, where) > MAX_NODES:
            raise InputError(f"{where} expands to more than {MAX_NODES:,} values; expected {EXPECTED}")
        value = loader.construct_document(node)
    except (yaml.YAMLError, RecursionError, ValueError, OverflowError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{where} is not YAML ({' '.join(str(error).split())[:200]}); correct the file") from None
    _check_keys(value, where)
    return value


def _size(node: Any, known: dict[int, int], depth: int, where: str) -> int:
    """Values below a node, each alias counted as often as it is used."""
    if depth > MAX_DEPTH:
        raise InputError(f"{where} is nested more than {MAX_DEPTH} levels deep; expected {EXPECTED}")
    if isinstance(node.value, str):
        return 1
    if id(node) not in known:
        inner = [part for item in node.value for part in (item if isinstance(item, tuple) else (item,))]
        known[id(node)] = 1 + sum(_size(part, known, depth + 1, where) for part in inner)
    return known[id(node)]


def _check_keys(value: Any, where: str) -> None:
    if isinstance(value, dict):
        for key, inner in value.items():
            if not isinstance(key, str):
                raise InputError(f"{where}: found the key {key!r:.40}, expected the name of a field; correct the file")
            _check_keys(inner, where)
    elif isinstance(value, list):
        for inner in value:
            _check_keys(inner, where)


def _override(values: dict[str, Any], text: str) -> None:
    """Puts one "a.b=c" into the values."""
    name, sign, value = text.partition("=")
    parts = [part.strip() for part in name.split(".")]
    if not sign or not all(parts):
        raise InputError(f'--set is "{text}", expected name=value such as tower.steps=200')
    target: Any = values
    for i, part in enumerate(parts):
        last = i == len(parts) - 1
        if isinstance(target, list):
            if not part.isdecimal() or int(part) >= len(target):
                raise InputError(f'--set {name}: "{part}" is no item of {".".join(parts[:i])}, which has {len(target)}')
            key: Any = int(part)
        elif isinstance(target, dict):
            key = part
            if not last and target.get(key) is None:
                target[key] = {}
        else:
            raise InputError(f"--set {name}: {'.'.join(parts[:i])} is {target!r:.40} and has no fields")
        if last:
            target[key] = parse_yaml(value, f"--set {name}")
        else:
            target = target[key]


def _first_fault(error: ValidationError, kind: type[Recipe], skip: int = 0) -> str:
    """The first fault of a recipe as one line without its file."""
    fault = error.errors()[0]
    place = fault["loc"][skip:]
    where = ".".join(map(str, place))
    message = fault["msg"].removeprefix("Value error, ")
    if fault["type"] == "extra_forbidden":
        section = _section(kind, place[:-1])
        inside = f"{'.'.join(map(str, place[:-1]))}: " if len(place) > 1 else ""
        return f"{inside}unknown {place[-1]}; expected some of {', '.join(section.model_fields) if section else 'its fields'}"
    if fault["type"] == "missing":
        return f"{where} is not given"
    found = fault["input"]
    if isinstance(found, dict | list | BaseModel) and fault["type"] == "value_error":
        return f"{where}: {message}" if where else message
    return f"{where}: {message}, found {json.dumps(found, default=str)[:60]}"


def _section(kind: type[Recipe], place: Sequence[str | int]) -> type[Recipe] | None:
    """The class of a section of a recipe, found by its place."""
    current: Any = kind
    for part in place:
        if isinstance(part, int):
            continue
        if part not in current.model_fields:
            return None
        current = _recipe_in(current.model_fields[part].annotation)
        if current is None:
            return None
    return typing.cast("type[Recipe]", current)


def _recipe_in(annotation: Any) -> type[Recipe] | None:
    if isinstance(annotation, type) and not isinstance(annotation, types.GenericAlias) and issubclass(annotation, Recipe):
        return annotation
    return next((found for inner in typing.get_args(annotation) if (found := _recipe_in(inner))), None)
