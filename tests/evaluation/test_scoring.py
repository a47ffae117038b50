import math
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from chronosight.datasets.sample import Sample, Turn
from chronosight.evaluation.metric import Metric, Result, Target, difference, estimate, mean_metric
from chronosight.evaluation.predictions import Prediction, value_of
from chronosight.evaluation.results import print_results
from chronosight.evaluation.score_change_answers import binary_metrics, count_metrics, location_metrics
from chronosight.evaluation.scoring import ScoringOptions, dialogue_metrics, sample_scores, score
from chronosight.metrics.bootstrap import ratio
from chronosight.tasks.cells import CELLS
from chronosight.tasks.question import Question

OPTIONS = ScoringOptions(("word", "index"), with_java=False)


def sample(task, truth, name="a", **more):
    """A sample of one turn; its truth as a value."""
    if task == "caption":
        replies = truth
    elif isinstance(truth, tuple):
        replies = (",".join(truth) or "No change",)
    else:
        replies = ({True: "Yes", False: "No"}[truth] if isinstance(truth, bool) else str(truth),)
    asked = "vqa" if task in ("class", "mask") else task
    turn = Turn(Question(asked, "?"), replies)
    return Sample(name, "made up", "pair", (), (turn,), **{"scene": "s", "group": name} | more)


def values(results):
    return {result.metric: result.value for result in results}


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
def test_metrics_equal_a_plain_computation(seed):
    drawn = draw_cases(seed)
    names = [str(i) for i in range(len(drawn))]
    where = [sample("location", tuple(true), n) for n, (_, true, *_) in zip(names, drawn, strict=True)]
    found = values(estimate(location_metrics(where, [tuple(said) for said, *_ in drawn]), draws=0))
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

    yes = [sample("binary", case[3], n) for n, case in zip(names, drawn, strict=True)]
    found = values(estimate(binary_metrics(yes, [case[2] for case in drawn]), draws=0))
    tp = sum(case[2] and case[3] for case in drawn)
    wrong = sum(case[2] != case[3] for case in drawn)
    assert found["binary accuracy"] == pytest.approx(1 - wrong / n, abs=1e-12)
    assert nan_equal(found["binary F1"], 2 * tp / (2 * tp + wrong) if tp or wrong else math.nan)

    number = [sample("count", case[5], n) for n, case in zip(names, drawn, strict=True)]
    found = values(estimate(count_metrics(number, [case[4] for case in drawn]), draws=0))
    off = [abs(case[4] - case[5]) for case in drawn]
    assert found["count MAE"] == pytest.approx(sum(off) / n, abs=1e-12)
    assert found["count RMSE"] == pytest.approx(math.sqrt(sum(o * o for o in off) / n), abs=1e-12)
    assert found["count exact"] == pytest.approx(off.count(0) / n, abs=1e-12)
    errors, true = sum(case[4] - case[5] for case in drawn), sum(case[5] for case in drawn)
    assert nan_equal(found["count, all together, off by"], abs(errors) / true if true else math.nan)
    large = [o for o, case in zip(off, drawn, strict=True) if case[5] >= 20]
    assert ("count MAE, of 20 and more" in found) == bool(large)
    if large:
        assert found["count MAE, of 20 and more"] == pytest.approx(sum(large) / len(large), abs=1e-12)


def test_an_interval_draws_groups_whole():
    apart = mean_metric("apart", [str(i) for i in range(40)], [i % 2 for i in range(40)])
    together = mean_metric("together", [str(i % 2) for i in range(40)], [i % 2 for i in range(40)])
    alone = mean_metric("alone", ["x"] * 40, [i % 2 for i in range(40)])
    rows = {row.metric: row for row in estimate([apart, together, alone], seed=1)}
    assert rows["together"].interval == (0, 1)
    low, high = rows["apart"].interval
    assert 0.3 < low < 0.5 < high < 0.7
    assert rows["alone"].interval is None
    assert estimate([apart], seed=1)[0].interval == estimate([apart], seed=1)[0].interval


def test_a_metric_without_anything_is_not_a_number():
    row = estimate([Metric("r", ["a", "b"], np.zeros((2, 2)), ratio)])[0]
    assert math.isnan(row.value) and row.interval is None


