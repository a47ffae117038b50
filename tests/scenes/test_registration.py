"""The displacement between two dates: found where it is, not found where there is none."""

import numpy as np
import pytest
from scipy.ndimage import correlate1d, gaussian_filter
from scipy.ndimage import shift as move

from bad_inputs import write_png, write_tiff
from chronosight.scenes.open import open_scene
from chronosight.scenes.registration import (
    MIN_SHIFT,
    Estimate,
    _edges,
    _gain,
    _refine,
    _window_corners,
    estimate_shift,
    improves,
)


def town(seed=0, size=256):
    """Boxes of several sizes on a rough ground: edges as real places have them. (H, W, 3) float."""
    rng = np.random.default_rng(seed)
    ground = 110 + 25 * gaussian_filter(rng.normal(size=(size, size)), 6) * 6 + rng.normal(0, 3, (size, size))
    for _ in range(size // 4):
        y, x, h, w = *rng.integers(0, size - 10, 2), *rng.integers(5, 22, 2)
        ground[y : y + h, x : x + w] = rng.uniform(40, 230)
    return np.repeat(ground[..., None], 3, axis=2)


def moved(frame, dx, dy):
    return move(frame, (dy, dx, 0), order=3, mode="nearest")


def to_8_bit(frame):
    return frame.clip(0, 255).astype(np.uint8)


ALL = np.ones((256, 256), bool)


@pytest.mark.parametrize(("dx", "dy"), [(1, 0), (0, -2), (3.3, -1.7), (-5.5, 4.25), (0.8, 0.9), (8, -8), (-8, 8)])
def test_known_shift_is_recovered(dx, dy):
    noise = np.random.default_rng(1).normal(0, 4, (256, 256, 3))
    estimate = estimate_shift(to_8_bit(town()), to_8_bit(moved(town(), dx, dy) + noise), ALL)
    assert (estimate.dx, estimate.dy) == pytest.approx((dx, dy), abs=0.15)
    assert estimate.worth_correcting == (max(abs(dx), abs(dy)) >= MIN_SHIFT)
    assert estimate.confidence > 0.9 and 0 < estimate.gain < 1
    assert (estimate.gain > 0.5) == (max(abs(dx), abs(dy)) > 2)


@pytest.mark.parametrize("band", [0, 1, 2])
def test_every_band_counts(band):
    before, after = np.full((2, 256, 256, 3), 90, np.uint8)
    before[..., band], after[..., band] = to_8_bit(town())[..., 0], np.roll(to_8_bit(town())[..., 0], (-2, 3), (0, 1))
    estimate = estimate_shift(before, after, ALL)
    assert (estimate.dx, estimate.dy) == pytest.approx((3, -2), abs=0.1) and estimate.worth_correcting


@pytest.mark.parametrize("corner", [(0, 0), (0, 1), (1, 0), (1, 1)])
def test_edges_in_one_corner_of_a_large_scene_are_enough(corner):
    """All of a scene larger than a window is searched, whatever its sides."""
    before = np.full((500, 640, 3), 90, np.uint8)
    rows, columns = (slice(at * (side - 160), at * (side - 160) + 160) for at, side in zip(corner, (500, 640), strict=True))
    before[rows, columns] = to_8_bit(town(size=160))
    estimate = estimate_shift(before, np.roll(before, (-2, 3), (0, 1)), np.ones((500, 640), bool))
    assert (estimate.dx, estimate.dy) == pytest.approx((3, -2), abs=0.1) and estimate.confidence > 0.9


def test_a_scene_smaller_than_the_search():
    before = to_8_bit(town(seed=1))
    estimate = estimate_shift(before[:32, :32], np.roll(before, (1, 2), (0, 1))[:32, :32], ALL[:32, :32])
    assert (estimate.dx, estimate.dy) == pytest.approx((2, 1), abs=0.1) and estimate.worth_correcting


@pytest.mark.parametrize(("rows", "enough"), [(126, False), (130, True)])
def test_a_window_needs_data_in_half_of_its_pixels(rows, enough):
    before, valid = to_8_bit(town()), ALL.copy()
    valid[rows:] = False
    estimate = estimate_shift(before, np.roll(before, (-2, 3), (0, 1)), valid)
    assert (estimate.confidence > 0.5) is enough
    assert (estimate.dx, estimate.dy) == (pytest.approx((3, -2), abs=0.2) if enough else (0, 0))


def test_contrast_does_not_matter():
    after = to_8_bit(moved(town(), 3.3, -1.7))
    full, half = (estimate_shift(to_8_bit(town()), frame, ALL) for frame in (after, 60 + after // 2))
    assert (half.dx, half.dy, half.gain) == pytest.approx((full.dx, full.dy, full.gain), abs=0.03)


def test_strong_noise_is_not_taken_for_detail():
    noise = np.random.default_rng(1).normal(0, 60, (2, 256, 256, 3))
    estimate = estimate_shift(to_8_bit(town() + noise[0]), to_8_bit(moved(town(), 3.3, -1.7) + noise[1]), ALL)
    assert (estimate.dx, estimate.dy) == pytest.approx((3.3, -1.7), abs=0.15) and estimate.confidence > 0.9


@pytest.mark.parametrize("dx", [-20, -12, 12])
def test_a_shift_beyond_the_search_is_left_alone(dx):
    for shift in ((dx, 0), (0, dx)):
        estimate = estimate_shift(to_8_bit(town()), to_8_bit(moved(town(), *shift)), ALL)
        assert not estimate.worth_correcting and max(abs(estimate.dx), abs(estimate.dy)) < 10.1


def test_what_lies_where_there_is_no_data_changes_nothing():
    before, after = to_8_bit(town()), to_8_bit(moved(town(), 3, -2))
    valid = ALL.copy()
    valid[:90], valid[200:230, 40:150] = False, False
    expected = estimate_shift(before, after, valid)
    assert (expected.dx, expected.dy) == pytest.approx((3, -2), abs=0.1) and expected.worth_correcting
    better = improves(before, after, to_8_bit(moved(after.astype(float), -3, 2)), valid)
    rng = np.random.default_rng(0)
    for frame in (before, after):
        frame[~valid] = rng.integers(0, 256, (int((~valid).sum()), 3))
    assert estimate_shift(before, after, valid) == expected
    assert better and improves(before, after, to_8_bit(moved(after.astype(float), -3, 2)), valid)


@pytest.mark.parametrize(("moved_share", "better"), [(1.0, True), (0.25, False)])
def test_a_correction_must_bring_most_of_the_scene_closer(moved_share, better):
    """Only a district is displaced: undoing that would move all the rest."""
    before, after = town(), town()
    rows = int(256 * moved_share)
    after[:rows] = moved(town(), 4, 0)[:rows]
    undone = moved(after, -4, 0)
    assert improves(to_8_bit(before), to_8_bit(after), to_8_bit(undone), ALL) is better
    turned = (to_8_bit(frame).swapaxes(0, 1) for frame in (before, after, undone))
    assert improves(*turned, ALL) is better
    assert not improves(to_8_bit(before), to_8_bit(before), to_8_bit(moved(before, 4, 0)), ALL)


@pytest.mark.parametrize("turned", [False, True])
def test_a_district_of_strong_edges_does_not_outvote_the_rest(turned):
    """Its edges are far stronger than all others, and it alone is displaced; most parts of the scene are not."""
    before = np.where(np.arange(256)[None, :, None] < 64, town(), 110 + 0.1 * (town() - 110))
    after = before.copy()
    after[:, :64] = moved(before, 4, 0)[:, :64]
    frames = [to_8_bit(frame) for frame in (before, after, moved(after, -4, 0))]
    assert not improves(*(frame.swapaxes(0, 1) if turned else frame for frame in frames), ALL)


def test_nothing_to_judge_by_is_no_improvement():
    flat = np.full((64, 64, 3), 90, np.uint8)
    assert not improves(flat, flat, flat, np.ones((64, 64), bool))
    assert not improves(flat, flat, flat, np.zeros((64, 64), bool))


def test_a_correction_that_does_not_improve_is_not_made(tmp_path, monkeypatch):
    """Whatever the estimate promises."""
    after = to_8_bit(moved(town(), 3.0, -2.0))
    paths = write_png(tmp_path / "a.png", to_8_bit(town())), write_png(tmp_path / "b.png", after)
    wrong = Estimate(-4.0, 3.0, 1.0, 0.5)
    monkeypatch.setattr("chronosight.scenes.pair.estimate_shift", lambda *_: wrong)
    scene = open_scene(*paths)
    assert not scene.shift.corrected
    np.testing.assert_array_equal(scene.frames[1], after)


@pytest.mark.parametrize(("field", "value"), [("dx", 1.7), ("dx", 8.1), ("confidence", 0.49), ("gain", 0.029)])
def test_what_is_worth_correcting(field, value):
    """Each bound by itself decides."""
    good = {"dx": -2.0, "dy": 0.5, "confidence": 0.6, "gain": 0.05}
    assert Estimate(**good).worth_correcting and not Estimate(**good | {field: value}).worth_correcting
    assert Estimate(1.75, 0.0, 0.5, 0.03).worth_correcting and Estimate(0.0, -8.0, 1.0, 1.0).worth_correcting


def test_season_and_light_do_not_hide_or_make_a_shift():
    rng = np.random.default_rng(2)
    tint = 40 * gaussian_filter(rng.normal(size=(256, 256, 3)), (20, 20, 0)) * 20
    other = 200 - 0.6 * town() + tint + rng.normal(0, 3, (256, 256, 3))  # inverted contrast
    still = estimate_shift(to_8_bit(town()), to_8_bit(other), ALL)
    assert not still.worth_correcting and max(abs(still.dx), abs(still.dy)) < 0.3
    gone = estimate_shift(to_8_bit(town()), to_8_bit(moved(other, 2.5, -3)), ALL)
    assert (gone.dx, gone.dy) == pytest.approx((2.5, -3), abs=0.25) and gone.worth_correcting


def test_half_of_the_scene_built_over_is_no_shift():
    after = town()
    after[:, 128:] = town(seed=5)[:, 128:]
    estimate = estimate_shift(to_8_bit(town()), to_8_bit(after), ALL)
    assert not estimate.worth_correcting and max(abs(estimate.dx), abs(estimate.dy)) < 0.3


@pytest.mark.parametrize("seed", range(5))
def test_unrelated_images_are_left_alone(seed):
    estimate = estimate_shift(to_8_bit(town(seed)), to_8_bit(town(seed + 50)), ALL)
    assert not estimate.worth_correcting and estimate.confidence < 0.5


def test_flat_and_empty_images_give_nothing():
    flat = np.full((64, 64, 3), 90, np.uint8)
    for valid in (np.ones((64, 64), bool), np.zeros((64, 64), bool)):
        estimate = estimate_shift(flat, flat, valid)
        assert estimate == Estimate(0, 0, 0, 0)


def test_equal_images_have_no_shift(tmp_path):
    path = write_png(tmp_path / "a.png", to_8_bit(town()))
    shift = open_scene(path, path).shift
    assert (shift.dx, shift.dy, shift.corrected) == (0, 0, False)


@pytest.mark.parametrize("placed", [False, True])
def test_a_shift_is_undone_in_the_scene(placed, tmp_path):
    write = write_tiff if placed else write_png
    before = write(tmp_path / "a.tif" if placed else tmp_path / "a.png", to_8_bit(town()))
    later = to_8_bit(moved(town(), 3.0, -2.0))
    after = write(tmp_path / "b.tif" if placed else tmp_path / "b.png", later)
    scene, raw = open_scene(before, after), open_scene(before, after, register=False)
    assert scene.shift.corrected and (scene.shift.dx, scene.shift.dy) == pytest.approx((3, -2), abs=0.1)
    assert any("corrected" in note for note in scene.notes) and raw.shift is None

    def difference(scene):
        return np.abs(scene.frames[0].astype(int) - scene.frames[1])[scene.valid].mean()

    assert difference(scene) < 0.25 * difference(raw)
    assert scene.frames.shape == raw.frames.shape
    # What moved out of the later picture is not there to be compared.
    assert not scene.valid[:, -2:].any() and not scene.valid[:1].any() and scene.valid[4:-4, 4:-4].all()


def test_edges_are_those_of_the_smoothed_grey_image_inside_the_data():
    frame = np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8)
    valid = np.ones((20, 30), bool)
    valid[:, :8] = False
    grey = frame.sum(axis=2, dtype=float)
    for axis in (0, 1):
        grey = correlate1d(grey, [0.25, 0.5, 0.25], axis, mode="nearest")
    expected = np.hypot(*np.gradient(grey)) ** 0.5
    inside = np.arange(30) >= 10
    edges = _edges(frame, valid)
    np.testing.assert_allclose(edges[:, inside], expected[:, inside], rtol=1e-3)
    assert edges[:, ~inside] == pytest.approx(expected[:, inside].mean(), rel=1e-3)


def test_gain_is_the_rise_of_the_correlation_over_valid_pixels():
    rng = np.random.default_rng(1)
    a = rng.normal(size=(24, 30))
    b = np.roll(a, (2, -3), (0, 1)) + rng.normal(0, 0.3, a.shape)
    valid = np.ones(a.shape, bool)
    valid[5:9, 10:20] = False
    for dx, dy in ((-3, 2), (3, -2), (0, 2), (-3, 0), (1, 1)):
        before, undone = [], []
        for y in range(24):
            for x in range(30):
                if 0 <= y + dy < 24 and 0 <= x + dx < 30 and valid[y, x] and valid[y + dy, x + dx]:
                    before.append((a[y, x], b[y, x]))
                    undone.append((a[y, x], b[y + dy, x + dx]))
        rise = np.corrcoef(np.array(undone).T)[0, 1] - np.corrcoef(np.array(before).T)[0, 1]
        assert _gain(a, b, valid, dx, dy) == pytest.approx(rise, abs=1e-6)
    assert _gain(a, b, valid, 0, 0) == _gain(a, b, np.zeros_like(valid), 1, 1) == 0
    for side, enough in ((9, True), (8, False)):  # 64 pixels are left, or 49
        few = np.ones((side, side), bool)
        assert (_gain(a[:side, :side], b[:side, :side], few, 1, 1) != 0) is enough


def test_windows_cover_a_scene_evenly_and_are_nine_at_most():
    assert _window_corners((256, 256), 256) == [(0, 0)] and _window_corners((100, 257), 100) == [(0, 0), (0, 78), (0, 157)]
    assert _window_corners((257, 256), 256) == [(0, 0), (1, 0)]
    assert _window_corners((400, 256), 256) == [(0, 0), (144, 0)]  # no more than it takes to cover the scene
    assert _window_corners((5000, 3000), 256) == [(y, x) for y in (0, 2372, 4744) for x in (0, 1372, 2744)]


def test_parts_without_edges_do_not_vote():
    """More than half of the scene is flat: only the part that shows something says whether the correction helps."""
    rng = np.random.default_rng(3)
    wide = np.full((192, 200, 3), 90, np.uint8)
    wide[:72] = rng.integers(0, 255, (18, 50, 3), np.uint8).repeat(4, axis=0).repeat(4, axis=1)
    earlier, later = wide[:, 4:196], wide[:, :192]
    assert improves(earlier, later, earlier, np.ones((192, 192), bool))


def test_the_fine_grid_is_the_whole_inverse_transform():
    """Row by row against the transform of the whole spectrum, whose other half follows from the one that is kept."""
    size, offsets = 32, np.arange(-1.0, 1.025, 0.05)
    frequencies = np.fft.fftfreq(size)
    for seed in range(8):
        noise = np.random.default_rng(seed).normal(size=(size, size))
        rows = np.exp(2j * np.pi * np.outer(offsets, frequencies))
        spectrum = np.fft.fft2(noise)
        spectrum[:, size // 2] = spectrum[size // 2] = 0  # at the highest frequency a shift by part of a pixel is ambiguous
        fine = (rows @ spectrum @ rows.T).real
        row, column = np.unravel_index(fine.argmax(), fine.shape)
        found = _refine(spectrum[:, : size // 2 + 1], 0.0, 0.0, size)
        assert found == pytest.approx((offsets[row], offsets[column]), abs=1e-6)


def test_a_displacement_that_is_not_corrected_leaves_no_answer_confident(tmp_path, monkeypatch):
    for name, seed in (("a.png", 1), ("b.png", 2)):
        write_png(tmp_path / name, to_8_bit(town(seed)))
    monkeypatch.setattr("chronosight.scenes.pair.estimate_shift", lambda *_: Estimate(2.2, 10.0, 0.9, 0.0))
    paths = tmp_path / "a.png", tmp_path / "b.png"
    scene = open_scene(*paths)
    assert [doubt for doubt in scene.doubts if "+2.2, +10.0 pixels off" in doubt and "not corrected" in doubt]
    monkeypatch.setattr("chronosight.scenes.pair.estimate_shift", lambda *_: Estimate(0.5, 1.0, 0.9, 0.0))
    assert not any("not corrected" in doubt for doubt in open_scene(*paths).doubts)
