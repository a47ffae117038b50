"""Zones: areas true in any CRS, every object counted once, and files that cannot be used refused in one line."""

import csv
import json
import os
import time
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from rasterio.warp import transform_geom

from changed_scenes import collection, one, pixels, square, summary, town, zones_of
from chronosight.engines.equal_area import project, to_equal_area
from chronosight.engines.zones import count_zones
from chronosight.errors import InputError
from chronosight.reports import zones_file
from chronosight.reports.narrative_files import write_narrative
from chronosight.reports.zones_file import read_zones
from chronosight.results.changed_object import Tally, tally, total
from chronosight.results.zones import ZoneTable

EARTH = 510_065_621.724e6  # square metres, WGS 84


def write(folder, content):
    path = folder / "zones.geojson"
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def test_the_whole_earth_has_its_area():
    assert shapely.area(project([shapely.box(-180, -90, 180, 90)], 1.0))[0] == pytest.approx(EARTH, rel=1e-9)


@pytest.mark.parametrize("latitude", [0.0, 30.3, -48.0, 78.0])
def test_small_areas_are_those_of_the_ellipsoid(latitude):
    """Against the radii of curvature, for a square of a thousandth of a degree."""
    side = 1e-3
    flat = to_equal_area(np.array([[10, latitude - side / 2], [10 + side, latitude + side / 2]]))
    e2, phi = 6.69437999014e-3, np.radians(latitude)
    w2 = 1 - e2 * np.sin(phi) ** 2
    expected = np.radians(side) ** 2 * 6378137.0**2 * (1 - e2) / w2**2 * np.cos(phi)
    assert np.prod(flat[1] - flat[0]) == pytest.approx(expected, rel=1e-6)


def test_counts_by_centroid_and_areas_by_ground():
    found = [one(1, "building", "appeared", 90, 10, 40, 10), one(2, "road", "vanished", 200, 10, 10, 10)]
    table = count_zones(found, zones_of(west=pixels(0, 0, 100, 300), east=pixels(100, 0, 300, 300)), summary(found).footprint)
    west, east = table.rows
    assert west.all.count == 0 and west.all.area == pytest.approx(100, rel=1e-6)  # a quarter of the building
    assert east.tallies[("building", "appeared")] == Tally(1, pytest.approx(300, rel=1e-6))
    assert east.numbers == (1, 2) and table.outside.all.count == 0


boxes = st.tuples(*[st.floats(0, 280, allow_nan=False)] * 2, *[st.floats(1, 20)] * 2, st.booleans(), st.booleans())
cuts = st.lists(st.floats(10, 290), min_size=1, max_size=4, unique=True)


@settings(max_examples=30, deadline=None)
@given(st.lists(boxes, min_size=1, max_size=12), cuts)
def test_zones_and_outside_sum_to_all(drawn, edges):
    found = [
        one(i + 1, "building" if house else "road", "appeared" if new else "vanished", x, y, w, h)
        for i, (x, y, w, h, house, new) in enumerate(drawn)
    ]
    edges = sorted(edges)
    strips = {f"{i}": pixels(a, 0, b, 250) for i, (a, b) in enumerate(pairwise(edges)) if b - a > 1e-3}
    strips["first"] = pixels(0, 0, edges[0], 250)
    table = count_zones(found, zones_of(**strips), summary(found).footprint)
    rows = [*table.rows, table.outside]
    for key, value in tally(found).items():
        parts = [total(row.tallies, *key) for row in rows]
        assert sum(part.count for part in parts) == value.count
        assert sum(part.area for part in parts) == pytest.approx(value.area, rel=1e-6)
    assert sorted(number for row in rows for number in row.numbers) == [item.number for item in found]
    assert not table.overlapping


def test_overlapping_zones_each_hold_what_lies_in_them():
    found = town()
    table = count_zones(found, zones_of(all=pixels(0, 0, 300, 300), west=pixels(0, 0, 150, 300)), summary(found).footprint)
    assert table.overlapping and len(table.notes) == 1
    assert [row.all.count for row in table.rows] == [6, 5]


def test_a_centroid_on_the_border_counts_once():
    found = [one(1, "building", "appeared", 95, 95, 10, 10)]
    (lon, lat), zones = found[0].lonlat, {}
    for name, (w, e) in {"west": (lon - 0.001, lon), "east": (lon, lon + 0.001)}.items():
        zones[name] = square(w, lat - 0.001, e, lat + 0.001)
    table = count_zones(found, zones_of(**zones), summary(found).footprint)
    assert [row.all.count for row in table.rows] == [1, 0] and table.outside.all.count == 0
    assert [row.all.area for row in table.rows] == pytest.approx([50, 50], rel=1e-6)