@pytest.mark.parametrize(
    ("asked", "reply", "value"),
    [
        (sample("binary", True), Prediction("a", "Yes, two."), True),
        (sample("binary", True), Prediction("a", "perhaps"), None),
        (sample("count", 3), Prediction("a", "three"), 3),
        (sample("count", 3), Prediction("a", "many", 3), 3),
        (sample("location", ()), Prediction("a", "No change."), ()),
        (sample("vqa", "yes"), Prediction("a", "Yes, there is."), "yes"),
        (sample("vqa", "low vegetation"), Prediction("a", "low_vegetation"), "low vegetation"),
        (sample("vqa", "yes"), Prediction("a", "", True), "yes"),
        (sample("class", "fire", labels=("fire", "flood")), Prediction("a", "This is a video about fire."), "fire"),
        (sample("caption", ("x",)), Prediction("a", "two houses ."), "two houses"),
    ],
)
def test_words_become_values(asked, reply, value):
    assert value_of(asked, reply) == value


def test_both_averages_of_rsvqa():
    kinds = ["presence"] * 8 + ["rural_urban"] * 2 + ["count"] * 2
    truths = ["yes"] * 8 + ["rural"] * 2 + ["5", "150"]
    said = ["yes"] * 4 + ["no"] * 4 + ["rural"] * 2 + ["7", "9"]
    items = [sample("vqa", t, str(i), type=k) for i, (k, t) in enumerate(zip(kinds, truths, strict=True))]
    options = ScoringOptions(averaged=("presence", "rural_urban"), with_java=False)
    found = values(score(items, [Prediction(str(i), s) for i, s in enumerate(said)], options).results)
    assert found["presence: accuracy"] == 0.5 and found["rural_urban: accuracy"] == 1
    assert found["average, weighted by question"] == pytest.approx(6 / 10)
    assert found["average, plain mean of types"] == pytest.approx(0.75)
    assert found["presence: always the most frequent answer"] == 1
    assert found["count: accuracy"] == 0 and found["count: accuracy in ranges"] == 0.5


def test_captions_have_columns_and_conventions():
    unchanged, changed = ("the scene is the same as before",) * 5, ("two houses appear",) * 5
    items = [
        sample("caption", unchanged, "a", changed=False),
        sample("caption", unchanged, "b", changed=False),
        sample("caption", changed, "c", changed=True),
    ]
    said = [
        Prediction("a", "the scene is the same as before ."),
        Prediction("b", "a road appears"),
        Prediction("c", "two houses appear"),
    ]
    scored = score(items, said, OPTIONS)
    found = values(scored.results)
    assert found["no-change accuracy"] == 0.5 and found["change accuracy, by the caption"] == 1
    assert found["ROUGE-L [word], changed only"] == pytest.approx(1)
    assert found["ROUGE-L [word]"] == pytest.approx(found["ROUGE-L [word], unchanged only"] * 2 / 3 + 1 / 3, abs=1e-9)
    assert found["METEOR [word]"] is None and found["S*m [word]"] is None
    mean = [found[f"{name} [index]"] for name in ("BLEU-4", "METEOR", "ROUGE-L", "CIDEr-D")]
    assert found["S*m [index]"] == pytest.approx(np.mean(mean))
    assert "without Java" in scored.conventions["index"]["METEOR"] and scored.conventions["word"]["METEOR"] == ""


def test_dialogues_count_turns_and_whole_ones():
    items = [
        sample("binary", True, "d/0", dialogue=("d", 0)),
        sample("count", 2, "d/1", dialogue=("d", 1)),
        sample("caption", ("two houses appear",), "d/2", dialogue=("d", 2), changed=True),
        sample("binary", False, "e/0", dialogue=("e", 0)),
        sample("count", 0, "e/1", dialogue=("e", 1)),
        sample("caption", ("no change has occurred",), "e/2", dialogue=("e", 2), changed=False),
    ]
    said = [True, 2, "a house is built", False, 1, "there is no difference"]
    found = values(estimate(dialogue_metrics(items, said)))
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
        sample("mask", None, "m", mask=lambda: mask, classes=classes),
        sample("binary", True, "b"),
        sample("count", 1, "n", type="buildings"),
        sample("count", 0, "r", type="roads"),
        sample("location", ("top left corner",), "l", type="buildings"),
    ]
    replies = [
        Prediction("m", "", mask=tmp_path / "m.png"),
        Prediction("b", "no"),
        Prediction("n", "1"),
        Prediction("r", "4"),
        Prediction("l", "top left corner"),
    ]
    found = values(score(items, replies, OPTIONS).results)
    assert found["consistency: yes or no with the mask"] == 0
    assert found["consistency: yes or no with counts and places"] == 0
    assert found["consistency: count of buildings with the mask"] == 1
    assert found["consistency: count of roads with the mask"] == 0
    assert found["consistency: location of buildings with the mask"] == 1
    assert found["mask of building IoU"] == 1


