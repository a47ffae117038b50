"""The index of a folder of images: one JSON line an entry."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from chronosight.errors import InputError
from chronosight.files import read_json_lines

Entry = TypeVar("Entry")


def read_index(index: Path, noun: str, layout: str, fields: str, parse: Callable[[Any], Entry]) -> Iterator[Entry]:
    """Reads the entries of an index, each when it is asked for.

    Args:
        index: The file.
        noun: What an entry is, such as "pair".
        layout: Files that are expected, below the data folder.
        fields: What an entry must hold.
        parse: Makes an entry of a line's JSON.

    Returns:
        The entries, in the order of the file.

    Raises:
        InputError: The file is missing, or a line of it cannot be used.
    """
    if not index.is_file():
        raise InputError(f"no {index.name} in {index.parent}; expected {layout} (--data DIR)")
    for number, row in read_json_lines(index, f"one {noun} a line"):
        try:
            entry = parse(row)
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(f"{index}, line {number} is no {noun} ({error}); expected {fields}") from None
        yield entry
