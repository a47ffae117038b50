"""Where a scene lies: true metres in any CRS, across the date line, at the pole; upright, square and on one another."""

import numpy as np
import pytest
from affine import Affine
from rasterio.transform import from_origin
from rasterio.warp import Resampling, reproject, transform

from bad_inputs import write_png, write_tiff
from chronosight.errors import InputError
from chronosight.scenes.ground import metres_per_pixel, pixel_areas, pixel_vectors, to_lonlat
from chronosight.scenes.open import open_scene
from chronosight.scenes.scene import Georeference
from scene_grounds import ground

MOON = (
    'GEOGCS["Moon 2000",DATUM["D_Moon_2000",SPHEROID["Moon_2000_IAU_IAG",1737400,0]],'
    'PRIMEM["Reference_Meridian",0],UNIT["degree",0.0174532925199433]]'
)


def at(epsg, lon, lat, size):
    """A grid of 100 x 100 pixels of `size` units of the CRS whose middle is at a place."""
    (x,), (y,) = transform("EPSG:4326", f"EPSG:{epsg}", [lon], [lat])
    return Georeference(f"EPSG:{epsg}", from_origin(x - 50 * size, y + 50 * size, size, size))


@pytest.mark.parametrize(("epsg", "lon", "lat", "size", "metres"), [
    (32633, 15, 60, 0.5, 0.4998),  # the scale of UTM on its central meridian
    (3857, 15, 60, 1.0, 0.5008),
    (3857, 15, -70, 1.0, 0.3435),
    (4326, 15, 0.0, 1e-5, 1.1095),
    (4326, 15, 60, 1e-5, np.sqrt(0.55800 * 1.11412)),
    (4326, 179.9999, 60, 1e-5, np.sqrt(0.55800 * 1.11412)),
    (32660, 180, -17, 0.5, 0.4998),
    (3031, 0, -90, 0.5, 0.5140),
    (3995, 0, 90, 0.5, 0.5140),
    (3413, 30, 75, 1.0, 1.0135),
])  # fmt: skip
def test_metres_on_the_ground(epsg, lon, lat, size, metres):
    place = at(epsg, lon, lat, size)
    assert metres_per_pixel(place, 100, 100) == pytest.approx(metres, rel=3e-3)
    assert np.sqrt(pixel_areas(place, [50], [50])[0]) == pytest.approx(metres, rel=3e-3)


def test_steps_on_the_ground_point_east_and_south():
    vectors = pixel_vectors(at(4326, 15, 60, 1e-5), [50.0, 10.0], [50.0, 90.0])
    assert vectors.shape == (2, 2, 2)
    np.testing.assert_allclose(vectors[0], [[0.55800, 0], [0, -1.11412]], atol=2e-3)


@pytest.mark.parametrize("crs", [MOON, 'LOCAL_CS["site",UNIT["metre",1]]'])
def test_what_lies_nowhere_on_the_earth(crs):
    place = Georeference(crs, from_origin(10, 10, 1e-5, 1e-5))
    assert metres_per_pixel(place, 10, 10) is None and to_lonlat(crs, [10], [10]) is None


def test_latitudes_beyond_the_poles_are_no_place():
    assert to_lonlat("EPSG:4326", [600_000], [3_300_000]) is None
    assert to_lonlat("EPSG:4326", [190.0], [10.0]).ravel().tolist() == [-170, 10]
    assert to_lonlat("EPSG:4326", [180.0], [10.0]).ravel().tolist() == [180, 10]


def test_another_planet_is_doubted_but_read(tmp_path):
    path = write_tiff(tmp_path / "a.tif", ground(), crs=MOON, transform=from_origin(10, 10, 1e-5, 1e-5))
    scene = open_scene(path, path)
    assert scene.metres_per_pixel is None and any("nowhere on the Earth" in doubt for doubt in scene.doubts)
    np.testing.assert_array_equal(scene.frames[0], ground())


@pytest.mark.parametrize("lat", [52, 60, -68])
def test_pixels_are_square_on_the_ground(lat, tmp_path):
    """The same ground in UTM and in degrees."""
    epsg = 32633 if lat > 0 else 32733
    (x,), (y,) = transform("EPSG:4326", f"EPSG:{epsg}", [15], [lat])
    square = from_origin(x - 48, y + 48, 1, 1)
    step = 1 / 111_320
    degrees = from_origin(15 - 60 * step / np.cos(np.radians(lat)), lat + 60 * step, step, step)
    out = np.zeros((3, 120, round(120 / np.cos(np.radians(lat)))), np.uint8)
    reproject(np.clip(ground(), 1, 255).transpose(2, 0, 1).copy(), out, src_transform=square, src_crs=f"EPSG:{epsg}",
              dst_transform=degrees, dst_crs="EPSG:4326", resampling=Resampling.cubic)  # fmt: skip
    scene = open_scene(write_tiff(tmp_path / "a.tif", out.transpose(1, 2, 0), crs="EPSG:4326", transform=degrees, nodata=0))
    right, down = np.linalg.norm(pixel_vectors(scene.georeference, [50], [50])[0], axis=1)
    assert right == pytest.approx(down, rel=0.02) and right == pytest.approx(scene.metres_per_pixel, rel=0.02)
    assert any("square" in note for note in scene.notes)
    height, width = scene.valid.shape
    assert 0.9 < (height * scene.metres_per_pixel) / (width * scene.metres_per_pixel) < 1.1  # the ground is as wide as high


