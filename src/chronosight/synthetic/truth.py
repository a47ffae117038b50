"""What the renderer knows of what it drew: complete truth beside the pixels.

Positions are in pixels of the image, x right and y down; a polygon is a tuple of (x, y) corners and may reach over
the border of the image.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from chronosight.tasks.question import Question

# Index of a class map. "water" covers ponds, rivers and sea; "parking" any paved ground that is not a road.
LAND_COVER = (
    "bare land", "grass", "field", "trees", "water", "road",
    "parking", "building", "pool", "car", "boat", "plane",
)  # fmt: skip
CHANGE_CLASSES = ("background", "road", "building")  # index of a change mask
# What an image can be asked about, as plural names.
OBJECT_CLASSES = ("buildings", "roads", "cars", "boats", "planes", "pools", "ponds", "trees")


@dataclass(frozen=True)
class RenderedObject:
    """One object in an image. class_name: one of OBJECT_CLASSES. polygon: outline. centre: (x, y) of what shows."""

    class_name: str
    polygon: tuple[tuple[float, float], ...]
    centre: tuple[float, float]


@dataclass(frozen=True)
class ChangedObject:
    """One changed object, a connected part of the change mask.

    class_name: "roads" or "buildings". appeared: new when True, gone when False. cell: its place in the 3x3 grid.
    centre: (x, y) of its pixels. area: in pixels.
    """

    class_name: str
    appeared: bool
    cell: str
    centre: tuple[float, float]
    area: int


@dataclass(frozen=True)
class RenderedImage:
    """An image and its truth.

    pixels: (H, W, 3) uint8. class_map: (H, W) uint8, index into LAND_COVER. metres_per_pixel: ground resolution.
    objects: everything that the eye can make out. rural_urban: "rural" or "urban". captions: five sentences.
    questions: pairs of a question and its reply as text.
    """

    pixels: np.ndarray
    class_map: np.ndarray
    metres_per_pixel: float
    objects: tuple[RenderedObject, ...]
    rural_urban: str
    captions: tuple[str, ...]
    questions: tuple[tuple[Question, str], ...]


@dataclass(frozen=True)
class RenderedPair:
    """The same place at two dates and what became of it.

    before, after: (H, W, 3) uint8. change_mask: (H, W) uint8, index into CHANGE_CLASSES. appeared: (H, W) bool, True
    where the changed pixel is new, False where it is gone or unchanged. before_map, after_map: (H, W) uint8, index into
    LAND_COVER. objects: the changed objects. shift: (x, y) in pixels by which `after` lies off `before`.
    metres_per_pixel: ground resolution. captions: five sentences.
    """

    before: np.ndarray
    after: np.ndarray
    change_mask: np.ndarray
    appeared: np.ndarray
    before_map: np.ndarray
    after_map: np.ndarray
    objects: tuple[ChangedObject, ...]
    shift: tuple[float, float]
    metres_per_pixel: float
    captions: tuple[str, ...]

    @property
    def changed(self) -> bool:
        """Whether any road or building changed."""
        return bool(self.objects)


@dataclass(frozen=True)
class RenderedVideo:
    """A short video of one event. frames: (T, H, W, 3) uint8. event: one of EVENTS. captions: five sentences."""

    frames: np.ndarray
    event: str
    captions: tuple[str, ...]


# The classes of ERA (named as in tasks.event) that can be rendered honestly.
EVENTS = (
    "fire", "flood", "traffic congestion", "constructing", "boating", "ploughing", "harvesting", "non-event",
)  # fmt: skip
