"""Images of a place at both dates, with the outlines of what changed there."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

from chronosight.reports.codes import colour_of
from chronosight.reports.images import photograph
from chronosight.reports.page.content import PagePlace
from chronosight.reports.places import Place
from chronosight.results.change_summary import ChangeSummary
from chronosight.scenes.scene import Scene

SIDE = 400  # pixels of the longer side
HALO = (12, 14, 17)


def draw_place(place: Place, scene: Scene, summary: ChangeSummary) -> PagePlace:
    """Draws a place at both dates. What appeared is outlined on the later date, what vanished on the earlier one.

    Args:
        place: The place, with its window.
        scene: The place's own pixels.
        summary: The change summary of the whole scene.

    Returns:
        The place with its two images.
    """
    factor = SIDE / max(scene.width, scene.height)
    size = round(scene.width * factor), round(scene.height * factor)
    left, top, width, height = place.window
    images = [photograph(frame, scene.valid, size) for frame in (scene.frames[0], scene.frames[-1])]
    scale = np.array([size[0] / width, size[1] / height])
    for item in summary.objects:
        low, high = item.outline.min(axis=0), item.outline.max(axis=0)
        if (high < [left, top]).any() or (low > [left + width, top + height]).any():
            continue
        ring = [tuple(point) for point in ((item.outline - [left, top]) * scale).tolist()]
        _outline(images[item.direction == "appeared"], ring, colour_of(*item.key))
    return PagePlace(place, images[0], images[1])


def _outline(image: Image.Image, ring: list[tuple[float, ...]], colour: tuple[int, int, int]) -> None:
    pen = ImageDraw.Draw(image)
    pen.line(ring, fill=HALO, width=4, joint="curve")
    pen.line(ring, fill=colour, width=2, joint="curve")