def test_the_most_confident_answers_are_chosen():
    items = [sample("binary", True, str(i)) for i in range(4)]
    replies = [
        Prediction(str(i), said, confidence=c)
        for i, (said, c) in enumerate([("yes", 0.9), ("yes", 0.8), ("no", 0.6), ("no", 0.5)])
    ]
    found = values(score(items, replies, OPTIONS).results)
    assert found["accuracy of the most confident 50%, all answers"] == 1
    assert found["accuracy of the most confident 100%, all answers"] == 0.5
    assert found["calibration error, all answers"] == pytest.approx((0.1 + 0.2 + 0.6 + 0.5) / 4)


def test_single_scores_order_cases():
    items = [
        sample("count", 3, "a"),
        sample("count", 3, "b"),
        sample("location", ("top",), "c"),
        sample("caption", ("x y",), "d"),
    ]
    replies = [Prediction("a", "3"), Prediction("b", "9"), Prediction("c", "top,left"), Prediction("d", "x y")]
    assert sample_scores(items, replies)[:3] == [0, -6, 0.5]


def test_unchanged_scenes_have_a_false_alarm_rate():
    mixed = [sample("binary", truth, str(i)) for i, truth in enumerate([True, False, False, False])]
    found = values(estimate(binary_metrics(mixed, [True, True, None, False])))
    assert found["binary false alarm rate"] == pytest.approx(1 / 3) and found["binary accuracy"] == 3 / 4
    assert values(estimate(binary_metrics(mixed[1:], [True, None, False]))) == {"false alarm rate": pytest.approx(1 / 3)}


def test_parts_are_scored_and_resampled_apart():
    samples = [sample("binary", i % 2 == 0, str(i), part="even" if i < 4 else "") for i in range(10)]
    predictions = [Prediction(str(i), "yes") for i in range(10)]
    scored = score(samples, predictions, OPTIONS)
    alone = score([s for s in samples if not s.part], predictions[4:], OPTIONS)
    assert [r for r in scored.results if not r.metric.startswith("even: ")] == alone.results
    assert values(scored.results)["even: binary accuracy"] == 1 / 2


def test_a_difference_draws_groups_for_both_at_once():
    groups = [str(i) for i in range(30)]
    one = mean_metric("one", groups, [i % 3 for i in range(30)])
    other = mean_metric("other", groups, [i % 3 - 2 for i in range(30)])
    found = estimate([difference("more", one, other)])[0]
    assert (found.metric, found.value, found.interval) == ("more", 2, pytest.approx((2, 2)))


def test_targets():
    assert Result("score", 0.92, 1, target=Target("least", 0.92)).met
    assert not Result("score", 0.91, 1, target=Target("least", 0.92)).met
    assert Result("error", 0.08, 1, target=Target("most", 0.08)).met
    assert not Result("error", 0.09, 1, target=Target("most", 0.08)).met
    assert Result("score", None, 1, target=Target("least", 0.92)).met is None
    assert Result("score", float("nan"), 1, target=Target("least", 0.92)).met is None
    assert Result("score", float("nan"), 1, target=Target("least", 0.92)).to_dict()["value"] is None


def test_the_table_has_value_interval_target_and_number(capsys):
    results = [
        Result("F1", 0.8512, 96, "windows", (0.8, 0.9), Target("least", 0.84)),
        Result("METEOR", None, 271, "captions", note="no java on PATH"),
    ]
    print_results("Places", results)
    printed = capsys.readouterr().out
    for part in ("0.851", "0.800 to 0.900", "≥ 0.84 met", "96 windows", "no java on PATH", "271"):
        assert part in printed
