"""Polygons with fewer vertices, against OpenCV on small polygons of every shape."""

from __future__ import annotations

import numpy as np
import pytest

from chronosight.tasks.simplify import simplify

cv2 = pytest.importorskip("cv2", reason="needs opencv-python-headless, which the dev extra brings")


def opencv_simplified(contour: list[tuple[int, int]], most: int, epsilon: float) -> list[tuple[int, int]]:
    points = np.array(contour, np.int32)[:, None]
    polygon = points if epsilon == 0 else cv2.approxPolyDP(points, epsilon, True)
    while len(polygon) > most:
        epsilon += 0.1
        polygon = cv2.approxPolyDP(points, epsilon, True)
    return [(int(x), int(y)) for x, y in polygon.reshape(-1, 2)]


@pytest.mark.parametrize("side", [4, 9, 30])
def test_vertices_are_opencvs(side: int) -> None:
    """Points drawn at random, so contours cross themselves, turn back and run level, upright and nearly straight."""
    rng = np.random.default_rng(side)
    for _ in range(400):
        drawn = rng.integers(0, side, (int(rng.integers(4, 24)), 2)).tolist()
        contour = [(x, y) for (x, y), before in zip(drawn, [None, *drawn], strict=False) if [x, y] != before]
        most, start = int(rng.integers(4, 9)), float(rng.choice([0.0, 0.4, 1.3]))
        ours = simplify(contour, most, start)
        assert sorted(ours) == sorted(opencv_simplified(contour, most, start)), contour
        assert len(ours) <= most or start > 0
