import numpy as np
import pytest

from chronosight.engines.compact.tiles import blend_weights, tile_side, tile_starts


@pytest.mark.parametrize("length", [16, 500, 512, 513, 528, 896, 900, 2000])
def test_tiles_cover_everything_and_weights_sum_to_one(length):
    total = np.zeros(length)
    weights = blend_weights(length, 512, 128)
    starts = tile_starts(length, 512, 128)
    assert len(weights) == len(starts)
    for start, weight in zip(starts, weights, strict=True):
        assert (weight >= 0).all()
        total[start : start + 512] += weight
    np.testing.assert_allclose(total, 1, atol=1e-6)


def test_neighbours_overlap_and_the_last_tile_ends_flush():
    starts = tile_starts(2000, 512, 128)
    assert starts[0] == 0
    assert starts[-1] + 512 == 2000
    assert max(np.diff(starts)) <= 512 - 128


def test_a_tile_says_nothing_at_its_inner_edges():
    """Where two tiles meet, the one that sees no context beyond its edge has next to no weight there."""
    left, right = blend_weights(896, 512, 128)
    assert left[-1] < 0.01
    assert right[0] < 0.01
    assert left[0] == right[-1] == 1


@pytest.mark.parametrize("length", [16, 768, 769, 800, 1024, 1536, 2000, 20_000])
def test_tiles_are_few_and_no_larger_than_needed(length):
    side = tile_side(length, 768, 128, 32)
    starts = tile_starts(length, side, 128)
    assert side <= 768 and len(starts) == len(tile_starts(length, 768, 128))
    if len(starts) > 1:
        assert side % 32 == 0 and len(tile_starts(length, side - 32, 128)) > len(starts)
    else:
        assert side == length
