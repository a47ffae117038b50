"""Histories from known evidence: consistent whatever single comparisons say."""

from itertools import pairwise

import numpy as np
import pytest

from chronosight.results.changed_object import ChangedObject
from chronosight.results.evidence import Evidence
from chronosight.timeline.follow import follow, pairs_to_compare

SIDE = 32
BOX = np.array([[8, 8], [20, 8], [20, 20], [8, 20], [8, 8]], float)


def thing(direction, outline=BOX):
    width, height = np.ptp(outline, axis=0)
    return ChangedObject("building", direction, outline, float(width * height), "center", 0.9, 1)


def comparison(strength, direction="appeared", outline=BOX, reported=True):
    """Evidence of one pair: `strength` is the probability of change inside the outline."""
    probability = np.full((SIDE, SIDE), 0.01, np.float32)
    (left, top), (right, bottom) = outline.min(axis=0).astype(int), outline.max(axis=0).astype(int)
    probability[top:bottom, left:right] = strength
    appeared = np.full((SIDE, SIDE), 1.0 if direction == "appeared" else 0.0, np.float32)
    objects = (thing(direction, outline),) if reported and strength > 0.5 else ()
    return Evidence(("background", "road", "building"), (probability > 0.5).astype(np.uint8) * 2, probability, appeared, objects)


def evidence_of(present, wrong=()):
    """Evidence that a history gives; `wrong`: pairs whose comparison says the opposite of change or no change."""
    made = {}
    for first, second in pairs_to_compare(len(present)):
        changed = (present[first] != present[second]) != ((first, second) in wrong)
        direction = "appeared" if present[second] or not present[first] else "vanished"
        made[first, second] = comparison(0.9 if changed else 0.02, direction)
    return made


def seen(count):
    return np.ones((count, SIDE, SIDE), bool)


@pytest.mark.parametrize(
    "present",
    [
        (0, 0, 1, 1, 1),
        (1, 1, 0, 0, 0),
        (0, 1, 1, 0, 0),
        (0, 0, 0, 0, 1),
        (1, 0, 0, 0, 0),
        (1, 0, 0, 1, 1),
        (0, 1),
        (0, 1, 0, 1, 1, 1),
    ],
)
def test_histories_are_found_and_no_object_is_counted_twice(present):
    tracks = follow(evidence_of(present), seen(len(present)))
    assert [track.present for track in tracks] == [tuple(map(bool, present))]
    assert tracks[0].first_seen == present.index(1)
    assert len(tracks[0].events) == sum(a != b for a, b in pairwise(present))


def test_one_missed_comparison_changes_nothing():
    for missed in ((0, 3), (0, 4)):
        (track,) = follow(evidence_of((0, 0, 1, 1, 1), wrong=[missed]), seen(5))
        assert track.present == (False, False, True, True, True)


def test_there_in_2012_and_2018_means_there_in_2015():
    """A single comparison says "vanished"; the next does not say "appeared"."""
    made = evidence_of((0, 1, 1, 1))
    made[1, 2] = comparison(0.6, "vanished")
    (track,) = follow(made, seen(4))
    assert track.present == (False, True, True, True)


def test_unless_the_image_says_otherwise():
    made = evidence_of((0, 1, 0, 1))
    (track,) = follow(made, seen(4))
    assert track.present == (False, True, False, True)


def test_a_date_under_clouds_is_inferred_and_named():
    made, view = evidence_of((0, 0, 1, 1, 1)), seen(5)
    view[3, 4:24, 4:24] = False
    (track,) = follow(made, view)
    assert track.present[3] and track.inferred == (3,) and track.seen == (True, True, True, False, True)


def test_what_appears_behind_a_cloud_is_dated_by_the_images_that_show_it():
    made, view = evidence_of((0, 0, 1, 1)), seen(4)
    view[2] = False
    made[0, 3] = comparison(0.9)
    (track,) = follow(made, view)
    assert [(event.before, event.after) for event in track.events] == [(1, 3)]


def test_neighbours_stay_two_objects():
    other = BOX + np.array([13, 0])
    made = {}
    for pair, first, second in zip(pairs_to_compare(3), (True, False, True), (False, True, True), strict=True):
        one, two = comparison(0.9 if first else 0.02), comparison(0.9 if second else 0.02, outline=other)
        made[pair] = Evidence(
            one.classes,
            one.mask | two.mask,
            np.maximum(one.probability, two.probability),
            one.appeared,
            one.objects + two.objects,
        )
    tracks = follow(made, seen(3))
    assert sorted(track.present for track in tracks) == [(False, False, True), (False, True, True)]


def test_no_evidence_no_objects():
    quiet = {pair: comparison(0.02) for pair in pairs_to_compare(4)}
    assert follow(quiet, seen(4)) == []


def test_an_object_that_one_comparison_reports_is_left_out():
    """However sure that one is: where several could have seen the change, two must."""
    pairs = pairs_to_compare(4)
    for number, tracks in ((1, 0), (2, 1)):
        made = {pair: comparison(0.02) for pair in pairs} | {pair: comparison(0.95) for pair in ((1, 2), (0, 2))[:number]}
        assert len(follow(made, seen(4))) == tracks, number
    assert len(follow({(0, 1): comparison(0.95)}, seen(2))) == 1, "of two dates there is one comparison"
    against = {pair: comparison(0.02) for pair in pairs} | {(1, 2): comparison(0.95), (0, 2): comparison(0.6, "vanished")}
    assert follow(against, seen(4)) == [], "two that contradict each other"


def test_dates_far_apart_find_what_neighbours_miss():
    """Haze hides a house from the dates beside it; the others all show it."""
    made = evidence_of((0, 0, 1, 1, 1))
    made |= {pair: comparison(0.3) for pair in ((1, 2), (0, 2))}  # as a probability it is there, but no object
    (track,) = follow(made, seen(5))
    assert track.present == (False, False, True, True, True)


def test_a_hidden_date_is_bridged():
    """Neither neighbour of the cloud can be compared with it, but they can with each other."""
    made, view = evidence_of((0, 0, 1, 1, 0)), seen(5)
    view[2] = False
    made = {pair: maps for pair, maps in made.items() if 2 not in pair and 0 not in pair}
    (track,) = follow(made, view)
    assert track.present == (False, False, False, True, False) and track.inferred == (2,)
    assert [(event.direction, event.before, event.after) for event in track.events] == [("appeared", 1, 3), ("vanished", 3, 4)]


def test_every_pair_of_few_dates_and_some_of_many():
    assert pairs_to_compare(3) == [(0, 1), (1, 2), (0, 2)]
    assert len(pairs_to_compare(8)) == 28
    long = pairs_to_compare(20)
    assert len(long) == len(set(long)) and long[:19] == [(i, i + 1) for i in range(19)]
    assert {pair for pair in long if pair[1] - pair[0] > 3} == {(0, i) for i in range(4, 20)} and (5, 8) in long
