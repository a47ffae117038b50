"""Weights with a second guide for fine imagery: which guide is asked, and that the results lie on the scene's own grid."""

from __future__ import annotations

import json
import math
import shutil
from dataclasses import replace

import onnx
import pytest

from chronosight import load
from chronosight.engines.compact.bundle import Bundle
from chronosight.engines.compact.guide import suited_guide
from chronosight.errors import InputError
from small_scenes import ground, pair
from tiny_bundle import CAPTION, guide_graph


@pytest.fixture(scope="module")
def folder(bundle_folder, tmp_path_factory):
    """The fine guide already marks weak change, which the other one does not see."""
    folder = tmp_path_factory.mktemp("fine") / "weights"
    shutil.copytree(bundle_folder, folder)
    onnx.save(guide_graph(bound=0.12), folder / "guide_fine.onnx")
    config = json.loads((folder / "config.json").read_text())
    config["fine_guide"] = {"metres_per_pixel": 0.5, "up_to": 0.75}
    config["calibration"] = {"mask": {"min_area": 12.0}, "mask_fine": {"min_area": 40.0}}
    (folder / "config.json").write_text(json.dumps(config))
    return folder


def weakly_changed(metres, side=128):
    frames = ground(side, side)
    frames[0, 20:44, 30:60] = 60
    frames[1, 20:44, 30:60] = 60 + 35
    return replace(pair(frames), metres_per_pixel=metres)


@pytest.mark.parametrize(("metres", "fine"), [(0.5, True), (0.75, True), (0.2, True), (0.76, False), (1.0, False), (None, False)])
def test_fine_imagery_goes_to_the_fine_guide(folder, metres, fine):
    assert suited_guide(Bundle(folder, 1), metres).fine == fine


def test_weights_without_a_fine_guide_use_the_other_one(bundle_folder):
    assert not suited_guide(Bundle(bundle_folder, 1), 0.3).fine


@pytest.mark.parametrize("metres", [0.5, 0.25])
def test_weak_change_is_found_in_fine_imagery_alone(folder, metres):
    engine = load(weights=folder, threads=1)
    fine, coarse = engine.describe(weakly_changed(metres)), engine.describe(weakly_changed(1.0))
    assert not coarse.evidence.objects
    (item,) = fine.evidence.objects
    assert fine.evidence.mask.shape == (128, 128)
    assert item.area_m2 == pytest.approx(24 * 30 * metres**2, rel=0.1)


def test_the_smallest_object_is_that_of_the_guide_that_was_asked(folder):
    bundle = Bundle(folder, 1)
    assert suited_guide(bundle, 0.5).min_area(0.25) == 40 * 4
    assert suited_guide(bundle, 1.0).min_area(1.0) == 12


@pytest.mark.parametrize("unlike", [False, True])
def test_answers_about_fine_imagery_have_confidences_of_their_own(folder, tmp_path, unlike):
    weights = tmp_path / "weights"
    shutil.copytree(folder, weights)
    config = json.loads((weights / "config.json").read_text())
    settings = {"a": 0.0, "guide": 0.0, "outlined": 0.0, "sure": 0.7}
    exact = {"a": 0.0, "number": 0.0, "none": 0.0, "sure": 0.7}
    config["calibration"] |= {"binary": settings | {"b": 2.0}, "count_objects": exact | {"b": 2.0, "b_none": 2.0}}
    if unlike:
        config["calibration"] |= {"binary_fine": settings | {"b": 0.4}, "count_objects_fine": exact | {"b": 0.4, "b_none": 0.4}}
    (weights / "config.json").write_text(json.dumps(config))
    engine = load(weights=weights, threads=1)
    fine, coarse = (engine.describe(weakly_changed(metres)) for metres in (0.5, 1.0))
    expected = 1 / (1 + math.exp(-0.4 if unlike else -2.0))
    assert fine.changed.confidence == pytest.approx(expected)
    assert coarse.changed.confidence == pytest.approx(1 / (1 + math.exp(-2.0)))
    counted = engine.ask(weakly_changed(0.5), "How many buildings appeared?")
    assert counted.value == 1 and counted.confidence <= expected + 1e-6
    assert fine.model["exact_answers"]["count"] == config["calibration"]["count_objects_fine" if unlike else "count_objects"]


def test_the_clue_keeps_the_sentence_of_the_guide_that_the_language_model_knows(folder):
    engine = load(weights=folder, threads=1)
    _, facts = engine.guide_facts(weakly_changed(0.5))
    assert facts.caption == CAPTION


def test_a_damaged_setting_is_one_line(folder, tmp_path):
    copy = tmp_path / "weights"
    shutil.copytree(folder, copy)
    config = json.loads((copy / "config.json").read_text())
    config["fine_guide"]["up_to"] = "0.75"
    (copy / "config.json").write_text(json.dumps(config))
    with pytest.raises(InputError, match="up_to") as caught:
        load(weights=copy)
    assert "\n" not in str(caught.value)


def test_a_large_pair_is_compared_by_the_same_guide(folder, tmp_path, monkeypatch):
    from bad_inputs import write_tiff
    from chronosight import describe
    from chronosight.scenes.large import choose

    scene = weakly_changed(0.5)
    paths = [write_tiff(tmp_path / f"{i}.tif", frame, size=0.5) for i, frame in enumerate(scene.frames)]
    engine = load(weights=folder, threads=1)
    whole = describe(*paths, engine=engine)
    monkeypatch.setattr(choose, "LARGE_PIXELS", 1)
    tiled = describe(*paths, engine=engine)
    assert [round(item.area_m2) for item in tiled.evidence.objects] == [round(item.area_m2) for item in whole.evidence.objects]
    assert len(whole.evidence.objects) == 1
