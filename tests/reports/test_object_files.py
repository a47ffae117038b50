"""objects.geojson keeps RFC 7946; without a place on the Earth there is no .geojson."""

import json

import numpy as np
import pytest
import shapely
from rasterio.warp import transform, transform_geom

from chronosight.engines.outlines import ring_centroid
from chronosight.reports.geojson import lonlat_collection, write_objects
from chronosight.scenes.lonlat import to_lonlat

PLACED = ("utm", "degrees", "mercator", "turned")


def on_grid(place, points: np.ndarray) -> np.ndarray:
    """Pixels (n, 2) to coordinates of the scene's own grid (n, 2)."""
    a, b, c, d, e, f = tuple(place.transform)[:6]
    return points @ np.array([[a, d], [b, e]]) + (c, f)


@pytest.mark.parametrize("grid", PLACED)
def test_geojson_is_valid(make_pair, tmp_path, grid):
    description = make_pair(grid)
    objects = description.objects
    path = write_objects(description, tmp_path)
    assert path.name == "objects.geojson"
    collection = json.loads(path.read_text(encoding="utf-8"))
    assert collection["type"] == "FeatureCollection" and "crs" not in collection
    assert len(collection["features"]) == len(objects)
    west, south, east, north = collection["bbox"]
    for feature, item in zip(collection["features"], objects, strict=True):
        (ring,) = feature["geometry"]["coordinates"]
        assert ring[0] == ring[-1] and len(ring) >= 4
        polygon = shapely.Polygon(ring)
        assert polygon.is_valid and polygon.exterior.is_ccw
        assert -180 <= west <= polygon.bounds[0] and polygon.bounds[2] <= east <= 180
        assert -90 <= south <= polygon.bounds[1] and polygon.bounds[3] <= north <= 90
        assert all(len(repr(value).partition(".")[2]) <= 7 for point in ring for value in point)
        facts = feature["properties"]
        assert (facts["class"], facts["direction"], facts["cell"]) == (item.class_name, item.direction, item.cell)
        assert facts["area_px"] == item.area_px and facts["confidence"] == pytest.approx(item.confidence)
        assert polygon.contains(shapely.Point(facts["centroid"]))


@pytest.mark.parametrize("grid", PLACED)
def test_geojson_lies_where_the_pixels_lie(make_pair, grid):
    description = make_pair(grid)
    scene = description.scene
    place = scene.georeference
    collection = lonlat_collection(description)
    for feature, item in zip(collection["features"], description.objects, strict=True):
        geometry = {"type": "Polygon", "coordinates": [on_grid(place, item.outline).tolist()]}
        expected = shapely.geometry.shape(transform_geom(place.crs, "EPSG:4326", geometry))
        found = shapely.geometry.shape(feature["geometry"])
        # What is left is the rounding to a centimetre, on houses of some metres.
        assert found.symmetric_difference(expected).area < 0.005 * expected.area


@pytest.mark.parametrize("grid", PLACED)
def test_areas_are_true_on_the_ground(make_pair, grid):
    """Against an equal-area projection centred on the scene: within 1 % on every grid, Web Mercator included."""
    description = make_pair(grid)
    scene = description.scene
    objects = description.objects
    middle = to_lonlat(scene, np.array([[scene.width / 2, scene.height / 2]]))[0]
    equal_area = f"+proj=laea +lat_0={middle[1]} +lon_0={middle[0]} +datum=WGS84 +units=m"
    for item in objects:
        xs, ys = on_grid(scene.georeference, item.outline).T
        truth = shapely.Polygon(np.array(transform(scene.georeference.crs, equal_area, xs, ys)).T).area
        assert item.area_m2 == pytest.approx(truth, rel=0.01)


@pytest.mark.parametrize("grid", [None, "local"])
def test_without_a_place_on_the_earth_pixels_are_written_under_another_name(make_pair, tmp_path, grid):
    description = make_pair(grid)
    path = write_objects(description, tmp_path)
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name] == ["objects.pixels.json"]
    collection = json.loads(path.read_text(encoding="utf-8"))
    assert "pixels" in collection["coordinates"]
    first = collection["features"][0]
    assert shapely.Polygon(first["geometry"]["coordinates"][0]).area == description.objects[0].area_px
    assert ("area_m2" in first["properties"]) == (grid == "local")


def test_no_objects_is_an_empty_collection(make_pair):
    assert lonlat_collection(make_pair("utm", rectangles=())) == {"type": "FeatureCollection", "features": []}
    assert lonlat_collection(make_pair("local", rectangles=())) is None


def test_centroid_is_the_centre_of_gravity():
    ring = np.array([[0, 0], [4, 0], [4, 1], [1, 1], [1, 3], [0, 3], [0, 0]], float) + 100
    expected = shapely.Polygon(ring).centroid
    assert ring_centroid(ring) == pytest.approx([expected.x, expected.y])
    flat = np.array([[0, 0], [2, 0], [0, 0]], float)
    assert ring_centroid(flat) == pytest.approx([1, 0])
