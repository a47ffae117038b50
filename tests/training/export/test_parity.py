"""How far a graph may differ from torch: a share of the range of what it says."""

import numpy as np
import pytest

from chronosight.training.export.parity import difference_from_torch


def test_differences_are_shares_of_the_range():
    assert difference_from_torch(np.array([20.0, -4.0]), np.array([20.0, -4.2])) == pytest.approx(0.01)
    assert difference_from_torch(np.array([0.02, 0.01]), np.array([0.02, 0.011])) == pytest.approx(0.05)


def test_a_single_logit_near_zero_is_no_range():
    # "Has anything changed" of one pair may say 0.02; 0.001 beside it is not 5 % off.
    assert difference_from_torch(np.array([0.02]), np.array([0.021]), least_range=1.0) == pytest.approx(0.001)
