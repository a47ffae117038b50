"""The narrative of a scene: sentences composed from its change summary."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from chronosight.results.change_summary import ChangeSummary
from chronosight.results.changed_object import DIRECTIONS, ChangedObject, Key, classes_of, tally, total
from chronosight.results.land_cover_sentences import cover_sentences
from chronosight.results.sentences import (
    Sentence,
    Shown,
    area,
    change,
    compose,
    length,
    name,
    number,
    objects,
    where,
)
from chronosight.results.wording import all_below_limits
from chronosight.tasks.cells import PLACES, listed

SPREAD = 3  # cells that are still named one by one
WORDS: dict[str, str] = {"appeared": "new", "vanished": "lost"}


def narrative(summary: ChangeSummary) -> list[Sentence]:
    """Describes the changes in sentences: what changed, how much, where, the largest object, and by zone.

    Args:
        summary: The change summary.

    Returns:
        The sentences, each with its facts; a single one, and any doubts, where nothing changed.
    """
    found, metric = summary.objects, summary.metric
    if not found:
        first = compose("All that changed is below the limits.") if summary.left_out else compose(
            "No changed buildings or roads were found."
        )  # fmt: skip
        return [first, *cover_sentences(summary), *_doubts(summary)]
    sentences = [_counts(summary, class_name) for class_name in classes_of(found)]
    for key in tally(found):
        sentences += _whereabouts([item for item in found if item.key == key], key)
    roads = [item for item in found if item.class_name == "road" and item.length_m is not None]
    for direction in DIRECTIONS:
        metres = sum(item.length_m or 0.0 for item in roads if item.direction == direction)
        if metres:
            sentences.append(compose(f"{WORDS[direction]} roads are {{length}} long in all.", length=length(metres)))
    largest = max(found, key=lambda item: item.area)
    sentences.append(
        compose(
            "The largest changed object is a {what} of {area}, {where} (object {number}).",
            what=Shown(list(largest.key), f"{WORDS[largest.direction]} {largest.class_name}"),
            area=area(largest.area, metric),
            where=where(largest.places),
            number=Shown(largest.number, str(largest.number)),
        )
    )
    return sentences + cover_sentences(summary) + _zones(summary) + _doubts(summary)


def _doubts(summary: ChangeSummary) -> list[Sentence]:
    """A sentence that takes the certainty out of those before it, with the reasons."""
    return [compose("All of this is uncertain: {reason}.", reason=name("; ".join(summary.doubts)))] if summary.doubts else []


def _counts(summary: ChangeSummary, class_name: str) -> Sentence:
    """Such as "12 buildings appeared (about 2,310 m²) and none vanished."."""
    tallies = tally(summary.objects)
    left_out = sum(n for (name_of, _), n in summary.left_out.items() if name_of == class_name)
    if not total(tallies, class_name).count and left_out:
        return compose("{left_out}.", left_out=Shown(left_out, all_below_limits(left_out, class_name)))
    if not total(tallies, class_name).count:
        return compose("{found} were found.", found=Shown(0, f"No changed {class_name}s"))
    first, facts = change(total(tallies, class_name, "appeared"), class_name, "appeared", summary.metric)
    second, more = change(total(tallies, class_name, "vanished"), class_name, "vanished", summary.metric)
    if not total(tallies, class_name, "vanished").count:
        second, more = "{vanished} vanished", {"vanished": number(0)}
    return compose(f"{first} and {second}.", **facts, **more)


def _whereabouts(found: Sequence[ChangedObject], key: Key) -> list[Sentence]:
    """Where the objects of one class and direction lie: named by the cell that holds more than half of them."""
    noun = f"{WORDS[key[1]]} {key[0]}"
    cells = Counter(cell for item in found for cell in item.places)
    cell, most = min(cells.items(), key=lambda pair: (-pair[1], pair[0]))
    if len(found) == 1:
        return [compose(f"The {noun} lies {{where}}.", where=where([place for place in PLACES if place in cells]))]
    if most == len(found) and len(cells) == 1:
        return [compose("All {n} lie {where}.", n=objects(most, noun), where=where([cell]))]
    if 2 * most > len(found) and most < len(found):
        pattern = f"Most {noun}s lie {{where}}: {{most}} of {{n}}."
        return [compose(pattern, where=where([cell]), most=number(most), n=number(len(found)))]
    if len(cells) <= SPREAD:
        return [compose(f"The {noun}s lie {{where}}.", where=where([place for place in PLACES if place in cells]))]
    parts = {"k": number(len(cells)), "parts": objects(len(PLACES), "part")}
    if sum(count == most for count in cells.values()) > 1:  # no place stands out
        return [compose(f"The {noun}s are spread over {{k}} of {{parts}}.", **parts)]
    pattern = f"The {noun}s are spread over {{k}} of {{parts}}, with the most {{where}}: {{most}} of {{n}}."
    return [compose(pattern, **parts, where=where([cell]), most=number(most), n=number(len(found)))]


def _zones(summary: ChangeSummary) -> list[Sentence]:
    if summary.zones is None:
        return []
    rows, n = summary.zones.rows, len(summary.zones.rows)
    changed = [row for row in rows if row.all.count or row.all.area]
    if not changed:
        return [compose("None of {zones} holds a changed object.", zones=objects(n, "zone"))]
    top = max(row.all.area for row in changed)
    first = [row for row in changed if row.all.area == top]
    sentences = [
        compose(
            f"By area, {{zone}} changed most of {{zones}}: {{n}}, {{area}}{' each' if len(first) > 1 else ''}.",
            zone=name(listed([row.name for row in first])),
            zones=objects(n, "zone"),
            n=objects(first[0].all.count, "object"),
            area=area(top, summary.metric),
        )
    ]
    outside = summary.zones.outside.all
    if len(changed) < n:
        sentences.append(compose("Nothing changed in {n} of {zones}.", n=number(n - len(changed)), zones=objects(n, "zone")))
    if outside.count:
        sentences.append(compose("{n} outside every zone ({area}).", n=objects(outside.count, "object"), area=area(outside.area)))
    return sentences
