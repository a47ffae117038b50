"""Pictures of a place at both dates, with the outlines of what changed there."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

from chronosight.reports.codes import colour_of
from chronosight.reports.findings import Findings
from chronosight.reports.narrative import Place
from chronosight.reports.page.content import PagePlace
from chronosight.reports.picture import photograph
from chronosight.scenes.scene import Scene

SIDE = 400  # pixels of the longer side
HALO = (12, 14, 17)


def picture_place(place: Place, scene: Scene, findings: Findings) -> PagePlace:
    """scene: the place's own pixels. What appeared is outlined on the later date, what vanished on the earlier one."""
    factor = SIDE / max(scene.width, scene.height)
    size = round(scene.width * factor), round(scene.height * factor)
    left, top, width, height = place.window
    pictures = [photograph(frame, scene.valid, size) for frame in (scene.frames[0], scene.frames[-1])]
    scale = np.array([size[0] / width, size[1] / height])
    for item in findings.found:
        low, high = item.ring.min(axis=0), item.ring.max(axis=0)
        if (high < [left, top]).any() or (low > [left + width, top + height]).any():
            continue
        ring = [tuple(point) for point in ((item.ring - [left, top]) * scale).tolist()]
        _outline(pictures[item.direction == "appeared"], ring, colour_of(*item.key))
    return PagePlace(place, pictures[0], pictures[1])


def _outline(picture: Image.Image, ring: list[tuple[float, ...]], colour: tuple[int, int, int]) -> None:
    pen = ImageDraw.Draw(picture)
    pen.line(ring, fill=HALO, width=4, joint="curve")
    pen.line(ring, fill=colour, width=2, joint="curve")
