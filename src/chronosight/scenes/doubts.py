"""Why no confident answer can be given about a scene: it shows nothing, or nothing like the images the models were trained on.

Each doubt is one line. Readers collect them in `Scene.doubts`; engines mark the answers about such a scene as not confident, with
the line as a note. A doubt never refuses a scene, and never changes its pixels.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

import numpy as np

from chronosight.figures import figures
from chronosight.scenes.bands import BandChoice

COARSE_IMAGE = 15.0  # metres a pixel: the images of one date that the models know have at most 8
COARSE_PAIR = 2.0  # metres a pixel: houses, which reveal change, begin to blur
FLAT = 2.0  # standard deviation in levels of 255: below it an image shows nothing
FEW_COLOURS, ALIKE = 48, 0.75  # a drawing or a class map: so few colours, and so many neighbours of the same one
# Pixels a side that a scene has at least. The coarsest maps of the networks have squares of 32: a smaller scene gives less than
# two of them, without surroundings. Of windows of the example pair, 8 to 21 in 100 below it, and 0 to 3 from there on, were
# confidently answered otherwise than the map of the whole pair has them.
SMALL = 64
THIN = 8.0  # a single image has sides at most so unlike
CLIPPED = 0.4  # share of pixels that reach the highest value; of 1,228 real images at most 0.30
GREY = 1.0  # mean levels between the highest and the lowest colour of a pixel; of those images at least 3.6
UNCORRELATED = 0.05  # correlation of neighbouring pixels; of those images at least 0.15 in one of the two directions
DETAIL = 0.7  # mean level by which a pixel differs from its four neighbours; of those images at least 1.0
STILL_LEVELS, STILL_SHARE = 12, 0.0005  # a video in which no more pixels change, by more levels, shows no event

_BLANK = re.compile(r"(.+ shows (?:next to )?nothing(?: but noise)?): ")
_NOT_AN_IMAGE = {
    "elevation": re.compile(r"\b(dem|dsm|dtm|chm|ndsm|elevation|height|altitude|slope|aspect|hillshade|depth|bathymetry)\b"),
    "radar": re.compile(r"\b(vv|vh|hh|hv|sigma ?(0|nought|naught)|gamma ?0|beta ?0|sar|radar|backscatter|coherence)\b"),
    "classes": re.compile(r"\b(class(es|ification)?|land ?(cover|use)|label(s)?|lulc|segmentation|clc|mask)\b"),
    "an index": re.compile(r"\b(ndvi|ndwi|ndbi|evi|savi|nbr|temperature|lst|rainfall|precipitation|population|probability)\b"),
}


def doubt_by_metadata(
    name: str, dtype: str, interpretations: Sequence[str], descriptions: Sequence[str | None], choice: BandChoice
) -> list[str]:
    """Doubts that a file's header alone gives.

    Args:
        name: of the file.
        dtype: numpy name of its values.
        interpretations: GDAL's colour interpretation of each band.
        descriptions: name of each band, None where it has none.
        choice: the bands that are shown.

    Returns:
        Lines for `Scene.doubts`.
    """
    shown = {(descriptions[band - 1] or "") for band in choice.bands}
    words = " ".join(re.sub(r"[^a-z0-9]+", " ", text.lower()) for text in shown)
    for what, pattern in _NOT_AN_IMAGE.items():
        if pattern.search(words):
            return [f'{name} seems to hold {what} (its band is named "{" ".join(sorted(shown)).strip()}"), not an optical image']
    plain = [kind for kind in interpretations if kind != "alpha"]
    if len(set(choice.bands)) == 1 and not choice.palette and np.dtype(dtype).itemsize > 1:
        reason = "it may be elevation, radar or a measurement, not an image"
        return [f"{name} shows one band of {len(plain)} with {dtype} numbers: {reason}"]
    return []


def doubts_of_frames(names: Sequence[str], frames: Sequence[np.ndarray], valid: np.ndarray) -> list[str]:
    """Doubts that pixels give: images that are blank, saturated or drawn.

    Args:
        names: of the file that each frame comes from.
        frames: (H, W, 3) uint8 each.
        valid: (H, W) bool, where there is data.

    Returns:
        Lines for `Scene.doubts`, one a file at most.
    """
    doubts: dict[str, str] = {}
    for name, frame in zip(names, frames, strict=True):
        if name not in doubts and (reason := _shows_nothing(frame, valid)):
            doubts[name] = f"{name} {reason}"
    return list(doubts.values())


def blank(doubts: Sequence[str]) -> list[str]:
    """Of the doubts about a scene, those that say that an image shows nothing.

    Args:
        doubts: `Scene.doubts`.

    Returns:
        Such as "white.png shows nothing", without the reason.
    """
    return [found[1] for doubt in doubts if (found := _BLANK.match(doubt))]


def doubt_of_shape(name: str, valid: np.ndarray) -> list[str]:
    """A doubt where a single image is too small, too narrow or too empty to be like those the models were trained on.

    Args:
        name: of the file.
        valid: (H, W) bool, where there is data.
    """
    height, width = valid.shape
    if min(height, width) < SMALL:
        return [f"{name} has {width} x {height} pixels: too few to recognise things in"]
    if max(height, width) > THIN * min(height, width):
        return [f"{name} has {width} x {height} pixels: a strip as narrow as this is unlike the training imagery"]
    if valid.mean() < 0.5:
        return [f"{name} has no data in {1 - valid.mean():.0%} of it"]
    return []


def doubt_of_size(kind: Literal["pair", "video"], height: int, width: int) -> list[str]:
    """Finds dates or frames that have too few pixels to see a change in: less than `SMALL` a side.

    Args:
        kind: Kind of the scene.
        height: Rows (`extent`).
        width: Columns.

    Returns:
        One doubt, or none.
    """
    if min(height, width) >= SMALL:
        return []
    what, seen = ("both dates have", "a change") if kind == "pair" else ("the frames have", "an event")
    return [f"{what} {width} x {height} pixels: too few to recognise {seen}; give images of at least {SMALL} x {SMALL} pixels"]


def extent(valid: np.ndarray) -> tuple[int, int]:
    """The part of a scene that has data.

    Args:
        valid: (H, W) bool, where there is data at all dates.

    Returns:
        Rows and columns of the smallest rectangle that holds all of it.
    """
    lines = np.flatnonzero(valid.any(axis=1)), np.flatnonzero(valid.any(axis=0))
    height, width = (int(line[-1] - line[0] + 1) if line.size else 0 for line in lines)
    return height, width


def doubt_of_video(name: str, frames: Sequence[np.ndarray]) -> list[str]:
    """Finds a video in which nothing moves: its frames are one still image.

    Args:
        name: Name of the video.
        frames: (H, W, 3) uint8 each.

    Returns:
        One doubt, or none.
    """
    if len(frames) < 2:
        return []
    first = frames[0].astype(np.int16)
    for frame in frames[1:]:
        changed = (np.abs(frame.astype(np.int16) - first) > STILL_LEVELS).any(axis=2).mean()
        if frame.shape != first.shape or changed > STILL_SHARE:
            return []
    return [f"{name} shows no movement: its frames are one still image, so that no event can be seen in it"]


def doubt_of_padding(missing: int, frames: int) -> list[str]:
    """Finds a video whose frames are mostly the black ones put before it.

    Args:
        missing: Number of black frames.
        frames: Number of all frames.

    Returns:
        One doubt, or none.
    """
    return [f"{missing} of {frames} frames are black padding: ask for fewer frames"] if 2 * missing > frames else []


def doubt_of_resolution(kind: str, metres: float | None) -> list[str]:
    """Finds pixels that are far coarser than those the models were trained on.

    Args:
        kind: Kind of the scene.
        metres: Ground size of a pixel; None where it is not known.

    Returns:
        One doubt, or none.
    """
    coarse = COARSE_PAIR if kind == "pair" else COARSE_IMAGE
    if metres is None or metres < coarse:
        return []
    return [f"pixels of {figures(metres)} m are coarser than those of the training imagery (below {coarse:g} m)"]


def _shows_nothing(frame: np.ndarray, valid: np.ndarray) -> str:
    """Why a frame shows nothing to judge by, "" where it does."""
    stride = max(1, int((frame.shape[0] * frame.shape[1] / 4_000_000) ** 0.5))
    sample, kept = frame[::stride, ::stride], valid[::stride, ::stride]
    if not kept.any():
        return "shows nothing: it has no data"
    shown = sample if kept.all() else sample[kept][None]  # channels one by one: numpy is slow along an axis of three
    channels = [np.ascontiguousarray(shown[..., index]) for index in range(3)]
    if max(channel.std() for channel in channels) < FLAT:
        return "shows nothing: it is nearly one colour throughout"
    highest, lowest = np.maximum.reduce(channels), np.minimum.reduce(channels)
    dark, bright = (highest <= 3).mean(), (lowest >= 252).mean()
    if dark + bright > 0.9:
        return f"shows next to nothing: {dark:.0%} of it is black and {bright:.0%} is white"
    codes = (sample[..., 0].astype(np.int32) << 16) | (sample[..., 1].astype(np.int32) << 8) | sample[..., 2]
    both = kept[:, 1:] & kept[:, :-1]
    alike = (codes[:, 1:] == codes[:, :-1])[both].mean() if both.any() else 0.0
    if alike > ALIKE:
        colours, counts = np.unique(codes[kept], return_counts=True)
        if len(colours) <= FEW_COLOURS or np.sort(counts)[-12:].sum() > 0.97 * counts.sum():
            return "looks like a drawing or a map of classes, not like an aerial or satellite image"
    return _unlike_training(sample, kept, highest, lowest)


def _unlike_training(sample: np.ndarray, kept: np.ndarray, highest: np.ndarray, lowest: np.ndarray) -> str:
    """Why pixels are unlike those of every image that the models were trained on, "" where they are not."""
    clipped = (highest >= 254).mean()
    if clipped > CLIPPED:
        return f"is overexposed: {clipped:.0%} of it has the highest value"
    if (highest - lowest).mean() < GREY:
        return "is grey: the models were trained on colour imagery"
    grey = (sample[..., 0].astype(np.float32) + sample[..., 1] + sample[..., 2]) / 3
    if kept.all() and min(grey.shape) > 2:
        centred = grey - grey.mean()
        spread = float((centred**2).mean()) + 1e-6
        along = [abs(float((centred[:, 1:] * centred[:, :-1]).mean())), abs(float((centred[1:] * centred[:-1]).mean()))]
        if max(along) < UNCORRELATED * spread:
            return "shows nothing but noise: neighbouring pixels have nothing in common"
        around = grey[:-2, 1:-1] + grey[2:, 1:-1] + grey[1:-1, :-2] + grey[1:-1, 2:]
        if float(np.abs(4 * grey[1:-1, 1:-1] - around).mean()) < DETAIL:
            return "shows no detail: it is blurred, or a smooth gradient"
    return ""
