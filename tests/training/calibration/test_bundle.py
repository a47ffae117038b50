"""Confidences are fitted on held-out scenes and written into config.json; few answers move little."""

import json
import shutil

import numpy as np
import pytest

from chronosight.engines import load
from chronosight.engines.confidence import calibrate as apply_one
from chronosight.errors import InputError
from chronosight.training.calibration import bundle as bundle_module
from chronosight.training.calibration.bundle import Asked, calibrate_bundle, calibrate_guides, fit_tasks
from chronosight.training.calibration.fits import apply_platt, confident_from, fit_platt
from chronosight.training.calibration.mask import AREAS, THRESHOLDS, USUAL, MaskMetrics, choose, search
from chronosight.training.calibration.sources import share_better
from tiny_data import write_data


def drawn(n, sharpness, seed=0):
    """Probabilities that claim `sharpness` times the log odds they should, and what came true."""
    rng = np.random.default_rng(seed)
    z = rng.normal(0, 1.5, n)
    return 1 / (1 + np.exp(-sharpness * z)), rng.random(n) < 1 / (1 + np.exp(-z))


def test_platt_finds_how_much_too_sure():
    a, b = fit_platt(*drawn(4000, 3.0))
    assert a == pytest.approx(1 / 3, abs=0.04) and abs(b) < 0.1


def test_platt_leaves_few_answers_almost_as_they_are():
    probability, outcome = drawn(4000, 3.0)
    few, many = fit_platt(probability[:12], outcome[:12]), fit_platt(probability, outcome)
    assert many[0] < few[0] <= 1.2
    assert fit_platt([0.99], [False])[0] > 0.5


def test_platt_keeps_the_order_and_agrees_with_the_engine():
    raw = np.linspace(0.01, 0.99, 20)
    assert (np.diff(apply_platt(raw, 0.4, -0.3)) > 0).all()
    assert apply_platt(np.array([0.8]), 0.4, -0.3)[0] == pytest.approx(apply_one(0.8, {"a": 0.4, "b": -0.3}))


def test_tasks_are_fitted_each_and_get_closer_to_the_truth():
    asked = [Asked("count", p, bool(o)) for p, o in zip(*drawn(500, 4.0), strict=True)]
    asked += [Asked("binary", p, bool(o)) for p, o in zip(*drawn(500, 4.0, seed=1), strict=True)]
    asked += [Asked("event", 0.9, True)] * (bundle_module.FEWEST - 1)
    settings, report = fit_tasks(asked)
    assert set(settings) == {"count", "binary"}
    for task, row in report.items():
        assert row["n"] == 500 and row["error_after"] < 0.5 * row["error_before"], task
        assert 0.5 <= settings[task]["sure"] <= 0.9
    assert report["binary"]["accuracy"] > 0.6  # of the answer given, be it yes or no


def test_confident_from_where_four_of_five_are_right():
    confidence, right = np.array([0.95, 0.9, 0.85, 0.8, 0.75]), np.array([True, True, True, True, False])
    assert confident_from(confidence, right) == pytest.approx(0.75)
    assert confident_from(confidence - 0.3, right) == 0.7  # as low as may be
    assert confident_from(confidence, ~right) == 0.9  # never: as high as may be


def figures_of(jaccard):
    """Of twenty windows that differ in their places alone."""
    return MaskMetrics(np.array([[8.0, 20.0, value, 2.0, 1.0] for value in jaccard]))


def test_the_usual_mask_stays_unless_another_is_clearly_better():
    rng = np.random.default_rng(0)
    usual, places = rng.uniform(0.5, 0.9, 20), [f"place {i // 2}" for i in range(20)]
    found = {(t, a): figures_of(usual) for t in THRESHOLDS for a in AREAS}
    found[0.6, 20.0] = figures_of(usual + rng.normal(0.01, 0.1, 20))  # better on the whole, by chance
    assert found[0.6, 20.0].score() > found[USUAL].score()
    assert choose(found, places) == USUAL
    found[0.6, 20.0] = figures_of(usual + 0.02)
    assert choose(found, places) == (0.6, 20.0)


def test_places_not_windows_are_drawn():
    """One place of many windows is one witness, however many windows it has."""
    usual = np.full(20, 0.7)
    found = {(t, a): figures_of(usual) for t in THRESHOLDS for a in AREAS}
    found[0.6, 20.0] = figures_of(np.where(np.arange(20) < 12, 0.8, 0.69))
    assert choose(found, ["one"] * 12 + [f"place {i}" for i in range(8)]) == USUAL
    assert choose(found, [f"place {i}" for i in range(20)]) == (0.6, 20.0)


def test_search_sees_that_specks_are_noise():
    truth = np.zeros((96, 96), bool)
    truth[10:40, 10:40] = True
    probability = np.where(truth, 0.9, 0.0).astype(np.float16)
    probability[60:65, 60:65] = 0.8  # area 16 by the label rule
    found = search([(probability, probability, truth)])
    clean, specks = found[0.5, 20.0], found[0.5, 6.0]
    assert (clean.f1(), clean.jaccard(), clean.mae(), clean.binary()) == (1, 1, 0, 1)
    assert specks.mae() == 1 and specks.f1() < 1 and specks.binary() == 1
    assert clean.score() > specks.score()


