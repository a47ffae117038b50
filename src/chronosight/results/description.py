"""The answer to `describe`, for a pair of any size: words, changed objects, maps and, of a whole scene, tables."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from chronosight.figures import figures
from chronosight.results.answer import Answer, shortened
from chronosight.results.changed_object import ChangedObject, Key
from chronosight.results.evidence import Evidence, MapsOnDisk
from chronosight.results.land_cover_change import LandCoverChange
from chronosight.results.wording import percent
from chronosight.results.zones import ZoneTable
from chronosight.scenes.scene import Scene


@dataclass(frozen=True)
class ClassDescription:
    """Changed objects of one class.

    Attributes:
        name: plural, "buildings" or "roads".
        appeared: how many are new.
        vanished: how many are gone.
        cells: places of the 3x3 grid.
        confidence: in [0, 1], of the counts and places together.
        interval: the least and the largest number of changed objects between which the true one lies in 90 % of all answers;
            None where it is not known.
        changed: the answer to whether any object of the class changed, where it rests on more than the objects; else None.
    """

    name: str
    appeared: int
    vanished: int
    cells: tuple[str, ...]
    confidence: float
    interval: tuple[int, int] | None = None
    changed: Answer | None = None


@dataclass(frozen=True)
class GridCell:
    """One cell of the table of a whole scene.

    Attributes:
        row: from 0 at the top.
        column: from 0 at the left.
        window: (left, top, width, height) in pixels.
        centre: (longitude, latitude) in degrees.
        compared_m2: ground with data at both dates.
        counts: objects whose centroid lies in the cell, by "building appeared", "road vanished", ...
        areas_m2: their areas in square metres, by the same names.
        road_m: length of roads in metres by "appeared" and "vanished".
    """

    row: int
    column: int
    window: tuple[int, int, int, int]
    centre: tuple[float, float]
    compared_m2: float
    counts: dict[str, int]
    areas_m2: dict[str, float]
    road_m: dict[str, float]


@dataclass(frozen=True)
class Quicklook:
    """Both dates of a whole scene at a small size.

    Attributes:
        before: (h, w, 3) uint8.
        after: (h, w, 3) uint8.
        valid: (h, w) bool, where both have data.
        scale: (x, y) quicklook pixels per pixel of the scene.
    """

    before: np.ndarray
    after: np.ndarray
    valid: np.ndarray
    scale: tuple[float, float]


@dataclass(frozen=True, repr=False)
class Description:
    """What changed between two dates, in words and on a map.

    Attributes:
        caption: one sentence.
        changed: the answer to "has anything changed".
        classes: counts and places of each class.
        evidence: the maps and the objects, `Evidence` of a pair in memory, `MapsOnDisk` of a whole scene.
        notes: one-line remarks for the user.
        model: name, version and hash of the weights: enough to repeat the run.
        scene: what was compared. Of a whole scene it has the facts of a pair (sources, times, georeference, shift, notes,
            height, width) and frames that take no memory: do not show them.
        answers: extra questions with their answers.
        zones: counts and areas by zone, where zones were given.
        grid: of a whole scene, its table by cell, by rows.
        quicklook: of a whole scene, both dates at a small size.
        facts: of a whole scene, JSON types: "tile", "overlap", "cell_m", "shift_m" ({"east", "north", "length",
            "corrected", "spread"} in metres, None where unknown), "warnings" (also among the notes), "compared_m2",
            "changed_m2" and more.
        files: names of the files that were written.
        land_cover: how the land cover changed beside buildings and roads; None where it is not mapped.
        guide_changed: probability in [0, 1] of the vision guide alone that anything changed, which calibrated counts and places
            rest on; None where it is not known.
        left_out: number of changed objects by class and direction that limits of size or confidence leave out.
    """

    caption: Answer
    changed: Answer
    classes: tuple[ClassDescription, ...]
    evidence: Evidence | MapsOnDisk
    notes: tuple[str, ...] = ()
    model: dict[str, Any] = field(default_factory=dict)
    scene: Scene = field(default_factory=lambda: placeholder_scene(0, 0))
    answers: tuple[tuple[str, Answer], ...] = ()
    zones: ZoneTable | None = None
    grid: tuple[GridCell, ...] = ()
    quicklook: Quicklook | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    files: tuple[str, ...] = ()
    land_cover: LandCoverChange | None = None
    guide_changed: float | None = None
    left_out: dict[Key, int] = field(default_factory=dict)

    def __repr__(self) -> str:
        """The caption, whether anything changed, counts by class, and the size of the scene; never the maps."""
        scene, known = self.scene, percent(self.changed.confidence) if self.changed.confidence_known else "not known"
        lines = [f"Description: {shortened(self.caption.text)}"]
        doubt = "" if self.changed.confident else ", not confident"
        lines.append(f"  changed: {shortened(self.changed.text)} (confidence {known}{doubt})")
        lines += [f"  {one.name}: {one.appeared:,} appeared, {one.vanished:,} vanished" for one in self.classes[:4]]
        ground = f" of {figures(scene.metres_per_pixel)} m" if scene.metres_per_pixel else ""
        size = f"{scene.width:,} x {scene.height:,} pixels{ground}"
        remarks = len(dict.fromkeys([*scene.notes, *self.notes]))
        numbers = {"changed object": len(self.objects), "answer": len(self.answers), "note": remarks}
        if self.land_cover is not None:
            numbers["land-cover change"] = len(self.land_cover.objects)
        if self.zones is not None:
            numbers["zone"] = len(self.zones.rows)
        shown = {noun: number for noun, number in numbers.items() if number or noun == "changed object"}
        counted = [f"{number:,} {noun}{'s' * (number != 1)}" for noun, number in shown.items()]
        return "\n".join([*lines, f"  {size}; {', '.join(counted)}"])

    @property
    def objects(self) -> tuple[ChangedObject, ...]:
        """The changed objects, bottom up as the label rule orders them."""
        return self.evidence.objects

    @property
    def warnings(self) -> list[str]:
        """Why all of it may be wrong: the doubts of its scene, and of a whole scene its warnings; in every file."""
        return list(dict.fromkeys([*self.scene.doubts, *self.facts.get("warnings", ())]))

    @property
    def is_whole_scene(self) -> bool:
        """Whether the pair was too large for memory and described in tiles."""
        return self.quicklook is not None


def placeholder_scene(width: int, height: int, **facts: Any) -> Scene:
    """A pair of a size in pixels whose own pixels take no memory.

    Args:
        width: In pixels.
        height: In pixels.
        **facts: Further fields of `Scene`.
    """
    frames = np.broadcast_to(np.uint8(0), (2, height, width, 3))
    return Scene("pair", frames, np.broadcast_to(np.True_, (height, width)), facts.pop("sources", ()), **facts)
