"""From the guide's maps to changed objects, and to the facts that the clue tells."""

from __future__ import annotations

import numpy as np

from chronosight.engines.compact.guide import GuideMaps
from chronosight.results.changed_object import ChangedObject, Direction
from chronosight.results.description import Evidence
from chronosight.tasks.clue import ClassChange, GuideFacts
from chronosight.tasks.objects import MaskObject, find_objects

PLURALS = {"building": "buildings", "road": "roads"}
OUTLINE_TOLERANCE = 1.0  # pixels: removes the staircase of slanted walls, keeps corners


def read_evidence(maps: GuideMaps, classes: tuple[str, ...], min_area: float = 0) -> Evidence:
    """Objects of every class by the label rule (chronosight.tasks.objects), with direction and confidence.

    min_area: in pixels of the scene; smaller objects are dropped and leave the mask too. Direction: by the mean of
    `appeared` over the object; confidence: the mean probability of change over it.
    """
    mask = maps.mask.copy()
    objects: list[ChangedObject] = []
    for index, name in enumerate(classes[1:], start=1):
        of_class = maps.mask == index
        found = find_objects(of_class, min_area)
        mask[of_class] = 0  # what is no object is no evidence: map and list show the same
        for item in found:
            mask[item.window][item.inside] = index
            direction: Direction = "appeared" if item.mean(maps.appeared) >= 0.5 else "vanished"
            confidence = item.mean(maps.probability)
            area = float(item.inside.sum())
            objects.append(ChangedObject(name, direction, outline(item), area, item.cell, confidence))
    return Evidence(classes, mask, maps.probability, maps.appeared, tuple(objects))


def outline(item: MaskObject) -> np.ndarray:
    """(n, 2) float: the object's outer edge along pixel corners, smoothed by at most OUTLINE_TOLERANCE, closed.

    Not the rule's own polygon, which runs through pixel centres and has eight corners at most: too coarse for a map.
    """
    import shapely
    from rasterio.features import shapes
    from scipy import ndimage

    solid = np.pad(ndimage.binary_fill_holes(item.inside), 1).astype(np.uint8)
    parts = [geometry["coordinates"][0] for geometry, value in shapes(solid, connectivity=4) if value == 1]
    ring = max((shapely.Polygon(part) for part in parts), key=lambda polygon: polygon.area)
    simple = ring.simplify(OUTLINE_TOLERANCE, preserve_topology=True)
    points = np.asarray((simple if simple.area > 0 else ring).exterior.coords, float)
    rows, columns = item.window
    return points + np.array([columns.start - 1, rows.start - 1])


def without_objects(evidence: Evidence) -> Evidence:
    """The evidence with nothing on its list and mask. The probability stays as it was seen."""
    return Evidence(evidence.classes, np.zeros_like(evidence.mask), evidence.probability, evidence.appeared, ())


def tally(evidence: Evidence, class_name: str) -> ClassChange:
    """Counts and cells of one class (singular name), cells in order of first appearance."""
    objects = [item for item in evidence.objects if item.class_name == class_name]
    appeared = sum(item.direction == "appeared" for item in objects)
    return ClassChange(appeared, len(objects) - appeared, tuple(dict.fromkeys(item.cell for item in objects)))


def read_facts(evidence: Evidence, changed: float, caption: str | None) -> GuideFacts:
    """The guide's facts for the clue: probability of change, caption, counts and places."""
    classes = {PLURALS.get(name, name): tally(evidence, name) for name in evidence.classes[1:]}
    return GuideFacts(changed, caption, classes)
