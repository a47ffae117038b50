"""Which images of a folder belong together as two dates of one place, by their names alone."""

from __future__ import annotations

import re
from pathlib import Path

from chronosight.errors import InputError
from chronosight.scenes.files import RASTER_DRIVERS, file_format

# Endings (or, between folders, names of folders) that say which date an image shows: earlier, later.
MARKS = (("before", "after"), ("pre", "post"), ("t1", "t2"), ("im1", "im2"), ("a", "b"), ("old", "new"))
_ENDING = re.compile(r"^(.*?)[-_. ]?(before|after|pre|post|t1|t2|im1|im2|old|new|(?<=[-_. ])[ab])$", re.I)


def pairs_in_folder(folder: Path) -> list[tuple[str, Path, Path]]:
    """Pairs of a folder: NAME_before and NAME_after, or two folders inside it, before/ and after/, with the same names.

    Args:
        folder: That holds them.

    Returns:
        (name, earlier image, later image), by name; empty where the names say nothing of the kind.
    """
    inside = {path.name.lower(): path for path in folder.iterdir() if path.is_dir()}
    for first, second in MARKS:
        if first in inside and second in inside:
            return pairs_of_folders(inside[first], inside[second])[0]
    found: dict[str, dict[str, Path]] = {}
    for path in images_in(folder):
        if match := _ENDING.match(path.stem):
            found.setdefault(match[1], {})[match[2].lower()] = path
    pairs = []
    for name, dates in found.items():
        for first, second in MARKS:
            if first in dates and second in dates:
                pairs.append((name or folder.name, dates[first], dates[second]))
    return sorted(pairs)


def pairs_of_folders(before: Path, after: Path) -> tuple[list[tuple[str, Path, Path]], list[str]]:
    """Pairs of two folders whose images have the same names, endings such as `_before` and `.tif` left aside.

    Args:
        before: Folder of the earlier images.
        after: Folder of the later images.

    Returns:
        (name, earlier image, later image), by name; and the names of images without a partner.
    """
    sides = []
    for folder in (before, after):
        named: dict[str, Path] = {}
        for path in images_in(folder):
            name = bare_name(path.stem)
            if name in named:
                raise InputError(f"{folder.name} holds {named[name].name} and {path.name}, expected one image of that name")
            named[name] = path
        sides.append(named)
    both = sorted(set(sides[0]) & set(sides[1]))
    alone = [path.name for side in sides for name, path in sorted(side.items()) if name not in both]
    return [(name, sides[0][name], sides[1][name]) for name in both], alone


def images_in(folder: Path) -> list[Path]:
    """The images of a folder; hidden and other files are left out.

    Args:
        folder: The folder.

    Returns:
        The images, sorted by name.
    """
    return sorted(path for path in folder.iterdir() if not path.name.startswith(".") and path.is_file() and _is_image(path))


def bare_name(stem: str) -> str:
    """The name of an image without the ending that says which date it shows.

    Args:
        stem: File name without its suffix.

    Returns:
        The name, such as "site_3" of "site_3_before".
    """
    match = _ENDING.match(stem)
    return match[1] if match and match[1] else stem


def _is_image(path: Path) -> bool:
    try:
        return file_format(path) in RASTER_DRIVERS
    except InputError:
        return False
