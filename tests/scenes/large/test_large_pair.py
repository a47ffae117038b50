"""A pair read window by window is the pair read at once."""

import numpy as np
import pytest
import rasterio
from affine import Affine
from rasterio.crs import CRS
from rasterio.enums import Resampling

from bad_inputs import texture, write_tiff
from chronosight.errors import InputError
from chronosight.scenes.grid import Grid
from chronosight.scenes.large import shift
from chronosight.scenes.large.choose import LARGE_PIXELS, large_pair
from chronosight.scenes.large.opened import open_header
from chronosight.scenes.large.pair import open_pair
from chronosight.scenes.large.shift import register
from chronosight.scenes.open import open_scene
from chronosight.scenes.registration import Estimate
from chronosight.scenes.resolution import check_resolution, pixel_sides, working_grid


def windows(pair, step: int = 97) -> tuple[np.ndarray, np.ndarray]:
    """The whole scene put together from odd windows."""
    grid = pair.grid
    frames = np.zeros((2, grid.height, grid.width, 3), np.uint8)
    valid = np.zeros((grid.height, grid.width), bool)
    for top in range(0, grid.height, step):
        for left in range(0, grid.width, step):
            part = np.s_[top : top + step, left : left + step]
            high, wide = valid[part].shape
            frames[:, *part], valid[part] = pair.read(left, top, wide, high)
    return frames, valid


def lazy(paths):
    return open_pair(*(open_header(path) for path in paths), 1.0)


def test_windows_are_the_whole(tmp_path):
    paths = write_tiff(tmp_path / "a.tif", texture(300, 260)), write_tiff(tmp_path / "b.tif", texture(280, 300), x=600_020)
    whole = open_scene(*paths, register=False)
    with lazy(paths) as pair:
        frames, valid = windows(pair)
    np.testing.assert_array_equal(frames, whole.frames)
    assert valid.all() and whole.valid.all()


@pytest.mark.parametrize(("epsg", "x", "y", "size"), [(32614, 600_010.4, 3_299_990.3, 0.8), (3857, -10_905_000, 3_482_900, 1.15)])
def test_windows_are_the_whole_when_resampled(epsg, x, y, size, tmp_path):
    """Only the approximation of the transform may differ: a fiftieth of a pixel of smooth ground."""
    smooth = np.kron(texture(8, 8), np.ones((50, 50, 1), np.uint8))
    from scipy import ndimage

    smooth = ndimage.gaussian_filter(smooth.astype(float), (12, 12, 0)).astype(np.uint8)
    first = write_tiff(tmp_path / "a.tif", smooth)
    if epsg == 3857:
        from rasterio.warp import transform

        lon = transform("EPSG:32614", "EPSG:3857", [600_050], [3_299_950])
        x, y = lon[0][0], lon[1][0]
    paths = first, write_tiff(tmp_path / "b.tif", smooth, epsg=epsg, x=x, y=y, size=size)
    whole = open_scene(*paths, register=False)
    with lazy(paths) as pair:
        frames, valid = windows(pair)
        left, top = (round(v) for v in ~pair.grid.transform * (whole.georeference.transform * (0, 0)))
    part = np.s_[top : top + whole.height, left : left + whole.width]
    both = valid[part] & whole.valid
    assert both.mean() > 0.95
    difference = np.abs(frames[:, *part].astype(int) - whole.frames.astype(int))[:, both]
    assert difference.max() <= 2


def test_one_stretch_for_all_windows_close_to_the_small_way(tmp_path):
    wide = texture(400, 420).astype(np.uint16) * 40 + 500
    paths = write_tiff(tmp_path / "a.tif", wide), write_tiff(tmp_path / "b.tif", wide)
    whole = open_scene(*paths, register=False)
    with lazy(paths) as pair:
        frames, _ = windows(pair)
    assert np.abs(frames.astype(int) - whole.frames.astype(int)).max() <= 2


