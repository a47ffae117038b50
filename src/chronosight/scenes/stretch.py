"""From the numbers of a file to 8 bit, so that the same ground looks the same whatever the units of the file.

The models were trained on 8-bit images, and answer best for pixels like those. So 8-bit files stay as they are, and all others
are brought to what their 8-bit version would have been:

- A file whose numbers take at most 256 evenly spaced values holds an 8-bit image that was written wider (`uint16 = 40 x + 300`,
  reflectance 0 to 1). Its levels are restored.
- For all others, percentiles 2 and 98 of the three bands together are brought to where they lie in the training imagery. One
  stretch for the three bands keeps their colours.

Dates whose units agree share one stretch. Where they cannot be the same unit, each gets its own: restored levels, or the
percentiles of the date that is in 8 bit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from chronosight.figures import figures
from chronosight.scenes.image import Pixels

LOW, HIGH = 2.0, 98.0  # percentiles
DARK, BRIGHT = 28.0, 190.0  # levels at which they lie in the training imagery: the medians over 120 places
UNLIKE_SPAN = 4.0  # dates whose numbers spread so many times differently cannot count in one unit
_SAMPLES = 1_000_000  # pixels sampled per date: more do not move a percentile


@dataclass(frozen=True)
class Stretch:
    """low, high: (3,) values of red, green, blue that become 0 and 255; None leaves 8-bit numbers as they are."""

    low: np.ndarray | None = None
    high: np.ndarray | None = None

    def apply(self, pixels: Pixels) -> np.ndarray:
        """Stretches pixels to 8 bit.

        Args:
            pixels: The pixels.

        Returns:
            (H, W, 3) uint8; 0 where there is no data.
        """
        _, height, width = pixels.values.shape
        out = np.empty((height, width, 3), np.uint8)
        rows = max(1, 4_000_000 // max(width, 1))  # in strips: 32-bit copies of the whole would take four times its memory
        for top in range(0, height, rows):
            part = np.s_[top : top + rows]
            values = pixels.values[:, part]
            if self.low is not None and self.high is not None:
                scale = (255.0 / (self.high - self.low)).astype(np.float32)[:, None, None]
                with np.errstate(invalid="ignore", over="ignore"):
                    values = (values.astype(np.float32) - self.low.astype(np.float32)[:, None, None]) * scale
            if values.dtype != np.uint8:  # 8-bit pixels that were resampled are fractions
                values = np.clip(np.rint(np.nan_to_num(values)), 0, 255).astype(np.uint8)
            out[part] = (values * pixels.valid[part]).transpose(1, 2, 0)
        return out


@dataclass(frozen=True)
class Levels:
    """Evenly spaced values of an 8-bit image that was written wider: level 0 is `zero`, each further one `step` more."""

    zero: float
    step: float

    def agrees(self, other: Levels) -> bool:
        """Whether the numbers of two files mean the same.

        Args:
            other: Those of the other file.

        Returns:
            True where step and zero agree.
        """
        return bool(abs(self.step / other.step - 1) < 0.01 and abs(self.zero - other.zero) < 0.5 * self.step)

    @property
    def stretch(self) -> Stretch:
        """That restores the levels."""
        return Stretch(np.full(3, self.zero), np.full(3, self.zero + 255 * self.step))


def fit_stretches(
    dates: Sequence[Pixels], dtypes: Sequence[str], samples: Sequence[np.ndarray | None] | None = None
) -> tuple[list[Stretch], str]:
    """The stretch of every date of a scene.

    Args:
        dates: pixels on one grid, valid where all dates have data: what one alone shows must not shift the others' colours.
        dtypes: numpy names of the files' own values.
        samples: (3, n) of the values as they stand in each file; of use where the dates were resampled, else None.

    Returns:
        A stretch a date, and a note for the user, "" where all share one.
    """
    kinds = [_kind(dtype) for dtype in dtypes]
    if all(kind == "8 bit" for kind in kinds):
        return [Stretch()] * len(dates), ""
    values = [_sample(date) for date in dates]
    stored = [value if one is None else one for value, one in zip(values, samples or values, strict=True)]
    wide = [index for index, kind in enumerate(kinds) if kind != "8 bit"]
    if len(set(kinds)) == 1 and _one_unit(values):
        together = restored_levels(np.concatenate(stored, axis=1))
        return [together.stretch if together else _fit(values)] * len(dates), ""
    levels = {index: restored_levels(stored[index]) for index in wide}
    known = [index for index in range(len(dates)) if kinds[index] == "8 bit" or levels[index]]
    stretches: list[Stretch] = []
    for index, value in enumerate(values):
        one = levels.get(index)
        if kinds[index] == "8 bit":
            stretches.append(Stretch())
        elif one:
            stretches.append(one.stretch)
        elif known:
            model = known[0]
            other = values[model] if kinds[model] == "8 bit" else _levelled(values[model], levels[model])
            stretches.append(_fit([value], *np.percentile(other, (LOW, HIGH))))
        else:
            stretches.append(_fit([value]))
    shown = "different kinds of numbers" if len(set(kinds)) > 1 else "numbers of different units"
    return stretches, f"the files hold {shown} ({_ranges(values, dtypes)}): each was brought to 8 bit by itself"


def restored_levels(sample: np.ndarray) -> Levels | None:
    """The levels of an 8-bit image that was written wider.

    Args:
        sample: values of all three bands, any shape.

    Returns:
        None where the values are not at most 256 evenly spaced ones, to within what rounding to whole numbers moves them.
    """
    values = np.unique(sample.astype(np.float64))
    values = values[np.isfinite(values)]
    if not 8 <= len(values) <= 4096:
        return None
    whole = bool((values == np.rint(values)).all())
    if whole and values[0] >= 0 and values[-1] <= 255:
        return Levels(0.0, 1.0)
    span = float(values[-1] - values[0])
    rounding = 1e-6 * max(abs(values[0]), abs(values[-1]))  # of 32-bit floats
    distinct = values[np.concatenate([[True], np.diff(values) > 4 * rounding])]
    if not 8 <= len(distinct) <= 256:
        return None
    gaps = np.diff(distinct)
    step = float(np.median(gaps[gaps < 1.5 * gaps.min() + (1 if whole else 0)]))
    for _ in range(4):  # the step from neighbours alone drifts over 255 of them
        numbers = np.cumsum(np.concatenate([[0.0], np.rint(gaps / step)]))
        step = float(np.polyfit(numbers, distinct, 1)[0]) if numbers[-1] else step
    off = np.abs(distinct - np.polyval(np.polyfit(numbers, distinct, 1), numbers)).max()
    allowed = max(rounding * 4, 0.75 if whole else 0.0)
    if numbers[-1] > 255 or off > allowed or off > 0.25 * step or step <= 0 or span <= 0:
        return None
    first = distinct[0] / step
    # A row of levels that runs through zero starts there; any other was moved, and its darkest level is black.
    through_zero = abs(first - np.rint(first)) < 0.1 and 0 <= np.rint(first) <= 255 - numbers[-1]
    return Levels(float(distinct[0] - np.rint(first) * step) if through_zero else float(distinct[0]), step)


def _kind(dtype: str) -> str:
    return "8 bit" if dtype == "uint8" else "float" if np.dtype(dtype).kind == "f" else "integer"


def _sample(pixels: Pixels) -> np.ndarray:
    kept = pixels.values[:, pixels.valid]
    sample: np.ndarray = kept[:, :: max(1, kept.shape[1] // _SAMPLES)].astype(np.float64)
    return sample


def _one_unit(values: Sequence[np.ndarray]) -> bool:
    """Whether dates may count in one unit: their numbers spread alike, and meet."""
    ends = np.array([np.percentile(value, (LOW, HIGH)) for value in values])
    spans = np.maximum(ends[:, 1] - ends[:, 0], 1e-12)
    flat = ends[:, 1] <= ends[:, 0]
    return bool(flat.any() or (spans.max() <= UNLIKE_SPAN * spans.min() and ends[:, 0].max() <= ends[:, 1].min()))


def _fit(values: Sequence[np.ndarray], dark: float = DARK, bright: float = BRIGHT) -> Stretch:
    """Percentiles of the dates together to the levels `dark` and `bright`."""
    low, high = np.percentile(np.concatenate(values, axis=1), (LOW, HIGH))
    if not high > low:
        return Stretch(np.full(3, low), np.full(3, low + 1.0))  # no contrast stays dark instead of dividing by nothing
    level = (high - low) / max(bright - dark, 1.0)
    return Stretch(np.full(3, low - dark * level), np.full(3, low + (255 - dark) * level))


def _levelled(value: np.ndarray, levels: Levels | None) -> np.ndarray:
    return value if levels is None else (value - levels.zero) / levels.step


def _ranges(values: Sequence[np.ndarray], dtypes: Sequence[str]) -> str:
    ends = [np.percentile(value, (LOW, HIGH)) for value in values]
    return ", ".join(f"{dtype} about {figures(low)} to {figures(high)}" for dtype, (low, high) in zip(dtypes, ends, strict=True))
