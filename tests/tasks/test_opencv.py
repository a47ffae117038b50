"""The label rule against OpenCV's own contours, polygons and moments on random masks."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from chronosight.tasks.cells import cell_at
from chronosight.tasks.contours import external_contours
from chronosight.tasks.objects import find_objects
from chronosight.tasks.simplify import MAX_VERTICES, perimeter

cv2 = pytest.importorskip("cv2", reason="needs opencv-python-headless, which the dev extra brings")

MASKS = 500
Labelled = tuple[list[list[int]], str]  # polygon, cell


def random_mask(seed: int) -> np.ndarray:
    """In turn: smooth blobs, rectangles, single pixels in a crowd, lines of any width, and turned boxes."""
    rng = np.random.default_rng(seed)
    height, width = [(256, 256), (64, 96), (33, 47), (120, 50)][seed % 4]
    mask = np.zeros((height, width), np.uint8)
    kind = seed % 5
    if kind == 0:
        return ndimage.gaussian_filter(rng.random((height, width)), rng.uniform(1, 5)) > rng.uniform(0.5, 0.52)
    if kind == 2:
        mask[:40, :40] = rng.random(mask[:40, :40].shape) < rng.uniform(0.02, 0.7)
    for _ in range(int(rng.integers(0, 14))):
        x, y = (float(v) for v in rng.uniform(0, (width, height)))
        across, down = (float(v) for v in rng.uniform(1, 40, 2))
        if kind == 1:
            mask[int(y) : int(y + down), int(x) : int(x + across)] = 1
        elif kind == 3:
            cv2.line(mask, (int(x), int(y)), tuple(map(int, rng.integers(0, 200, 2))), 1, int(rng.integers(1, 12)))
        elif kind == 4:
            corners = cv2.boxPoints(((x, y), (across, down), float(rng.uniform(0, 180))))
            cv2.fillPoly(mask, [corners.astype(np.int32)], 1)
    return mask > 0


def opencv_objects(mask: np.ndarray, as_published: bool) -> list[Labelled]:
    """Polygon and cell of every object, in OpenCV's order."""
    found = []
    contours, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    for contour in contours:
        epsilon = 0.05 * cv2.arcLength(contour, True) if as_published else 0.0
        polygon = cv2.approxPolyDP(contour, epsilon, True)
        while len(polygon) > MAX_VERTICES:
            epsilon += 0.1
            polygon = cv2.approxPolyDP(contour, epsilon, True)
        moments = cv2.moments(polygon)
        if moments["m00"] == 0:
            continue
        x, y = moments["m10"] / moments["m00"], moments["m01"] / moments["m00"]
        if as_published:
            x, y = int(x), int(y)
        found.append((polygon.reshape(-1, 2).tolist(), cell_at(x, y, mask.shape[1], mask.shape[0])))
    return found


def turned(polygon: list[list[int]]) -> list[list[list[int]]]:
    """All rotations of a polygon's list of vertices: OpenCV begins at a far end, we at the contour's first pixel."""
    return [polygon[i:] + polygon[:i] for i in range(len(polygon))]


@pytest.mark.parametrize("as_published", [False, True], ids=["rule", "released code"])
def test_counts_cells_order_and_polygons_are_opencvs(as_published: bool) -> None:
    objects = 0
    for seed in range(MASKS):
        mask = random_mask(seed)
        ours = find_objects(mask, as_published=as_published)
        theirs = opencv_objects(mask, as_published)
        assert [item.cell for item in ours] == [cell for _, cell in theirs], seed
        for item, (polygon, _) in zip(ours, theirs, strict=True):
            assert item.polygon.tolist() in turned(polygon), seed
        objects += len(ours)
    assert objects > 5 * MASKS


def test_contours_and_their_lengths_are_opencvs() -> None:
    for seed in range(0, MASKS, 10):
        mask = random_mask(seed)
        theirs, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
        ours = [contour for _, contour in external_contours(mask)[1]]
        assert [np.array(contour).tolist() for contour in ours] == [contour.reshape(-1, 2).tolist() for contour in theirs]
        assert [perimeter(contour) for contour in ours] == pytest.approx([cv2.arcLength(c, True) for c in theirs])
