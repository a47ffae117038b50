"""Fill that a file does not declare: the value its empty parts hold, around a rotated mosaic or beside a strip.

Three kinds are recognised. A value far outside all others, such as -9999 or 65535 beside reflectances, is fill wherever it
stands. One colour throughout an area that reaches from a corner of the image and ends abruptly is a collar. A white roof or a
shadow is neither: it seldom takes a corner, and its border is gradual. An area that reaches an edge of the image and no corner
must be larger, and of exactly one value. Snow, clouds, water and shadows that are clipped to black or white are no fill: they
have small holes, and the rest of the image has specks of the same value.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy import ndimage

from chronosight.scenes.image import Pixels

LEAST_SHARE = 0.002  # of an image, of black or white: a smaller collar cannot be distinguished from a bright corner
LEAST_COLOURED = 0.05  # of an 8-bit image, of any other colour
LEAST_AT_EDGE = 0.05  # of an image, of any colour, where no corner is reached
LEAST_PIECE = 0.01  # of an image, of each piece of it
EXACT = 0.9  # share of its pixels that has exactly the value: compression moves some
SMALL = 0.01  # of an image: smaller holes and pieces are those of clipped ground (docs/results.md, "Undeclared fill")
HOLES = 0.03  # share of an area: with more small holes it is clipped ground; collars of JPEGs have up to 0.025
SPECKS = 0.04  # share of the rest of the image: with more specks of the value likewise; beside collars 0.027 at most
EDGE_PIXELS, EDGE_COLOURS = 12, 3  # pixels of the edge that have one colour, and how many colours are tried
LEAST_PIXELS = 100
MOST_SHARE = 0.98  # above it the image is blank, not collared
COMPRESSED = 4.0  # levels by which lossy compression moves the pixels of a white collar; of a black one it is 2
ABRUPT = 0.3  # share of the pixels four outside a collar (JPEG blurs the first) that may have nearly its colour
AT_ONCE = 0.6  # of how far the pixels 13 outside are from its colour, those four outside are already: a cloud thins out
NEAR = 0.03  # of the range of the data, that counts as nearly its colour: 8 levels of 255
OUTSIDE = 1.0  # ranges of the data that a value must lie outside of them to be fill wherever it stands


@dataclass(frozen=True)
class Fill:
    """Fill found in one date.

    Attributes:
        value: (3,) of red, green, blue, in the file's own numbers.
        tolerance: how far a pixel's bands may be from it; 0 but for 8-bit black and white, which compression disturbs.
        area: (H, W) bool, where it was found. Pixels of the value elsewhere are data, unless `everywhere`.
        everywhere: the value is no possible measurement.
    """

    value: np.ndarray
    tolerance: float
    area: np.ndarray
    everywhere: bool

    def of(self, values: np.ndarray) -> np.ndarray:
        """Which pixels hold the fill value.

        Args:
            values: (3, H, W), of any number type.

        Returns:
            (H, W) bool.
        """
        hit = np.full(values.shape[1:], not self.everywhere)
        for band, value in zip(values, self.value.astype(np.float32), strict=True):
            of_band = np.abs(band.astype(np.float32) - value) <= self.tolerance
            hit = hit | of_band if self.everywhere else hit & of_band
            if not self.everywhere and not hit.any():
                break  # most images have none
        return hit

    def note(self, name: str) -> str:
        """What the user should know of it.

        Args:
            name: Name of the image.

        Returns:
            The note.
        """
        value = ", ".join(f"{band:g}" for band in dict.fromkeys(self.value.tolist()))
        return f"{name}: {self.area.mean():.0%} of it holds the value {value} throughout and was taken for no data (not declared)"


def find_fills(pixels: Pixels) -> list[Fill]:
    """Fill in one date.

    Args:
        pixels: values (3, H, W) in the file's own numbers, and where the file declares data.

    Returns:
        What was found, `everywhere` first; empty for most images.
    """
    valid, fills = pixels.valid, []
    if pixels.values.dtype != np.uint8:
        for _ in range(3):  # -9999 and 65535 may stand in one file
            fill = _impossible(pixels.values, valid)
            if fill is None:
                break
            fills.append(fill)
            valid = valid & ~fill.area
    return fills + _collars(pixels.values, valid)


def without(pixels: Pixels, fills: list[Fill], margin: int = 0) -> Pixels:
    """Marks fill as no data.

    Args:
        pixels: The pixels.
        fills: Fill values and where they stand.
        margin: Pixels around the fill that are marked too, where resampling has blended it with the ground.

    Returns:
        The pixels, their values unchanged.
    """
    empty = np.zeros_like(pixels.valid)
    for fill in fills:
        empty |= fill.area
    if not empty.any():
        return pixels
    if margin:
        empty = ndimage.binary_dilation(empty, np.ones((3, 3), bool), iterations=margin)
    return Pixels(pixels.values, pixels.valid & ~empty)


def _impossible(values: np.ndarray, valid: np.ndarray) -> Fill | None:
    """A value repeated at one end of the numbers, further outside the rest than the rest is wide."""
    kept = values[:, valid]
    if kept.shape[1] < LEAST_PIXELS:
        return None
    for end in (kept.min(), kept.max()):
        hit = (values == end).any(axis=0) & valid
        rest = values[:, valid & ~hit]
        if hit.sum() < 16 or rest.shape[1] < LEAST_PIXELS:
            continue
        low, high = np.percentile(rest[:, :: max(1, rest.shape[1] // 200_000)].astype(np.float64), (1, 99))
        gap = float(low) - float(end) if end < low else float(end) - float(high)
        if gap > OUTSIDE * max(float(high - low), 1e-12 + abs(float(high)) * 1e-6):
            return Fill(np.full(3, end), 0.0, hit, True)
    return None


def _collars(values: np.ndarray, valid: np.ndarray) -> list[Fill]:
    height, width = valid.shape
    if valid.sum() < LEAST_PIXELS or min(height, width) < 12:
        return []
    if values.dtype == np.uint8:
        spread = 255.0
    else:
        kept = values[:, valid]
        low, high = np.percentile(kept[:, :: max(1, kept.shape[1] // 200_000)].astype(np.float64), (1, 99))
        spread = float(high - low)
    fills: list[Fill] = []
    corners = [(row, column) for row in (0, height - 1) for column in (0, width - 1) if valid[row, column]]
    for row, column in corners:
        if any(fill.area[row, column] for fill in fills):
            continue
        for fill, least in _candidates(values[:, row, column]):
            same = fill.of(values) & valid
            if same.mean() < least or same.sum() < LEAST_PIXELS:
                continue
            labels, _ = ndimage.label(same)
            mine = np.unique([labels[r, c] for r, c in corners if same[r, c]])
            area = np.isin(labels, mine[mine > 0])
            if area.sum() >= LEAST_PIXELS and _stands_out(values, valid, same, area, fill.value, spread, least):
                fills.append(replace(fill, area=area))
                break
    for colour in _edge_colours(values, valid, fills):
        fill = _candidates(colour)[-1][0]
        same = fill.of(values) & valid
        area = _exact_pieces(values, fill, same)
        if _stands_out(values, valid, same, area, fill.value, spread, LEAST_AT_EDGE):
            fills.append(replace(fill, area=area))
    return fills


def _stands_out(
    values: np.ndarray, valid: np.ndarray, same: np.ndarray, area: np.ndarray, value: np.ndarray, spread: float, least: float
) -> bool:
    """Whether an area of one value, of all pixels that have it, is fill: large enough, but not all, and unlike ground."""
    large = least * area.size <= area.sum() <= MOST_SHARE * area.size
    return bool(large) and _ends_abruptly(values, valid, area, value, spread) and not _clipped(same, area)


def _clipped(same: np.ndarray, area: np.ndarray) -> bool:
    """Whether an area of one value is ground that is too dark or too bright: it has small holes, and specks lie around it."""
    holes, specks = _small(~area & ndimage.binary_fill_holes(area)), _small(same & ~area)
    return holes > HOLES * int(area.sum()) or specks > SPECKS * int((~area).sum())


def _small(pixels: np.ndarray) -> int:
    """Pixels in small pieces."""
    sizes = np.bincount(ndimage.label(pixels)[0].ravel())[1:]
    return int(sizes[sizes < SMALL * pixels.size].sum())


def _edge_colours(values: np.ndarray, valid: np.ndarray, fills: list[Fill]) -> list[np.ndarray]:
    """Colours that many pixels along the edges have, where no fill is found yet; the most frequent first."""
    left = valid.copy()
    for fill in fills:
        left &= ~fill.area
    edge = np.zeros_like(valid)
    edge[[0, -1]] = edge[:, [0, -1]] = True
    colours, counts = np.unique(values[:, edge & left], axis=1, return_counts=True)
    most = np.argsort(-counts, kind="stable")[:EDGE_COLOURS]
    return [colours[:, at] for at in most if counts[at] >= EDGE_PIXELS]


def _exact_pieces(values: np.ndarray, fill: Fill, same: np.ndarray) -> np.ndarray:
    """Of the pixels alike, the larger pieces that reach an edge and are of exactly one value."""
    labels, number = ndimage.label(same)
    edge = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    sizes = np.bincount(labels.ravel(), minlength=number + 1)
    area = np.zeros_like(same)
    for label in np.unique(edge[edge > 0]):
        if sizes[label] < LEAST_PIECE * same.size:
            continue
        piece = labels == label
        if (values[:, piece] == fill.value[:, None]).all(axis=0).mean() >= EXACT:
            area |= piece
    return area


def _candidates(corner: np.ndarray) -> list[tuple[Fill, float]]:
    """What a collar that reaches a corner may be, by the corner's values: fill, and the least share of the image it takes."""
    nowhere = np.zeros((0, 0), bool)
    if corner.dtype != np.uint8:
        return [(Fill(corner, 0.0, nowhere, False), LEAST_SHARE)]
    if corner.max() <= 2:
        return [(Fill(np.full(3, 0, np.uint8), 2.0, nowhere, False), LEAST_SHARE)]
    white = np.full(3, 255, np.uint8)
    found = [(Fill(white, 2.0, nowhere, False), LEAST_SHARE)] if corner.min() >= 253 else []
    if corner.min() >= 255 - COMPRESSED:
        return [*found, (Fill(white, COMPRESSED, nowhere, False), LEAST_COLOURED)]
    return [(Fill(corner, 0.0, nowhere, False), LEAST_COLOURED)]


