"""The land cover of both dates from the graph of the land-cover head, on the grid of a scene.

The head reads maps of the guide of fine imagery, which are at hand where that guide compares the pair, alone or with the other.
"""

from __future__ import annotations

import numpy as np
from PIL import Image

from chronosight.engines.compact.bundle import Bundle
from chronosight.engines.compact.guide_outputs import enlarged, mixed_at, resized_maps
from chronosight.errors import InputError
from chronosight.results.land_cover import CLASS_FROM, pack
from chronosight.tasks.land_cover import GUIDE_MAPS, LAND_COVER_CLASSES, PIXELS

BARE, LOW = LAND_COVER_CLASSES.index("bare ground"), LAND_COVER_CLASSES.index("low vegetation and crops")
ROWS = 128  # read at once: more leave the processor's cache, fewer take more calls


def cover_scores(bundle: Bundle, dates: np.ndarray, maps: dict[str, np.ndarray] | None = None) -> np.ndarray:
    """The land-cover head's own scores.

    Args:
        bundle: Weights with a guide of fine imagery and a land-cover head.
        dates: (2, N, 3, h, w) float32 in [0, 1], h and w multiples of 32.
        maps: The guide's maps of these dates by name, `GUIDE_MAPS` among them; None makes them.

    Returns:
        (2 N, 6, h / 2, w / 2) float32 logits: all earlier dates, then all later ones.

    Raises:
        InputError: The head reads other channels than the guide gives.
    """
    if maps is None:
        feeds = {"before": np.ascontiguousarray(dates[0]), "after": np.ascontiguousarray(dates[1])}
        maps = dict(zip(GUIDE_MAPS, bundle.session("guide_fine").run(list(GUIDE_MAPS), feeds), strict=True))
    session = bundle.session("land_cover")
    read = {name: maps[name] for name in GUIDE_MAPS}
    if any(given.name == PIXELS for given in session.get_inputs()):  # earlier heads read the guide's maps alone
        read[PIXELS] = np.ascontiguousarray(dates).reshape(-1, *dates.shape[2:])
    for given in session.get_inputs():
        expected, found = given.shape[1], read[given.name].shape[1]
        if isinstance(expected, int) and expected != found:
            raise InputError(
                f"land_cover.onnx of {bundle.folder} reads {expected} channels of {given.name}, but guide_fine.onnx gives "
                f"{found}: export a head that was trained on this guide (--land-cover), or copy the weights folder again"
            )
    scores: np.ndarray = session.run(["logits"], read)[0]
    return scores


def coarse_cover_scores(bundle: Bundle, dates: np.ndarray) -> np.ndarray:
    """The land-cover head's own scores of pairs that both guides compare, which it is shown enlarged.

    Args:
        bundle: Weights with a guide of fine imagery and a land-cover head.
        dates: (2, N, 3, h, w) float32 in [0, 1], h and w multiples of 32.

    Returns:
        (2 N, 6, h / 2, w / 2) float32 logits: all earlier dates, then all later ones.
    """
    large, seen = enlarged(dates, mixed_at(bundle.config)[1])
    return scores_at(cover_scores(bundle, large), seen, dates.shape[-2:])


