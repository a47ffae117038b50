"""How far the later date lies off the earlier one, by phase correlation of edges.

Edges (gradient magnitude) are compared rather than brightness: season and light change the brightness of a field, its
border stays. The cross-power spectra of several windows are averaged before the peak is sought, so that one changed
window does not decide (Kuglin and Hines 1975; sub-pixel by evaluating the inverse transform on a fine grid around the
peak, Guizar-Sicairos et al. 2008).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

MAX_SHIFT = 8.0  # pixels searched in each direction
MIN_SHIFT = 1.75  # the training pairs are off by about as much themselves: correcting less lost up to 7 points of F1 on val
MIN_CONFIDENCE = 0.5
MIN_GAIN = 0.03  # rise of the edges' correlation that a correction must promise, and bring
MIN_SHARE = 0.55  # of the patches of a scene, whose edges a correction must bring closer
_PATCHES = 8  # a side
_WINDOW = 256
_MAX_WINDOWS = 9
_STEP = 0.05  # pixels, of the fine grid


@dataclass(frozen=True)
class Estimate:
    """How far the later date lies off.

    Attributes:
        dx: displacement in pixels, positive to the right.
        dy: displacement in pixels, positive down.
        confidence: in [0, 1].
        gain: how much the correlation of edges, in [-1, 1], rises when the displacement is undone (whole pixels).
    """

    dx: float
    dy: float
    confidence: float
    gain: float

    @property
    def worth_correcting(self) -> bool:
        """Whether undoing it promises to make the dates agree better; `improves` says whether it did."""
        size = max(abs(self.dx), abs(self.dy))
        return MIN_SHIFT <= size <= MAX_SHIFT and self.confidence >= MIN_CONFIDENCE and self.gain >= MIN_GAIN


def estimate_shift(earlier: np.ndarray, later: np.ndarray, valid: np.ndarray) -> Estimate:
    """Displacement of one date against another.

    Args:
        earlier: (H, W, 3) uint8.
        later: (H, W, 3) uint8.
        valid: (H, W) bool, where both have data.

    Returns:
        (0, 0) with confidence 0 where the dates have no edges in common to judge by.
    """
    nothing = Estimate(0.0, 0.0, 0.0, 0.0)
    a, b = _edges(earlier, valid), _edges(later, valid)
    size = min(_WINDOW, *a.shape)
    taper = np.outer(np.hanning(size + 2)[1:-1], np.hanning(size + 2)[1:-1]).astype(np.float32)
    spectra = []
    for top, left in _window_corners(a.shape, size):
        part = np.s_[top : top + size, left : left + size]
        if valid[part].mean() < 0.5 or a[part].std() < 1e-3 or b[part].std() < 1e-3:
            continue
        fa = np.fft.rfft2((a[part] - a[part].mean()) * taper)
        fb = np.fft.rfft2((b[part] - b[part].mean()) * taper)
        cross = fb * np.conj(fa)
        spectra.append(cross / (np.abs(cross) + 1e-3 * np.abs(cross).mean() + 1e-12))
    if not spectra:
        return nothing
    # The finest detail is noise and compression: it is weighed down.
    fy, fx = np.fft.fftfreq(size)[:, None], np.fft.rfftfreq(size)[None]
    spectrum = np.mean(spectra, axis=0) * np.exp(-(fx**2 + fy**2) / (2 * 0.12**2))
    surface = np.fft.irfft2(spectrum, s=(size, size))
    reach = min(int(MAX_SHIFT) + 1, size // 4)
    near = np.roll(surface, (reach, reach), axis=(0, 1))[: 2 * reach + 1, : 2 * reach + 1]
    row, column = np.unravel_index(np.argmax(near), near.shape)
    dy, dx = _refine(spectrum, float(row - reach), float(column - reach), size)
    # How far the peak stands out of everything else, in standard deviations: noise alone reaches 4 to 5.
    height = (near.max() - surface.mean()) / (surface.std() + 1e-12)
    confidence = float(np.clip((height - 5.0) / 10.0, 0.0, 1.0))
    return Estimate(dx, dy, confidence, _gain(a, b, valid, round(dx), round(dy)))


def improves(earlier: np.ndarray, later: np.ndarray, corrected: np.ndarray, valid: np.ndarray) -> bool:
    """Whether a correction has made the dates agree better, over all and in most parts of the scene.

    One moved district, or a pattern that repeats, can promise a gain that the rest of the scene does not bear out.

    Args:
        earlier: (H, W, 3) uint8.
        later: (H, W, 3) uint8, as given.
        corrected: (H, W, 3) uint8, its displacement undone.
        valid: (H, W) bool, where all three have data.
    """
    edges = [_edges(frame, valid) for frame in (earlier, later, corrected)]
    height, width = valid.shape
    gains = []
    for row in range(_PATCHES):
        for column in range(_PATCHES):
            rows = slice(row * height // _PATCHES, (row + 1) * height // _PATCHES)
            part = np.s_[rows, column * width // _PATCHES : (column + 1) * width // _PATCHES]
            inside = valid[part]
            a, b, c = (one[part][inside] for one in edges)
            if inside.sum() >= 64 and min(a.std(), b.std(), c.std()) > 1e-3:
                gains.append(_correlation(a, c) - _correlation(a, b))
    return bool(gains) and float(np.mean(gains)) >= MIN_GAIN and float(np.mean(np.array(gains) > 0)) >= MIN_SHARE


def _edges(frame: np.ndarray, valid: np.ndarray) -> np.ndarray:
    """Gradient magnitude of the lightly smoothed grey image, compressed so that no single edge outweighs the rest."""
    grey = frame[..., 0].astype(np.float32) + frame[..., 1] + frame[..., 2]
    for axis in (0, 1):
        padded = np.swapaxes(np.pad(grey, [(1, 1) if i == axis else (0, 0) for i in (0, 1)], mode="edge"), 0, axis)
        grey = np.swapaxes((padded[:-2] + 2 * padded[1:-1] + padded[2:]) / 4, 0, axis)
    gy, gx = np.gradient(grey)
    edges = np.sqrt(np.sqrt(gx * gx + gy * gy))
    # The border of the data is an edge at both dates, and always at the same place: leave it out.
    inside = ndimage.binary_erosion(valid, np.ones((3, 3), bool), 2, border_value=1)
    mean = edges[inside].mean() if inside.any() else 0.0
    return np.where(inside, edges, mean).astype(np.float32)


def _window_corners(shape: tuple[int, ...], size: int) -> list[tuple[int, int]]:
    """Corners (top, left) of at most nine windows spread evenly over the scene."""
    per_axis = int(_MAX_WINDOWS**0.5)
    tops, lefts = (
        sorted({int(p) for p in np.linspace(0, n - size, min(per_axis, -(-n // size)))}) if n > size else [0] for n in shape
    )
    return [(top, left) for top in tops for left in lefts]


def _refine(spectrum: np.ndarray, row: float, column: float, size: int) -> tuple[float, float]:
    """The peak within a pixel of (row, column): the inverse transform evaluated every twentieth of a pixel."""
    offsets = np.arange(-1.0, 1.0 + _STEP / 2, _STEP)
    fy, fx = np.fft.fftfreq(size), np.fft.rfftfreq(size)
    twice = np.where((fx == 0) | (fx == 0.5), 1.0, 2.0)  # the half of the spectrum that rfft2 leaves out
    left = np.exp(2j * np.pi * np.outer(row + offsets, fy))
    right = np.exp(2j * np.pi * np.outer(fx, column + offsets)) * twice[:, None]
    fine = (left @ spectrum @ right).real
    i, j = np.unravel_index(np.argmax(fine), fine.shape)
    return float(row + offsets[i]), float(column + offsets[j])


def _gain(a: np.ndarray, b: np.ndarray, valid: np.ndarray, dx: int, dy: int) -> float:
    """Correlation of edges with the displacement undone less the correlation as given, over the same pixels of a."""
    height, width = a.shape
    rows = slice(max(0, -dy), height - max(0, dy))
    columns = slice(max(0, -dx), width - max(0, dx))
    moved = np.s_[rows.start + dy : rows.stop + dy, columns.start + dx : columns.stop + dx]
    here = np.s_[rows, columns]
    both = valid[here] & valid[moved]
    if (dx == 0 and dy == 0) or both.sum() < 64:
        return 0.0
    return _correlation(a[here][both], b[moved][both]) - _correlation(a[here][both], b[here][both])


def _correlation(x: np.ndarray, y: np.ndarray) -> float:
    x, y = x - x.mean(), y - y.mean()
    return float((x * y).sum() / (np.sqrt((x * x).sum() * (y * y).sum()) + 1e-9))
