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


def enlarged_cover(cover: np.ndarray, padded: int, seen: tuple[int, ...], size: tuple[int, ...]) -> np.ndarray:
    """Land cover of a tile on the scene's grid, drawn at half of its size, which is what the head gives.

    Args:
        cover: (2, C, h, w) float32 probabilities, over all that the network saw, padding included.
        padded: Columns that the network saw, padding included.
        seen: Rows and columns that the network saw, without padding.
        size: Rows and columns of the tile on the scene's grid.

    Returns:
        (2, rows, columns) uint8, as `LandCover.packed`.
    """
    stride = padded // cover.shape[-1]
    part = (0, 0, seen[1] / stride, seen[0] / stride)
    half = (size[1] + 1) // 2, (size[0] + 1) // 2
    drawn = [[np.asarray(Image.fromarray(m).resize(half, Image.Resampling.BILINEAR, part)) for m in date] for date in cover]
    packed = pack(open_together(np.array(drawn)))
    large: np.ndarray = packed.repeat(2, axis=1).repeat(2, axis=2)[:, : size[0], : size[1]]
    return large


def calibrated_cover(scores: np.ndarray, settings: dict[str, list[float]]) -> np.ndarray:
    """Scores of land cover as probabilities.

    Args:
        scores: (N, C, h, w) logits.
        settings: "scale" and "bias" by class.

    Returns:
        (N, C, h, w) float32 in [0, 1], which sum to 1 over the classes.
    """
    scale, bias = (np.array(settings[name], np.float32)[:, None, None] for name in ("scale", "bias"))
    chance = scores * scale + bias
    np.exp(chance - chance.max(axis=1, keepdims=True), out=chance)
    chance /= chance.sum(axis=1, keepdims=True)
    return chance


def open_together(cover: np.ndarray) -> np.ndarray:
    """Separates bare ground and low vegetation from the rest first, then from each other: there the season decides too.

    The likelier one gets the probability of both, so that a dry meadow is confidently neither wood nor water.

    Args:
        cover: (N, C, h, w) probabilities, changed in place.

    Returns:
        The same array.
    """
    bare, low = cover[:, BARE], cover[:, LOW]
    both, barer = bare + low, bare > low
    cover[:, BARE], cover[:, LOW] = both * barer, both * ~barer
    return cover
