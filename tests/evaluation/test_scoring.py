import math
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from chronosight.evaluation.figures import Figure, figure_rows, mean_figure, ratio
from chronosight.evaluation.item import Item, Reply, Sight, value_of
from chronosight.evaluation.score_change import binary_figures, count_figures, dialogue_figures, location_figures
from chronosight.evaluation.score_masks import mask_parts
from chronosight.evaluation.score_sentences import bleu_of_sums
from chronosight.evaluation.scoring import HowToScore, item_scores, score_replies
from chronosight.metrics.captions import bleu
from chronosight.tasks.cells import CELLS

SIGHT = Sight("s", "pair", lambda: None)
HOW = HowToScore(("word", "index"), with_jar=False)


def item(task, truth, name="a", **more):
    return Item(name, more.pop("sight", SIGHT), task, "?", truth, more.pop("group", name), **more)


def values(rows):
    return {row.metric: row.value for row in rows}


def draw_cases(seed):
    """100 cases: cells said and true, yes or no said and true, counts said and true."""
    draw = random.Random(seed)
    often = draw.choice((0.1, 0.3, 0.6))  # how often a cell is named

    def cells():
        return frozenset(cell for cell in CELLS if draw.random() < often) if draw.random() < 0.8 else frozenset()

    return [
        (cells(), cells(), draw.random() < 0.5, draw.random() < 0.5, draw.randrange(40), draw.randrange(40)) for _ in range(100)
    ]


def nan_equal(a, b):
    return (math.isnan(a) and math.isnan(b)) or a == pytest.approx(b, abs=1e-12)


@settings(max_examples=100, deadline=None)  # 100 x 100 = 10,000 cases
@given(st.integers(0, 2**32))
def test_figures_equal_a_plain_computation(seed):
    drawn = draw_cases(seed)
    names = [str(i) for i in range(len(drawn))]
    where = [item("location", tuple(true), n) for n, (_, true, *_) in zip(names, drawn, strict=True)]
    found = values(figure_rows(location_figures(where, [tuple(said) for said, *_ in drawn]), draws=0))
    jaccard = jaccard_empty_0 = exact = hits = said_total = true_total = 0
    for said, true, *_ in drawn:
        if said or true:
            jaccard += len(said & true) / len(said | true)
            jaccard_empty_0 += len(said & true) / len(said | true)
        else:
            jaccard += 1
        exact += said == true
        hits, said_total, true_total = hits + len(said & true), said_total + len(said), true_total + len(true)
    n = len(drawn)
    assert found["location example accuracy"] == pytest.approx(jaccard / n, abs=1e-12)
    assert found["location example accuracy, empty/empty 0"] == pytest.approx(jaccard_empty_0 / n, abs=1e-12)
    assert found["location subset accuracy"] == pytest.approx(exact / n, abs=1e-12)
    assert nan_equal(found["location micro precision"], hits / said_total if said_total else math.nan)
    assert nan_equal(found["location micro recall"], hits / true_total if true_total else math.nan)
    assert nan_equal(found["location micro F1"], 2 * hits / (said_total + true_total) if said_total + true_total else math.nan)

    yes = [item("binary", case[3], n) for n, case in zip(names, drawn, strict=True)]
    found = values(figure_rows(binary_figures(yes, [case[2] for case in drawn]), draws=0))
    tp = sum(case[2] and case[3] for case in drawn)
    wrong = sum(case[2] != case[3] for case in drawn)
    assert found["binary accuracy"] == pytest.approx(1 - wrong / n, abs=1e-12)
    assert nan_equal(found["binary F1"], 2 * tp / (2 * tp + wrong) if tp or wrong else math.nan)

    number = [item("count", case[5], n) for n, case in zip(names, drawn, strict=True)]
    found = values(figure_rows(count_figures(number, [case[4] for case in drawn]), draws=0))
    off = [abs(case[4] - case[5]) for case in drawn]
    assert found["count MAE"] == pytest.approx(sum(off) / n, abs=1e-12)
    assert found["count RMSE"] == pytest.approx(math.sqrt(sum(o * o for o in off) / n), abs=1e-12)
    assert found["count exact"] == pytest.approx(off.count(0) / n, abs=1e-12)
    large = [o for o, case in zip(off, drawn, strict=True) if case[5] >= 20]
    assert ("count MAE, of 20 and more" in found) == bool(large)
    if large:
        assert found["count MAE, of 20 and more"] == pytest.approx(sum(large) / len(large), abs=1e-12)


