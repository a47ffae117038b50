"""How far an exported graph is from torch."""

from __future__ import annotations

import numpy as np


def difference_from_torch(expected: np.ndarray, got: np.ndarray, least_range: float = 0.0) -> float:
    """The largest difference between two outputs, as a share of the largest magnitude expected.

    Args:
        expected: Output of torch.
        got: Output of the graph, of the same shape.
        least_range: Smallest range to divide by: 1 for logits, of which there may be a single one that happens to be near 0.

    Returns:
        The difference, 0 or more.
    """
    return float(np.abs(expected - got).max() / max(least_range, np.abs(expected).max()))
