"""The four evidence sources on "did anything change": more of each can only speak for a yes."""

import itertools

import numpy as np
import pytest

from chronosight.engines.compact.bundle import Bundle
from chronosight.engines.compact.guide import Guide
from chronosight.engines.confidence import OF_CLASS, SETTLED, captioned_change, outlined_area, weigh_sources, without_model
from chronosight.engines.from_objects import select
from chronosight.results.changed_object import ChangedObject
from chronosight.results.evidence import Evidence
from tiny_bundle import write_bundle

SETTINGS = {"a": 0.8, "guide": 0.5, "outlined": 0.4, "caption": 1.5, "b": -2.0}
SQUARE = np.array([[0, 0], [10, 0], [10, 10], [0, 10], [0, 0]], float)


def evidence(*areas, name="building", confidence=0.5):
    empty = np.zeros((20, 20), np.float32)
    objects = tuple(
        ChangedObject(name, "appeared", outline=SQUARE, area_px=area, cell="center", confidence=confidence) for area in areas
    )
    return Evidence(("background", "road", "building"), empty.astype(np.uint8), empty, empty, objects)


@pytest.mark.parametrize("source", [0, 1, 2])
def test_more_of_a_source_speaks_for_yes(source):
    low, high = [0.3, 0.3, 1.0], [0.3, 0.3, 1.0]
    high[source] = {0: 0.9, 1: 0.9, 2: 5.0}[source]
    assert weigh_sources(*low, SETTINGS) < weigh_sources(*high, SETTINGS)


def test_a_caption_of_a_change_speaks_for_yes_and_one_of_none_for_no():
    words = np.log([0.5, 0.8])
    change, none = captioned_change(True, words), captioned_change(False, words)
    assert change == pytest.approx(0.4**0.5) and none == -change
    weighed = [weigh_sources(0.3, 0.3, 1.0, SETTINGS, captioned) for captioned in (none, 0.0, change)]
    assert weighed == sorted(weighed) and weighed[0] < weighed[2]
    assert weighed[1] == weigh_sources(0.3, 0.3, 1.0, {**SETTINGS, "caption": 0.0}, change)


def test_without_weights_the_model_decides_alone():
    for guide, outlined in itertools.product((0.01, 0.99), (0.0, 9.0)):
        assert weigh_sources(0.7, guide, outlined, {}) == pytest.approx(0.7)
    plain = {"a": 2.0, "b": 0.0}
    assert weigh_sources(0.7, 0.99, 9.0, plain) == pytest.approx(weigh_sources(0.7, 0.01, 0.0, plain))


def test_without_the_model_only_what_is_settled_is_answered():
    alone = {"alone_guide": 0.5, "alone_outlined": 0.4, "alone_caption": 1.5, "alone_b": -2.0}
    assert without_model(0.9, 9.0, SETTINGS | alone, 0.8) == pytest.approx(weigh_sources(0.5, 0.9, 9.0, SETTINGS, 0.8))
    assert without_model(0.05, 0.0, SETTINGS | alone, -0.8) < 1 - SETTLED
    assert without_model(0.5, 5.0, SETTINGS | alone) is None, "even odds"
    assert without_model(0.5, 5.0, SETTINGS | alone, least=OF_CLASS) == pytest.approx(0.5)
    assert without_model(0.9, 9.0, SETTINGS, 0.8) is None, "weights that always ask the model"


def test_no_source_is_so_sure_that_the_others_do_not_count():
    even = {**SETTINGS, "b": 0.0}
    assert weigh_sources(0.0, 0.999, 8.0, even) > 0.5 > weigh_sources(0.0, 0.01, 0.0, even)


def test_the_outlined_area_is_of_the_subject_in_square_metres():
    both = Evidence(*[getattr(evidence(), f) for f in ("classes", "mask", "probability", "appeared")], (
        *evidence(100.0).objects, *evidence(40.0, name="road").objects,
    ))  # fmt: skip
    assert outlined_area(select(both.objects, "buildings")) == pytest.approx(np.log1p(50))
    assert outlined_area(both.objects) == pytest.approx(np.log1p(70))
    assert outlined_area(select(both.objects, "roads"), 0.25) == pytest.approx(np.log1p(5))
    assert outlined_area(evidence().objects) == 0


def test_any_change_has_weights_of_its_own_but_not_in_fine_imagery_or_about_a_class(tmp_path):
    bundle = Bundle(write_bundle(tmp_path / "weights"))
    bundle.config["calibration"] = {"binary": {"a": 1.0}, "any_change": {"a": 2.0}, "binary_fine": {"a": 3.0}}
    bundle.config["fine_guide"] = {"metres_per_pixel": 0.5, "up_to": 0.75}
    guide, fine = Guide(bundle), Guide(bundle, fine=True)
    assert [guide.change_settings(subject)["a"] for subject in (None, "roads")] == [2.0, 1.0]
    assert [fine.change_settings(subject)["a"] for subject in (None, "roads")] == [3.0, 3.0]
    del bundle.config["calibration"]["any_change"]
    assert guide.change_settings(None)["a"] == 1.0
