"""The change summary of a pair: its objects and what is needed to count, place and measure them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from chronosight.results.answer import Answer
from chronosight.results.changed_object import ChangedObject, Key
from chronosight.results.land_cover_change import LandCoverChange
from chronosight.scenes.lonlat import scene_corners

if TYPE_CHECKING:
    from shapely import Geometry

    from chronosight.results.description import Description
    from chronosight.results.zones import ZoneTable

STEEP = 0.36  # tangent of 20 degrees: a grid turned by more is not called north up


@dataclass(frozen=True, eq=False)
class ChangeSummary:
    """What narrative, tables and answers are read from.

    Attributes:
        objects: all changed objects.
        width: of the scene in pixels.
        height: of the scene in pixels.
        metric: whether areas are square metres.
        changed: probability in [0, 1] that anything changed.
        corners: (4, 2) longitude and latitude from the upper left clockwise; None without a place on the Earth.
        zones: counts by zone, where zones were given.
        ground: area of the scene in square metres; None where the ground size of a pixel is not known.
        exact: calibration of exact counts and places by task (`engines.confidence.of_exact_answer`).
        doubts: why no answer read from it is confident; see `Scene.doubts`.
        land_cover: how the land cover changed; None where it is not mapped.
        guide_changed: as in `Description`.
        left_out: as in `Description`.
    """

    objects: tuple[ChangedObject, ...]
    width: int
    height: int
    metric: bool
    changed: float
    corners: np.ndarray | None = None
    zones: ZoneTable | None = None
    ground: float | None = None
    exact: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    doubts: tuple[str, ...] = ()
    land_cover: LandCoverChange | None = None
    guide_changed: float | None = None
    left_out: Mapping[Key, int] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """Kind of the scene: two dates."""
        return "pair"

    @property
    def north_up(self) -> bool | None:
        """Whether north is at the top; None where the scene has no place on the Earth."""
        if self.corners is None:
            return None
        upwards = (self.corners[0] + self.corners[1] - self.corners[2] - self.corners[3]) / 2
        east = upwards[0] * np.cos(np.radians(self.corners[:, 1].mean()))
        return bool(upwards[1] > 0 and abs(east) <= STEEP * upwards[1])

    @property
    def footprint(self) -> Geometry | None:
        """The scene's outline in longitude and latitude."""
        from shapely import Polygon

        return None if self.corners is None else Polygon(self.corners)


def change_summary(description: Description) -> ChangeSummary:
    """The summary of a description, its zones included.

    Args:
        description: The description of a pair.

    Returns:
        The summary.
    """
    scene, changed = description.scene, description.changed
    corners = scene_corners(scene)
    metric = corners is not None or scene.metres_per_pixel is not None
    ground = None if scene.metres_per_pixel is None else scene.metres_per_pixel**2 * scene.width * scene.height
    probability = probability_of_change(changed, bool(description.objects))
    return ChangeSummary(
        description.objects, scene.width, scene.height, metric, probability, corners, description.zones, ground,
        description.model.get("exact_answers", {}), scene.doubts, description.land_cover,
        description.guide_changed, description.left_out,
    )  # fmt: skip


def probability_of_change(changed: Answer, outlined: bool) -> float:
    """How likely it is that anything changed, as an answer says.

    Args:
        changed: The answer to whether anything changed. Without a value, its confidence is that of the answer that was not given
            (`engines.confidence.whether`).
        outlined: Whether anything is outlined: the answer that was not given is then yes, else no.

    Returns:
        In [0, 1]; one half where the confidence is not known.
    """
    if not changed.confidence_known:
        return 0.5
    no = changed.value is False or (changed.value is None and not outlined)
    return 1 - changed.confidence if no else changed.confidence
