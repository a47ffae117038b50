"""Components found band by band are those of the whole mask."""

import numpy as np
import pytest
from scipy import ndimage

from chronosight.engines.compact.large.pieces import EIGHT, box, components, paste


def in_bands(mask: np.ndarray, rows: int):
    return ((top, mask[top : top + rows]) for top in range(0, len(mask), rows))


def painted(mask: np.ndarray, rows: int) -> list[np.ndarray]:
    found = []
    for pieces in components(in_bands(mask, rows)):
        whole = np.zeros(mask.shape, bool)
        top, left, bottom, right = box(pieces)
        whole[top:bottom, left:right] = paste(pieces, top, left, bottom, right)
        found.append(whole)
    return found


@pytest.mark.parametrize("rows", [1, 2, 7, 16, 60])
@pytest.mark.parametrize("density", [0.05, 0.35, 0.42, 0.6])
def test_same_components_as_the_whole(rows, density):
    """At 0.4 random masks are full of snakes that leave a band and come back into it."""
    mask = np.random.default_rng(int(100 * density)).random((60, 50)) < density
    labels, count = ndimage.label(mask, EIGHT)
    found = painted(mask, rows)
    assert len(found) == count
    assert sum(found).max(initial=0) <= 1 if found else True
    for one in found:
        assert len(np.unique(labels[one])) == 1
    np.testing.assert_array_equal(np.any(found, axis=0), mask)


def test_a_comb_joined_below_is_one():
    mask = np.zeros((40, 41), bool)
    mask[:35, ::4] = True
    mask[36] = True
    assert len(painted(mask, 8)) == 12
    mask[35] = True
    assert len(painted(mask, 8)) == 1


def test_small_ones_are_left_out_only_where_nothing_follows():
    mask = np.zeros((20, 20), bool)
    mask[3, 3] = mask[5, 3:15] = True  # a pixel and a line: no polygon
    mask[9:11, 9] = True  # in two bands, so that its box is not known before the second
    mask[13:16, 2:5] = True
    sizes = [sum(piece.inside.sum() for piece in pieces) for pieces in components(in_bands(mask, 10), smallest=4)]
    assert sorted(sizes) == [2, 9]
