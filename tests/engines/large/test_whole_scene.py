"""Tiled inference on a large pair: nothing is lost, doubled or moved by the cutting."""

import numpy as np
import pytest
import shapely
from rasterio.crs import CRS
from rasterio.transform import from_origin

from chronosight.engines.compact.bundle import Bundle
from chronosight.engines.compact.guide import Guide
from chronosight.engines.compact.large.objects import find
from chronosight.engines.compact.large.predict import Tiling, predict
from chronosight.engines.compact.large.store import Store
from chronosight.engines.compact.large.whole_scene import describe_whole_scene, open_store
from chronosight.engines.outlines import road_length
from chronosight.scenes.large.opened import open_header
from chronosight.scenes.large.pair import open_pair
from chronosight.scenes.open import open_scene
from large_scenes import Drawn, scattered, write_pair


@pytest.fixture(scope="module")
def bundle(bundle_folder):
    return Bundle(bundle_folder, threads=1)


def describe_tiles(paths, bundle, folder, cell_m=100.0):
    with open_pair(*(open_header(path) for path in paths), 1.0) as pair:
        return describe_whole_scene(pair, None, bundle, open_store(folder, pair, bundle), cell_m)


def polygons(found) -> list[shapely.Polygon]:
    """On the ground, in the CRS of the scene."""
    a, b, c, d, e, f = tuple(found.scene.georeference.transform)[:6]
    turn = np.array([[a, d], [b, e]])
    return [shapely.Polygon(item.outline @ turn + (c, f)) for item in found.objects]


def test_tiled_equals_the_engine_on_the_whole(bundle, tmp_path):
    """The same maps as the way for small pairs has, which holds the scene in memory."""
    height, width = 700, 1000
    paths = write_pair(tmp_path / "in", height, width, scattered(height, width), tiled=True, blockxsize=128, blockysize=128)
    maps = Guide(bundle).predict(open_scene(*paths, register=False))
    with open_pair(*(open_header(path) for path in paths), 1.0) as pair:
        store = open_store(tmp_path / "maps", pair, bundle)
        predict(pair, Guide(bundle), store)
    seen = store.read(0, height)
    np.testing.assert_allclose(seen.probability / 65535, maps.probability, atol=1e-4)
    np.testing.assert_allclose(seen.appeared / 255, maps.appeared, atol=1 / 255)
    assert (seen.classes == maps.mask).mean() > 0.999  # the small way has split buildings already
    assert seen.valid.all()


def test_every_object_once_whatever_border_it_lies_on(bundle, tmp_path):
    height, width = 1150, 1300
    drawn = scattered(height, width)
    drawn += [Drawn(2, 1080, 1290, 12), Drawn(1285, 3, 9, 1060, "road", False)]  # over every tile of a row, of a column
    found = describe_tiles(write_pair(tmp_path / "in", height, width, drawn), bundle, tmp_path / "maps")
    assert len(found.objects) == len(drawn)
    areas = {(item.class_name, item.direction, round(item.area_m2)) for item in found.objects}
    for one in drawn:  # no nearer than 1 %: a UTM metre is not quite one on the ground
        near = [area for name, way, area in areas if (name, way) == (one.what, "appeared" if one.new else "vanished")]
        assert min(abs(area / (one.width * one.height) - 1) for area in near) < 0.01
    assert [item.number for item in found.objects] == list(range(1, len(drawn) + 1))
    longest = max(found.objects, key=lambda item: item.length_m or 0)
    assert longest.length_m == pytest.approx(1060, rel=0.02)
    assert sum(sum(cell.counts.values()) for cell in found.grid) == len(drawn)


def test_same_objects_and_words_as_the_small_way(bundle, tmp_path):
    from chronosight.engines.compact.engine import CompactEngine

    height, width = 560, 800
    paths = write_pair(tmp_path / "in", height, width, scattered(height, width))
    found = describe_tiles(paths, bundle, tmp_path / "maps")
    described = CompactEngine(bundle).describe(open_scene(*paths, register=False))
    for ours, theirs in zip(found.classes, described.classes, strict=True):
        assert (ours.name, ours.appeared, ours.vanished, ours.cells) == (
            theirs.name, theirs.appeared, theirs.vanished, theirs.cells
        )  # fmt: skip
    assert len(found.objects) == len(described.objects)
    for large, small in zip(found.objects, described.objects, strict=True):
        assert (large.class_name, large.direction, large.cell) == (
            small.class_name, small.direction, small.cell
        )  # fmt: skip
        np.testing.assert_allclose(large.outline, small.outline)
        assert large.area_px == small.area_px
        assert large.confidence == pytest.approx(small.confidence, abs=1e-3)


