"""The places of a scene where most changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from chronosight.results.change_summary import ChangeSummary
from chronosight.results.sentences import Sentence, summed_up

if TYPE_CHECKING:
    from chronosight.results.answer import Answer

MOST_PLACES = 6


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


def most_changed(summary: ChangeSummary, side: int, most: int = MOST_PLACES) -> list[Place]:
    """The windows with the largest changed area, none on top of another.

    Greedy, over windows centred on each object in turn: an object belongs to one window alone.

    Args:
        summary: The change summary.
        side: Side of a window in pixels.
        most: Largest number of windows.

    Returns:
        The windows, largest area first.
    """
    found = summary.objects
    if not found:
        return []
    xy = np.array([item.centroid for item in found])
    areas = np.array([item.area for item in found])
    width, height = min(side, summary.width), min(side, summary.height)
    corners = np.round(xy - [width / 2, height / 2]).astype(int)
    corners = np.clip(corners, 0, [summary.width - width, summary.height - height])
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
                summed_up(chosen, summary.metric),
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
    sums = []
    for corner, indices in zip(corners, near, strict=True):
        here = np.array(indices, dtype=int)
        inside = (xy[here] < corner + np.array([width, height])).all(axis=1)  # the ball holds its lower and right edge too
        sums.append(areas[here][inside].sum())
    return np.array(sums)


