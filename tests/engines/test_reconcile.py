"""Words and map of a pair: the documented rule of `engines/compact/reconcile.py`, case by case."""

import numpy as np
import pytest

from changed_scenes import SIDE, town
from chronosight.engines.compact.reconcile import agreeing, outlined_otherwise, reconcile
from chronosight.results.answer import Answer
from chronosight.results.evidence import Evidence
from chronosight.tasks import binary, count, direction

SETTINGS = {"sure": 0.8}


def evidence(objects):
    mask = np.full((SIDE, SIDE), 2 if objects else 0, np.uint8)
    flat = np.full((SIDE, SIDE), 0.25, np.float32)
    return Evidence(("background", "road", "building"), mask, flat, flat, tuple(objects))


@pytest.mark.parametrize(
    ("yes", "outlined", "text", "confidence", "confident", "kept", "note"),
    [
        (0.95, 6, "Yes", 0.95, True, True, ""),
        (0.5, 6, "Yes", 0.5, False, True, ""),
        (0.8, 1, "Yes", 0.8, True, True, ""),
        (0.95, 0, "Yes", 0.95, True, True, "the map outlines no changed building or road"),
        (0.05, 0, "No", 0.95, True, True, ""),
        (0.1, 6, "No", 0.9, True, False, "6 outlines left off the map"),
        (0.02, 1, "No", 0.98, True, False, "1 outline left off the map"),
        (0.11, 6, "No", 0.89, True, True, "the map shows 6 outlines as possible changes"),
        (0.4, 1, "No", 0.6, False, True, "the map shows 1 outline as possible changes"),
    ],
)
def test_words_map_and_note(yes, outlined, text, confidence, confident, kept, note):
    seen = evidence(town()[:outlined])
    result = reconcile(yes, SETTINGS, seen)
    answer = result.changed
    assert (answer.text, answer.task, answer.value, answer.confident) == (text, "binary", text == "Yes", confident)
    assert answer.confidence == pytest.approx(confidence) and answer.evidence is result.evidence
    assert (result.evidence is seen) == kept
    if not kept:
        assert not result.evidence.objects and not result.evidence.mask.any()
        np.testing.assert_array_equal(result.evidence.probability, seen.probability)
        assert len(seen.objects) == outlined and seen.mask.any(), "what was seen stays as it was"
    assert len(result.notes) == bool(note) and "".join(result.notes).startswith(note)


@pytest.mark.parametrize(
    ("question", "value", "outlined", "note"),
    [
        (count.ask("buildings"), 5, 6, ""),
        (count.ask("buildings"), 2, 6, "buildings: 2 counted, 5 outlined on the map"),
        (count.ask("roads"), 0, 6, "roads: 0 counted, 1 outlined on the map"),
        (count.ask("buildings"), None, 6, ""),
        (binary.ask(), True, 6, ""),
        (binary.ask(), False, 0, ""),
        (binary.ask(), None, 6, ""),
        (binary.ask(), False, 6, "the map shows 6 outlines of buildings or roads"),
        (binary.ask("roads"), False, 6, "the map shows 1 outline of roads"),
        (binary.ask("roads"), True, 0, "the map shows no outline of roads"),
        (direction.ask("buildings"), "both", 6, ""),
        (direction.ask("buildings"), "none", 6, "the map shows 4 outlines of new and 1 outline of vanished buildings"),
        (direction.ask("roads"), "none", 0, ""),
    ],
)
def test_an_answer_other_than_the_map_is_noted(question, value, outlined, note):
    assert outlined_otherwise(question, value, evidence(town()[:outlined])) == note


@pytest.mark.parametrize(
    ("question", "answer", "kept"),
    [
        (binary.ask("roads"), Answer("No", "binary", False, 0.9, True), False),
        (binary.ask("roads"), Answer("Yes", "binary", True, 0.9, True), True),
        (direction.ask("buildings"), Answer("vanished", "direction", "vanished", 0.9, True), False),
        (direction.ask("buildings"), Answer("both", "direction", "both", 0.9, True), True),
        (count.ask("buildings"), Answer("2", "count", 2, 0.9, True), True),
    ],
)
def test_a_yes_or_no_or_a_direction_that_the_map_contradicts_is_not_confident(question, answer, kept):
    said = agreeing(question, answer, reconcile(0.95, SETTINGS, evidence(town())))
    assert (said.value, said.confident) == (answer.value, kept)
