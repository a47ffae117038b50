"""How far the later date of a large pair lies off the earlier one: estimated on a pyramid, from coarse to fine.

At each level the displacement found so far is undone and what is left is sought within 8 pixels of that level, in
windows spread over the scene; the median of those that are sure decides. So a few hundred pixels can be found, and one
changed district does not decide.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from chronosight.scenes.large.pair import LazyPair
from chronosight.scenes.large.resolution import pixel_vectors
from chronosight.scenes.registration import MIN_CONFIDENCE, MIN_GAIN, MIN_SHIFT, Estimate, estimate_shift
from chronosight.scenes.scene import Shift

WINDOW = 384  # pixels of a level
COARSEST = 256  # pixels of the longer side at the first level: 8 of them are 3 % of the scene
STEP = 4  # between levels
WARN_METRES = 10.0  # dates that lay further apart than this are seldom good neighbours
WARN_SPREAD = 3.0  # metres: more than a wall's width of disagreement between windows


@dataclass(frozen=True)
class SceneShift:
    """Displacement of the later date. pixels: of the pair's grid, right and down. metres: to the east and north.

    spread: in metres, median distance of the windows from their median: how differently parts of the scene are displaced.
    corrected: it was undone. None for what could not be told.
    """

    pixels: Shift
    metres: tuple[float, float] | None
    spread: float | None

    @property
    def length(self) -> float | None:
        return math.hypot(*self.metres) if self.metres else None

    def facts(self) -> dict[str, object]:
        """As `Survey.facts["shift_m"]`."""
        east, north = self.metres or (None, None)
        rounded = [None if value is None else round(value, 2) + 0.0 for value in (east, north, self.length, self.spread)]
        return {"east": rounded[0], "north": rounded[1], "length": rounded[2], "spread": rounded[3],
                "corrected": self.pixels.corrected}  # fmt: skip


def register(pair: LazyPair) -> SceneShift:
    """Estimate the displacement, have `pair` undo it where that is worth it, and say so in its notes and warnings."""
    dx = dy = 0.0
    factor = max(1.0, max(pair.grid.width, pair.grid.height) / COARSEST)
    while True:
        pair.moved = (dx, dy)
        estimates = _in_windows(pair, factor)
        found = [one for one in estimates if one.confidence >= MIN_CONFIDENCE]
        if found and len(found) >= len(estimates) / 3:
            step_x, step_y = (float(np.median([getattr(one, axis) for one in found])) for axis in ("dx", "dy"))
            gain = float(np.median([one.gain for one in found]))
            # A step of less than a pixel is refined further down; a long one must make the edges agree better.
            if max(abs(step_x), abs(step_y)) < 1 or gain >= MIN_GAIN:
                dx, dy = dx + step_x * factor, dy + step_y * factor
        if factor == 1.0:
            break
        factor = factor / STEP if factor / STEP > 1.5 else 1.0
    pair.moved = (0.0, 0.0)
    shift = _settle(pair, dx, dy, bool(found))
    spread = _spread(pair, found)
    metres = _in_metres(pair, shift.dx, shift.dy) if found else None
    result = SceneShift(shift, metres, spread)
    _tell(pair, result)
    return result


def _in_windows(pair: LazyPair, factor: float) -> list[Estimate]:
    width, height = int(pair.grid.width / factor), int(pair.grid.height / factor)
    wide, high = min(WINDOW, width), min(WINDOW, height)
    estimates = []
    for share_y in _shares(height, high):
        for share_x in _shares(width, wide):
            left, top = share_x * (width - wide) * factor, share_y * (height - high) * factor
            frames, valid = pair.read_level(factor, round(left), round(top), wide, high)
            if valid.mean() > 0.5:
                estimates.append(estimate_shift(frames[0], frames[1], valid))
    return estimates


def _shares(length: int, window: int) -> list[float]:
    return [0.0] if length <= window else [0.0, 1.0] if length < 2 * window else [0.1, 0.5, 0.9]


def _settle(pair: LazyPair, dx: float, dy: float, known: bool) -> Shift:
    worth = known and max(abs(dx), abs(dy)) >= MIN_SHIFT
    if worth:
        pair.moved = (dx, dy)
    return Shift(round(dx, 2) + 0.0, round(dy, 2) + 0.0, corrected=worth)


def _spread(pair: LazyPair, found: list[Estimate]) -> float | None:
    if len(found) < 3:
        return None
    points = np.array([(one.dx, one.dy) for one in found])
    off = float(np.median(np.linalg.norm(points - np.median(points, axis=0), axis=1)))
    side = _in_metres(pair, 1.0, 0.0)
    return None if side is None else off * math.hypot(*side)


def _in_metres(pair: LazyPair, dx: float, dy: float) -> tuple[float, float] | None:
    vectors = pixel_vectors(pair.grid, [pair.grid.width / 2], [pair.grid.height / 2])
    if vectors is None:
        return None
    east, north = np.array([dx, dy]) @ vectors[0]
    return float(east), float(north)


def _tell(pair: LazyPair, shift: SceneShift) -> None:
    earlier, later = (image.name for image in pair.images)
    if shift.length is None or shift.metres is None:
        pair.warnings.append(f"how well {later} lies on {earlier} could not be told: too little in common")
        return
    east, north = shift.metres
    if shift.pixels.corrected:
        pair.notes.append(f"{later} lay {shift.length:.1f} m off {earlier} ({east:+.1f} m east, {north:+.1f} m north): corrected")
    if shift.length > WARN_METRES:
        pair.warnings.append(f"the dates lay {shift.length:.0f} m apart: where heights differ, one shift cannot put that right")
    if shift.spread is not None and shift.spread > WARN_SPREAD:
        pair.warnings.append(
            f"parts of the scene are displaced differently, by {shift.spread:.1f} m: edges may be taken for change there"
        )
