"""Comparisons of many dates of one place: which guides compare them, and what the probabilities are."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from datetime import datetime

import numpy as np
import onnx
import pytest

from chronosight import load
from chronosight.engines.compact.guide import Guide
from chronosight.results.change_probabilities import UNKNOWN
from small_scenes import ground, pair
from tiny_bundle import guide_graph
from tiny_cover import write_covering_bundle


@pytest.fixture(scope="module")
def folder(bundle_folder, tmp_path_factory):
    """The fine guide marks weak change, which the other one does not see."""
    folder = tmp_path_factory.mktemp("both") / "weights"
    shutil.copytree(bundle_folder, folder)
    onnx.save(guide_graph(bound=0.12), folder / "guide_fine.onnx")
    config = json.loads((folder / "config.json").read_text())
    config["fine_guide"] = {"metres_per_pixel": 0.5, "up_to": 0.75}
    (folder / "config.json").write_text(json.dumps(config))
    return folder


def changed(metres, strength):
    frames = ground(128, 128)
    frames[0, 20:44, 30:60] = 60
    frames[1, 20:44, 30:60] = 60 + strength
    return replace(pair(frames), metres_per_pixel=metres)


def whole(scene):
    return replace(scene, kind="video")


def test_one_guide_says_what_it_says_of_a_pair(bundle_folder):
    engine, scene = load(weights=bundle_folder, threads=1), changed(1.0, 120)
    (found,) = engine.compare_dates(whole(scene), [scene])
    maps = engine.guide_facts(scene)[0]
    assert found.classes == maps.classes[1:] and found.appeared.shape == (len(found.classes), 128, 128)
    total = (found.appeared.astype(float) + found.vanished).sum(axis=0) / 255
    assert np.abs(total - maps.probability).max() < 0.02
    share = found.appeared.sum(axis=0, dtype=float) / 255
    assert np.abs(share - maps.probability * maps.appeared).max() < 0.02


@pytest.mark.parametrize(
    ("metres", "guides"), [(0.5, {True}), (0.75, {True}), (1.0, {True, False}), (1.5, {True, False}), (2.0, {False})]
)
def test_the_ground_size_chooses_the_guides(folder, monkeypatch, metres, guides):
    used, predict = set(), Guide.predict

    def counted(self, *args, **options):
        used.add(self.fine)
        return predict(self, *args, **options)

    monkeypatch.setattr(Guide, "predict", counted)
    scene = changed(metres, 35)
    (found,) = load(weights=folder, threads=1).compare_dates(whole(scene), [scene])
    assert used == guides and found.interiors.shape == (128, 128)


def test_both_guides_count_alike(folder):
    """Weak change that only one of them sees has half of its probability."""
    engine = load(weights=folder, threads=1)
    peaks = []
    for metres in (0.5, 1.0, 2.0):
        scene = changed(metres, 35)
        (found,) = engine.compare_dates(whole(scene), [scene])
        peaks.append(float((found.appeared + found.vanished).max(axis=0)[28:36, 40:50].mean()) / 255)
    fine, both, coarse = peaks
    assert fine > 0.5 > coarse and both == pytest.approx((fine + coarse) / 2, abs=0.1)


def test_an_unknown_ground_size_is_estimated_once_for_all_pairs(folder, tmp_path, monkeypatch):
    weights = tmp_path / "weights"
    shutil.copytree(folder, weights)
    engine = load(weights=weights, threads=1)
    asked = []

    class Estimator:
        def estimate(self, scene):
            asked.append(scene.kind)
            return type("Size", (), {"fine": True})()

    monkeypatch.setattr(type(engine.networks), "ground_size", Estimator())
    scene = changed(None, 35)
    one, two = engine.compare_dates(whole(scene), [scene, scene])
    assert asked == ["video"] and np.array_equal(one.appeared, two.appeared)
    assert (one.appeared + one.vanished).max() > 128, "the guide of fine imagery compared them"


def test_each_date_says_by_itself_what_is_built_up(bundle_folder, tmp_path):
    """Black is built up here, and grey is bare ground. Dates that an earlier pair mapped are not mapped again."""
    engine = load(weights=write_covering_bundle(bundle_folder, tmp_path / "weights"), threads=1)
    frames = np.full((3, 128, 128, 3), 100, np.uint8)
    frames[1, 32:96, 32:96] = 0
    valid = np.ones((128, 128), bool)
    valid[:, :16] = False
    dates = [datetime(year, 1, 1) for year in (2012, 2015, 2018)]
    pairs = [
        replace(pair(frames[[one, two]], valid=valid), metres_per_pixel=0.5, times=(dates[one], dates[two]))
        for one, two in ((0, 1), (1, 2), (0, 2))
    ]
    found = [one.built for one in engine.compare_dates(whole(pairs[0]), pairs)]
    assert found[2] is None and found[0].shape == (2, 128, 128)
    (before, there), (still, after) = found[:2]
    inside, outside = (slice(48, 80), slice(48, 80)), (slice(104, 120), slice(104, 120))
    assert there[inside].min() > 128 > UNKNOWN > max(before[inside].max(), after[inside].max(), there[outside].max())
    assert np.array_equal(there, still) and (before[:, :16] == UNKNOWN).all()


def test_coarse_dates_are_compared_alone(bundle_folder, tmp_path):
    engine = load(weights=write_covering_bundle(bundle_folder, tmp_path / "weights"), threads=1)
    scene = changed(1.5, 60)
    (found,) = engine.compare_dates(whole(scene), [scene])
    assert found.built is None