def test_the_language_model_answers_itself_only_where_it_is_better_at_most_places():
    places = [f"place {i // 4}" for i in range(80)]
    objects = np.zeros(80)
    assert share_better(objects + 0.1, objects, places) == 1
    assert share_better(objects, objects, places) == 0
    lucky = np.where(np.array(places) == "place 3", 2.0, -0.05)  # one place makes the mean
    assert lucky.mean() > 0 and share_better(lucky, objects, places) < 0.8
    assert share_better(lucky, objects, places) == share_better(lucky, objects, places)


@pytest.fixture
def weights(bundle_folder, tmp_path):
    return shutil.copytree(bundle_folder, tmp_path / "weights")


def test_weights_are_calibrated_on_the_val_places(weights, tmp_path, monkeypatch):
    monkeypatch.setattr(bundle_module, "FEWEST", 1)
    data = write_data(tmp_path / "data")
    written = ("config.json", "presence.npy", "scene_classifier.npy", "familiar.npy")
    others = {path.name: path.read_bytes() for path in weights.iterdir() if path.name not in written}
    engine = load(weights=weights, threads=1)
    result = calibrate_bundle(engine, data, rendered=1)
    config = json.loads((weights / "config.json").read_text())
    assert config["calibration"] == result["calibration"] and config["name"] == "tiny"
    assert {"mask", "binary", "count", "location", "caption_pair", "caption_image", "scene_class", "event"} <= set(
        config["calibration"]
    )
    report = config["calibration_report"]
    kept = [task for task, by in report["sources"].items() if by["language model better"] < 0.95]
    assert config["from_objects"] == kept and set(report["sources"]) == {"count", "location"}
    assert report["mask"]["f1"] > 0.9 and report["count"]["n"] >= 1  # the tiny guide sees bright changes
    assert {path.name: path.read_bytes() for path in weights.iterdir() if path.name not in written} == others
    assert len(np.load(weights / "presence.npy")) == len(config["presence"]["nouns"])
    table = np.load(weights / "familiar.npy")
    assert len(table) == table.shape[1] + 1 and config["familiar"]["limit"] > 0


def test_a_stop_leaves_the_settings_as_they_were(weights, tmp_path, monkeypatch):
    engine, before = load(weights=weights, threads=1), (weights / "config.json").read_bytes()
    engine.bundle.config["calibration"] = {"count": {"a": 2.0}}
    monkeypatch.setattr(bundle_module, "_ask_images", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        calibrate_bundle(engine, write_data(tmp_path / "data"), rendered=0)
    assert engine.bundle.config["calibration"] == {"count": {"a": 2.0}}
    assert (weights / "config.json").read_bytes() == before


def test_data_without_val_places_is_an_input_error(weights, tmp_path):
    with pytest.raises(InputError, match=r"val"):
        calibrate_bundle(load(weights=weights), tmp_path, rendered=0)


def test_after_another_language_model_what_rests_on_the_guide_stays(weights, tmp_path, monkeypatch):
    monkeypatch.setattr(bundle_module, "FEWEST", 1)
    config = json.loads((weights / "config.json").read_text())
    kept = {"mask": {"a": 0.9, "b": 0.1, "threshold": 0.45, "min_area": 9.0}, "count_objects": {"a": 0.5, "b": -1.0}}
    config |= {"calibration": {**kept, "event": {"a": 9.0, "b": 9.0}}, "from_objects": ["count"]}
    (weights / "config.json").write_text(json.dumps(config))
    calibrate_bundle(load(weights=weights, threads=1), write_data(tmp_path / "data"), rendered=1, guide=False)
    after = json.loads((weights / "config.json").read_text())
    assert {task: after["calibration"][task] for task in kept} == kept and after["from_objects"] == ["count"]
    assert after["calibration"]["event"] != {"a": 9.0, "b": 9.0} and {"binary", "scene_class"} <= set(after["calibration"])


def test_after_another_guide_what_is_about_images_stays_and_pairs_are_fitted_as_with_all(weights, tmp_path, monkeypatch):
    monkeypatch.setattr(bundle_module, "FEWEST", 1)
    data = write_data(tmp_path / "data")
    calibrate_bundle(load(weights=weights, threads=1), data, rendered=1)
    whole = json.loads((weights / "config.json").read_text())
    kept = {"scene_class": {"a": 0.5, "b": -1.0}, "event": {"a": 9.0, "b": 9.0}, "mask": {"threshold": 0.9}}
    (weights / "config.json").write_text(json.dumps(whole | {"calibration": kept, "from_objects": []}))
    calibrate_guides(load(weights=weights, threads=1), data, rendered=1)
    after = json.loads((weights / "config.json").read_text())
    assert all(after["calibration"][task] == kept[task] for task in ("scene_class", "event"))
    fitted = {"mask", "binary", "count", "location", "count_objects"} & set(whole["calibration"])
    assert {"mask", "binary", "count"} <= fitted
    assert {task: after["calibration"][task] for task in fitted} == {task: whole["calibration"][task] for task in fitted}
    assert after["from_objects"] == whole["from_objects"]
