"""The same ground gives the same pixels, whatever numbers a file counts in."""

import numpy as np
import pytest
import rasterio
from PIL import Image
from rasterio.enums import ColorInterp

from bad_inputs import write_png, write_tiff
from chronosight.scenes.open import open_scene
from chronosight.scenes.stretch import BRIGHT, DARK, restored_levels
from scene_grounds import changed, ground

WRITTEN_WIDER = {
    "uint16 40x+300": lambda x: x.astype(np.uint16) * 40 + 300,
    "uint16 257x": lambda x: x.astype(np.uint16) * 257,
    "uint16 x": lambda x: x.astype(np.uint16),
    "uint16 rounded down": lambda x: (x / 255 * 3000).astype(np.uint16),
    "int16 12x-1000": lambda x: x.astype(np.int16) * 12 - 1000,
    "int32 1000x": lambda x: x.astype(np.int32) * 1000,
    "float32 0..255": lambda x: x.astype(np.float32),
    "float32 0..1": lambda x: (x / 255).astype(np.float32),
    "float32 0..0.35": lambda x: (x / 255 * 0.35).astype(np.float32),
    "float64 0..10000": lambda x: x / 255 * 10_000.0,
}


@pytest.mark.parametrize("name", WRITTEN_WIDER)
def test_an_8_bit_image_written_wider_is_itself_again(name, tmp_path):
    pixels = ground()
    frame = open_scene(write_tiff(tmp_path / "a.tif", WRITTEN_WIDER[name](pixels))).frames[0]
    np.testing.assert_array_equal(frame, pixels)


@pytest.mark.parametrize("name", WRITTEN_WIDER)
def test_a_pair_of_8_bit_and_wider_is_the_pair_in_8_bit(name, tmp_path):
    """Whichever date is the wider one; units that differ between the dates are said."""
    one, two = ground(), changed(ground())
    wide = WRITTEN_WIDER[name]
    scene = open_scene(write_tiff(tmp_path / "a.tif", one), write_tiff(tmp_path / "b.tif", wide(two)), register=False)
    np.testing.assert_array_equal(scene.frames, np.stack([one, two]))
    assert any("different kinds of numbers" in note for note in scene.notes)


@pytest.mark.parametrize("scales", [(0.35 / 255, 3500 / 255), (1 / 255, 1.0), (1.0, 257.0)])
def test_dates_in_unlike_units_are_brought_to_8_bit_each_by_itself(scales, tmp_path):
    one, two = ground(), changed(ground())
    paths = [
        write_tiff(tmp_path / f"{scale}.tif", (date * scale).astype(np.float32))
        for date, scale in zip((one, two), scales, strict=True)
    ]
    scene = open_scene(*paths, register=False)
    np.testing.assert_array_equal(scene.frames, np.stack([one, two]))
    assert any("different units" in note for note in scene.notes)


def test_dates_in_unlike_units_without_levels_look_alike(tmp_path):
    """Numbers of no 8-bit image: percentiles are matched date by date."""
    rng = np.random.default_rng(0)
    exact = ground().astype(np.float64) + rng.uniform(0, 1, (96, 96, 3))
    paths = [write_tiff(tmp_path / f"{scale}.tif", (exact * scale).astype(np.float32)) for scale in (1 / 700, 30)]
    scene = open_scene(*paths, register=False)
    assert np.abs(scene.frames[0].astype(int) - scene.frames[1]).max() <= 1
    assert any("different units" in note for note in scene.notes)


def test_dates_in_one_unit_share_one_stretch(tmp_path):
    rng = np.random.default_rng(0)
    dark = (ground() * 10.0 + rng.uniform(0, 10, (96, 96, 3))).astype(np.uint16)
    scene = open_scene(write_tiff(tmp_path / "a.tif", dark), write_tiff(tmp_path / "b.tif", dark + 400), register=False)
    gain = (BRIGHT - DARK) / np.subtract(*np.percentile(np.concatenate([dark, dark + 400]), (98, 2)))
    inside = (scene.frames.min(axis=0) > 0) & (scene.frames.max(axis=0) < 255)
    brighter = (scene.frames[1].astype(int) - scene.frames[0])[inside]
    assert brighter.mean() == pytest.approx(400 * gain, rel=0.05) and not any("units" in note for note in scene.notes)


