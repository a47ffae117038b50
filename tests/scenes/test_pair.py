"""Two dates on one grid: whatever CRS, resolution and extent the later one comes in."""

import numpy as np
import pytest
from rasterio.crs import CRS
from rasterio.transform import Affine, from_origin
from rasterio.warp import Resampling, calculate_default_transform, reproject

from bad_inputs import texture, write_png, write_tiff
from chronosight.scenes.open import open_scene

HERE = from_origin(600_000, 3_300_000, 1, 1)


def smooth(height=128, width=128, seed=0):
    """A texture whose detail survives resampling."""
    from scipy.ndimage import gaussian_filter

    rng = np.random.default_rng(seed)
    field = gaussian_filter(rng.normal(size=(height, width, 3)), (2.5, 2.5, 0))
    return (128 + 40 * field / field.std()).clip(1, 255).astype(np.uint8)


def warped(path, pixels, epsg, factor=1.0):
    """The picture written in another CRS, at `factor` times its resolution; nodata 0 around it."""
    height, width = pixels.shape[:2]
    bounds = (600_000, 3_300_000 - height, 600_000 + width, 3_300_000)
    transform, w, h = calculate_default_transform(CRS.from_epsg(32614), CRS.from_epsg(epsg), width, height, *bounds)
    transform, w, h = transform * Affine.scale(1 / factor), round(w * factor), round(h * factor)
    out = np.zeros((3, h, w), np.uint8)
    reproject(
        pixels.transpose(2, 0, 1).copy(), out, src_transform=HERE, src_crs=CRS.from_epsg(32614),
        dst_transform=transform, dst_crs=CRS.from_epsg(epsg), resampling=Resampling.cubic,
    )  # fmt: skip
    return write_tiff(path, out.transpose(1, 2, 0), crs=CRS.from_epsg(epsg), transform=transform, nodata=0)


@pytest.mark.parametrize("epsg", [4326, 3857, 32613])
def test_later_date_in_another_crs(epsg, tmp_path):
    before = write_tiff(tmp_path / "before.tif", smooth())
    after = warped(tmp_path / "after.tif", smooth(), epsg, factor=2)
    scene = open_scene(before, after)
    assert scene.kind == "pair" and scene.georeference.crs == "EPSG:32614"
    assert min(scene.height, scene.width) >= 124 and scene.valid.mean() > 0.95
    difference = np.abs(scene.frames[0].astype(int) - scene.frames[1])[scene.valid]
    assert difference.mean() < 2 and np.percentile(difference, 99) < 8
    assert not scene.shift.corrected
    assert any("resampled" in note for note in scene.notes)


@pytest.mark.parametrize("factor", [0.5, 3, 8])
def test_later_date_of_another_resolution(factor, tmp_path):
    before, fine = write_tiff(tmp_path / "before.tif", smooth()), smooth()
    height = round(128 * factor)
    out = np.zeros((3, height, height), np.uint8)
    reproject(
        fine.transpose(2, 0, 1).copy(), out, src_transform=HERE, src_crs="EPSG:32614",
        dst_transform=HERE * Affine.scale(1 / factor), dst_crs="EPSG:32614", resampling=Resampling.cubic,
    )  # fmt: skip
    after = write_tiff(tmp_path / "after.tif", out.transpose(1, 2, 0), size=1 / factor)
    scene = open_scene(before, after)
    assert scene.frames.shape == (2, 128, 128, 3) and scene.valid.all()
    assert np.abs(scene.frames[0].astype(int) - scene.frames[1]).mean() < (6 if factor < 1 else 2)
    assert not scene.shift.corrected


def test_partial_overlap_is_cut_exactly(tmp_path):
    ground = texture(160, 160)
    before = write_tiff(tmp_path / "before.tif", ground[:100, :100])
    after = write_tiff(tmp_path / "after.tif", ground[40:, 30:], x=600_030, y=3_300_000 - 40)
    scene = open_scene(before, after)
    assert (scene.height, scene.width) == (60, 70) and scene.valid.all()
    np.testing.assert_array_equal(scene.frames[0], ground[40:100, 30:100])
    np.testing.assert_array_equal(scene.frames[1], scene.frames[0])  # no resampling between whole pixels
    assert scene.georeference.transform * (0, 0) == (600_030, 3_300_000 - 40)
    assert any("overlap" in note for note in scene.notes)


