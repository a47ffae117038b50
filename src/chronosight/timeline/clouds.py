"""Clouds of a series of dates, where they hide the ground.

A cloud is brighter than its place is at the dates before and after. So is a roof that stands at one date alone, and so is paving
that one date overexposes; but roofs and paving have sharp edges, and a cloud fades over many pixels.
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage

EIGHT = np.ones((3, 3), bool)
BRIGHT, GREY, RISE = 170, 45, 40  # levels: clouds are brighter than this, less coloured, and brighter than the dates around them
SMOOTH_DETAIL = 2.5  # levels between neighbouring pixels of an image that is clouds all over
SMOOTH = 9  # pixels: what is bright but narrower is no cloud
LEAST_CLOUD = 1000.0  # square metres (pixels where the ground size is not known): what is smaller may be a roof
EDGE, FAR = 3, 16  # pixels each side of an outline: its edge, and what is around it
SHARP = 0.65  # of the whole step in light: where so much lies within the edge, it is a roof or paving
LARGE = 0.15  # of a date: anything larger is not a roof; at the ends of the series, smaller clouds may be new roofs


def find_clouds(frames: np.ndarray, seen: np.ndarray, metres: float | None = None) -> np.ndarray:
    """Where a date is clouded: bright, grey, brighter than both dates around it, wide, and with a soft edge unless large.

    At the ends of the series, where only one date is beside it, a bright place is no cloud unless it is large.

    Args:
        frames: (T, H, W, 3) uint8.
        seen: (T, H, W) bool, where there is data.
        metres: Ground size of a pixel; None where it is not known.

    Returns:
        (T, H, W) bool.
    """
    count = len(frames)
    light = frames.mean(axis=3)
    spread = frames.max(axis=3).astype(np.int16) - frames.min(axis=3)
    clouds = np.zeros(seen.shape, bool)
    if count < 3:
        return clouds
    for index in range(count):
        beside = [other for other in (index - 1, index + 1) if 0 <= other < count]
        around = np.max([np.where(seen[other], light[other], 0) for other in beside], axis=0)
        rise = light[index] - around
        brighter = max(0.0, float(np.percentile(rise[seen[index]], 25))) if seen[index].any() else 0.0  # haze, exposure, season
        here = (light[index] > BRIGHT) & (spread[index] < GREY) & (rise > RISE + brighter) & seen[index]
        if light[index][seen[index]].mean() > BRIGHT and _detail(light[index]) < SMOOTH_DETAIL:
            here = seen[index]  # clouds all over
        else:
            here = _soft(here, light[index], seen[index], LEAST_CLOUD / (metres or 1.0) ** 2)
        found = ndimage.uniform_filter(here.astype(np.float32), SMOOTH) > 0.5
        if len(beside) == 1 and found.mean() < LARGE:
            continue
        clouds[index] = ndimage.binary_dilation(found, iterations=SMOOTH // 2) & seen[index] if found.any() else found
    return clouds


def _soft(bright: np.ndarray, light: np.ndarray, seen: np.ndarray, least: float) -> np.ndarray:
    """The bright places of at least so many pixels that have no sharp edge or are large, without narrow strips beside them."""
    wide = ndimage.uniform_filter(bright.astype(np.float32), SMOOTH) > 0.5
    labels, _ = ndimage.label(wide, EIGHT)
    soft = np.zeros(bright.shape, bool)
    for number, window in enumerate(ndimage.find_objects(labels), start=1):
        around = tuple(slice(max(0, part.start - FAR), part.stop + FAR) for part in window)
        place = bright[around] & ndimage.binary_dilation(labels[around] == number, EIGHT, SMOOTH // 2)
        size = place.sum()
        if size < least:
            continue
        if size > LARGE * bright.size or _sharpness(ndimage.binary_fill_holes(place), light[around], seen[around]) < SHARP:
            soft[around] |= place
    return soft


def _sharpness(place: np.ndarray, light: np.ndarray, seen: np.ndarray) -> float:
    """Share of the whole step in light, from within a place to far outside, that lies within a few pixels of its outline."""
    core = ndimage.binary_erosion(place, EIGHT, EDGE, border_value=1)
    near = ndimage.binary_dilation(place, EIGHT, EDGE)
    far = ndimage.binary_dilation(place, EIGHT, FAR) & ~ndimage.binary_dilation(place, EIGHT, FAR - 2 * EDGE)
    parts = [part & seen for part in (core, place & ~core, near & ~place, far)]
    if not all(part.any() for part in parts):
        return 0.0  # nothing but it, or nothing of it that is no edge
    within, inner, outer, outside = (float(np.median(light[part])) for part in parts)
    return (inner - outer) / max(within - outside, 1.0)


def _detail(light: np.ndarray) -> float:
    """Mean difference of neighbouring pixels, in levels: clouds have next to none."""
    return float(np.abs(np.diff(light, axis=1)).mean())