def _ends_abruptly(values: np.ndarray, valid: np.ndarray, area: np.ndarray, value: np.ndarray, spread: float) -> bool:
    """Whether the pixels a little outside an area are unlike it: a saturated roof or a shadow fades into its surroundings."""
    rest = values[:, valid & ~area]
    if len(np.unique(rest[:, :: max(1, rest.shape[1] // 100_000)])) < 32:  # a drawing, whose areas all end abruptly
        return False
    square = np.ones((3, 3), bool)
    blurred = ndimage.binary_dilation(area, square, iterations=3)
    ring = ndimage.binary_dilation(blurred, square) & ~blurred & valid
    if not ring.any():
        return False
    off = _off(values, ring, value)
    if (off <= NEAR * spread).mean() >= ABRUPT:
        return False
    wider = ndimage.binary_dilation(blurred, square, iterations=9)
    further = ndimage.binary_dilation(wider, square) & ~wider & valid
    return not further.any() or bool(np.median(off) >= AT_ONCE * np.median(_off(values, further, value)))


def _off(values: np.ndarray, where: np.ndarray, value: np.ndarray) -> np.ndarray:
    """How far pixels are from a value, by the band that is furthest."""
    off: np.ndarray = np.abs(values[:, where].astype(np.float32) - value.astype(np.float32)[:, None]).max(axis=0)
    return off
