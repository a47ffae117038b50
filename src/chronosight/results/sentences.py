"""Sentences made of facts: a sentence is a pattern without numbers, and facts that know how they are written.

Prose and numbers then agree by construction: whatever number stands in a sentence is that of a fact beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from chronosight.results.changed_object import ChangedObject, Tallies, Tally, tally
from chronosight.results.wording import about, length_words, size_words
from chronosight.tasks.cells import places


@dataclass(frozen=True)
class Shown:
    """A fact: its value as a JSON type, and its words."""

    value: Any
    text: str


@dataclass(frozen=True)
class Sentence:
    """text, and the values of the facts in it by name."""

    text: str
    facts: dict[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """As JSON types."""
        return {"text": self.text, "facts": self.facts}


def compose(pattern: str, **facts: Shown) -> Sentence:
    """Fills a pattern with the words of facts.

    Args:
        pattern: Such as "{n} appeared ({area})."; without any digit.
        **facts: The facts, by their names in the pattern.

    Returns:
        The sentence, with the facts' values.

    Raises:
        ValueError: The pattern holds a digit itself.
    """
    if any(character.isdigit() for character in pattern):
        raise ValueError(f"the pattern holds a number that is no fact: {pattern}")
    text = pattern.format(**{name: fact.text for name, fact in facts.items()})
    return Sentence(text[:1].upper() + text[1:], {name: fact.value for name, fact in facts.items()})


def objects(count: int, noun: str) -> Shown:
    """A number of objects.

    Args:
        count: The number.
        noun: Their name in the singular.

    Returns:
        Such as "12 buildings", "1 building" or "no buildings".
    """
    return Shown(count, f"{f'{count:,}' if count else 'no'} {noun}{'s' * (count != 1)}")


def number(value: int) -> Shown:
    """A count; "none" for 0.

    Args:
        value: The count.

    Returns:
        Such as "1,200" or "none".
    """
    return Shown(value, f"{value:,}" if value else "none")


def area(square_metres: float, metric: bool = True) -> Shown:
    """An area, to three figures; the value to a tenth.

    Args:
        square_metres: The area; in pixels where `metric` is False.
        metric: Whether the area is in square metres.

    Returns:
        Such as "about 2,310 m²".
    """
    return Shown(round(float(square_metres), 1), about(size_words(square_metres, metric)))


def length(metres: float) -> Shown:
    """A length, to three figures; the value to a tenth.

    Args:
        metres: The length.

    Returns:
        Such as "about 120 m" or "about 1.25 km".
    """
    metres = round(float(metres), 1)
    return Shown(metres, f"about {length_words(metres)}")


def where(cells: Sequence[str]) -> Shown:
    """Places in the scene.

    Args:
        cells: Cells of the 3x3 grid.

    Returns:
        Such as "at the top and on the left".
    """
    return Shown(list(cells), places(tuple(cells)))


def name(text: str) -> Shown:
    """A name as it is.

    Args:
        text: The name.

    Returns:
        The name, as words and value.
    """
    return Shown(text, text)


def change(sum_of: Tally, noun: str, direction: str, metric: bool) -> tuple[str, dict[str, Shown]]:
    """Number and area of one class and direction.

    Args:
        sum_of: The sum of the objects.
        noun: Their name in the singular.
        direction: "appeared" or "vanished".
        metric: Whether areas are in square metres.

    Returns:
        A pattern and its facts, which read "12 buildings appeared (about 2,310 m²)".
    """
    facts = {direction: objects(sum_of.count, noun), f"{direction}_area": area(sum_of.area, metric)}
    if not sum_of.count and sum_of.area:  # of an object whose centroid lies elsewhere
        return f"part of a {noun} {direction} ({{{direction}_area}})", {f"{direction}_area": facts[f"{direction}_area"]}
    if not sum_of.count:
        return f"{{{direction}}} {direction}", {direction: facts[direction]}
    return f"{{{direction}}} {direction} ({{{direction}_area}})", facts


def summed_up(objects_of: Sequence[ChangedObject], metric: bool) -> Sentence:
    """Numbers and areas of some objects.

    Args:
        objects_of: The objects.
        metric: Whether areas are in square metres.

    Returns:
        Such as "3 buildings appeared (about 420 m²); 1 road vanished (about 90 m²)."
    """
    return sums_sentence(tally(objects_of), metric, "no changed object lies here")


def sums_sentence(tallies: Tallies, metric: bool, nothing: str) -> Sentence:
    """Numbers and areas of sums.

    Args:
        tallies: Sums by (class, direction).
        metric: Whether areas are in square metres.
        nothing: Text where there are none.

    Returns:
        The sentence, with its facts.
    """
    patterns, facts = [], {}
    for (class_name, direction), value in tallies.items():
        pattern, shown = change(value, class_name, direction, metric)
        for key, fact in shown.items():
            pattern = pattern.replace(f"{{{key}}}", f"{{{class_name}_{key}}}")
            facts[f"{class_name}_{key}"] = fact
        patterns.append(pattern)
    return compose("; ".join(patterns or [nothing]) + ".", **facts)
