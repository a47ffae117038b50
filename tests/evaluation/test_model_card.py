"""The model card says what the weights are, what they reached and under which licence the data is."""

import json
import shutil

import pytest

from chronosight.engines import load
from chronosight.errors import InputError
from chronosight.evaluation.metric import Result, Target
from chronosight.evaluation.model_card import write_model_card
from chronosight.evaluation.run import RunSettings, results_document


@pytest.fixture
def weights(bundle_folder, tmp_path):
    return shutil.copytree(bundle_folder, tmp_path / "weights")


def results(weights, path, **model):
    row = Result("mask of building F1", 0.8512, 160, "windows", (0.8, 0.9), Target("least", 0.84))
    facts = load(weights=weights).bundle.facts | model
    path.write_text(
        json.dumps(results_document([{"benchmark": "places", "rows": [row.to_dict()], "tasks": []}], RunSettings(), facts))
    )
    return path


def test_card_has_figures_licences_limits_and_hash(weights, tmp_path):
    card = write_model_card(weights, results(weights, tmp_path / "results.json")).read_text()
    assert "| mask of building F1 | 0.851 | 0.800 to 0.900 | ≥ 0.84 met | 160 windows |" in card
    assert load(weights=weights).bundle.facts["weights_sha256"] in card
    for words in ("LEVIR-CD", "academic use", "AID", "UC Merced", "renderer", "research use only", "Known limits"):
        assert words in card
    assert "guide.onnx" in card and not list(weights.glob(".*"))


def test_card_without_figures_says_so(weights):
    assert "Not measured yet" in write_model_card(weights).read_text()


def test_card_lists_what_was_calibrated(weights):
    path = weights / "config.json"
    row = {"n": 160, "accuracy": 0.9, "error_before": 0.2, "error_after": 0.05}
    extra = {
        "calibration": {"count": {"a": 0.5, "b": 0, "sure": 0.6}},
        "calibration_report": {"places": 40, "count": row},
    }
    path.write_text(json.dumps(json.loads(path.read_text()) | extra))
    assert "| count | 160 | 0.900 | 0.200 | 0.050 | 0.60 |" in write_model_card(weights).read_text()


def test_figures_of_other_weights_are_refused(weights, tmp_path):
    with pytest.raises(InputError, match="other weights"):
        write_model_card(weights, results(weights, tmp_path / "results.json", weights_sha256="abc"))


def test_writing_the_card_does_not_change_the_hash(weights):
    before = load(weights=weights).bundle.facts["weights_sha256"]
    write_model_card(weights)
    assert load(weights=weights).bundle.facts["weights_sha256"] == before


@pytest.mark.parametrize("tower", [None, "chronosight_efficient_tower"])
def test_the_card_says_which_part_started_from_published_weights(weights, tower):
    path = weights / "config.json"
    config = json.loads(path.read_text())
    config["model"] = {**config.get("model", {}), "tower": tower}
    path.write_text(json.dumps(config))
    card = write_model_card(weights).read_text()
    assert ("first weights of the vision tower | Apache-2.0" in card) == (tower is not None)
    assert ("recipes, from random weights.\n" in card) == (tower is None)