def test_the_share_of_a_zone_in_the_scene():
    zones = zones_of(half=pixels(-100, 0, 100, 300), whole=pixels(100, 100, 200, 200))
    table = count_zones(town(), zones, summary(town()).footprint)
    assert [row.covered for row in table.rows] == pytest.approx([0.5, 1.0], rel=1e-6)


def test_the_same_zones_in_another_crs(tmp_path):
    lonlat = collection(Mill=pixels(0, 0, 150, 300), Station=pixels(150, 0, 300, 300))
    metres = json.loads(json.dumps(lonlat))
    for feature in metres["features"]:
        feature["geometry"] = transform_geom("EPSG:4326", "EPSG:32632", feature["geometry"], precision=-1)
    metres["crs"] = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::32632"}}
    first, second = (
        count_zones(town(), read_zones(write(tmp_path, given)), summary(town()).footprint) for given in (lonlat, metres)
    )
    for a, b in zip(first.rows, second.rows, strict=True):
        assert (a.name, a.numbers) == (b.name, b.numbers)
        assert b.all.area == pytest.approx(a.all.area, rel=1e-3) and b.ground == pytest.approx(a.ground, rel=1e-5)


def write_geopackage(path, layer="zones", epsg=32632, **outlines):
    """Named polygons in longitude and latitude as a layer of a GeoPackage in a CRS."""
    from pyogrio import raw

    moved = [transform_geom("EPSG:4326", f"EPSG:{epsg}", outline, precision=-1) for outline in outlines.values()]
    shapes = np.array([shapely.to_wkb(shapely.geometry.shape(outline)) for outline in moved], dtype=object)
    columns = [np.arange(len(outlines)), np.array(list(outlines), dtype=object)]
    raw.write(path, shapes, columns, ["number", "name"], layer=layer, driver="GPKG", geometry_type="Polygon",
              crs=f"EPSG:{epsg}", append=path.exists())  # fmt: skip
    return path


def test_a_geopackage_holds_the_same_zones(tmp_path):
    named = {"Mill": pixels(0, 0, 150, 300), "Station": pixels(150, 0, 300, 300)}
    path = write_geopackage(tmp_path / "zones.gpkg", **named)
    expected = read_zones(write(tmp_path, collection(**named)))
    (tmp_path / "upload").write_bytes(path.read_bytes())
    for named_otherwise in (path, tmp_path / "upload"):
        zones = read_zones(named_otherwise)
        assert [zone.name for zone in zones] == ["Mill", "Station"]
        for zone, known in zip(zones, expected, strict=True):
            assert zone.shape.symmetric_difference(known.shape).area < 1e-4 * known.shape.area


