"""The colour and the name of every code of a change map (`results/codes.py`)."""

from __future__ import annotations

from dataclasses import dataclass

from chronosight.results.changed_object import Direction
from chronosight.results.codes import NO_DATA, UNCHANGED

Colour = tuple[int, int, int]

# Warm for new, cool for gone; light for roads, deep for buildings: near the palette of Okabe and Ito, brighter so as to
# stand out on dark imagery, and can be distinguished with every common kind of colour blindness. OTHER serves further classes.
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
        """Such as "building appeared"."""
        return f"{self.class_name} {self.direction}"

    @property
    def short_label(self) -> str:
        """Such as "new building"."""
        return short_label(self.class_name, self.direction)


def short_label(class_name: str, direction: Direction) -> str:
    """A short name of a class and direction, for legends and lists.

    Args:
        class_name: The class, in the singular.
        direction: "appeared" or "vanished".

    Returns:
        Such as "New building" or "Building gone".
    """
    return f"New {class_name}" if direction == "appeared" else f"{class_name.capitalize()} gone"


def colour_of(class_name: str, direction: Direction) -> Colour:
    """The colour of a class and direction, on maps and in charts.

    Args:
        class_name: The class, in the singular.
        direction: "appeared" or "vanished".

    Returns:
        (red, green, blue), 0 to 255.
    """
    return COLOURS.get((class_name, direction), OTHER[direction])


def change_codes(classes: tuple[str, ...]) -> list[Code]:
    """The codes that a change map can hold.

    Args:
        classes: Names of the classes, background first.

    Returns:
        The codes, in order of their value.
    """
    directions: tuple[Direction, Direction] = ("appeared", "vanished")
    return [
        Code(2 * index - 1 + step, name, direction, colour_of(name, direction))
        for index, name in enumerate(classes)
        if index > 0
        for step, direction in enumerate(directions)
    ]


def palette_of(classes: tuple[str, ...]) -> dict[int, Colour]:
    """Colour of every code, `UNCHANGED` and `NO_DATA` included.

    Args:
        classes: Names of the classes, background first.

    Returns:
        (red, green, blue) by code.
    """
    colours = {code.value: code.colour for code in change_codes(classes)}
    return {UNCHANGED: BACKGROUND, **colours, NO_DATA: MISSING}
