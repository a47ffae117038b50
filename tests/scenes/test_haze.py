"""A veil over one date is taken off; what is merely brighter, or as hazy as the other date, is left alone."""

import numpy as np
import pytest

from bad_inputs import write_png
from chronosight.scenes.haze import LEAST_CONTRAST, VEILED, without_haze
from chronosight.scenes.open import open_scene

ALL = np.ones((64, 80), bool)


def ground(seed=0):
    """(64, 80, 3) uint8 from near black to near white."""
    return np.random.default_rng(seed).integers(10, 230, (64, 80, 3), dtype=np.uint8)


def veiled(frame, share=1 / 3):
    return np.rint(frame * (1 - share) + 255 * share).astype(np.uint8)


@pytest.mark.parametrize("index", [0, 1])
@pytest.mark.parametrize("share", [0.3, 1 / 3, 0.6])
def test_a_veil_is_taken_off_either_date(index, share):
    frames = [ground(), ground()]
    frames[index] = veiled(frames[index], share)
    found, which = without_haze(frames, ALL)
    assert which == index
    np.testing.assert_array_equal(found[1 - index], ground())
    assert np.abs(found[index].astype(int) - ground()).max() <= 2


def test_dates_that_are_alike_are_left_alone():
    for frames in ((ground(), ground(1)), (veiled(ground()), veiled(ground(1)))):
        found, which = without_haze(frames, ALL)
        assert which is None and all(one is other for one, other in zip(found, frames, strict=True))


@pytest.mark.parametrize(("levels", "which"), [(VEILED - 1, None), (VEILED, 1)])
def test_how_much_brighter_the_darkest_must_be(levels, which):
    frame = np.full((64, 80, 3), 40, np.uint8)
    frame[32:] = 120
    assert without_haze((frame, frame + np.uint8(levels)), ALL)[1] == which


def test_a_bright_date_with_shadows_is_not_hazy():
    """Nearly all of it is far brighter, but something is still dark."""
    later = 150 + ground() // 3
    later[:4] = 20
    assert without_haze((ground(), later), ALL)[1] is None


def test_a_black_strip_is_no_dark_ground():
    """3 % of one date without data, too small a strip to be told from ground: the other date was called hazy."""
    bright = 80 + ground() // 2
    stripped = bright.copy()
    stripped[:, -3:] = 0
    assert without_haze((bright, stripped), ALL)[1] is None


def test_dark_in_one_band_alone_is_not_dark():
    """A pure colour has a band without light in it; only what is dark in all bands counts."""
    later = np.full((64, 80, 3), (120, 0, 120), np.uint8)
    later[32:] = (180, 0, 180)
    assert without_haze((ground(), later), ALL)[1] == 1


def test_only_pixels_with_data_are_judged():
    frames, valid = (ground(), veiled(ground())), ALL.copy()
    valid[:20] = False
    for frame in frames:
        frame[:20] = 10
    assert without_haze(frames, valid)[1] == 1 and without_haze(frames, ALL)[1] is None
    assert without_haze(frames, ~ALL)[1] is None


@pytest.mark.parametrize("index", [0, 1])
@pytest.mark.parametrize("level", [160, 255])
@pytest.mark.parametrize("share", [0.0, LEAST_CONTRAST / 224])
def test_a_date_of_nearly_one_colour_is_not_hazy(index, level, share):
    """There is no contrast to restore: it would be noise enlarged."""
    frames = [ground(), ground()]
    frames[index] = np.rint(level - share * (229 - ground())).astype(np.uint8)
    found, which = without_haze(frames, ALL)
    assert which is None and all(one is other for one, other in zip(found, frames, strict=True))


@pytest.mark.parametrize("index", [0, 1])
@pytest.mark.parametrize("share", [0.0, 0.1, 0.25])
def test_beside_a_night_or_black_date_the_other_is_not_hazy(index, share):
    frames = [np.rint(60 + ground() * 0.7).astype(np.uint8)] * 2
    frames[index] = np.rint(ground() * share).astype(np.uint8)
    found, which = without_haze(frames, ALL)
    assert which is None and all(one is other for one, other in zip(found, frames, strict=True))


def test_beside_a_dim_date_a_veil_is_taken_off():
    frames = ((ground() * 0.5).astype(np.uint8), veiled(ground()))
    assert without_haze(frames, ALL)[1] == 1


def test_large_pairs_are_judged_by_a_part_of_their_pixels():
    frames = tuple(np.tile(frame, (32, 32, 1)) for frame in (ground(), veiled(ground())))
    assert without_haze(frames, np.ones(frames[0].shape[:2], bool))[1] == 1


@pytest.mark.parametrize("hazy", [0, 1])
def test_a_hazy_file_is_cleared_with_a_note(hazy, tmp_path):
    frames = [ground(), ground()]
    frames[hazy] = veiled(frames[hazy])
    scene = open_scene(*(write_png(tmp_path / f"{name}.png", frame) for name, frame in zip("ab", frames, strict=True)))
    assert np.abs(scene.frames.astype(int) - ground()).max() <= 2
    assert f"{'ab'[hazy]}.png is far hazier than the other date: its contrast was restored" in scene.notes
    clear = open_scene(*(write_png(tmp_path / f"{name}.png", ground()) for name in "cd"))
    np.testing.assert_array_equal(clear.frames, np.stack([ground(), ground()]))
    assert not any("hazier" in note for note in clear.notes)