UPRIGHT = from_origin(600_000, 3_300_000, 1, 1)
STORED = {  # how the rows of a file may run -> what is stored, and its transform
    "south up": (lambda x: x[::-1], Affine(1, 0, 600_000, 0, 1, 3_300_000 - 96)),
    "east to west": (lambda x: x[:, ::-1], Affine(-1, 0, 600_096, 0, -1, 3_300_000)),
    "half a turn": (lambda x: x[::-1, ::-1], Affine(-1, 0, 600_096, 0, 1, 3_300_000 - 96)),
    "transposed": (lambda x: x.transpose(1, 0, 2), Affine(0, 1, 600_000, -1, 0, 3_300_000)),
    "quarter turn": (lambda x: np.rot90(x), Affine(0, -1, 600_096, -1, 0, 3_300_000)),
    "other quarter": (lambda x: np.rot90(x, -1), Affine(0, 1, 600_000, 1, 0, 3_300_000 - 96)),
}


@pytest.mark.parametrize("how", STORED)
def test_any_order_of_rows_is_shown_north_up(how, tmp_path):
    store, place = STORED[how]
    path = write_tiff(tmp_path / "a.tif", np.ascontiguousarray(store(ground())), crs="EPSG:32614", transform=place)
    scene = open_scene(path)
    np.testing.assert_array_equal(scene.frames[0], ground())
    assert scene.georeference.transform.almost_equals(UPRIGHT) and any("north up" in note for note in scene.notes)
    upright = write_tiff(tmp_path / "b.tif", ground())
    np.testing.assert_array_equal(*open_scene(upright, path, register=False).frames)


def test_windows_of_a_large_pair_are_north_up(tmp_path):
    from chronosight.scenes.large.opened import open_header
    from chronosight.scenes.large.pair import open_pair

    store, place = STORED["south up"]
    south = write_tiff(tmp_path / "a.tif", np.ascontiguousarray(store(ground())), crs="EPSG:32614", transform=place)
    paths = south, write_tiff(tmp_path / "b.tif", ground())
    with open_pair(*(open_header(path) for path in paths), 1.0) as pair:
        frames, _ = pair.read(10, 20, 30, 40)
    np.testing.assert_array_equal(frames[0], ground()[20:60, 10:40])
    np.testing.assert_array_equal(frames[1], ground()[20:60, 10:40])


def test_a_slightly_turned_grid_is_left_as_it_is(tmp_path):
    place = Affine.translation(600_000, 3_300_000) * Affine.rotation(20) * Affine.scale(1, -1)
    scene = open_scene(write_tiff(tmp_path / "a.tif", ground(), crs="EPSG:32614", transform=place))
    np.testing.assert_array_equal(scene.frames[0], ground())


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("big", [False, True])
def test_the_orientation_tag_of_a_tiff(orientation, big, tmp_path):
    from PIL import Image, ImageOps

    image = Image.fromarray(ground()[:64])
    exif = image.getexif()
    exif[274] = orientation
    image.save(tmp_path / "a.png", exif=exif)
    upright = np.asarray(ImageOps.exif_transpose(Image.open(tmp_path / "a.png")))
    image.save(tmp_path / "a.tif", tiffinfo={274: orientation}, big_tiff=big)
    np.testing.assert_array_equal(open_scene(tmp_path / "a.tif").frames[0], upright)


def later_by_20_m(folder, plain=False):
    whole = ground(size=160)
    earlier = write_tiff(folder / "a.tif", whole[:120, :120], crs="EPSG:32614", transform=from_origin(600_000, 3_300_000, 1, 1))
    place = from_origin(600_020, 3_299_980, 1, 1)
    if plain:
        later = write_png(folder / "b.png", np.ascontiguousarray(whole[20:140, 20:140]))
        (folder / "b.pgw").write_text("1\n0\n0\n-1\n600020.5\n3299979.5\n")
        return earlier, later, whole
    return earlier, write_tiff(folder / "b.tif", whole[20:140, 20:140], epsg=None, transform=place), whole