def test_rotated_later_date(tmp_path):
    ground = smooth()
    turned = HERE * Affine.translation(64, 64) * Affine.rotation(20) * Affine.translation(-64, -64)
    out = np.zeros((3, 128, 128), np.uint8)
    reproject(
        ground.transpose(2, 0, 1).copy(), out, src_transform=HERE, src_crs="EPSG:32614", dst_transform=turned,
        dst_crs="EPSG:32614", resampling=Resampling.cubic,
    )  # fmt: skip
    before = write_tiff(tmp_path / "before.tif", ground)
    after = write_tiff(tmp_path / "after.tif", out.transpose(1, 2, 0), transform=turned, nodata=0)
    scene = open_scene(before, after)
    difference = np.abs(scene.frames[0].astype(int) - scene.frames[1])[scene.valid]
    assert 0.6 < scene.valid.mean() < 1 and difference.mean() < 2


def test_nodata_of_either_date_is_invalid_and_does_not_bleed(tmp_path):
    one, two = smooth(), smooth()
    one[:10], two[:, :20] = 0, 0
    before = write_tiff(tmp_path / "before.tif", one, nodata=0)
    after = write_tiff(tmp_path / "after.tif", two, nodata=0, x=600_000.3)
    scene = open_scene(before, after, register=False)
    expected = np.ones((128, 128), bool)
    expected[:10], expected[:, :20] = False, False
    np.testing.assert_array_equal(scene.valid, expected)
    moved = np.abs(scene.frames[0].astype(int) - scene.frames[1])[10:, 20:]
    assert moved[:, 0].mean() < 2 * moved.mean() + 1  # the column beside the hole is like any other


def test_16_bit_dates_share_one_stretch(tmp_path):
    dark = smooth().astype(np.uint16) * 10
    bright = dark * 2
    scene = open_scene(write_tiff(tmp_path / "a.tif", dark), write_tiff(tmp_path / "b.tif", bright), register=False)
    inner = (scene.frames > 0).all(axis=0) & (scene.frames < 255).all(axis=0)
    assert inner.mean() > 0.3
    # One linear stretch: equal numbers get equal grey at both dates.
    for value in np.intersect1d(dark, bright)[::7]:
        greys = [set(scene.frames[i][..., 0][date[..., 0] == value]) for i, date in enumerate((dark, bright))]
        assert len(greys[0] | greys[1]) <= 1
    assert scene.frames[1].mean() > scene.frames[0].mean() + 30


def test_different_bit_depths_are_reported(tmp_path):
    before = write_tiff(tmp_path / "a.tif", smooth())
    scene = open_scene(before, write_tiff(tmp_path / "b.tif", smooth().astype(np.uint16) * 20))
    np.testing.assert_array_equal(scene.frames[0], smooth())
    assert any("different kinds of numbers" in note for note in scene.notes)
    assert np.corrcoef(scene.frames[0].ravel(), scene.frames[1].ravel())[0, 1] > 0.95


def test_plain_images_are_resized_when_asked(tmp_path):
    from PIL import Image

    before = write_png(tmp_path / "a.png", smooth(96, 96))
    Image.fromarray(smooth(96, 96)).resize((192, 192), Image.Resampling.BICUBIC).save(tmp_path / "b.png")
    scene = open_scene(before, tmp_path / "b.png", resize=True)
    assert scene.frames.shape == (2, 96, 96, 3) and scene.valid.all() and scene.georeference is None
    assert np.abs(scene.frames[0].astype(int) - scene.frames[1]).mean() < 2
    assert any("resized" in note for note in scene.notes)


def test_a_plain_image_of_the_same_size_takes_the_place_of_the_other(tmp_path):
    placed, plain = write_tiff(tmp_path / "a.tif", smooth()), write_png(tmp_path / "b.png", smooth())
    for paths in ((placed, plain), (plain, placed)):
        scene = open_scene(*paths)
        np.testing.assert_array_equal(scene.frames[0], scene.frames[1])
        assert scene.georeference.crs == "EPSG:32614" and any("b.png" in note for note in scene.notes)


def test_swapped_dates_swap_the_frames(tmp_path):
    a, b = write_png(tmp_path / "a.png", smooth(seed=1)), write_png(tmp_path / "b.png", smooth(seed=2))
    np.testing.assert_array_equal(open_scene(a, b).frames, open_scene(b, a).frames[::-1])


def test_dates_in_the_wrong_order_are_reported(tmp_path):
    a = write_png(tmp_path / "place_20200101.png", smooth())
    b = write_png(tmp_path / "place_20180101.png", smooth())
    scene = open_scene(a, b)
    assert [time.year for time in scene.times] == [2020, 2018]
    assert any("dated after" in note for note in scene.notes)