@pytest.mark.filterwarnings("error")
def test_geopackages_that_cannot_be_used_are_refused_in_one_line(tmp_path, monkeypatch):
    import sqlite3

    def message(path):
        with pytest.raises(InputError) as caught:
            read_zones(path)
        assert "\n" not in str(caught.value) and path.name in str(caught.value)
        return str(caught.value)

    path = write_geopackage(tmp_path / "two.gpkg", a=pixels(0, 0, 9, 9))
    (tmp_path / "cut.gpkg").write_bytes(path.read_bytes()[:5000])
    message(tmp_path / "cut.gpkg")
    assert "holds 2 layers (zones, more)" in message(write_geopackage(path, "more", b=pixels(0, 0, 9, 9)))
    with closing(sqlite3.connect(tmp_path / "plain.sqlite")) as connection, connection:
        connection.execute("CREATE TABLE a (b)")
    assert "no GeoPackage" in message(tmp_path / "plain.sqlite")
    view = write_geopackage(tmp_path / "view.gpkg", a=pixels(0, 0, 9, 9))
    with closing(sqlite3.connect(view)) as connection, connection:
        for name in [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")]:
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute("ALTER TABLE zones RENAME TO hidden")
        connection.execute("CREATE VIEW zones AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT * FROM n")
    assert "holds 0 layers" in message(view)
    monkeypatch.setattr(zones_file, "MAX_ZONES_BYTES", 1000)
    assert "the limit is 1,000" in message(path)


def test_names(tmp_path):
    shape = pixels(0, 0, 9, 9)
    features = [
        {"type": "Feature", "properties": {"kind": 3, "NAME": " Old \n Mill "}, "geometry": shape},
        {"type": "Feature", "properties": {"bezirk": "Nord"}, "geometry": shape},
        {"type": "Feature", "properties": None, "id": 17, "geometry": shape},
        {"type": "Feature", "properties": {}, "geometry": shape},
        {"type": "Feature", "properties": {"name": "Nord"}, "geometry": shape},
    ]
    zones = read_zones(write(tmp_path, {"type": "FeatureCollection", "features": features}))
    assert [zone.name for zone in zones] == ["Old Mill", "Nord", "17", "Zone 4", "Nord (2)"]


BAD = {
    "no json": "zones: none",
    "a point": {"type": "Point", "coordinates": [11, 48]},
    "a list": [1, 2],
    "no zones": {"type": "FeatureCollection", "features": []},
    "a line": collection(a={"type": "LineString", "coordinates": [[11, 48], [12, 48]]}),
    "no shape": {"type": "FeatureCollection", "features": [{"type": "Feature", "geometry": None, "properties": {}}]},
    "text for corners": collection(a={"type": "Polygon", "coordinates": [["x", "y", "z", "x"]]}),
    "empty": collection(a={"type": "Polygon", "coordinates": []}),
    "a corner that is no number": '{"type": "Polygon", "coordinates": [[[11, 48], [NaN, 48], [12, 49], [11, 49], [11, 48]]]}',
    "metres without a crs": collection(a=square(500_000, 5_000_000, 500_100, 5_000_100)),
    "unknown crs": {**collection(a=pixels(0, 0, 9, 9)), "crs": {"properties": {"name": "EPSG:99999999"}}},
}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", BAD)
def test_bad_files_are_refused_in_one_line(tmp_path, name):
    with pytest.raises(InputError) as caught:
        read_zones(write(tmp_path, BAD[name]))
    assert "\n" not in str(caught.value) and "zones.geojson" in str(caught.value)


def test_a_pipe_or_device_is_not_opened(tmp_path):
    os.mkfifo(tmp_path / "zones.geojson")
    for path in (tmp_path / "zones.geojson", Path("/dev/zero"), tmp_path):
        with pytest.raises(InputError, match=r"regular file|folder"):
            read_zones(path)


def test_the_number_of_zones_and_of_their_corners_is_limited(tmp_path, monkeypatch):
    small = {str(i): square(0, 0, 1e-3, 1e-3) for i in range(9)}
    assert len(read_zones(write(tmp_path, collection(**small)))) == 9
    monkeypatch.setattr(zones_file, "MAX_ZONES", 8)
    with pytest.raises(InputError, match="9 zones, expected at most 8"):
        read_zones(write(tmp_path, collection(**small)))
    monkeypatch.setattr(zones_file, "MAX_ZONE_CORNERS", 40)
    small.pop("0")
    with pytest.raises(InputError, match=r"more than 40 corners|degrees of border"):
        read_zones(write(tmp_path, collection(**small)))


def test_zones_whose_borders_go_round_the_earth_many_times_are_refused(tmp_path):
    """Their edges are followed in steps of 0.02 degrees, so few corners can become many."""
    with pytest.raises(InputError, match="degrees of border"):
        read_zones(write(tmp_path, collection(**{str(i): square(-180, -90, 180, 90) for i in range(10)})))


def test_thousands_of_zones_on_one_place_are_counted_soon():
    zones = zones_of(**{str(i): pixels(0, 0, 150, 300) for i in range(4000)})
    began = time.process_time()
    assert count_zones(town(), zones, summary(town()).footprint).overlapping
    assert time.process_time() - began < 8


def test_what_cannot_be_counted_is_refused(tmp_path):
    with pytest.raises(InputError, match="no file"):
        read_zones(tmp_path / "missing.geojson")
    with pytest.raises(InputError, match="no zone reaches"):
        count_zones(town(), zones_of(far=square(50, 10, 51, 11)), summary(town()).footprint)
    with pytest.raises(InputError, match="place on the Earth"):
        count_zones(town(), zones_of(a=pixels(0, 0, 9, 9)), None)


def test_a_polygon_that_crosses_itself_is_mended():
    ring = [[11, 48], [11.002, 47.998], [11.002, 48], [11, 47.998], [11, 48]]
    table = count_zones(town(), zones_of(bow={"type": "Polygon", "coordinates": [ring]}), summary(town()).footprint)
    assert table.rows[0].ground > 0


def test_the_files_hold_the_table(tmp_path):
    zones = zones_of(**{"=cmd": pixels(0, 0, 150, 300), "b": pixels(150, 0, 300, 200)})
    scene = summary(town(), zones=zones)
    write_narrative(scene, (), tmp_path)
    facts = json.loads((tmp_path / "zones.json").read_text(encoding="utf-8"))
    assert ZoneTable.from_dict(facts).to_dict() == facts
    with (tmp_path / "zones.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["zone"] for row in rows] == ["'=cmd", "b", "outside every zone"]
    assert sum(int(row["objects"]) for row in rows) == len(town())
    assert int(rows[0]["building_appeared"]) == 3 and int(rows[0]["building_vanished"]) == 1
    assert sum(float(row["area_m2"]) for row in rows) == pytest.approx(sum(item.area for item in town()), abs=1)
