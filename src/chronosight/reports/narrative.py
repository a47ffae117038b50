"""The story of a scene: sentences composed from its facts, and the places where most changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from chronosight.reports.findings import Findings
from chronosight.reports.found import DIRECTIONS, Found, Key, Tallies, classes_of, tally, total
from chronosight.reports.sentences import Sentence, Shown, area, change, length, name, number, objects, tell, where
from chronosight.tasks.cells import PLACES, listed

if TYPE_CHECKING:
    from chronosight.results.answer import Answer

MOST_PLACES = 6
SPREAD = 3  # cells that are still named one by one
WORDS: dict[str, str] = {"appeared": "new", "vanished": "lost"}


def story(findings: Findings) -> list[Sentence]:
    """What changed, how much, where, the largest object, and by zone; one sentence when nothing did."""
    found, metric = findings.found, findings.metric
    if not found:
        return [tell("No changed buildings or roads were found.")]
    sentences = [_counts(findings, class_name) for class_name in classes_of(found)]
    for key in tally(found):
        sentences += _whereabouts([item for item in found if item.key == key], key)
    roads = [item for item in found if item.class_name == "road" and item.length is not None]
    for direction in DIRECTIONS:
        metres = sum(item.length or 0.0 for item in roads if item.direction == direction)
        if metres:
            sentences.append(tell(f"{WORDS[direction]} roads are {{length}} long in all.", length=length(metres)))
    largest = max(found, key=lambda item: item.area)
    sentences.append(
        tell(
            "The largest changed object is a {what} of {area}, {where} (object {number}).",
            what=Shown(list(largest.key), f"{WORDS[largest.direction]} {largest.class_name}"),
            area=area(largest.area, metric),
            where=where([largest.cell]),
            number=Shown(largest.number, str(largest.number)),
        )
    )
    return sentences + _zones(findings)


def _counts(findings: Findings, class_name: str) -> Sentence:
    """ "12 buildings appeared (about 2,310 m²) and none vanished."."""
    tallies = tally(findings.found)
    if not total(tallies, class_name).count:
        return tell("{changed} changed.", changed=objects(0, class_name))
    first, facts = change(total(tallies, class_name, "appeared"), class_name, "appeared", findings.metric)
    second, more = change(total(tallies, class_name, "vanished"), class_name, "vanished", findings.metric)
    if not total(tallies, class_name, "vanished").count:
        second, more = "{vanished} vanished", {"vanished": number(0)}
    return tell(f"{first} and {second}.", **facts, **more)


def _whereabouts(found: Sequence[Found], key: Key) -> list[Sentence]:
    """Where the objects of one class and direction lie: named by the cell that holds more than half of them."""
    noun = f"{WORDS[key[1]]} {key[0]}"
    cells = Counter(item.cell for item in found)
    cell, most = min(cells.items(), key=lambda pair: (-pair[1], pair[0]))
    if len(found) == 1:
        return [tell(f"The {noun} lies {{where}}.", where=where([cell]))]
    if most == len(found):
        return [tell("All {n} lie {where}.", n=objects(most, noun), where=where([cell]))]
    if 2 * most > len(found):
        pattern = f"Most {noun}s lie {{where}}: {{most}} of {{n}}."
        return [tell(pattern, where=where([cell]), most=number(most), n=number(len(found)))]
    if len(cells) <= SPREAD:
        return [tell(f"The {noun}s lie {{where}}.", where=where([place for place in PLACES if place in cells]))]
    pattern = f"The {noun}s are spread over {{k}} of {{parts}}, with the most {{where}}: {{most}} of {{n}}."
    parts = {"k": number(len(cells)), "parts": objects(len(PLACES), "part")}
    return [tell(pattern, **parts, where=where([cell]), most=number(most), n=number(len(found)))]


def _zones(findings: Findings) -> list[Sentence]:
    if findings.zones is None:
        return []
    rows, n = findings.zones.rows, len(findings.zones.rows)
    changed = [row for row in rows if row.all.count or row.all.area]
    if not changed:
        return [tell("None of {zones} holds a changed object.", zones=objects(n, "zone"))]
    top = max(row.all.area for row in changed)
    first = [row for row in changed if row.all.area == top]
    sentences = [
        tell(
            f"By area, {{zone}} changed most of {{zones}}: {{n}}, {{area}}{' each' if len(first) > 1 else ''}.",
            zone=name(listed([row.name for row in first])),
            zones=objects(n, "zone"),
            n=objects(first[0].all.count, "object"),
            area=area(top, findings.metric),
        )
    ]
    outside = findings.zones.outside.all
    if len(changed) < n:
        sentences.append(tell("Nothing changed in {n} of {zones}.", n=number(n - len(changed)), zones=objects(n, "zone")))
    if outside.count:
        sentences.append(tell("{n} outside every zone ({area}).", n=objects(outside.count, "object"), area=area(outside.area)))
    return sentences


def zone_lines(findings: Findings) -> list[str]:
    """ "Riverside: 3 buildings appeared (about 420 m²).": one line a zone, for the terminal."""
    if findings.zones is None:
        return []
    rest = findings.zones.outside
    rows = [*findings.zones.rows, *([rest] if rest.all.count else [])]
    return [f"{row.name}: {_sums(row.tallies, findings.metric, 'no change').text}" for row in rows]


@dataclass(frozen=True)
class Place:
    """A window of the scene where much changed. window: (left, top, width, height) in pixels. numbers: its objects.

    caption: what the model says of it, None before it was asked. facts: counted in the window.
    """

    window: tuple[int, int, int, int]
    numbers: tuple[int, ...]
    fact: Sentence
    lonlat: tuple[float, float] | None = None
    caption: Answer | None = None


def most_changed(findings: Findings, side: int, most: int = MOST_PLACES) -> list[Place]:
    """The windows of side x side pixels with the largest changed area, largest first, none on top of another.

    Greedy, over windows centred on each object in turn: an object belongs to one window alone.
    """
    found = findings.found
    if not found:
        return []
    xy = np.array([item.position for item in found])
    areas = np.array([item.area for item in found])
    width, height = min(side, findings.width), min(side, findings.height)
    corners = np.round(xy - [width / 2, height / 2]).astype(int)
    corners = np.clip(corners, 0, [findings.width - width, findings.height - height])
    left = np.ones(len(found), bool)  # not yet in a window
    free = np.ones(len(found), bool)  # may still be a window's centre
    places: list[Place] = []
    sums = _window_sums(xy, areas, corners, width, height)
    while len(places) < most and free.any():
        best = int(np.argmax(np.where(free, sums, -1)))
        x, y = corners[best].tolist()
        inside = left & (xy >= [x, y]).all(axis=1) & (xy < [x + width, y + height]).all(axis=1)
        if not inside.any():
            break
        chosen = [found[i] for i in np.flatnonzero(inside)]
        places.append(
            Place(
                (x, y, width, height),
                tuple(item.number for item in chosen),
                window_fact(chosen, findings.metric),
                chosen[0].lonlat,
            )
        )
        left &= ~inside
        free &= (np.abs(corners - [x, y]) >= [width, height]).any(axis=1) & left
    return places


def _window_sums(xy: np.ndarray, areas: np.ndarray, corners: np.ndarray, width: int, height: int) -> np.ndarray:
    """(n,) changed area whose centroids lie in each object's window."""
    from scipy.spatial import cKDTree

    half = np.array([width / 2, height / 2])
    scaled = xy / half  # a window is the ball of radius 1 in the maximum norm
    near = cKDTree(scaled).query_ball_point((corners + half) / half, 1.0, p=np.inf)
    return np.array([areas[indices].sum() if len(indices) else 0.0 for indices in near])


def window_fact(found: Sequence[Found], metric: bool) -> Sentence:
    """ "3 buildings appeared (about 420 m²); 1 road vanished (about 90 m²)." of the objects in a window."""
    return _sums(tally(found), metric, "no changed object lies here")


def _sums(tallies: Tallies, metric: bool, nothing: str) -> Sentence:
    patterns, facts = [], {}
    for (class_name, direction), value in tallies.items():
        pattern, shown = change(value, class_name, direction, metric)
        for key, fact in shown.items():
            pattern = pattern.replace(f"{{{key}}}", f"{{{class_name}_{key}}}")
            facts[f"{class_name}_{key}"] = fact
        patterns.append(pattern)
    return tell("; ".join(patterns or [nothing]) + ".", **facts)