def test_true_wide_numbers_get_the_contrast_of_the_training_imagery(tmp_path):
    rng = np.random.default_rng(0)
    exact = (ground() * 40.0 + 300 + rng.uniform(0, 40, (96, 96, 3))).astype(np.uint16)
    frame = open_scene(write_tiff(tmp_path / "a.tif", exact)).frames[0]
    assert np.percentile(frame, (2, 98)) == pytest.approx((DARK, BRIGHT), abs=1.5)
    order = np.argsort(exact[..., 0].ravel())
    assert (np.diff(frame[..., 0].ravel()[order].astype(int)) >= 0).all()


@pytest.mark.parametrize("other", ["PNG RGBA", "WebP", "BGRN", "named", "colour interpretation", "bands swapped"])
def test_the_same_bands_in_any_layout_are_the_same_image(other, tmp_path):
    pixels = ground()
    path = tmp_path / "a.tif"
    infrared = np.full((96, 96, 1), 200, np.uint8)
    if other == "PNG RGBA":
        path = write_png(tmp_path / "a.png", np.dstack([pixels, np.full((96, 96), 255, np.uint8)]))
    elif other == "WebP":
        path = tmp_path / "a.webp"
        Image.fromarray(pixels).save(path, lossless=True)
    else:
        stored = np.dstack([pixels[..., ::-1], infrared]) if other != "bands swapped" else pixels[..., ::-1]
        write_tiff(path, stored, photometric="minisblack")
        with rasterio.open(path, "r+") as file:
            if other == "BGRN":
                file.descriptions = ("Blue", "Green", "Red", "NIR")
            elif other == "named":
                file.descriptions = ("Band 1 - blue", "Band 2 - green", "Band 3 - red", "Band 4 - near infrared")
            elif other == "colour interpretation":
                file.colorinterp = [ColorInterp.blue, ColorInterp.green, ColorInterp.red, ColorInterp.undefined]
            else:
                file.colorinterp = [ColorInterp.blue, ColorInterp.green, ColorInterp.red]
    np.testing.assert_array_equal(open_scene(path).frames[0], pixels)


@pytest.mark.parametrize("names", [("NIR", "Red", "Green"), ("near infrared", "red", "green"), ("nir", "red band", "green band")])
def test_colour_infrared_is_said_and_doubted(names, tmp_path):
    pixels = ground()
    path = write_tiff(tmp_path / "a.tif", pixels)
    with rasterio.open(path, "r+") as file:
        file.descriptions = names
    scene = open_scene(path)
    np.testing.assert_array_equal(scene.frames[0], pixels[..., [1, 2, 2]])
    assert "no band named blue" in scene.notes[0] and "no blue band" in scene.doubts[0]


def test_red_edge_is_not_red(tmp_path):
    path = write_tiff(tmp_path / "a.tif", np.dstack([np.full((32, 32), i, np.uint8) for i in range(5)]))
    with rasterio.open(path, "r+") as file:
        file.descriptions = ("blue", "green", "red edge", "red", "near-infrared")
    assert open_scene(path).frames[0, 0, 0].tolist() == [3, 1, 0]


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_files_that_count_from_white(dtype, tmp_path):
    grey = ground()[..., :1].astype(dtype) * (1 if dtype == "uint8" else 257)
    top = np.iinfo(dtype).max
    path = write_tiff(tmp_path / "a.tif", (top - grey).astype(dtype), photometric="miniswhite")
    np.testing.assert_array_equal(open_scene(path).frames[0, ..., 0], ground()[..., 0])


def test_a_palette_without_a_table_is_shown_as_grey(tmp_path):
    path = write_tiff(tmp_path / "a.tif", ground()[..., :1])
    with rasterio.open(path, "r+") as file:
        file.colorinterp = [ColorInterp.palette]
    scene = open_scene(path)
    np.testing.assert_array_equal(scene.frames[0, ..., 0], ground()[..., 0])
    assert "colour table" in scene.notes[0]


@pytest.mark.parametrize("sample", [
    np.arange(0, 100_000, 7) ** 1.5,  # thousands of values
    np.arange(5.0),  # too few
    np.arange(300) * 2.0,  # evenly spaced, but more than 8 bit holds
    np.cumsum(np.random.default_rng(0).uniform(1, 9, 200)),  # uneven
    np.array([7.0] * 100),
])  # fmt: skip
def test_numbers_that_are_no_8_bit_image(sample):
    assert restored_levels(sample) is None


def test_levels_start_at_zero_where_they_run_through_it():
    levels = restored_levels(np.arange(20, 200) * 3.0)
    assert (levels.zero, levels.step) == pytest.approx((0.0, 3.0), abs=1e-6)
    moved = restored_levels(np.arange(20, 200) * 3.0 + 1.5)
    assert (moved.zero, moved.step) == pytest.approx((61.5, 3.0), abs=1e-6)
