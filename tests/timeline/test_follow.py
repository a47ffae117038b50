"""Histories from known probabilities: consistent whatever single comparisons say."""

from dataclasses import replace
from itertools import pairwise, product

import numpy as np
import pytest

from chronosight.results.change_probabilities import UNKNOWN, ChangeProbabilities
from chronosight.timeline.follow import follow
from chronosight.timeline.histories import best_histories, gain_of_presence, gains_of, pairs_to_compare

SIDE = 32
BOX = slice(8, 20), slice(8, 20)


def comparison(strength, direction="appeared", box=BOX):
    """What one pair says: `strength` is the probability of change inside the box."""
    maps = {way: np.full((2, SIDE, SIDE), 2, np.uint8) for way in ("appeared", "vanished")}
    maps[direction][1][box] = round(strength * 255)
    interiors = np.zeros((SIDE, SIDE), np.uint8)
    interiors[tuple(slice(part.start + 2, part.stop - 2) for part in box)] = 255
    return ChangeProbabilities(("road", "building"), maps["appeared"], maps["vanished"], interiors, 12.0)


def both(one, two):
    """Two comparisons of different places as one."""
    parts = (np.maximum(getattr(one, name), getattr(two, name)) for name in ("appeared", "vanished", "interiors"))
    return ChangeProbabilities(one.classes, *parts, one.min_area)


def evidence_of(present, wrong=()):
    """What a history gives; `wrong`: pairs whose comparison says the opposite of change or no change."""
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
    other = BOX[0], slice(20, 30)
    made = {}
    for pair, first, second in zip(pairs_to_compare(3), (True, False, True), (False, True, True), strict=True):
        made[pair] = both(comparison(0.9 if first else 0.02), comparison(0.9 if second else 0.02, box=other))
    tracks = follow(made, seen(3))
    assert sorted(track.present for track in tracks) == [(False, False, True), (False, True, True)]


def test_no_evidence_no_objects():
    quiet = {pair: comparison(0.02) for pair in pairs_to_compare(4)}
    assert follow(quiet, seen(4)) == []


def test_hints_of_many_comparisons_add_up():
    """A house that no comparison reports by itself (0.35) is found where all of them hint at it, and not where one does."""
    present = (0, 0, 1, 1, 1)
    changed = [pair for pair in pairs_to_compare(5) if present[pair[0]] != present[pair[1]]]
    quiet = {pair: comparison(0.02) for pair in pairs_to_compare(5)}
    (track,) = follow(quiet | {pair: comparison(0.35) for pair in changed}, seen(5))
    assert track.present == tuple(map(bool, present)) and track.confidence <= 0.36
    assert follow(quiet | {(1, 2): comparison(0.35)}, seen(5)) == []
    assert follow({(0, 1): comparison(0.35)}, seen(2)) == []
    assert len(follow({(0, 1): comparison(0.7)}, seen(2))) == 1, "of two dates there is one comparison"


def test_comparisons_that_contradict_each_other_leave_nothing():
    made = {pair: comparison(0.02) for pair in pairs_to_compare(3)}
    made |= {(0, 1): comparison(0.5), (0, 2): comparison(0.5, "vanished")}
    assert follow(made, seen(3)) == []


def test_dates_far_apart_find_what_neighbours_miss():
    """Haze hides a house from the dates beside it; the others all show it."""
    made = evidence_of((0, 0, 1, 1, 1))
    made |= {pair: comparison(0.3) for pair in ((1, 2), (0, 2))}
    (track,) = follow(made, seen(5))
    assert track.present == (False, False, True, True, True)


def test_small_specks_are_no_objects():
    made = {(0, 1): comparison(0.9, box=(slice(4, 6), slice(4, 7)))}
    assert follow(made, seen(2)) == []


