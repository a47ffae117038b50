"""One picture: the same pixels whatever the format, and what a file says of itself is kept."""

from datetime import datetime

import numpy as np
import pytest
import rasterio
from PIL import Image

from bad_inputs import texture, write_png, write_tiff
from chronosight.scenes.image import open_image
from chronosight.scenes.open import open_scene


def test_png_equals_geotiff_of_the_same_pixels(tmp_path):
    pixels = texture()
    plain, placed = open_scene(write_png(tmp_path / "a.png")), open_scene(write_tiff(tmp_path / "a.tif", pixels))
    assert plain.kind == placed.kind == "image"
    np.testing.assert_array_equal(plain.frames, placed.frames)
    np.testing.assert_array_equal(plain.frames[0], pixels)
    assert plain.georeference is None and placed.georeference.crs == "EPSG:32614"
    assert placed.metres_per_pixel == pytest.approx(1.0, abs=1e-3) and plain.metres_per_pixel is None


@pytest.mark.parametrize("ending", ["jpg", "webp"])
def test_lossy_formats_are_read(ending, tmp_path):
    smooth = np.linspace(0, 255, 64, dtype=np.uint8)[:, None, None] * np.ones((1, 64, 3), np.uint8)
    Image.fromarray(smooth).save(tmp_path / f"a.{ending}", quality=95)
    assert np.abs(open_scene(tmp_path / f"a.{ending}").frames[0].astype(int) - smooth).max() <= 4


def test_the_first_bytes_decide_not_the_ending(tmp_path):
    write_png(tmp_path / "a.png").rename(tmp_path / "a.tif")
    np.testing.assert_array_equal(open_scene(tmp_path / "a.tif").frames[0], texture())


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_and_windows(orientation, tmp_path):
    stored = texture(48, 64)
    picture = Image.fromarray(stored)
    exif = picture.getexif()
    exif[0x0112], exif[0x0132] = orientation, "2020:05:06 07:08:09"
    picture.save(tmp_path / "a.png", exif=exif)
    from PIL import ImageOps

    upright = np.asarray(ImageOps.exif_transpose(Image.open(tmp_path / "a.png")))
    image = open_image(tmp_path / "a.png")
    assert (image.height, image.width) == upright.shape[:2]
    np.testing.assert_array_equal(image.read().values.transpose(1, 2, 0), upright)
    part = image.read((5, 7, 20, 10)).values.transpose(1, 2, 0)
    np.testing.assert_array_equal(part, upright[7:17, 5:25])
    assert image.time == datetime(2020, 5, 6, 7, 8, 9)


def test_grey_palette_and_one_bit_images(tmp_path):
    grey = texture()[..., 0]
    Image.fromarray(grey).save(tmp_path / "grey.png")
    np.testing.assert_array_equal(open_scene(tmp_path / "grey.png").frames[0], np.stack([grey] * 3, -1))
    indexed = Image.fromarray(texture()).quantize(16)
    indexed.save(tmp_path / "palette.png")
    np.testing.assert_array_equal(open_scene(tmp_path / "palette.png").frames[0], np.asarray(indexed.convert("RGB")))
    Image.fromarray(grey > 99).save(tmp_path / "bits.png")
    np.testing.assert_array_equal(open_scene(tmp_path / "bits.png").frames[0, ..., 0], np.where(grey > 99, 255, 0))


def test_alpha_and_nodata_make_the_valid_mask(tmp_path):
    pixels, hole = texture(), np.zeros((64, 64), bool)
    hole[10:20, 30:50] = True
    write_png(tmp_path / "alpha.png", np.dstack([pixels, np.where(hole, 0, 255).astype(np.uint8)]))
    empty = np.where(hole[..., None], 0, np.maximum(pixels, 1)).astype(np.uint8)
    empty[0, 0] = (0, 5, 5)  # nodata in one band only is a dark pixel
    write_tiff(tmp_path / "nodata.tif", empty, nodata=0)
    write_tiff(tmp_path / "nan.tif", np.where(hole[..., None], np.nan, pixels).astype(np.float32))
    for name in ("alpha.png", "nodata.tif", "nan.tif"):
        scene = open_scene(tmp_path / name)
        np.testing.assert_array_equal(scene.valid, ~hole, err_msg=name)
        assert (scene.tensor()[:, :, hole] == 0).all()


def test_internal_mask(tmp_path):
    path = write_tiff(tmp_path / "a.tif", texture())
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK="YES"), rasterio.open(path, "r+") as dataset:
        mask = np.ones((64, 64), bool)
        mask[:, :8] = False
        dataset.write_mask(mask)
    scene = open_scene(path, path, register=False)  # of one image only the box around its data is kept
    np.testing.assert_array_equal(scene.valid, mask)
    assert open_scene(path).valid.shape == (64, 56)