def scores_at(scores: np.ndarray, seen: tuple[int, int], size: tuple[int, ...]) -> np.ndarray:
    """Scores of enlarged dates at the size of the dates.

    Args:
        scores: (D, 6, H / 2, W / 2) logits of enlarged dates, padding included.
        seen: Rows and columns of the enlarged dates, without padding.
        size: Rows and columns of the dates.

    Returns:
        (D, 6, rows / 2, columns / 2) float32.
    """
    cut = scores[..., : seen[0] // 2, : seen[1] // 2]
    return np.stack([resized_maps(of_date, size[0] // 2, size[1] // 2) for of_date in cut])


def cover_of(
    scores: np.ndarray, settings: dict[str, list[float]], padded: int, seen: tuple[int, ...], size: tuple[int, ...]
) -> np.ndarray:  # fmt: skip
    """Land cover of a tile on the scene's grid; the head gives it at half of the tile's size.

    Along borders between classes the probabilities of a pixel are interpolated between those of the squares around it;
    elsewhere a pixel has those of its square.

    Args:
        scores: (2, C, h, w) float32 logits, over all that the network saw, padding included.
        settings: "scale" and "bias" by class.
        padded: Columns that the network saw, padding included.
        seen: Rows and columns that the network saw, without padding.
        size: Rows and columns of the tile on the scene's grid.

    Returns:
        (2, rows, columns) uint8, as `LandCover.packed`.
    """
    stride = padded // scores.shape[-1]
    rows, columns = (size[0] + 1) // 2, (size[1] + 1) // 2
    large = np.empty((len(scores), 2 * rows, 2 * columns), np.uint8)
    part = None if stride == 2 and tuple(seen) == tuple(size) else (0, 0, seen[1] / stride, seen[0] / stride)
    for date, of_date in zip(large, scores, strict=True):
        if part:
            chance = [Image.fromarray(one) for one in calibrated_cover(of_date, settings)]
            drawn = [np.asarray(one.resize((columns, rows), Image.Resampling.BILINEAR, part)) for one in chance]
            date[:] = pack(*likeliest(np.stack(drawn))).repeat(2, axis=0).repeat(2, axis=1)
            continue
        for top in range(0, rows, ROWS):  # with a row more on either side, between which the border rows are interpolated
            first, last = max(top - 1, 0), min(top + ROWS, rows)
            finer = _enlarged(calibrated_cover(of_date[:, first : last + 1], settings))
            date[2 * top : 2 * last] = finer[2 * (top - first) : 2 * (last - first), : 2 * columns]
    cut: np.ndarray = large[:, : size[0], : size[1]]
    return cut


def _enlarged(chance: np.ndarray) -> np.ndarray:
    """(C, h, w) probabilities -> (2 h, 2 w) uint8 packed, interpolated where a neighbouring square is of another class."""
    packed = pack(*likeliest(chance.copy()))
    large = packed.repeat(2, axis=0).repeat(2, axis=1)
    classes, border = packed >> CLASS_FROM, np.zeros(packed.shape, bool)
    for axis in (0, 1):
        differs = np.diff(classes, axis=axis) != 0
        border |= np.pad(differs, [(0, int(axis == 0)), (0, int(axis == 1))])
        border |= np.pad(differs, [(int(axis == 0), 0), (int(axis == 1), 0)])
    rows, columns = np.nonzero(border)
    if not len(rows):
        return large
    high, wide = packed.shape
    flat = chance.reshape(len(chance), -1)
    for y, row in enumerate((np.maximum(rows - 1, 0), np.minimum(rows + 1, high - 1))):
        # three quarters of the square's own row of squares and one quarter of the nearer row beside it; then columns alike
        here = 0.75 * flat[:, rows * wide + columns] + 0.25 * flat[:, row * wide + columns]
        for x, column in enumerate((np.maximum(columns - 1, 0), np.minimum(columns + 1, wide - 1))):
            beside = 0.75 * flat[:, rows * wide + column] + 0.25 * flat[:, row * wide + column]
            large[2 * rows + y, 2 * columns + x] = pack(*likeliest(0.75 * here + 0.25 * beside))
    return large


def calibrated_cover(scores: np.ndarray, settings: dict[str, list[float]]) -> np.ndarray:
    """Scores of land cover as probabilities.

    Args:
        scores: (C, ...) logits.
        settings: "scale" and "bias" by class.

    Returns:
        (C, ...) float32 in [0, 1], which sum to 1 over the classes.
    """
    scale, bias = (np.array(settings[name], np.float32).reshape(-1, *[1] * (scores.ndim - 1)) for name in ("scale", "bias"))
    chance = scores * scale
    chance += bias
    chance -= chance.max(axis=0)
    np.exp(chance, out=chance)
    chance /= chance.sum(axis=0)
    return chance


def likeliest(chance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The likeliest class and its probability.

    Bare ground and low vegetation are separated from the rest first, then from each other, since there the season decides too:
    the likelier one gets the probability of both, so that a dry meadow is confidently neither wood nor water.

    Args:
        chance: (C, ...) probabilities, changed in place.

    Returns:
        (...) uint8 index of class and (...) float32 in [0, 1].
    """
    barer = chance[BARE] > chance[LOW]
    chance[LOW] += chance[BARE]
    best, highest = np.zeros(barer.shape, np.uint8), chance[0]
    for index in (kind for kind in range(1, len(chance)) if kind != BARE):  # several times as fast as argmax
        np.copyto(best, np.uint8(index), where=chance[index] > highest)
        highest = np.maximum(highest, chance[index])
    np.copyto(best, np.uint8(BARE), where=(best == LOW) & barer)
    return best, highest
