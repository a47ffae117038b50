"""The land cover of both dates from the graph of the land-cover head, on the grid of a scene.

The head reads maps of the guide of fine imagery, which are at hand where that guide compares the pair, alone or with the other.
"""

from __future__ import annotations

import numpy as np
from PIL import Image

from chronosight.engines.compact.bundle import Bundle
from chronosight.results.land_cover import pack
from chronosight.tasks.land_cover import GUIDE_MAPS, LAND_COVER_CLASSES, PIXELS

BARE, LOW = LAND_COVER_CLASSES.index("bare ground"), LAND_COVER_CLASSES.index("low vegetation and crops")
ROWS = 32  # read at once, so that they stay in the processor's cache


def cover_scores(bundle: Bundle, dates: np.ndarray, maps: dict[str, np.ndarray] | None = None) -> np.ndarray:
    """The land-cover head's own scores.

    Args:
        bundle: Weights with a guide of fine imagery and a land-cover head.
        dates: (2, N, 3, h, w) float32 in [0, 1], h and w multiples of 32.
        maps: The guide's maps of these dates by name, `GUIDE_MAPS` among them; None makes them.

    Returns:
        (2 N, 6, h / 2, w / 2) float32 logits: all earlier dates, then all later ones.
    """
    if maps is None:
        feeds = {"before": np.ascontiguousarray(dates[0]), "after": np.ascontiguousarray(dates[1])}
        maps = dict(zip(GUIDE_MAPS, bundle.session("guide_fine").run(list(GUIDE_MAPS), feeds), strict=True))
    session = bundle.session("land_cover")
    read = {name: maps[name] for name in GUIDE_MAPS}
    if any(given.name == PIXELS for given in session.get_inputs()):  # earlier heads read the guide's maps alone
        read[PIXELS] = np.ascontiguousarray(dates).reshape(-1, *dates.shape[2:])
    scores: np.ndarray = session.run(["logits"], read)[0]
    return scores


def cover_of(
    scores: np.ndarray, settings: dict[str, list[float]], padded: int, seen: tuple[int, ...], size: tuple[int, ...]
) -> np.ndarray:  # fmt: skip
    """Land cover of a tile on the scene's grid, drawn at half of its size, which is what the head gives.

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
    packed = np.empty((len(scores), rows, columns), np.uint8)
    part = None if stride == 2 and tuple(seen) == tuple(size) else (0, 0, seen[1] / stride, seen[0] / stride)
    for date, of_date in zip(packed, scores, strict=True):
        if part:
            chance = [Image.fromarray(one) for one in calibrated_cover(of_date, settings)]
            drawn = [np.asarray(one.resize((columns, rows), Image.Resampling.BILINEAR, part)) for one in chance]
            date[:] = pack(*likeliest(np.stack(drawn)))
            continue
        for top in range(0, rows, ROWS):
            inside = of_date[:, top : min(top + ROWS, rows), :columns]
            date[top : top + ROWS] = pack(*likeliest(calibrated_cover(inside, settings)))
    large: np.ndarray = packed.repeat(2, axis=1).repeat(2, axis=2)[:, : size[0], : size[1]]
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
