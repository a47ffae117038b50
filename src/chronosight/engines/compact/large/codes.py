"""The change map of a large scene as codes on disk (`codes.u8`), for the writer of mask.tif.

The codes are those of `results/codes.py` (0 unchanged, 2k - 1 appeared, 2k vanished, 255 no data); every pixel of an
object has its direction, pixels of no object are unchanged.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from chronosight.engines.compact.large.objects import Component
from chronosight.engines.compact.large.store import Store
from chronosight.results.codes import NO_DATA

NAME = "codes.u8"
BAND = 512
PAINTED = 2000  # objects after which what was painted is handed to the disk


def write_codes(store: Store, found: Sequence[Component]) -> None:
    """Writes the code of class and direction of every pixel, row by row, in store.folder / NAME.

    Args:
        store: Results of the whole scene; gives the pixels with data.
        found: The objects, with their pixels.
    """
    path = store.folder / NAME
    with path.open("wb") as file:
        for top in range(0, store.height, BAND):
            valid = store.read(top, min(top + BAND, store.height)).valid
            np.where(valid, np.uint8(0), np.uint8(NO_DATA)).tofile(file)
    pieces = [(one.top, one, 2 * each.class_index - each.appeared) for each in found for one in each.pieces]
    pieces.sort(key=lambda item: item[0])
    for start in range(0, len(pieces), PAINTED):
        codes = np.memmap(path, np.uint8, "r+", shape=(store.height, store.width))
        for _, one, code in pieces[start : start + PAINTED]:
            window = codes[one.top : one.top + one.height, one.left : one.left + one.width]
            window[one.inside & (window != NO_DATA)] = code
        del codes, window


def read_codes(store: Store, top: int, bottom: int, left: int = 0, right: int | None = None) -> np.ndarray:
    """Reads a window of the codes.

    Args:
        store: Results of the whole scene.
        top: First row.
        bottom: Row after the last one.
        left: First column.
        right: Column after the last one; None for the width.

    Returns:
        (bottom - top, right - left) uint8.
    """
    whole = np.memmap(store.folder / NAME, np.uint8, "r", shape=(store.height, store.width))
    return np.array(whole[top:bottom, left : store.width if right is None else right])
