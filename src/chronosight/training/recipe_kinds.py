"""What a recipe trains, by its key `kind:`; "compact" where there is none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from chronosight.errors import InputError

KEY = "kind"
KINDS = ("compact", "compact-ablations", "unirs", "changevg-lora", "guide-levir-mci")


def recipe_kind(path: str | Path) -> str:
    """The kind of a recipe; "compact" for a missing file, which its own reader tells of.

    Raises InputError for a kind that is none, and as `read_mapping` does.
    """
    kind = read_mapping(path).get(KEY, "compact") if Path(path).is_file() else "compact"
    if kind not in KINDS:
        raise InputError(f"{path}: {KEY} is {kind!r}, expected one of {', '.join(KINDS)}")
    return kind


def read_mapping(path: str | Path) -> dict[str, Any]:
    """Raises InputError where the file is missing, not YAML, or no mapping; an empty file is an empty mapping."""
    import yaml

    path = Path(path)
    if not path.is_file():
        raise InputError(f"no recipe {path}: expected a YAML file such as recipes/compact.yaml")
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"{path} is not YAML ({' '.join(str(error).split())}): mend the file") from None
    if not isinstance(content, dict | type(None)):
        raise InputError(f"{path}: found {content!r:.40}, expected a mapping of fields; mend the file")
    return content or {}