@pytest.mark.parametrize("dtype", [np.float64, np.int16, np.uint32])
def test_other_numbers_are_read(dtype, tmp_path):
    paths = [write_tiff(tmp_path / f"{n}.tif", texture(64, 64).astype(dtype) * 3) for n in "ab"]
    with lazy(paths) as pair:
        frames, valid = pair.read(0, 0, 64, 64)
    assert valid.all() and frames.std() > 30


def test_a_turned_grid_is_kept(tmp_path):
    turned = Affine.translation(600_000, 3_300_000) * Affine.rotation(20) * Affine.scale(1, -1)
    paths = [write_tiff(tmp_path / f"{n}.tif", texture(200, 200), transform=turned, crs=CRS.from_epsg(32614)) for n in "ab"]
    with lazy(paths) as pair:
        frames, _ = pair.read(20, 30, 100, 90)
        assert pair.grid.transform == turned
    np.testing.assert_array_equal(frames[0], texture(200, 200)[30:120, 20:120])


def test_overviews_beside_the_file_are_used(tmp_path):
    path = write_tiff(tmp_path / "a.tif", texture(600, 600), tiled=True, blockxsize=128, blockysize=128)
    with rasterio.Env(TIFF_USE_OVR=True), rasterio.open(path, "r+") as file:
        file.build_overviews([2, 4], Resampling.average)
    assert (tmp_path / "a.tif.ovr").exists()
    with lazy((path, path)) as pair:
        assert pair.images[0].dataset.overviews(1) == [2, 4]


