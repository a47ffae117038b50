"""The merge order decides which published weights fit, so it is pinned by hand."""

import pytest
import torch

from chronosight.models.unirs.projector import Projector, merge_patches, token_count


def grid(rows: int, columns: int) -> torch.Tensor:
    """(1, 1, rows, columns) that holds 10 * row + column."""
    return (10 * torch.arange(rows)[:, None] + torch.arange(columns)).float()[None, None]


def test_merge_order_is_that_of_vila():
    assert merge_patches(grid(4, 6))[0].tolist() == [
        [0, 1, 10, 11], [20, 21, 30, 31],
        [2, 3, 12, 13], [22, 23, 32, 33],
        [4, 5, 14, 15], [24, 25, 34, 35],
    ]  # fmt: skip


def test_odd_grids_are_padded_with_zeros():
    assert merge_patches(grid(3, 3))[0].tolist() == [[0, 1, 10, 11], [20, 21, 0, 0], [2, 0, 12, 0], [22, 0, 0, 0]]


@pytest.mark.parametrize(("side", "tokens"), [(27, 196), (16, 64), (12, 36), (8, 16)])
def test_token_count_is_that_of_the_projector(side, tokens):
    assert token_count(side, side) == tokens
    assert Projector(4, 8)(torch.randn(2, 4, side, side)).shape == (2, tokens, 8)
