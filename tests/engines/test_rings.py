"""Rings around pixels: point for point those of GDAL, which drew them before."""

import numpy as np
import shapely
from rasterio.features import shapes
from scipy import ndimage

from chronosight.engines.rings import area_within, largest_part


def of_gdal(inside):
    padded = np.pad(inside, 1)
    found = [part["coordinates"] for part, _ in shapes(padded.view(np.uint8), mask=padded, connectivity=4)]
    return [[np.array(ring) - 1 for ring in rings] for rings in found]


def test_rings_are_those_of_gdal():
    rng = np.random.default_rng(3)
    compared = holed = several = 0
    for _ in range(400):
        noise = ndimage.gaussian_filter(rng.normal(size=rng.integers(1, 24, 2)), rng.uniform(0, 1.5))
        inside = noise > rng.uniform(-0.3, 0.3)
        parts = of_gdal(inside)
        areas = sorted(shapely.Polygon(outer).area for outer, *_ in parts)
        if not areas or areas[-2:-1] == areas[-1:]:  # of equal parts any one is as good
            continue
        expected = max(parts, key=lambda rings: shapely.Polygon(rings[0]).area)
        outer, holes = largest_part(inside)
        assert [ring.tolist() for ring in (outer, *holes)] == [ring.tolist() for ring in expected]
        compared, holed, several = compared + 1, holed + bool(holes), several + (len(parts) > 1)
    assert compared > 200 and holed > 50 and several > 100


def test_holes_that_meet_at_a_corner_have_rings_of_their_own():
    inside = np.ones((4, 4), bool)
    inside[1, 1] = inside[2, 2] = False
    outer, holes = largest_part(inside)
    assert [area_within(ring) for ring in (outer, *holes)] == [16, 1, 1]


def test_of_parts_that_meet_at_a_corner_the_largest_is_taken():
    inside = np.zeros((5, 5), bool)
    inside[0:2, 0:2] = inside[2:5, 2:5] = True
    outer, holes = largest_part(inside)
    assert area_within(outer) == 9 and outer.min() == 2 and not holes