@pytest.mark.parametrize("plain", [False, True])
def test_a_transform_without_a_crs_and_a_world_file_place_the_later_date(plain, tmp_path):
    earlier, later, whole = later_by_20_m(tmp_path, plain=plain)
    for paths in ((earlier, later), (later, earlier)):
        scene = open_scene(*paths, register=False)
        np.testing.assert_array_equal(scene.frames[0], whole[20:120, 20:120])
        np.testing.assert_array_equal(*scene.frames)
        assert scene.georeference.crs == "EPSG:32614" and scene.metres_per_pixel == pytest.approx(1, abs=1e-3)
        assert any("no CRS" in note for note in scene.notes)


def test_two_transforms_without_a_crs_lay_the_dates_on_one_another(tmp_path):
    whole = ground(size=160)
    places = from_origin(600_000, 3_300_000, 1, 1), from_origin(600_020, 3_299_980, 1, 1)
    paths = [
        write_tiff(tmp_path / "a.tif", whole[:120, :120], epsg=None, transform=places[0]),
        write_tiff(tmp_path / "b.tif", whole[20:140, 20:140], epsg=None, transform=places[1]),
    ]
    scene = open_scene(*paths, register=False)
    np.testing.assert_array_equal(scene.frames[0], whole[20:120, 20:120])
    np.testing.assert_array_equal(*scene.frames)
    assert scene.georeference is None and scene.metres_per_pixel is None


def test_a_transform_that_cannot_be_of_the_other_crs_is_refused(tmp_path):
    earlier = write_tiff(tmp_path / "a.tif", ground())
    later = write_tiff(tmp_path / "b.tif", ground(), epsg=None, transform=from_origin(15, 60, 1e-5, 1e-5))
    with pytest.raises(InputError, match="set its CRS"):
        open_scene(earlier, later)


@pytest.mark.parametrize("numbers", [
    (np.nan, 0, 0, 0, -1, 0), (1, 0, np.inf, 0, -1, 0), (0, 0, 5, 0, 0, 5), (1e300, 0, 1e300, 0, -1e300, 1e300),
])  # fmt: skip
def test_transforms_of_no_use(numbers, tmp_path):
    """Refused or read without a place; no traceback either way."""
    path = write_tiff(tmp_path / "a.tif", ground(), crs="EPSG:32614", transform=Affine(*numbers))
    try:
        scene = open_scene(path)
    except InputError:
        return
    assert scene.metres_per_pixel is None


@pytest.mark.parametrize(("first", "second"), [(190.0, -170.0), (-170.0, 190.0), (179.9995, -180.0005), (359.999, -0.001)])
def test_longitudes_of_0_to_360_lie_on_those_of_180(first, second, tmp_path):
    step = 1e-5
    paths = [
        write_tiff(tmp_path / f"{i}.tif", ground(), crs="EPSG:4326", transform=from_origin(lon, 0.001, step, step))
        for i, lon in enumerate((first, second))
    ]
    scene = open_scene(*paths, register=False)
    assert scene.frames.shape == (2, 96, 96, 3) and scene.valid.all()
    np.testing.assert_array_equal(*scene.frames)
    lon, _ = scene.georeference.transform * (48, 48)
    assert -180 <= lon <= 180


def test_utm_and_degrees_across_the_date_line(tmp_path):
    (x,), (y,) = transform("EPSG:4326", "EPSG:32660", [180], [-17])
    smooth = np.kron(ground(size=48)[:24, :24], np.ones((8, 8, 1), np.uint8))
    utm = write_tiff(tmp_path / "a.tif", smooth, crs="EPSG:32660", transform=from_origin(x - 96, y + 96, 1, 1))
    step = 1 / 111_000
    for start in (180.0, -180.0):
        place = from_origin(start - 80 * step, -17 + 80 * step, step, step)
        degrees = write_tiff(tmp_path / f"b{start}.tif", smooth[:160, :160], crs="EPSG:4326", transform=place)
        for paths in ((utm, degrees), (degrees, utm)):
            scene = open_scene(*paths, register=False)
            assert scene.valid.mean() > 0.9 and min(scene.height, scene.width) > 100, (start, paths)


@pytest.mark.parametrize("size", [10.0, 4.5])
def test_pairs_far_too_coarse_are_refused_wherever_they_are_opened(size, tmp_path):
    paths = write_tiff(tmp_path / "a.tif", ground(), size=size), write_tiff(tmp_path / "b.tif", ground(), size=size)
    with pytest.raises(InputError, match="--force"):
        open_scene(*paths)
    scene = open_scene(*paths, force=True)
    assert any("coarser" in doubt for doubt in scene.doubts)
    fine = write_tiff(tmp_path / "c.tif", ground(), size=1.0)
    with pytest.raises(InputError, match="--force"):
        open_scene(fine, paths[0])
    assert not open_scene(fine, fine).doubts and not open_scene(paths[1]).doubts
