"""How far the later date of a large pair lies off the earlier one: estimated on a pyramid, from coarse to fine.

At each level the displacement found so far is undone and what is left is sought within 8 pixels of that level, in
windows spread over the scene; the median of the reliable ones decides. So a few hundred pixels can be found, and one
changed district does not decide.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image

from chronosight.scenes.ground import pixel_vectors
from chronosight.scenes.large.pair import LazyPair
from chronosight.scenes.registration import MIN_CONFIDENCE, MIN_GAIN, MIN_SHIFT, Estimate, estimate_shift
from chronosight.scenes.scene import Shift

WINDOW = 384  # pixels of a level
COARSEST = 256  # pixels of the longer side at the first level: 8 of them are 3 % of the scene
STEP = 4  # between levels
WARN_METRES = 10.0  # dates that lay further apart than this are seldom good neighbours
WARN_SPREAD = 3.0  # metres: more than a wall's width of disagreement between windows


@dataclass(frozen=True)
class SceneShift:
    """Displacement of the later date of a large pair.

    Attributes:
        pixels: of the pair's grid, right and down, and whether it was undone.
        metres: to the east and north; None where that is not known.
        spread: in metres; three windows in four lie within it of their median: how differently parts of the scene are
            displaced. None where too few windows are reliable.
    """

    pixels: Shift
    metres: tuple[float, float] | None
    spread: float | None

    @property
    def length(self) -> float | None:
        """In metres."""
        return math.hypot(*self.metres) if self.metres else None

    def facts(self) -> dict[str, object]:
        """As `Survey.facts["shift_m"]`."""
        east, north = self.metres or (None, None)
        rounded = [None if value is None else round(value, 2) + 0.0 for value in (east, north, self.length, self.spread)]
        return {"east": rounded[0], "north": rounded[1], "length": rounded[2], "spread": rounded[3],
                "corrected": self.pixels.corrected}  # fmt: skip


def register(pair: LazyPair) -> SceneShift:
    """Estimates the displacement of the later date, and has the pair undo it where that is worth it.

    Args:
        pair: The pair; its displacement, notes and warnings are changed.

    Returns:
        The displacement, in pixels and metres.
    """
    dx = dy = 0.0
    for level in _levels(pair):
        pair.moved = (dx, dy)
        factor, estimates = level.factor, _in_windows(level, dx, dy)
        found = [one for one in estimates if one.confidence >= MIN_CONFIDENCE]
        if found and len(found) >= len(estimates) / 3:
            step_x, step_y = (float(np.median([getattr(one, axis) for one in found])) for axis in ("dx", "dy"))
            gain = float(np.median([one.gain for one in found]))
            # A step of less than a pixel is refined further down; a long one must make the edges agree better.
            if max(abs(step_x), abs(step_y)) < 1 or gain >= MIN_GAIN:
                dx, dy = dx + step_x * factor, dy + step_y * factor
    pair.moved = (0.0, 0.0)
    shift = _undo_if_worth_it(pair, dx, dy, bool(found))
    spread = _spread(pair, found)
    metres = _in_metres(pair, shift.dx, shift.dy) if found else None
    result = SceneShift(shift, metres, spread)
    _note_shift(pair, result)
    return result


@dataclass(frozen=True)
class _Held:
    """A level of the pyramid in memory, made from the overview: nothing is read from the files for it."""

    factor: float
    frames: np.ndarray
    valid: np.ndarray

    @property
    def size(self) -> tuple[int, int]:
        return self.valid.shape[1], self.valid.shape[0]

    def window(self, left: int, top: int, wide: int, high: int, dx: float, dy: float) -> tuple[np.ndarray, np.ndarray]:
        """(2, h, w, 3) uint8 and (h, w) bool, the displacement (of the pair's grid) undone to a pixel of this level."""
        right, down = round(dx / self.factor), round(dy / self.factor)
        width, height = self.size
        x0, x1 = max(left, -right, 0), min(left + wide, width - right, width)
        y0, y1 = max(top, -down, 0), min(top + high, height - down, height)
        here, there = np.s_[y0:y1, x0:x1], np.s_[y0 + down : y1 + down, x0 + right : x1 + right]
        return np.stack([self.frames[0][here], self.frames[1][there]]), self.valid[here] & self.valid[there]

    def residue(self, dx: float, dy: float) -> tuple[float, float]:
        """What `window` leaves of the displacement, in pixels of this level."""
        return dx / self.factor - round(dx / self.factor), dy / self.factor - round(dy / self.factor)


@dataclass(frozen=True)
class _Read:
    """A finer level, read from the files where it is needed."""

    factor: float
    pair: LazyPair

    @property
    def size(self) -> tuple[int, int]:
        return int(self.pair.grid.width / self.factor), int(self.pair.grid.height / self.factor)

    def window(self, left: int, top: int, wide: int, high: int, dx: float, dy: float) -> tuple[np.ndarray, np.ndarray]:
        return self.pair.read_level(self.factor, round(left * self.factor), round(top * self.factor), wide, high)

    def residue(self, dx: float, dy: float) -> tuple[float, float]:
        return 0.0, 0.0


def _levels(pair: LazyPair) -> Iterator[_Held | _Read]:
    """From the coarsest on; the last is the pair's own grid."""
    height, width = pair.overview_valid.shape
    factor = max(pair.grid.width / width, 1.0)
    shrink = max(1, round(max(width, height) / COARSEST))
    while shrink >= 1 and factor * shrink > 1.5:
        small = [np.asarray(Image.fromarray(frame).reduce(shrink)) for frame in pair.overview]
        valid = np.asarray(Image.fromarray(pair.overview_valid.astype(np.uint8) * 255).reduce(shrink)) == 255
        yield _Held(factor * shrink, np.stack(small), valid)
        shrink //= STEP
    while factor > 1.5 * STEP:
        factor /= STEP
        yield _Read(factor, pair)
    yield _Read(1.0, pair)


def _in_windows(level: _Held | _Read, dx: float, dy: float) -> list[Estimate]:
    """What is left of the displacement once (dx, dy) is undone, in pixels of the level, in each window."""
    width, height = level.size
    wide, high = min(WINDOW, width), min(WINDOW, height)
    left_x, left_y = level.residue(dx, dy)
    estimates = []
    for share_y in _shares(height, high):
        for share_x in _shares(width, wide):
            left, top = round(share_x * (width - wide)), round(share_y * (height - high))
            frames, valid = level.window(left, top, wide, high, dx, dy)
            if valid.size and min(valid.shape) >= 32 and valid.mean() > 0.5:
                one = estimate_shift(frames[0], frames[1], valid)
                estimates.append(replace(one, dx=one.dx - left_x, dy=one.dy - left_y))
    return estimates


def _shares(length: int, window: int) -> list[float]:
    return [0.0] if length <= window else [0.0, 1.0] if length < 2 * window else [0.1, 0.5, 0.9]


def _undo_if_worth_it(pair: LazyPair, dx: float, dy: float, known: bool) -> Shift:
    worth = known and max(abs(dx), abs(dy)) >= MIN_SHIFT
    if worth:
        pair.moved = (dx, dy)
    return Shift(round(dx, 2) + 0.0, round(dy, 2) + 0.0, corrected=worth)


def _spread(pair: LazyPair, found: list[Estimate]) -> float | None:
    if len(found) < 3:
        return None
    points = np.array([(one.dx, one.dy) for one in found])
    off = float(np.percentile(np.linalg.norm(points - np.median(points, axis=0), axis=1), 75))
    side = _in_metres(pair, 1.0, 0.0)
    return None if side is None else off * math.hypot(*side)


def _in_metres(pair: LazyPair, dx: float, dy: float) -> tuple[float, float] | None:
    vectors = pixel_vectors(pair.grid, [pair.grid.width / 2], [pair.grid.height / 2])
    if vectors is None:
        return None
    east, north = np.array([dx, dy]) @ vectors[0]
    return float(east), float(north)


def _note_shift(pair: LazyPair, shift: SceneShift) -> None:
    earlier, later = (image.name for image in pair.images)
    if shift.length is None or shift.metres is None:
        pair.warnings.append(f"how well {later} lies on {earlier} could not be measured: too little in common")
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