def test_an_interval_draws_groups_whole():
    apart = mean_figure("apart", [str(i) for i in range(40)], [i % 2 for i in range(40)])
    together = mean_figure("together", [str(i % 2) for i in range(40)], [i % 2 for i in range(40)])
    alone = mean_figure("alone", ["x"] * 40, [i % 2 for i in range(40)])
    rows = {row.metric: row for row in figure_rows([apart, together, alone], seed=1)}
    assert rows["together"].interval == (0, 1)
    low, high = rows["apart"].interval
    assert 0.3 < low < 0.5 < high < 0.7
    assert rows["alone"].interval is None
    assert figure_rows([apart], seed=1)[0].interval == figure_rows([apart], seed=1)[0].interval


def test_a_figure_without_anything_is_not_a_number():
    row = figure_rows([Figure("r", ["a", "b"], np.zeros((2, 2)), ratio)])[0]
    assert math.isnan(row.value) and row.interval is None


@pytest.mark.parametrize(
    ("asked", "reply", "value"),
    [
        (item("binary", True), Reply("a", "Yes, two."), True),
        (item("binary", True), Reply("a", "perhaps"), None),
        (item("count", 3), Reply("a", "three"), 3),
        (item("count", 3), Reply("a", "many", 3), 3),
        (item("location", ()), Reply("a", "No change."), ()),
        (item("vqa", "yes"), Reply("a", "Yes, there is."), "yes"),
        (item("vqa", "low vegetation"), Reply("a", "low_vegetation"), "low vegetation"),
        (item("vqa", "yes"), Reply("a", "", True), "yes"),
        (item("class", "fire", labels=("fire", "flood")), Reply("a", "This is a video about fire."), "fire"),
        (item("caption", ("x",)), Reply("a", "two houses ."), "two houses"),
    ],
)
def test_words_become_values(asked, reply, value):
    assert value_of(asked, reply) == value


def test_both_averages_of_rsvqa():
    kinds = ["presence"] * 8 + ["rural_urban"] * 2 + ["count"] * 2
    truths = ["yes"] * 8 + ["rural"] * 2 + ["5", "150"]
    said = ["yes"] * 4 + ["no"] * 4 + ["rural"] * 2 + ["7", "9"]
    items = [item("vqa", t, str(i), kind=k) for i, (k, t) in enumerate(zip(kinds, truths, strict=True))]
    how = HowToScore(averaged=("presence", "rural_urban"), with_jar=False)
    found = values(score_replies(items, [Reply(str(i), s) for i, s in enumerate(said)], how).rows)
    assert found["presence: accuracy"] == 0.5 and found["rural_urban: accuracy"] == 1
    assert found["average, weighted by question"] == pytest.approx(6 / 10)
    assert found["average, plain mean of types"] == pytest.approx(0.75)
    assert found["count: accuracy"] == 0 and found["count: accuracy in ranges"] == 0.5


def test_captions_have_columns_and_conventions():
    unchanged, changed = ("the scene is the same as before",) * 5, ("two houses appear",) * 5
    items = [
        item("caption", unchanged, "a", changed=False),
        item("caption", unchanged, "b", changed=False),
        item("caption", changed, "c", changed=True),
    ]
    said = [Reply("a", "the scene is the same as before ."), Reply("b", "a road appears"), Reply("c", "two houses appear")]
    scored = score_replies(items, said, HOW)
    found = values(scored.rows)
    assert found["no-change accuracy"] == 0.5 and found["change accuracy, by the caption"] == 1
    assert found["ROUGE-L [word], changed only"] == pytest.approx(1)
    assert found["ROUGE-L [word]"] == pytest.approx(found["ROUGE-L [word], unchanged only"] * 2 / 3 + 1 / 3, abs=1e-9)
    assert found["METEOR [word]"] is None and found["S*m [word]"] is None
    mean = [found[f"{name} [index]"] for name in ("BLEU-4", "METEOR", "ROUGE-L", "CIDEr-D")]
    assert found["S*m [index]"] == pytest.approx(np.mean(mean))
    assert "without Java" in scored.conventions["index"]["METEOR"] and scored.conventions["word"]["METEOR"] == ""