@pytest.mark.parametrize(
    ("crs", "x", "y", "size"),
    [("EPSG:32614", 600_000, 3_300_000, (1.0, 1.0)), ("EPSG:4326", -97.7, 30.2, (1.0 / 96_300, 1.0 / 110_860)),
     ("EPSG:3857", -10_800_000, 3_500_000, (1.15, 1.15)), ("EPSG:2193", 1_570_000, 5_180_000, (0.9, 0.9))],
)  # fmt: skip
def test_areas_on_the_ground(crs, x, y, size, bundle, tmp_path):
    """Against geodesic areas of the drawn corners."""
    pyproj = pytest.importorskip("pyproj")
    place = {"crs": CRS.from_user_input(crs), "transform": from_origin(x, y, *size)}
    drawn = [Drawn(100, 100, 60, 40), Drawn(500, 300, 30, 80), Drawn(300, 540, 100, 50)]
    found = describe_tiles(write_pair(tmp_path / "in", 640, 700, drawn, **place), bundle, tmp_path / "maps")
    to_lonlat = pyproj.Transformer.from_crs(crs, "EPSG:4326", always_xy=True)
    geod = pyproj.Geod(ellps="WGS84")
    truths = []
    for one in drawn:
        corners = [(one.left, one.top), (one.left + one.width, one.top), (one.left + one.width, one.top + one.height),
                   (one.left, one.top + one.height)]  # fmt: skip
        lon, lat = to_lonlat.transform(*zip(*(place["transform"] * corner for corner in corners), strict=True))
        truths.append(abs(geod.polygon_area_perimeter(lon, lat)[0]))
    assert len(found.objects) == 3
    for item, truth in zip(sorted(found.objects, key=lambda item: item.outline[:, 1].min()), truths, strict=True):
        assert item.area_m2 == pytest.approx(truth, rel=0.01)


def test_same_ground_in_another_crs_resolution_and_offset(bundle, tmp_path):
    """The later date in other grids: half a pixel off, at 0.7 m, in Web Mercator, in degrees; and both at 0.6 m."""
    import rasterio
    from rasterio.warp import Resampling, calculate_default_transform, reproject

    height, width = 620, 700
    drawn = scattered(height, width)
    paths = write_pair(tmp_path / "in", height, width, drawn)
    plain = polygons(describe_tiles(paths, bundle, tmp_path / "plain"))

    def warped(path, name, crs, transform=None, size=None, resolution=None):
        with rasterio.open(path) as source:
            if transform is None:
                transform, *size = calculate_default_transform(
                    source.crs, crs, source.width, source.height, *source.bounds, resolution=resolution
                )
            profile = source.profile | {"crs": crs, "transform": transform, "width": size[0], "height": size[1], "nodata": 0}
            with rasterio.open(tmp_path / name, "w", **profile) as out:
                for band in (1, 2, 3):
                    reproject(rasterio.band(source, band), rasterio.band(out, band), resampling=Resampling.cubic)
        return tmp_path / name

    with rasterio.open(paths[1]) as file:
        utm, corner = file.crs, file.transform * (0, 0)
    fine = from_origin(corner[0], corner[1], 0.6, 0.6)
    fine_size = (round(width / 0.6), round(height / 0.6))
    others = {
        "offset": (paths[0], warped(paths[1], "o.tif", utm, from_origin(corner[0] - 3.5, corner[1] + 2.5, 1, 1), (720, 640))),
        "resolution": (paths[0], warped(paths[1], "r.tif", utm, resolution=0.7)),
        "mercator": (paths[0], warped(paths[1], "m.tif", CRS.from_epsg(3857))),
        "degrees": (paths[0], warped(paths[1], "d.tif", CRS.from_epsg(4326))),
        "both fine": tuple(warped(p, f"f{i}.tif", utm, fine, fine_size) for i, p in enumerate(paths)),
    }
    for name, pair in others.items():
        found = polygons(describe_tiles(pair, bundle, tmp_path / name.replace(" ", "-")))
        assert len(found) == len(plain), name
        tree = shapely.STRtree(found)
        for one in plain:
            best = max(found[i].intersection(one).area / found[i].union(one).area for i in tree.query(one, "intersects"))
            assert best >= 0.9, name


