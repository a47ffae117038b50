"""Empty parts of a file that declares no fill value are no ground; dark and bright ground is."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from bad_inputs import write_png, write_tiff
from chronosight.scenes.fill import find_fills
from chronosight.scenes.image import Pixels
from chronosight.scenes.open import open_scene
from scene_grounds import changed, ground


def wedge(size=96, side=40):
    rows, columns = np.mgrid[:size, :size]
    return rows + columns < side


def strip(size=96):
    return np.mgrid[:size, :size][0] >= size - 12


def frame(size=96):
    rows, columns = np.mgrid[:size, :size]
    return (np.minimum(rows, columns) < 8) | (np.maximum(rows, columns) >= size - 8)


def cut(valid):
    """What is left of one image: the box around its data."""
    rows, columns = np.flatnonzero(valid.any(axis=1)), np.flatnonzero(valid.any(axis=0))
    return valid[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


@pytest.mark.parametrize("shape", [wedge, strip, frame])
@pytest.mark.parametrize("value", [0, 255, 254])
@pytest.mark.parametrize("write", [write_png, write_tiff])
def test_black_and_white_collars_of_8_bit(shape, value, write, tmp_path):
    pixels, empty = np.clip(ground(), 6, 249), shape()
    pixels[empty] = value
    scene = open_scene(write(tmp_path / ("a.png" if write is write_png else "a.tif"), pixels))
    np.testing.assert_array_equal(scene.valid, cut(~empty))
    assert any("was taken for no data" in note for note in scene.notes)


def test_a_collar_of_a_jpeg(tmp_path):
    from PIL import Image

    big = np.kron(np.clip(ground(), 40, 200), np.ones((3, 3, 1), np.uint8))
    empty = wedge(288, 120)
    big[empty] = 255
    Image.fromarray(big).save(tmp_path / "a.jpg", quality=90)
    found = ~open_scene(tmp_path / "a.jpg").valid
    assert (found & empty).sum() > 0.85 * empty.sum() and (found & ~empty).sum() < 0.1 * empty.sum()


FILLS = [("float32", -9999), ("float32", 0), ("float32", 1e20), ("float32", -3.4e38), ("int16", -9999), ("int16", -32768),
         ("uint16", 65535), ("uint16", 0), ("float64", -1e300)]  # fmt: skip


@pytest.mark.parametrize(("dtype", "value"), FILLS)
def test_fill_of_wide_numbers(dtype, value, tmp_path):
    """The pixels beside the fill are those of the image without it."""
    pixels = np.clip(ground(), 5, 255)
    wide = (pixels * 20.0 + 100).astype(dtype)
    whole = open_scene(write_tiff(tmp_path / "whole.tif", wide, epsg=None)).frames[0]
    wide[wedge()] = value
    scene = open_scene(write_tiff(tmp_path / "a.tif", wide, epsg=None))
    np.testing.assert_array_equal(scene.valid, ~wedge())
    np.testing.assert_array_equal(scene.frames[0][scene.valid], whole[scene.valid])


def test_an_impossible_value_is_fill_in_the_middle_too(tmp_path):
    wide = ground().astype(np.float32)
    wide[30:50, 30:50] = -9999
    scene = open_scene(write_tiff(tmp_path / "a.tif", wide))
    assert not scene.valid[30:50, 30:50].any() and scene.valid.sum() == 96 * 96 - 400
    np.testing.assert_array_equal(scene.frames[0][scene.valid], ground()[scene.valid])


@pytest.mark.parametrize("shift", [0.0, 0.4])
def test_fill_at_one_date_is_empty_at_both(shift, tmp_path):
    """Resampled as well: what the kernel blends with the fill is left out."""
    later = ground().astype(np.float32)
    later[:30, :30] = -9999
    scene = open_scene(
        write_tiff(tmp_path / "a.tif", ground().astype(np.float32)),
        write_tiff(tmp_path / "b.tif", later, x=600_000 + shift),
        register=False,
    )
    assert not scene.valid[:30, :30].any() and scene.valid[36:90, 36:90].all()
    off = np.abs(scene.frames[0].astype(int) - scene.frames[1])[scene.valid]
    assert np.percentile(off, 99.9) <= (0 if shift == 0 else 60) and off.mean() < 8


def test_an_unchanged_pair_with_a_collar_differs_nowhere(tmp_path):
    later = np.clip(ground(), 6, 249)
    earlier = later.copy()
    later[wedge()] = 255
    scene = open_scene(write_png(tmp_path / "a.png", earlier), write_png(tmp_path / "b.png", later))
    np.testing.assert_array_equal(scene.tensor()[0], scene.tensor()[1])


def test_bright_roofs_and_dark_water_are_no_fill(tmp_path):
    pixels = np.clip(ground(), 6, 249)
    pixels[40:60, 40:70] = 255  # a saturated roof inside
    pixels[0:12, 40:60] = 255  # one at the edge
    rows, columns = np.mgrid[:96, :96]
    fading = 270 - 0.6 * (rows + columns)  # saturated from the corner on
    snow = np.clip(fading[..., None] + np.random.default_rng(0).normal(0, 2, (96, 96, 3)), 30, 255).astype(np.uint8)
    for name, image in (("roofs", pixels), ("snow", snow), ("water", 255 - snow)):
        scene = open_scene(write_png(tmp_path / f"{name}.png", image))
        assert scene.valid.all(), name
        np.testing.assert_array_equal(scene.frames[0], image)


@pytest.mark.parametrize("value", [0, 255])
@pytest.mark.parametrize("both", [False, True])
def test_a_large_area_at_an_edge_is_empty_without_a_corner(value, both, tmp_path):
    earlier, later = (np.clip(ground(seed, 192), 6, 249) for seed in (1, 2))
    empty = np.zeros((192, 192), bool)
    empty[:70, 50:140] = True
    later[empty] = value
    if both:
        earlier[empty] = value
    scene = open_scene(write_png(tmp_path / "a.png", earlier), write_png(tmp_path / "b.png", later), register=False)
    np.testing.assert_array_equal(scene.valid, ~empty)
    assert any("was taken for no data" in note for note in scene.notes)


def test_clouds_snow_and_clipped_ground_are_no_fill():
    rng = np.random.default_rng(0)
    field = gaussian_filter(rng.normal(size=(256, 256)), 25)
    field /= field.std()
    land = np.clip(ground(size=256), 20, 200).astype(float)
    cover = np.clip(field * 1.5, 0, 1)[..., None]
    cloud = land * (1 - cover) + 290 * cover
    snow = land + 150 * (gaussian_filter(field, 2) > 0)[..., None] + rng.normal(0, 3, (256, 256, 1))
    for image in (cloud, snow, land * 2.2, (land - 100) * 2):
        values = np.clip(image, 0, 255).astype(np.uint8).transpose(2, 0, 1)
        assert not find_fills(Pixels(values, np.ones((256, 256), bool)))


def test_a_bright_but_possible_value_is_data(tmp_path):
    """Saturated pixels of a sensor lie above the rest, not far outside of it."""
    wide = ground().astype(np.uint16) * 12
    wide[30:40, 30:40] = 4095
    assert open_scene(write_tiff(tmp_path / "a.tif", wide, epsg=None)).valid.all()


def test_fill_of_windows_of_a_large_pair(tmp_path):
    from chronosight.scenes.large.opened import open_header
    from chronosight.scenes.large.pair import open_pair

    earlier, later = np.clip(ground(size=300), 6, 249), np.clip(changed(ground(size=300)), 6, 249)
    later[wedge(300, 120)] = 255
    later[200:220, 200:230] = 255  # a roof of the same colour
    paths = write_tiff(tmp_path / "a.tif", earlier), write_tiff(tmp_path / "b.tif", later)
    whole = open_scene(*paths, register=False)
    with open_pair(*(open_header(path) for path in paths), 1.0) as pair:
        _, valid = pair.read(0, 0, 300, 300)
        _, part = pair.read(190, 190, 50, 50)
        assert any("taken for no data" in note for note in pair.notes)
    np.testing.assert_array_equal(valid, ~wedge(300, 120))
    np.testing.assert_array_equal(valid, whole.valid)
    assert part.all()