def test_bleu_of_many_sums_is_that_of_each():
    sums = np.array([[20, 18, 15, 10, 6, 3, 20, 18, 16, 14], [9, 18, 0, 0, 0, 0, 9, 7, 5, 3], [0] * 10], dtype=float)
    np.testing.assert_allclose(bleu_of_sums(sums), [bleu(row) for row in sums], rtol=1e-12)


def test_masks_by_size_and_boundary():
    true = np.zeros((64, 64), np.uint8)
    true[2:12, 2:12] = 1  # 100 px: small
    true[20:60, 20:62] = 1  # 1680 px: large
    said = true.copy()
    said[2:12, 2:7] = 0  # half of the small one is missed
    parts = mask_parts(said, true, 2)[1]
    assert parts[:3].tolist() == [1730, 0, 50]
    assert parts[3:9].reshape(3, 2).tolist() == [[50, 100], [0, 0], [1680, 1680]]
    near, drawn, found, there = parts[9:]
    assert near == drawn - 4 and found < there  # but for its ends, the new edge lies over 2 pixels from the true outline
    same = mask_parts(true, true, 2)[1]
    assert same[9] == same[10] == same[11] == same[12] > 0


def test_dialogues_count_turns_and_whole_ones():
    items = [
        item("binary", True, "d/0", dialogue=("d", 0)),
        item("count", 2, "d/1", dialogue=("d", 1)),
        item("caption", ("two houses appear",), "d/2", dialogue=("d", 2), changed=True),
        item("binary", False, "e/0", dialogue=("e", 0)),
        item("count", 0, "e/1", dialogue=("e", 1)),
        item("caption", ("no change has occurred",), "e/2", dialogue=("e", 2), changed=False),
    ]
    said = [True, 2, "a house is built", False, 1, "there is no difference"]
    found = values(figure_rows(dialogue_figures(items, said)))
    assert found == {
        "dialogue turn 1": 1,
        "dialogue turn 2": 0.5,
        "dialogue turn 3": 1,
        "dialogue, all turns right": 0.5,
    }


def test_words_are_held_against_the_mask(tmp_path):
    mask = np.zeros((30, 30), np.uint8)
    mask[1:9, 1:9] = 2
    Image.fromarray(mask).save(tmp_path / "m.png")
    classes = ("background", "road", "building")
    items = [
        item("mask", None, "m", mask=lambda: mask, classes=classes),
        item("binary", True, "b"),
        item("count", 1, "n", kind="buildings"),
        item("count", 0, "r", kind="roads"),
        item("location", ("top left corner",), "l", kind="buildings"),
    ]
    replies = [
        Reply("m", "", mask=tmp_path / "m.png"),
        Reply("b", "no"),
        Reply("n", "1"),
        Reply("r", "4"),
        Reply("l", "top left corner"),
    ]
    found = values(score_replies(items, replies, HOW).rows)
    assert found["consistency: yes or no with the mask"] == 0
    assert found["consistency: yes or no with counts and places"] == 0
    assert found["consistency: count of buildings with the mask"] == 1
    assert found["consistency: count of roads with the mask"] == 0
    assert found["consistency: location of buildings with the mask"] == 1
    assert found["mask of building IoU"] == 1


def test_the_surest_answers_are_chosen():
    items = [item("binary", True, str(i)) for i in range(4)]
    replies = [
        Reply(str(i), said, confidence=c) for i, (said, c) in enumerate([("yes", 0.9), ("yes", 0.8), ("no", 0.6), ("no", 0.5)])
    ]
    found = values(score_replies(items, replies, HOW).rows)
    assert found["accuracy of the surest 50%, all answers"] == 1
    assert found["accuracy of the surest 100%, all answers"] == 0.5
    assert found["calibration error, all answers"] == pytest.approx((0.1 + 0.2 + 0.6 + 0.5) / 4)


def test_single_scores_order_cases():
    items = [item("count", 3, "a"), item("count", 3, "b"), item("location", ("top",), "c"), item("caption", ("x y",), "d")]
    replies = [Reply("a", "3"), Reply("b", "9"), Reply("c", "top,left"), Reply("d", "x y")]
    assert item_scores(items, replies)[:3] == [0, -6, 0.5]
