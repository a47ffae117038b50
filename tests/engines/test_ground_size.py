"""The ground size of plain images: estimated at their own resolution, told to the guide, never used for areas."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace

import numpy as np
import onnx
import pytest

from chronosight import load
from chronosight.engines.compact.any_size import at_any_size, cover_at_any_size
from chronosight.engines.compact.ground_size import SIDE, GroundSizeEstimator, windows_of
from chronosight.engines.compact.guide import suited_guide
from chronosight.errors import InputError
from chronosight.results.answer import Answer
from chronosight.results.doubts import MOST
from chronosight.results.land_cover_change import CoverObject, LandCoverChange
from chronosight.training.calibration.ground_size import ground_size_range
from small_scenes import ground, pair
from tiny_bundle import guide_graph


def estimator(metres: float, finer: float = 1.5, coarser: float = 0.5) -> GroundSizeEstimator:
    """Says the same of every window."""
    weights = np.array([0, 0, np.log2(metres)], np.float32)
    return GroundSizeEstimator(weights, {"finer": finer, "coarser": coarser}, lambda frames: np.zeros((1, 1, 2, 2)))


def test_the_estimate_has_a_range():
    found = estimator(0.5).estimate(pair(ground(200, 300)))
    assert found.metres == pytest.approx(0.5) and found.low == pytest.approx(0.5 / 2**1.5)
    assert found.high == pytest.approx(0.5 * 2**0.5)
    assert "about 0.5 m (0.18 to 0.71 m)" in found.note and "--metres-per-pixel" in found.note


@pytest.mark.parametrize("shape", [(SIDE - 1, 400), (400, SIDE - 1)])
def test_small_pairs_are_not_estimated(shape):
    assert estimator(0.5).estimate(pair(ground(*shape))) is None


def test_windows_are_cut_not_resized_and_hold_data_throughout():
    frame = np.arange(500 * 400 * 3).reshape(500, 400, 3).astype(np.uint8)
    valid = np.ones((500, 400), bool)
    assert [window.shape for window in windows_of(frame, valid)] == [(SIDE, SIDE, 3)] * 2
    valid[130, 100] = False
    (left,) = windows_of(frame, valid)
    np.testing.assert_array_equal(left, frame[279 : 279 + SIDE, 204 : 204 + SIDE])
    assert len(windows_of(frame[:SIDE, :SIDE], np.ones((SIDE, SIDE), bool))) == 2


def bundle(bundle_folder, folder, metres, finer=0.5):
    shutil.copytree(bundle_folder, folder)
    onnx.save(guide_graph(bound=0.12), folder / "guide_fine.onnx")
    features = load(weights=bundle_folder, threads=1).bundle.session("tower").run(["features"], {
        "frames": np.zeros((1, 3, SIDE, SIDE), np.float32)
    })[0]  # fmt: skip
    np.save(folder / "ground_size.npy", np.append(np.zeros(2 * features.shape[1]), np.log2(metres)).astype(np.float32))
    config = json.loads((folder / "config.json").read_text())
    config |= {"fine_guide": {"metres_per_pixel": 0.5, "up_to": 0.75}, "ground_size": {"finer": finer, "coarser": 0.5}}
    (folder / "config.json").write_text(json.dumps(config))
    return load(weights=folder, threads=1)


def weakly_changed(by=35):
    frames = ground(256, 256)
    frames[0, 20:60, 30:80], frames[1, 20:60, 30:80] = 60, 60 + by
    return pair(frames)


def test_plain_images_that_look_fine_go_to_the_fine_guide_with_a_note(bundle_folder, tmp_path):
    engine = bundle(bundle_folder, tmp_path / "fine", 0.5)
    found = engine.describe(weakly_changed())
    (item,) = found.evidence.objects
    assert any("estimated" in note for note in found.notes)
    assert item.area_m2 is None, "no area from a guess"
    assert any("estimated" in note for note in engine.ask(weakly_changed(), "how many buildings appeared?").notes)


def test_an_estimate_resamples_nothing(bundle_folder, tmp_path):
    found = [
        bundle(bundle_folder, tmp_path / str(metres), metres).describe(weakly_changed()).evidence for metres in (0.15, 0.3, 0.5)
    ]
    for other in found[1:]:
        np.testing.assert_array_equal(other.mask, found[0].mask)
    assert found[0].mask.any()


def test_plain_images_that_look_coarse_are_compared_by_the_coarser_guide_with_a_note(bundle_folder, tmp_path):
    engine = bundle(bundle_folder, tmp_path / "coarse", 1.1)
    found = engine.describe(weakly_changed())
    assert not found.evidence.objects and any("estimated from the images as about 1.1 m" in note for note in found.notes)


def test_images_too_small_to_estimate_are_noted_too(bundle_folder, tmp_path):
    engine = bundle(bundle_folder, tmp_path / "small", 0.5)
    frames = ground(SIDE - 32, SIDE - 32)
    assert any("could not be estimated" in note for note in engine.ask(pair(frames), "did anything change?").notes)


def test_the_range_holds_nine_of_ten_true_sizes_of_every_set():
    like, unlike = np.linspace(-1, 0.5, 101), np.linspace(0, 2, 11)
    found = ground_size_range({"like": like, "unlike": unlike})
    for errors in (like, unlike):
        assert np.mean((-found["coarser"] <= errors) & (errors <= found["finer"])) >= 0.9


def test_where_finer_imagery_would_be_answered_otherwise_nothing_is_confident(bundle_folder, tmp_path):
    engine = bundle(bundle_folder, tmp_path / "unsure", 0.8, finer=1.0)  # perhaps as fine as 0.4 m
    scene = weakly_changed(by=54)
    encoded = engine.encode(scene)
    assert encoded.something.value is True and encoded.something.confident and encoded.finer.something.value is False
    questions = ("has anything changed?", "how many buildings appeared?", "are there new buildings?")
    said = [engine.ask(scene, text) for text in questions]
    assert not any(answer.confident for answer in said) and all(answer.confidence <= 0.5 for answer in said)
    assert any("depends on the ground size" in note for note in said[0].notes)
    described = engine.describe(scene)
    assert not described.changed.confident and any("depends on the ground size" in doubt for doubt in described.scene.doubts)
    assert all(one.confidence <= 0.5 for one in described.classes if one.name == "buildings")


def test_where_the_range_holds_no_finer_guide_nothing_is_compared_twice(bundle_folder, tmp_path):
    assert bundle(bundle_folder, tmp_path / "sure", 1.4, finer=0.5).encode(weakly_changed()).finer is None


def test_a_confident_answer_holds_at_any_size_or_says_that_it_does_not():
    yes, no = Answer("Yes", "binary", True, 0.96, True), Answer("No", "binary", False, 0.7, True)
    assert at_any_size(yes, replace(no, value=True), 0.25) == yes
    unsure = at_any_size(yes, no, 0.25)
    assert unsure.value is True and not unsure.confident and unsure.confidence == 0.5
    assert unsure.notes == ('it depends on the ground size of a pixel, which is not known: at 0.25 m the answer would be "No"',)
    three, one = (Answer(str(n), "count", n, 0.9, True, interval=(n, n + 1)) for n in (3, 1))
    assert at_any_size(three, one, 0.25).interval == (1, 4)
    here, there = (Answer("", "location", cells, 0.9, True) for cells in (("top", "left"), ("left", "top")))
    assert at_any_size(here, there, 0.25) is here


def test_a_known_size_is_never_overruled(bundle_folder, tmp_path):
    engine = bundle(bundle_folder, tmp_path / "known", 0.5)
    scene = replace(weakly_changed(), metres_per_pixel=1.0)
    found = engine.describe(scene)
    assert not found.evidence.objects and not any("estimated" in note for note in found.notes)
    assert not suited_guide(engine.bundle, 1.0).fine


def test_damaged_numbers_are_one_line(bundle_folder, tmp_path):
    engine = bundle(bundle_folder, tmp_path / "bad", 0.5)
    np.save(tmp_path / "bad" / "ground_size.npy", np.zeros((2, 3), np.float32))
    with pytest.raises(InputError, match=r"ground_size\.npy"):
        engine.describe(weakly_changed())


def cleared(number, after, area):
    outline = np.array([[0, 0], [40, 0], [40, 30], [0, 30]], float)
    return CoverObject("trees", after, outline=outline, area_px=area, cell="top", confidence=0.9, number=number)


def test_land_cover_that_finer_imagery_shows_otherwise_is_not_sure():
    change = LandCoverChange((cleared(1, "bare ground", 1200.0), cleared(2, "water", 1200.0)), metric=False)
    finer = LandCoverChange((cleared(1, "bare ground", 1000.0), cleared(2, "road and paved", 800.0)))
    found = cover_at_any_size(change, finer, 1.0)
    assert [item.confidence for item in found.objects] == [0.9, MOST]
    assert {pair: value.area for pair, value in found.perhaps.items()} == {("trees", "road and paved"): 800.0}
    assert cover_at_any_size(change, finer, 4.0).objects[0].confidence == MOST  # 250 pixels of 2 m instead of 1,200
