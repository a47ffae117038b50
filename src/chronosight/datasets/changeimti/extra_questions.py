"""Records that extend the paper, each kind behind a setting: direction, counts by cell, regions, what images cannot show.

A region is a place as people say it ("in the left third"), turned into cells by `tasks.grid_regions`, so that what is taught is
what the engines understand. An object lies in the region that holds its cell.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator

from chronosight.datasets.changeimti.records import LOOK, OFFER, Labelled, Record, Settings, draw, joined, make
from chronosight.errors import InputError
from chronosight.tasks import direction
from chronosight.tasks.cells import CELLS, NO_CHANGE, PLACES
from chronosight.tasks.grid_regions import find_region
from chronosight.tasks.replies import write_yes_no

# "At the top" would be the whole upper third, so of single cells only corners and the center have a place in words.
REGIONS = (
    "in the left third", "in the right third", "in the top third", "in the bottom third", "in the middle column",
    "in the middle row", *(PLACES[cell] for cell in CELLS if cell == "center" or cell.endswith("corner")),
)  # fmt: skip
REGION_COUNT = "How many {subject} have been changed {place} in these two images:<image> and <image>"
REGION_BINARY = (
    "Please check if there have been any changes to the {subject} {place} in these two images:<image> and <image>. "
    "Please answer yes or no."
)
BY_CELL = "Please tell me how many {subject} have changed in each part of these two images:<image> and <image>" + OFFER
CANNOT_TELL = "This cannot be told from these two images."
UNANSWERABLE = (
    "Who owns the {subject} that can be seen here?",
    "How much did the work on the {subject} cost?",
    "Why were the {subject} left as they are, or changed?",
    "On which day of the year was work on the {subject} finished?",
    "Which company worked on the {subject}?",
    "How many people use the {subject} every day?",
    "What are the {subject} here called?",
    "How will the {subject} look ten years after the second image?",
    "What did the {subject} look like ten years before the first image?",
    "In which town are these {subject}?",
    "What lies underground below the {subject}?",
    "Was there a permit for the {subject}?",
)


def kinds(settings: Settings) -> list[str]:
    """Kinds that extend the paper, as the settings ask.

    Args:
        settings: Settings of the set.

    Returns:
        Names of the kinds.

    Raises:
        InputError: direction is asked for, and a class does not distinguish appeared from vanished.
    """
    names = [item.name for item in settings.classes]
    found = []
    if settings.direction:
        without = [item.name for item in settings.classes if not item.directed]
        if without:
            raise InputError(
                f"--direction needs masks that separate appeared from vanished, and {joined(without, 'and')} have one value for "
                f"both; give their values as --classes {without[0]}=VALUE+,{without[0]}=VALUE-"
            )
        found += [f"direction_{name}" for name in names]
    if settings.by_cell:
        found += [f"by_cell_{name}" for name in names]
    if settings.regions:
        found += [f"region_{name}" for name in names]
    return found + ["unanswerable"] * settings.unanswerable


def records(item: Labelled, kind: str, settings: Settings) -> Iterator[Record]:
    """The record of one kind that a pair gives.

    Args:
        item: The pair, with its labels.
        kind: A kind of `kinds`.
        settings: Settings of the set.

    Yields:
        The record.
    """
    if kind == "unanswerable":
        rng = draw(item, settings, kind)
        text = rng.choice(UNANSWERABLE).format(subject=rng.choice(settings.classes).name)
        yield make(item, kind, [(LOOK + text, CANNOT_TELL)])
        return
    task, _, name = re.fullmatch(r"(direction|by_cell|region)(_)(.+)", kind).groups()  # type: ignore[union-attr]
    label = item.labels[name]
    if task == "direction":
        gone = label.count - (label.appeared or 0)
        reply = direction.write_reply(direction.direction_of(label.appeared or 0, gone))
        turn = LOOK + direction.ask(name).text, reply
    elif task == "by_cell":
        turn = BY_CELL.format(subject=name), write_by_cell(label.by_cell)
    else:
        turn = region_turn(item, name, draw(item, settings, kind))
    yield make(item, kind, [turn])


def region_turn(item: Labelled, name: str, rng: random.Random) -> tuple[str, str]:
    """A count or a yes or no about a region; where the class has changed, half of the regions hold some of it.

    Args:
        item: The pair, with its labels.
        name: The class, in the plural.
        rng: Draws the region and the kind of question.

    Returns:
        Question and reply.
    """
    label = item.labels[name]
    places = [place for place in REGIONS if set(cells_of(place)) & set(label.cells)] if rng.random() < 0.5 else []
    place = rng.choice(places or REGIONS)
    inside = sum(cell in cells_of(place) for cell in label.of_objects)
    if rng.random() < 0.5:
        return REGION_COUNT.format(subject=name, place=place), str(inside)
    return REGION_BINARY.format(subject=name, place=place), write_yes_no(inside > 0)


def cells_of(place: str) -> tuple[str, ...]:
    """Cells of a place in words: "in the left third" -> top left corner, left, lower left corner.

    Args:
        place: A place in words, such as "in the left third".

    Returns:
        Cells of the 3x3 grid.
    """
    return find_region(place.split()).cells


def write_by_cell(counts: dict[str, int]) -> str:
    """Writes counts by cell: "top left corner: 2,center: 1", or "No change".

    Args:
        counts: Counts by cell; cells without objects are left out.

    Returns:
        The reply.
    """
    return ",".join(f"{cell}: {number}" for cell, number in counts.items()) or NO_CHANGE


def parse_by_cell(reply: str) -> dict[str, int] | None:
    """Counts by cell of such a reply; {} for "No change"; None when it is neither.

    Args:
        reply: The reply.

    Returns:
        The counts, or None.
    """
    if reply.strip().rstrip(".").lower() == NO_CHANGE.lower():
        return {}
    parts = [re.fullmatch(r"\s*([a-z ]+): (\d+)\s*", part) for part in reply.split(",")]
    if not all(part and part[1] in CELLS for part in parts):
        return None
    return {part[1]: int(part[2]) for part in parts if part}
