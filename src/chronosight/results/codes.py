"""How a change map is written as one byte a pixel.

    0                  nothing changed
    2k - 1, 2k         class k of the map's classes appeared, vanished (k = 1, 2, ...; 0 is the background)
    255                not compared: at least one date has no data here

With the classes background, road, building: 1 road appeared, 2 road vanished, 3 building appeared, 4 building vanished.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from chronosight.results.changed_object import ChangedObject

UNCHANGED, NO_DATA = 0, 255
RIM = 5  # pixels: width of an outline when pixels are handed to objects


def code_map(mask: np.ndarray, appeared: np.ndarray, classes: Sequence[str], objects: Sequence[ChangedObject]) -> np.ndarray:
    """The change map as codes, from maps and objects.

    All pixels of an object take the object's direction, so that the map and the list of objects agree; pixels outside
    every object follow their own `appeared` value.

    Args:
        mask: (H, W) uint8, index into `classes`.
        appeared: (H, W) float in [0, 1], that a changed pixel shows something new.
        classes: Names, background first.
        objects: With outlines on the pixels of the mask.

    Returns:
        (H, W) uint8 codes; no pixel is `NO_DATA`.
    """
    from PIL import Image, ImageDraw

    vanished = appeared < 0.5
    for name in {item.class_name for item in objects}:
        drawn = Image.new("L", (mask.shape[1], mask.shape[0]), 0)
        pen = ImageDraw.Draw(drawn)
        # From pixel corners to pixel centres, where Pillow counts.
        shapes = [
            ([(float(x) - 0.5, float(y) - 0.5) for x, y in item.outline], 1 if item.direction == "appeared" else 2)
            for item in objects
            if item.class_name == name
        ]
        # Outlines are simplified, so pixels just outside belong too; the class test below keeps the rim harmless.
        for ring, number in shapes:
            pen.line(ring, fill=number, width=RIM)
        for ring, number in shapes:
            pen.polygon(ring, fill=number)
        direction = np.asarray(drawn)
        inside = (direction > 0) & (mask == list(classes).index(name))
        vanished[inside] = direction[inside] == 2
    return np.where(mask > 0, 2 * mask.astype(np.int32) - 1 + vanished, UNCHANGED).astype(np.uint8)