@pytest.mark.parametrize("by_itself", [False, True])
@pytest.mark.parametrize("count", [2, 5, 8, 10])
def test_the_search_finds_what_trying_every_history_finds(count, by_itself):
    rng = np.random.default_rng(count)
    compared = pairs_to_compare(count)
    gains = {}
    for pair in compared:
        new, gone = rng.uniform(0, 0.5, (2, 3))
        gains[pair] = gains_of(new, gone)
    presence = rng.uniform(-1, 1, (count, 3)).astype(np.float32) if by_itself else np.zeros((count, 3), np.float32)
    found = best_histories(gains, count, list(presence) if by_itself else None)
    histories = list(product((False, True), repeat=count))
    scores = np.zeros((len(histories), 3))
    for at, one in enumerate(histories):
        scores[at] -= max(0, sum(a != b for a, b in pairwise(one)) - 1)
        scores[at] += presence[list(one)].sum(axis=0)
        for first, second in compared:
            if one[first] != one[second]:
                scores[at] += gains[first, second][int(one[first])]
    constant, scores, histories = np.maximum(scores[0], scores[-1]), scores[1:-1], histories[1:-1]
    best = scores.argmax(axis=0)
    assert [tuple(row) for row in found.present.tolist()] == [histories[at] for at in best]
    assert found.score == pytest.approx(scores.max(axis=0) - constant, abs=1e-4)
    assert found.share == pytest.approx(np.exp(scores.max(axis=0)) / np.exp(scores).sum(axis=0), rel=1e-3)


def built(made, states, box=BOX):
    """The same comparisons, with what each date by itself says: built up with this probability inside the box."""
    maps = np.full((len(states), SIDE, SIDE), 3, np.uint8)
    for date, state in enumerate(states):
        maps[date][box] = UNKNOWN if state is None else round(state * 255)
    return {pair: replace(found, built=maps[list(pair)]) for pair, found in made.items()}


def test_a_hazy_date_says_by_itself_that_the_house_is_there():
    """The house stands from the third date on, but no comparison with that one shows it, as it is hazy."""
    made = evidence_of((0, 0, 0, 1, 1))
    made[2, 3] = made[2, 4] = comparison(0.3)
    assert [track.present for track in follow(made, seen(5))] == [(False, False, False, True, True)]
    (track,) = follow(built(made, (0.02, 0.02, 0.6, 0.9, 0.9)), seen(5))
    assert track.present == (False, False, True, True, True)
    (track,) = follow(built(made, (0.02, 0.02, None, 0.9, 0.9)), seen(5))
    assert track.present == (False, False, False, True, True), "what is not known says nothing"


def test_a_house_that_looks_new_and_was_there_all_the_time_is_none():
    made = {pair: comparison(0.02) for pair in pairs_to_compare(4)} | {(1, 2): comparison(0.7), (0, 2): comparison(0.7)}
    assert len(follow(made, seen(4))) == 1
    assert follow(built(made, (0.9, 0.9, 0.9, 0.9)), seen(4)) == []


def test_what_looks_built_up_at_some_dates_is_no_building_unless_comparisons_say_so():
    made = {pair: comparison(0.15) for pair in pairs_to_compare(5)}
    assert follow(built(made, (0.01, 0.01, 0.01, 0.9, 0.9)), seen(5)) == []


def test_what_a_cloud_hides_says_nothing():
    made, view = built(evidence_of((0, 0, 1, 1)), (0.9, 0.02, 0.9, 0.9)), seen(4)
    view[0] = False
    (track,) = follow(made, view)
    assert track.present == (False, False, True, True) and track.inferred == (0,)


def test_roads_are_followed_by_comparisons_alone():
    made = {pair: replace(found, appeared=found.appeared[::-1], vanished=found.vanished[::-1])
            for pair, found in built(evidence_of((0, 0, 1, 1)), (0.9, 0.9, 0.9, 0.9)).items()}  # fmt: skip
    (track,) = follow(made, seen(4))
    assert track.item.class_name == "road" and track.present == (False, False, True, True)


def test_what_a_date_says_by_itself():
    """0.2 says nothing; certainty is limited, so that comparisons can overrule it."""
    gain = gain_of_presence(np.array([0.0, 0.01, 0.2, 0.9, 1.0]))
    assert gain == pytest.approx([-1.0, -1.0, 0.0, 1.0, 1.0])
    assert gain_of_presence(np.array([0.4]))[0] == pytest.approx(0.49, abs=0.01)


def test_what_a_comparison_says():
    """Seeing nothing says little against a change; seeing one says much for it, up to a limit."""
    (appeared, vanished) = gains_of(np.array([0.0, 0.5, 1.0]), np.array([0.0, 0.0, 0.0]))
    assert appeared == pytest.approx([np.log(0.8), np.log(0.8 / 0.5), np.log(1 / 0.04)])
    assert vanished[2] == pytest.approx(0.0), "a change the other way speaks for neither"


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
