"""What a change mask says of each class: objects by the label rule of ChangeIMTI (`tasks.objects`)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from chronosight.errors import InputError
from chronosight.files import check_regular_file
from chronosight.tasks.objects import find_objects

# The colours of LEVIR-MCI's label_rgb folder -> the grey values of its label folder.
_COLOURS = {(255, 255, 0): 128, (255, 0, 0): 255}


@dataclass(frozen=True)
class ChangeClass:
    """A class of a mask.

    Attributes:
        name: Plural noun.
        values: Grey values whose direction of change is unknown.
        appeared: Those of objects that are new at the later date.
        vanished: Those of objects that are gone at the later date.
    """

    name: str
    values: tuple[int, ...] = ()
    appeared: tuple[int, ...] = ()
    vanished: tuple[int, ...] = ()

    @property
    def directed(self) -> bool:
        """Whether the mask distinguishes appeared from vanished."""
        return bool((self.appeared or self.vanished) and not self.values)


LEVIR_MCI = (ChangeClass("roads", (128,)), ChangeClass("buildings", (255,)))


@dataclass(frozen=True)
class ClassLabel:
    """Objects of a class in one mask.

    Attributes:
        of_objects: The cell of each, in the order of the label rule.
        appeared: How many are new rather than gone; None where the mask does not say.
    """

    of_objects: tuple[str, ...]
    appeared: int | None = None

    @property
    def count(self) -> int:
        """Number of objects."""
        return len(self.of_objects)

    @property
    def cells(self) -> tuple[str, ...]:
        """Cells without repeats, in order of first appearance."""
        return tuple(dict.fromkeys(self.of_objects))

    @property
    def by_cell(self) -> dict[str, int]:
        """Objects in each cell that has any, in the order of `cells`."""
        return dict(Counter(self.of_objects))


def parse_classes(text: str) -> tuple[ChangeClass, ...]:
    """Reads a list of classes and grey values.

    Args:
        text: "roads=128,buildings=255". A value may end in + (appeared) or - (vanished), and a class may be named more than
            once: "buildings=255+,buildings=100-".

    Returns:
        The classes in that order.

    Raises:
        InputError: It is anything else, a value used twice, or a class some of whose values have a direction and some none.
    """
    found: dict[str, dict[str, list[int]]] = {}
    used: set[int] = set()
    for part in text.split(","):
        name, _, value = (piece.strip() for piece in part.partition("="))
        digits = value.rstrip("+-")
        if not name or not digits.isdecimal() or not 0 < int(digits) < 256 or len(value) > len(digits) + 1 or int(digits) in used:
            raise InputError(
                f'--classes has "{part.strip()}", expected NAME=VALUE with a grey value of 1 to 255 that no other has, such as '
                "roads=128,buildings=255; a + after it means appeared, a - vanished"
            )
        used.add(int(digits))
        sign = value[len(digits) :]
        found.setdefault(name, {"": [], "+": [], "-": []})[sign].append(int(digits))
    classes = tuple(ChangeClass(name, tuple(v[""]), tuple(v["+"]), tuple(v["-"])) for name, v in found.items())
    mixed = [c.name for c in classes if c.values and (c.appeared or c.vanished)]
    if mixed:
        raise InputError(f"--classes has values of {mixed[0]} with and without a direction; give + or - to all of them or none")
    return classes


def read_mask(path: str | Path) -> np.ndarray:
    """Reads a mask file: grey, RGB with equal channels, or in the colours of LEVIR-MCI's label_rgb.

    Args:
        path: The file.

    Returns:
        (H, W) uint8 grey values; yellow roads are 128, red buildings 255.

    Raises:
        InputError: The file cannot be read, or has other colours.
    """
    check_regular_file(Path(path), "a mask: a PNG of grey values")
    try:
        with Image.open(path) as image:
            if image.mode in ("1", "L"):
                return np.asarray(image.convert("L"))
            rgb = np.asarray(image.convert("RGB"))
    except Exception:  # decoders raise nearly anything
        raise InputError(f"{path} cannot be read as a mask; expected a PNG of grey values") from None
    if (rgb == rgb[..., :1]).all():
        return rgb[..., 0]
    grey = np.zeros(rgb.shape[:2], np.uint8)
    known = (rgb == 0).all(axis=-1)
    for colour, value in _COLOURS.items():
        of_colour = (rgb == colour).all(axis=-1)
        grey[of_colour] = value
        known |= of_colour
    if not known.all():
        other = tuple(int(v) for v in rgb[~known][0])
        raise InputError(f"{path} has the colour {other}; expected grey values, or yellow roads and red buildings on black")
    return grey


def label_mask(mask: np.ndarray, classes: Sequence[ChangeClass], as_published: bool = False) -> dict[str, ClassLabel]:
    """Labels a mask by the label rule (ChangeIMTI, arXiv 2509.23105).

    Args:
        mask: (H, W) uint8 grey values.
        classes: Classes with their grey values.
        as_published: Whether the faults of the published rule are kept.

    Returns:
        Labels by class name, in the order of `classes`.
    """
    labels = {}
    for item in classes:
        objects = find_objects(np.isin(mask, (*item.values, *item.appeared, *item.vanished)), as_published=as_published)
        appeared = None
        if item.directed:
            new = np.isin(mask, item.appeared).astype(np.float32)
            appeared = sum(thing.mean(new) >= 0.5 for thing in objects)
        labels[item.name] = ClassLabel(tuple(thing.cell for thing in objects), appeared)
    return labels


def unnamed_values(mask: np.ndarray, classes: Sequence[ChangeClass]) -> list[int]:
    """Grey values of a mask, 0 aside, that belong to no class.

    Args:
        mask: (H, W) uint8 grey values.
        classes: Classes with their grey values.

    Returns:
        The values, rising.
    """
    named = {value for item in classes for value in (*item.values, *item.appeared, *item.vanished)}
    return [int(value) for value in np.unique(mask) if value and int(value) not in named]
