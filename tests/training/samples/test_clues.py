"""Clues and truth turn with the scene."""

import numpy as np

from chronosight.datasets.pair_questions import pair_questions, truth_of
from chronosight.tasks.clue import ClassChange, GuideFacts
from chronosight.training.samples.clues import mirror_facts, simulate_facts, swap_facts
from chronosight.training.samples.pairs import change_in_captions
from chronosight.training.samples.views import flip


def mask_with(*boxes):
    mask = np.zeros((96, 96), bool)
    for x, y in boxes:
        mask[y : y + 10, x : x + 10] = True
    return mask


def facts_of(truth):
    return GuideFacts(0.9, "a house appears at the top left", dict(truth.classes))


def test_mirrored_facts_are_the_facts_of_the_mirrored_mask():
    mask = mask_with((2, 3), (40, 70), (80, 45))
    for sideways in (False, True):
        for upside_down in (False, True):
            turned = truth_of({"buildings": flip(mask, sideways, upside_down)}, True).classes["buildings"]
            mirrored = mirror_facts(facts_of(truth_of({"buildings": mask}, True)), sideways, upside_down)
            assert set(mirrored.classes["buildings"].cells) == set(turned.cells)
            assert mirrored.classes["buildings"].count == turned.count


def test_mirrored_cells_stay_bottom_up():
    facts = GuideFacts(0.9, None, {"buildings": ClassChange(3, 0, ("lower right corner", "center", "top left corner"))})
    turned = {flips: mirror_facts(facts, *flips).classes["buildings"].cells for flips in ((True, False), (False, True))}
    assert turned[True, False] == ("lower left corner", "center", "top right corner")
    assert turned[False, True] == ("lower left corner", "center", "top right corner"), "the row that is lowest now comes first"


def test_mirrored_caption_and_twice_is_once():
    facts = facts_of(truth_of({"buildings": mask_with((2, 3))}, True))
    turned = mirror_facts(facts, True, True)
    assert turned.caption == "a house appears at the bottom right"
    assert mirror_facts(turned, True, True) == facts


def test_swap_exchanges_appeared_and_vanished():
    facts = GuideFacts(0.9, "x", {"buildings": ClassChange(3, 1, ("top",))})
    swapped = swap_facts(facts)
    assert (swapped.classes["buildings"].appeared, swapped.classes["buildings"].vanished) == (1, 3)
    assert swapped.caption is None


def test_a_change_of_20_pixels_is_none():
    small = np.zeros((96, 96), bool)
    small[10:14, 10:15] = True
    truth = truth_of({"buildings": small}, True)
    assert not truth.changed
    small[14, 10] = True
    assert truth_of({"buildings": small}, True).changed


def test_questions_cover_the_known_classes_only():
    asked = pair_questions(truth_of({"buildings": mask_with((2, 3), (50, 50))}, True))
    values = {(question.task, question.subject): value for question, value in asked}
    assert values["count", "buildings"] == 2
    assert values["location", "buildings"] == ("center", "top left corner")  # bottom up, as the label rule has it
    assert values["direction", "buildings"] == "appeared"
    assert not any(subject == "roads" for _, subject in values)


def test_simulated_facts_are_near_the_truth_and_seeded():
    truth = truth_of({"buildings": mask_with((2, 3), (50, 50), (80, 80))}, True)
    drawn = [simulate_facts(truth, ("a house appears",), np.random.default_rng(i)) for i in range(200)]
    assert drawn[0] == simulate_facts(truth, ("a house appears",), np.random.default_rng(0))
    counts = [facts.classes["buildings"].count for facts in drawn]
    assert 2.5 < np.mean(counts) < 3.5
    assert len(set(counts)) > 1
    assert all(len(f.classes["buildings"].cells) <= max(1, f.classes["buildings"].count) for f in drawn)


def test_change_in_captions():
    assert change_in_captions(["the scene is the same as before ."] * 5) is False
    assert change_in_captions(["two houses appear"] * 4 + ["a road is built"]) is True
    assert change_in_captions(["some trees have been planted"] * 5) is None