def test_both_dates_in_degrees_are_resampled_to_square_pixels(bundle, tmp_path):
    place = {"crs": CRS.from_epsg(4326), "transform": from_origin(10.0, 60.0, 1 / 111_000, 1 / 111_000)}
    drawn = [Drawn(200, 100, 120, 60), Drawn(900, 300, 200, 90)]  # at 60 degrees north half as wide on the ground
    found = describe_tiles(write_pair(tmp_path / "in", 500, 1300, drawn, **place), bundle, tmp_path / "maps")
    assert found.scene.width == pytest.approx(650, rel=0.02)
    assert len(found.objects) == 2
    assert any("instead of" in note for note in found.scene.notes)


def test_no_data_is_distinguished_from_no_change(bundle, tmp_path):
    from large_scenes import draw, write_tiff

    before, after = draw(600, 600, [Drawn(40, 40, 50, 50), Drawn(300, 300, 50, 50)])
    after[250:] = 0
    before_path = write_tiff(tmp_path / "a.tif", before)
    found = describe_tiles((before_path, write_tiff(tmp_path / "b.tif", after, nodata=0)), bundle, tmp_path / "maps")
    assert len(found.objects) == 1
    assert found.facts["compared_share"] == pytest.approx(250 / 600, abs=1e-3)
    assert sum(cell.compared_m2 for cell in found.grid) == pytest.approx(250 * 600, rel=0.01)


def fill(store: Store, classes: np.ndarray, probability: float = 0.8) -> None:
    packed = (classes | np.where(classes > 0, 0xC0, 0x80)).astype(np.uint8)
    store.write(0, np.full(classes.shape, round(probability * 65535), np.uint16), np.full(classes.shape, 255, np.uint8), packed)


def test_a_house_in_the_court_of_another_belongs_to_it(tmp_path):
    """As the label rule has it, whatever order they end in; what lies outside stays."""
    classes = np.zeros((1200, 60), np.uint8)
    classes[10:1150, 10:50] = 2
    classes[20:1140, 20:40] = 0
    classes[500:530, 25:35] = 2
    classes[1170:1190, 20:40] = 2
    store = Store(tmp_path / "maps", 60, 1200, "key")
    fill(store, classes)
    found = find(store, 2, 0, split=False)
    assert [one.area for one in found] == [400, 1140 * 40 - 1120 * 20 + 300]
    assert [len(one.holes) for one in found] == [0, 1]


def test_an_object_too_large_for_memory_is_still_one(tmp_path, monkeypatch):
    from chronosight.engines.compact.large import objects

    classes = np.zeros((1300, 300), np.uint8)
    classes[5:1295, 100:110] = 1
    classes[600:620, 5:295] = 1
    store = Store(tmp_path / "maps", 300, 1300, "key")
    fill(store, classes)
    usual = find(store, 1, 0, split=False)
    monkeypatch.setattr(objects, "GIANT", 1000)
    giant = find(store, 1, 0, split=False)
    assert len(usual) == len(giant) == 1
    assert giant[0].area == usual[0].area == (classes == 1).sum()
    assert giant[0].confidence == pytest.approx(usual[0].confidence)
    one, other = shapely.Polygon(usual[0].outline), shapely.Polygon(giant[0].outline)
    assert one.intersection(other).area / one.union(other).area > 0.99


def test_length_of_a_road():
    straight = np.array([[0, 0], [200, 0], [200, 8], [0, 8], [0, 0]], float)
    assert road_length(straight, (), 1600) == pytest.approx(200)
    loop = np.array([[0, 0], [100, 0], [100, 100], [0, 100], [0, 0]], float)
    inner = loop * 0.8 + 10
    assert road_length(loop, (inner,), 100 * 100 - 80 * 80) == pytest.approx(360, rel=0.12)


def test_tiles_have_names():
    tiling = Tiling(1000, 600)
    assert tiling.tile_at(10, 10) == "r0c0"
    assert tiling.tile_at(990, 590) == f"r{len(tiling.rows) - 1}c{len(tiling.columns) - 1}"
