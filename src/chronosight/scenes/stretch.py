"""From the numbers of a file to 8 bit. One stretch serves all dates of a scene, so that equal ground looks equal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from chronosight.scenes.image import Pixels

LOW, HIGH = 2.0, 98.0  # percentiles that become 0 and 255
_SAMPLES = 1_000_000  # pixels of a date looked at: more do not move a percentile


@dataclass(frozen=True)
class Stretch:
    """low, high: (3,) values of red, green, blue that become 0 and 255; None leaves 8-bit numbers as they are."""

    low: np.ndarray | None = None
    high: np.ndarray | None = None

    def apply(self, pixels: Pixels) -> np.ndarray:
        """(H, W, 3) uint8; 0 where there is no data."""
        values = pixels.values
        if self.low is not None and self.high is not None:
            scale = (255.0 / (self.high - self.low)).astype(np.float32)[:, None, None]
            with np.errstate(invalid="ignore"):
                values = (values.astype(np.float32) - self.low.astype(np.float32)[:, None, None]) * scale
        if values.dtype != np.uint8:  # 8-bit pixels that were resampled are fractions
            values = np.clip(np.rint(np.nan_to_num(values)), 0, 255).astype(np.uint8)
        return np.ascontiguousarray((values * pixels.valid).transpose(1, 2, 0))


def fit_stretch(dates: Sequence[Pixels], dtypes: Sequence[str]) -> Stretch:
    """The stretch for dates shown together: none for 8 bit, else percentiles 2 to 98 of all dates, band by band."""
    if all(dtype == "uint8" for dtype in dtypes):
        return Stretch()
    samples = []
    for pixels in dates:
        kept = pixels.values[:, pixels.valid]
        samples.append(kept[:, :: max(1, kept.shape[1] // _SAMPLES)].astype(np.float64))
    low, high = np.percentile(np.concatenate(samples, axis=1), (LOW, HIGH), axis=1)
    # A band without contrast stays dark instead of dividing by nothing.
    return Stretch(low, np.where(high > low, high, low + 1.0))


def comparable(dtypes: Sequence[str]) -> bool:
    """Whether files of these types count in the same units: all 8 bit, all wider integers, or all floats."""
    return len({"8 bit" if d == "uint8" else "float" if np.dtype(d).kind == "f" else "integer" for d in dtypes}) == 1
