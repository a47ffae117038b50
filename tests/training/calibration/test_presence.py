"""Training and calibrating the presence classifier, on made-up features."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from chronosight.datasets.aid_ucm import StillImage
from chronosight.training.calibration.presence import (
    NOUNS,
    NounSample,
    balanced_weights,
    count_reference,
    fit_classifier,
    fit_count_of_one,
    fit_weighing,
    references,
)


def still(name: str, *captions: str) -> StillImage:
    return StillImage(f"{name}/1", "aid", name, captions, Path("none.webp"))


def test_references_come_from_the_class_the_captions_and_two_weak_rules() -> None:
    samples = {s.noun: s for s in references([still("school", "a school with two tennis courts", "tennis courts", "a lawn")])}
    assert samples["schools"].shown
    assert samples["tennis courts"].shown
    assert not samples["planes"].shown
    assert not samples["planes"].weak
    assert not samples["rivers"].shown
    assert samples["rivers"].weak  # a school may lie at a river, but nobody mentions one
    assert "trees" not in samples  # people leave them out


def test_one_caption_with_water_decides_nothing() -> None:
    for captions, shown in ((("a river",), None), (("a river", "the river"), True), (("a square",), False)):
        found = [s.shown for s in references([still("square", *captions)]) if s.noun == "water areas"]
        assert found == ([] if shown is None else [shown])


def test_weights_make_presence_as_frequent_as_absence() -> None:
    samples = [NounSample(i, "boats", i < 2, i >= 8) for i in range(20)] + [NounSample(0, "cars", True, False)]
    weights = balanced_weights(samples)
    assert weights[:2].sum() == pytest.approx(0.5)
    assert weights[2:8].sum() == pytest.approx(0.25)
    assert weights[8:20].sum() == pytest.approx(0.25)
    assert weights[20] == 0


def test_the_classifier_finds_the_informative_feature() -> None:
    rng = np.random.default_rng(0)
    features = rng.standard_normal((400, 5)) * [1, 2, 3, 4, 5] + 7
    samples = [NounSample(i, "boats", bool(features[i, 2] > 8), False) for i in range(400)]
    weights = fit_classifier(features, samples)[NOUNS.index("boats")]
    said = features @ weights[:-1] + weights[-1] > 0
    assert np.mean(said == [s.shown for s in samples]) > 0.95


def test_a_noun_whose_confident_answers_are_wrong_is_never_confident() -> None:
    rng = np.random.default_rng(1)
    samples = [NounSample(i, noun, bool(i % 2), False) for noun in ("boats", "cars") for i in range(200)]
    logits = np.array([(8 if s.shown else -8) + rng.normal() for s in samples])
    logits[200:] = rng.choice([-4, 4], 200)  # of cars it knows nothing
    settings, confident, report = fit_weighing(logits, np.full(400, 0.5), samples)
    assert confident["boats"].keys() == {"yes", "no"}
    assert "cars" not in confident
    assert settings["classifier"] > 0
    assert 0.7 < report["accuracy"] < 0.8


def test_a_noun_that_captions_name_goes_by_the_source_that_knows_what_people_name() -> None:
    """Of trees the classifier is right by the scene class and wrong by captions; the language model the other way round."""
    rng = np.random.default_rng(2)
    samples, classifier, model, captioned = [], [], [], []
    for index in range(600):
        shown, of_captions = bool(index % 2), index >= 300
        sure = (6 if shown else -6) + rng.normal()
        samples.append(NounSample(index, "boats" if index % 3 else "trees", shown, False))
        classifier.append(-2.0 + rng.normal() if of_captions and not index % 3 else sure)
        model.append(0.95 if shown else 0.05)
        captioned.append(of_captions)
    settings, _, report = fit_weighing(np.array(classifier), np.array(model), samples, captioned)
    trees, boats = settings["by_noun"]["trees"], settings["by_noun"]["boats"]
    assert trees[1] / trees[0] > 2 * boats[1] / boats[0]
    assert report["from_captions"]["accuracy"] > 0.95 and report["n"] == 300


def test_one_is_trusted_by_noun() -> None:
    settings, nouns = fit_count_of_one([0.97] * 60, [True] * 40 + [False] * 20, ["bridges"] * 40 + ["cars"] * 20)
    assert nouns in (("bridges",), ())
    settings, nouns = fit_count_of_one([0.99] * 60, [True] * 50 + [False] * 10, ["bridges"] * 50 + ["cars"] * 10)
    assert nouns == ("bridges",)
    assert settings["a"] > 0


def test_reference_counts() -> None:
    assert count_reference("boats", still("desert", "sand")) == 0
    assert count_reference("bridges", still("bridge", "a bridge over a river", "a bridge")) == 1
    assert count_reference("cars", still("parking", "many cars", "many cars are parked")) == -1
    assert count_reference("bridges", still("river", "a river")) is None
