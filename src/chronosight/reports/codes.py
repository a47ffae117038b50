"""How a change map is written as one byte a pixel, and the colour of every code.

    0                  nothing changed
    2k - 1, 2k         class k of `Evidence.classes` appeared, vanished (k = 1, 2, ...)
    255                not compared: at least one date has no data here

With the classes background, road, building: 1 road appeared, 2 road vanished, 3 building appeared, 4 building vanished.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from chronosight.results.changed_object import Direction
from chronosight.results.description import Evidence

UNCHANGED, NO_DATA = 0, 255
RIM = 5  # pixels: width of an outline when pixels are handed to objects
Colour = tuple[int, int, int]

# Warm for new, cool for gone; light for roads, deep for buildings: near the palette of Okabe and Ito, brighter so as to
# stand out on dark imagery, and told apart in every common kind of colour blindness. OTHER serves further classes.
COLOURS: dict[tuple[str, Direction], Colour] = {
    ("road", "appeared"): (255, 225, 60),
    ("road", "vanished"): (130, 210, 255),
    ("building", "appeared"): (255, 98, 0),
    ("building", "vanished"): (38, 112, 255),
}
OTHER: dict[Direction, Colour] = {"appeared": (204, 121, 167), "vanished": (0, 158, 115)}
BACKGROUND: Colour = (24, 27, 31)
MISSING: Colour = (128, 128, 128)


@dataclass(frozen=True)
class Code:
    """One value of the map: what it stands for and its colour."""

    value: int
    class_name: str
    direction: Direction
    colour: Colour

    @property
    def label(self) -> str:
        return f"{self.class_name} {self.direction}"

    @property
    def short_label(self) -> str:
        return short_label(self.class_name, self.direction)


def short_label(class_name: str, direction: Direction) -> str:
    """ "New building", "Building gone": for legends and lists."""
    return f"New {class_name}" if direction == "appeared" else f"{class_name.capitalize()} gone"


def colour_of(class_name: str, direction: Direction) -> Colour:
    return COLOURS.get((class_name, direction), OTHER[direction])


def change_codes(classes: tuple[str, ...]) -> list[Code]:
    """The codes that a map with these classes (background first) can hold, in order of their value."""
    directions: tuple[Direction, Direction] = ("appeared", "vanished")
    return [
        Code(2 * index - 1 + step, name, direction, colour_of(name, direction))
        for index, name in enumerate(classes)
        if index > 0
        for step, direction in enumerate(directions)
    ]


def code_map(evidence: Evidence, valid: np.ndarray) -> np.ndarray:
    """The change map as codes, (H, W) uint8. valid: (H, W) bool, where both dates have data.

    All pixels of an object take the object's direction, so that the map and the list of objects tell the same story;
    pixels outside every object follow their own `appeared` value.
    """
    vanished = evidence.appeared < 0.5
    for name in {item.class_name for item in evidence.objects}:
        drawn = Image.new("L", (evidence.mask.shape[1], evidence.mask.shape[0]), 0)
        pen = ImageDraw.Draw(drawn)
        # From pixel corners to pixel centres, where Pillow counts.
        shapes = [
            ([(float(x) - 0.5, float(y) - 0.5) for x, y in item.polygon], 1 if item.direction == "appeared" else 2)
            for item in evidence.objects
            if item.class_name == name
        ]
        # Outlines are simplified, so pixels just outside belong too; the class test below keeps the rim harmless.
        for ring, number in shapes:
            pen.line(ring, fill=number, width=RIM)
        for ring, number in shapes:
            pen.polygon(ring, fill=number)
        direction = np.asarray(drawn)
        inside = (direction > 0) & (evidence.mask == evidence.classes.index(name))
        vanished[inside] = direction[inside] == 2
    codes = np.where(evidence.mask > 0, 2 * evidence.mask.astype(np.int32) - 1 + vanished, UNCHANGED)
    codes[~valid] = NO_DATA
    return codes.astype(np.uint8)
