"""The classifier of scene classes: trained on features, read by the engine, and its answer calibrated."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

import chronosight
from chronosight.engines.compact.scene_classifier import SceneClassifier
from chronosight.errors import InputError
from chronosight.training.calibration.scene_classes import fit_scene_classes

CLASSES = ("beach", "forest", "harbor")


def drawn(n, seed=0):
    """Features on very different scales, of which the second and the third tell the classes apart."""
    rng = np.random.default_rng(seed)
    rows = rng.integers(3, size=n)
    centres = np.array([[0, 0], [3, 0], [0, 3]])[rows]
    features = np.column_stack([rng.normal(50, 100, n), centres + rng.normal(0, 0.5, (n, 2)), rng.normal(0, 1e-3, n)])
    return features.astype(np.float32), [CLASSES[row] for row in rows]


def test_the_classes_are_told_apart():
    classifier = fit_scene_classes(*drawn(400))
    assert classifier.classes == CLASSES and classifier.weights.shape == (3, 5)
    features, names = drawn(200, seed=1)
    found = [classifier.best(row) for row in features]
    assert np.mean([name == true for (name, _), true in zip(found, names, strict=True)]) > 0.97
    assert all(1 / 3 <= probability <= 1 for _, probability in found)


def test_features_without_a_class_are_not_learned():
    features, names = drawn(300)
    more = np.concatenate([features, np.full((50, 4), 9.0, np.float32)])
    np.testing.assert_array_equal(fit_scene_classes(more, names).weights, fit_scene_classes(features, names).weights)


def test_the_answer_is_calibrated():
    classifier = SceneClassifier(np.array([[2.0, 0.0], [0.0, 0.0]], np.float32), ("beach", "forest"))
    name, probability = classifier.best(np.ones(1, np.float32))
    assert (name, probability) == ("beach", pytest.approx(1 / (1 + np.exp(-2))))
    plain = classifier.answer(np.ones(1, np.float32), "beach", {})
    settings = {"a": 0.9, "b": 0.0, "sure": 0.8}
    agreed, doubted, alone = (classifier.answer(np.ones(1, np.float32), model, settings) for model in ("beach", "forest", None))
    assert plain.value == agreed.value == doubted.value == doubted.text == "beach"
    assert plain.confidence == pytest.approx(probability) and plain.confident
    assert agreed.confidence == doubted.confidence == pytest.approx(1 / (1 + np.exp(-1.8)))
    assert agreed.confident and not doubted.confident and not alone.confident
    assert doubted.notes == ("the language model takes it for another class: forest",) and not agreed.notes and not alone.notes


def with_classifier(folder, tmp_path, classes=("forest", "water park")):
    """Weights whose classifier takes reddish images for the first class; the tiny tower gives mean colours."""
    folder = Path(shutil.copytree(folder, tmp_path / "weights"))
    config = json.loads((folder / "config.json").read_text())
    config["scene_classifier"] = {"classes": list(classes)}
    (folder / "config.json").write_text(json.dumps(config))
    np.save(folder / "scene_classifier.npy", np.array([[5, 0, -5, 0, 0, 0, 0], [0] * 7], np.float32))
    return chronosight.load(weights=folder)


def patches(*colour):
    """(64, 64, 3) uint8, patches around a colour: of one colour alone, or of noise, no answer is given."""
    drawn = np.clip(np.random.default_rng(0).normal(colour, 40, (8, 8, 3)), 0, 255).astype(np.uint8)
    return drawn.repeat(8, axis=0).repeat(8, axis=1)


def test_the_engine_asks_the_classifier(bundle_folder, tmp_path):
    unfitted = chronosight.load(weights=bundle_folder)
    assert chronosight.ask(patches(200, 0, 0), "What kind of place is this?", engine=unfitted).value == "storage tanks"
    engine = with_classifier(bundle_folder, tmp_path)
    for colour, value in (((200, 0, 0), "forest"), ((0, 0, 200), "water park")):
        answer = chronosight.ask(patches(*colour), "What kind of place is this?", engine=engine)
        assert answer.value == value and 0.9 < answer.confidence < 0.99


def test_a_classifier_that_does_not_fit_its_classes_is_refused(bundle_folder, tmp_path):
    engine = with_classifier(bundle_folder, tmp_path, ("beach", "forest", "harbor"))
    with pytest.raises(InputError, match=r"scene_classifier.npy holds 2 x 7 numbers, expected a row for each of 3 scene classes"):
        chronosight.ask(patches(0, 0, 0), "What kind of place is this?", engine=engine)