def drifted(size: int, dx: int, dy: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    whole = np.kron(rng.uniform(0, 255, (size // 10 + 20, size // 10 + 20, 3)), np.ones((10, 10, 1))).astype(np.uint8)
    return whole[100 : 100 + size, 100 : 100 + size], whole[100 - dy : 100 - dy + size, 100 - dx : 100 - dx + size]


@pytest.mark.parametrize(("dx", "dy"), [(0, 0), (3, -2), (-36, 30)])
def test_a_shift_of_any_size_is_found(dx, dy, tmp_path):
    before, after = drifted(1300, dx, dy)
    paths = write_tiff(tmp_path / "a.tif", before), write_tiff(tmp_path / "b.tif", after)
    with lazy(paths) as pair:
        found = register(pair)
        frames, _ = pair.read(600, 600, 200, 200)
        warnings = pair.warnings
    assert found.pixels.dx == pytest.approx(dx, abs=0.3) and found.pixels.dy == pytest.approx(dy, abs=0.3)
    assert found.pixels.corrected == ((dx, dy) != (0, 0))
    assert found.metres == pytest.approx((dx, -dy), abs=1.0)
    assert np.abs(frames[0].astype(int) - frames[1].astype(int)).mean() < 6
    assert any("apart" in warning for warning in warnings) == (np.hypot(dx, dy) > 10)


@pytest.mark.parametrize(("step", "gain", "taken"), [(1.75, 0.0, False), (1.75, 0.03, True), (0.9, 0.0, True)])
def test_a_long_step_must_make_the_edges_agree_better(step, gain, taken, tmp_path, monkeypatch):
    monkeypatch.setattr(shift, "estimate_shift", lambda *_: Estimate(step, 0.1234, 1.0, gain))
    monkeypatch.setattr(shift, "_levels", lambda pair: [shift._Read(1.0, pair)])
    paths = [write_tiff(tmp_path / f"{n}.tif", np.full((400, 400, 3), 90, np.uint8)) for n in "ab"]
    with lazy(paths) as pair:
        found = register(pair).pixels
    assert (found.dx, found.dy) == ((step, 0.12) if taken else (0, 0))  # hundredths of a pixel


def test_windows_of_a_level_reach_its_borders_until_three_fit_apart():
    shares = [shift._shares(length, 384) for length in (200, 384, 385, 767, 768, 5000)]
    assert shares == [[0.0], [0.0], [0.0, 1.0], [0.0, 1.0], [0.1, 0.5, 0.9], [0.1, 0.5, 0.9]]


def test_dates_with_nothing_in_common_are_not_moved(tmp_path):
    rng = np.random.default_rng(0)
    paths = [write_tiff(tmp_path / f"{n}.tif", rng.integers(0, 255, (700, 700, 3)).astype(np.uint8)) for n in "ab"]
    with lazy(paths) as pair:
        found = register(pair)
        warnings = pair.warnings
    assert not found.pixels.corrected and found.length is None
    assert any("could not be measured" in warning for warning in warnings)


def test_parts_displaced_differently_are_reported(tmp_path):
    before, straight = drifted(1300, 0, 0)
    _, moved = drifted(1300, 6, 0)
    after = straight.copy()
    after[:, 650:] = moved[:, 650:]
    paths = write_tiff(tmp_path / "a.tif", before), write_tiff(tmp_path / "b.tif", after)
    with lazy(paths) as pair:
        register(pair)
        warnings = pair.warnings
    assert any("differently" in warning for warning in warnings)


def test_what_the_model_knows():
    assert check_resolution("a", 0.3, 1.0, False) == check_resolution("a", 1.9, 1.0, False) == ""
    assert "uncertain" in check_resolution("a", 2.5, 1.0, False)
    with pytest.raises(InputError, match="--force"):
        check_resolution("a", 10.0, 1.0, False)
    assert "uncertain" in check_resolution("a", 10.0, 1.0, True)
    assert check_resolution("a", None, 1.0, False) == ""


@pytest.mark.parametrize(("size", "kept"), [(1.0, True), (1.15, True), (0.5, False), (1.9, False)])
def test_pixels_of_another_size_are_resampled_as_in_training(size, kept):
    grid = Grid("EPSG:32614", Affine(size, 0, 600_000, 0, -size, 3_300_000), 1000, 700)
    seen, note = working_grid(grid, 1.0)
    assert (seen == grid) == kept == (note == "")
    if not kept:
        assert pixel_sides(seen) == pytest.approx((1.0, 1.0), rel=0.01)
        np.testing.assert_allclose(seen.transform * (seen.width, seen.height), grid.transform * (1000, 700))


def test_which_pairs_go_the_large_way(tmp_path):
    side = int(LARGE_PIXELS**0.5)
    big = [write_tiff(tmp_path / f"{n}.tif", np.zeros((side, side, 1), np.uint8)) for n in "ab"]
    small = write_tiff(tmp_path / "c.tif", texture(100, 100))
    corner = write_tiff(tmp_path / "d.tif", texture(100, 100), x=600_000 + side - 100)
    assert large_pair(*map(str, big)) is not None
    assert large_pair(str(small), str(small)) is None
    assert large_pair(str(big[0]), str(corner)) is None  # they share 100 x 100 pixels


@pytest.mark.parametrize("point", [(0.0, 0.0), (-97.0, 89.9), (180.0, -90.0), (83.0, 30.0)])
def test_a_point_that_the_projection_cannot_place_is_not_in_the_scene(tmp_path, point):
    """Transverse Mercator has no coordinates for points a quarter of the Earth away."""
    from chronosight.scenes.large.place import window_at, window_over

    path = write_tiff(tmp_path / "a.tif", texture(300, 260))
    with lazy([path, path]) as pair:
        with pytest.raises(InputError, match="is not in the scene: "):
            window_at(pair.grid, *point, 64)
        with pytest.raises(InputError, match="not in the scene"):
            window_over(pair.grid, [point, (point[0], point[1] / 2), (point[0] / 2, point[1])], 64)


@pytest.mark.parametrize(("size", "window"), [((300, 260), (0, 0, 40, 200)), ((300, 40), (0, 0, 40, 100))])
def test_a_very_small_place_and_a_narrow_pair_are_doubted(tmp_path, size, window):
    from chronosight.scenes.large.place import place_scene

    path = write_tiff(tmp_path / "a.tif", texture(*size))
    with lazy([path, path]) as pair:
        assert any("too few" in doubt for doubt in pair.doubts) is (size[1] < 64)
        assert [doubt for doubt in place_scene(pair, window).doubts if f"{window[2]} x {window[3]} pixels: too few" in doubt]
        whole = place_scene(pair, (0, 0, size[1], size[0])).doubts
        assert sum("too few" in doubt for doubt in whole) == (size[1] < 64)