def test_16_bit_padding_of_zeros_is_no_data(tmp_path):
    pixels = texture().astype(np.uint16) * 30 + 1
    pixels[:, :16] = 0
    path = write_tiff(tmp_path / "a.tif", pixels)
    scene = open_scene(path, path, register=False)
    assert not scene.valid[:, :16].any() and scene.valid[:, 16:].all()


@pytest.mark.parametrize("dtype", ["uint16", "int16", "float32", "float64"])
def test_wide_numbers_are_stretched(dtype, tmp_path):
    pixels = (texture().astype(np.float64) / 255 * (0.3 if dtype.startswith("f") else 3000)).astype(dtype)
    frame = open_scene(write_tiff(tmp_path / "a.tif", pixels, epsg=None)).frames[0]
    for band in range(3):
        assert (frame[..., band] == 0).mean() == pytest.approx(0.02, abs=0.02)
        assert (frame[..., band] == 255).mean() == pytest.approx(0.02, abs=0.02)
        order = np.argsort(pixels[..., band].ravel())
        assert (np.diff(frame[..., band].ravel()[order].astype(int)) >= 0).all()


def test_no_contrast_is_no_error(tmp_path):
    assert (open_scene(write_tiff(tmp_path / "a.tif", np.full((32, 32, 3), 500, np.uint16))).frames == 0).all()


def test_bands_by_name_and_as_given(tmp_path):
    pixels = np.dstack([np.full((32, 32), value, np.uint8) for value in (10, 20, 30, 40)])
    path = write_tiff(tmp_path / "a.tif", pixels, photometric="minisblack")
    assert open_scene(path).frames[0, 0, 0].tolist() == [10, 20, 30]
    assert "near infrared" in open_scene(path).notes[0]
    assert open_scene(path, bands=(4, 1, 2)).frames[0, 0, 0].tolist() == [40, 10, 20]
    with rasterio.open(path, "r+") as dataset:
        dataset.descriptions = ("blue", "green", "red", "nir")
    assert open_scene(path).frames[0, 0, 0].tolist() == [30, 20, 10]
    assert open_scene(path).notes == []


def test_sentinel_band_names(tmp_path):
    path = write_tiff(tmp_path / "a.tif", np.dstack([np.full((32, 32), i, np.uint8) for i in range(5)]))
    with rasterio.open(path, "r+") as dataset:
        dataset.descriptions = ("B8A", "B04", "B03", "B02", "B11")
    assert open_scene(path).frames[0, 0, 0].tolist() == [1, 2, 3]


@pytest.mark.parametrize(("epsg", "x", "y", "size"), [
    (32614, 600_000, 3_300_000, 2.0),
    (4326, -98.0, 29.8, 2 / 111_000),
    (3857, -10_900_000, 3_480_000, 2 / np.cos(np.radians(29.8))),
    (2278, 3_000_000, 13_800_000, 2 / 0.3048006096),
])  # fmt: skip
def test_metres_per_pixel_in_metres_degrees_and_feet(epsg, x, y, size, tmp_path):
    scene = open_scene(write_tiff(tmp_path / "a.tif", texture(), epsg=epsg, x=x, y=y, size=size))
    assert scene.metres_per_pixel == pytest.approx(2.0, rel=0.08 if epsg == 4326 else 0.01)


@pytest.mark.parametrize(("name", "time"), [
    ("S2A_MSIL2A_20210704T101530_N0301.tif", datetime(2021, 7, 4, 10, 15, 30)),
    ("place_2019-03-05.tif", datetime(2019, 3, 5)),
    ("tile_12345678.tif", None),
    ("120200101.tif", None),
])  # fmt: skip
def test_date_in_the_name(name, time, tmp_path):
    assert open_image(write_tiff(tmp_path / name, texture())).time == time


def test_date_in_the_tags_comes_first(tmp_path):
    path = write_tiff(tmp_path / "a_20200101.tif", texture())
    with rasterio.open(path, "r+") as dataset:
        dataset.update_tags(TIFFTAG_DATETIME="2018:02:03 04:05:06")
    assert open_image(path).time == datetime(2018, 2, 3, 4, 5, 6)


def test_cog_window(tmp_path):
    pixels = texture(600, 600)
    with rasterio.open(write_tiff(tmp_path / "a.tif", pixels)) as source:
        from rasterio.shutil import copy

        copy(source, tmp_path / "cog.tif", driver="COG")
    image = open_image(tmp_path / "cog.tif")
    np.testing.assert_array_equal(image.read((100, 200, 50, 40)).values.transpose(1, 2, 0), pixels[200:240, 100:150])
    assert image.read(shape=(150, 150)).values.shape == (3, 150, 150)


def test_a_site_s_own_grid_has_no_known_size():
    from affine import Affine

    from chronosight.scenes.ground import metres_per_pixel
    from chronosight.scenes.scene import Georeference

    own_grid = Georeference('LOCAL_CS["site",UNIT["metre",1]]', Affine(1, 0, 0, 0, -1, 0))
    assert metres_per_pixel(own_grid, 10, 10) is None
