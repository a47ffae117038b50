"""From the guide's maps to changed objects, and to the facts given in the clue."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from scipy import ndimage

from chronosight.engines.compact.guide import GuideMaps
from chronosight.engines.generalise import LONG, drawn, generalise
from chronosight.engines.outlines import outline_in_scene, place_objects
from chronosight.results.changed_object import ChangedObject, Direction
from chronosight.results.evidence import Evidence, MapsOnDisk
from chronosight.scenes.scene import Scene
from chronosight.tasks.clue import ClassChange, GuideFacts
from chronosight.tasks.objects import find_objects

PLURALS = {"building": "buildings", "road": "roads"}


def read_evidence(maps: GuideMaps, classes: tuple[str, ...], min_area: float = 0) -> Evidence:
    """Objects of every class by the label rule (chronosight.tasks.objects), with direction and confidence.

    Direction is the mean of `appeared` over the object, confidence the mean probability of change over it.

    Args:
        maps: Of the guide.
        classes: Names, background first.
        min_area: In pixels of the scene; smaller objects are dropped and leave the mask too.

    Returns:
        The evidence; its objects are not on the ground yet (`placed_evidence`).
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
            ring, holes = outline_in_scene(item)
            found_one = ChangedObject(
                name, direction, outline=ring, area_px=area, cell=item.cell, confidence=confidence, holes=holes
            )
            objects.append(found_one)
    return Evidence(classes, mask, maps.probability, maps.appeared, tuple(objects))


def placed_evidence(evidence: Evidence, scene: Scene) -> Evidence:
    """The evidence as it is handed out: its objects numbered and on the ground.

    Args:
        evidence: What was outlined.
        scene: What it is of.
    """
    return replace(evidence, objects=place_objects(scene, evidence.objects), valid=scene.valid)


def generalise_evidence(evidence: Evidence, scene: Scene, smallest: Mapping[str, float]) -> Evidence:
    """The evidence as it is reported: pieces of one road joined, what is too small left off list and mask, the rest placed.

    Args:
        evidence: All that was outlined.
        scene: What it is of.
        smallest: Square metres by class, see `engines.generalise`.
    """
    if all(item.class_name not in LONG for item in evidence.objects):
        return placed_evidence(evidence, scene)
    reported = generalise(evidence.objects, scene.width, scene.height, scene.metres_per_pixel or 1.0, smallest)
    kept = {id(one) for _, members in reported for one in members}
    mask = unpainted(evidence, [item for item in evidence.objects if id(item) not in kept])
    return placed_evidence(replace(evidence, mask=mask, objects=tuple(item for item, _ in reported)), scene)


def unpainted(evidence: Evidence, dropped: Sequence[ChangedObject]) -> np.ndarray:
    """The mask without the pixels of some objects.

    Args:
        evidence: The maps.
        dropped: Objects to leave out.

    Returns:
        (H, W) uint8, class of each pixel.
    """
    mask = evidence.mask.copy()
    for item in dropped:
        index = evidence.classes.index(item.class_name)
        left, top = np.maximum(np.floor(item.outline.min(axis=0)).astype(int) - 1, 0)
        right, bottom = np.ceil(item.outline.max(axis=0)).astype(int) + 1
        labels, _ = ndimage.label(mask[top:bottom, left:right] == index, np.ones((3, 3), bool))
        own = np.unique(labels[drawn(item.outline - (left, top), labels.shape) & (labels > 0)])
        mask[top:bottom, left:right][np.isin(labels, own)] = 0
    return mask


def without_objects(evidence: Evidence) -> Evidence:
    """The evidence with no objects and an empty mask; the probability stays as it was predicted.

    Args:
        evidence: The maps.

    Returns:
        A copy.
    """
    return replace(evidence, mask=np.zeros_like(evidence.mask), objects=())


def tally(evidence: Evidence | MapsOnDisk, class_name: str) -> ClassChange:
    """Counts the objects of one class.

    Args:
        evidence: The objects.
        class_name: Singular, such as "building".

    Returns:
        Numbers appeared and vanished, and their cells in order of first appearance.
    """
    objects = [item for item in evidence.objects if item.class_name == class_name]
    appeared = sum(item.direction == "appeared" for item in objects)
    cells = tuple(dict.fromkeys(cell for item in objects for cell in item.places))
    return ClassChange(appeared, len(objects) - appeared, cells)


def read_facts(evidence: Evidence, changed: float, caption: str | None) -> GuideFacts:
    """The guide's facts for the clue (arXiv 2509.23105).

    Args:
        evidence: The objects.
        changed: Probability in [0, 1] that anything changed.
        caption: The guide's sentence; None for none.

    Returns:
        Probability, caption, counts and cells by class.
    """
    classes = {PLURALS.get(name, name): tally(evidence, name) for name in evidence.classes[1:]}
    return GuideFacts(changed, caption, classes)
