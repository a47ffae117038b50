"""Which source answers counts and places, the language model or the guide's objects, and how confident counts are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from chronosight.datasets.places import COUNT, LOCATION, PlacePair, load_places, truth_of_mask, windows
from chronosight.tasks.question import Value
from chronosight.training.calibration.mask import DRAWS
from chronosight.training.calibration.objects import ReadOff, read_off

if TYPE_CHECKING:
    from chronosight.engines.compact.engine import CompactEngine

TRAINING_STEP = 3  # every so many training places add their counts


def choose_sources(
    engine: CompactEngine, places: Iterable[PlacePair]
) -> tuple[dict[str, dict[str, float]], dict[str, list[ReadOff]]]:
    """Scores the language model's answers and the guide's objects on counts and cells.

    Higher is better: minus the mean error of counts, the mean Jaccard index of cells. Also, in which share of the draws of
    places the language model is the better one; and what calibrates the objects' confidence.

    The map shows the objects, so words and map agree where answers are read off them: the language model must be CLEARLY
    better to answer itself.

    Args:
        engine: Engine whose mask is calibrated already.
        places: Held-out pairs with building masks.

    Returns:
        Scores by task ("count", "location") and source ("language model", "objects", "language model better"); and the answers
        read from the objects, by task.
    """
    from chronosight.engines.compact.replies import read_reply
    from chronosight.engines.from_objects import answer_task

    scores: dict[str, dict[str, list[float]]] = {task: {"language model": [], "objects": []} for task in ("count", "location")}
    answers: dict[str, list[ReadOff]] = {"count": [], "location": []}
    groups: list[str] = []
    for place in places:
        for box in windows(place.before.shape[0]):
            x0, y0, x1, y1 = box
            groups.append(place.place)
            truth = truth_of_mask(place.building[y0:y1, x0:x1])
            encoded = engine.encode(place.crop(box))
            replies = encoded.replies([COUNT, LOCATION])
            for question, true, reply in ((COUNT, truth.count, replies[0]), (LOCATION, truth.cells, replies[1])):
                answer = read_reply(engine.bundle, "pair", question, reply)
                seen = answer_task(question, encoded.guide_evidence, encoded.changed)
                scores[question.task]["language model"].append(_score(answer.value, true))
                scores[question.task]["objects"].append(_score(seen.value, true))
                answers[question.task].append(read_off(encoded, question, true, place.place))
        answers["count"].append(_whole_place(engine, place))
    sources = {task: {name: round(float(np.mean(s)), 4) for name, s in by.items()} for task, by in scores.items()}
    for task, by in scores.items():
        sources[task]["language model better"] = share_better(by["language model"], by["objects"], groups)
    return sources, answers


def training_places(data: Path, limit: int | None = None) -> list[PlacePair]:
    """One pair of every third training place; none where the data has no training pairs.

    Args:
        data: Folder of the training data.
        limit: Largest number of places; None for all.

    Returns:
        The pairs, one a place.
    """
    if not (data / "pairs" / "train.jsonl").is_file():
        return []
    by_place: dict[str, PlacePair] = {}
    for pair in load_places(data, "train"):
        by_place.setdefault(pair.place, pair)
    return list(by_place.values())[::TRAINING_STEP][:limit]


def counts_of_training(engine: CompactEngine, places: Iterable[PlacePair]) -> list[ReadOff]:
    """Counts of training places, which make the calibration of counts less a matter of luck.

    The guide is no better on its training places than on new ones (docs/experiments.md), and val has few places: of its 57 empty
    maps 3 hide a change, of 122 empty maps of training places 23.

    Args:
        engine: Engine whose mask is calibrated already.
        places: Pairs of training places, with building masks.

    Returns:
        One answer a window, and one a whole place, with the source "train".
    """
    answers = []
    for place in places:
        for box in windows(place.before.shape[0]):
            x0, y0, x1, y1 = box
            true = truth_of_mask(place.building[y0:y1, x0:x1]).count
            answers.append(read_off(engine.encode(place.crop(box)), COUNT, true, place.place, "train"))
        answers.append(_whole_place(engine, place, "train"))
    return answers


def _whole_place(engine: CompactEngine, place: PlacePair, source: str = "val") -> ReadOff:
    """The count over all of a place, larger than a window: confidence has to hold there too."""
    height, width = place.building.shape
    whole = (0, 0, width, height)
    return read_off(engine.encode(place.crop(whole)), COUNT, truth_of_mask(place.building).count, place.place, source)


def share_better(first: Sequence[float], second: Sequence[float], groups: Sequence[str], seed: int = 0) -> float:
    """Share of the bootstrap draws of places in which the first has the higher sum of scores.

    Args:
        first: Scores of the first system; higher is better.
        second: Scores of the second system, of the same items.
        groups: Place of each score.
        seed: Seed of the DRAWS draws, which are made with replacement.

    Returns:
        The share, in [0, 1].
    """
    names, of_place = np.unique(np.array(groups), return_inverse=True)
    gained = np.bincount(of_place, np.subtract(first, second))  # by place
    drawn = np.random.default_rng(seed).integers(0, len(names), (DRAWS, len(names)))
    return float((gained[drawn].sum(axis=1) > 0).mean())


def _score(value: Value | None, truth: Value) -> float:
    if isinstance(truth, tuple):
        cells, true = set(value) if isinstance(value, tuple) else set(), set(truth)
        return len(cells & true) / len(cells | true) if cells | true else 1.0
    return -abs((value if isinstance(value, int) else 0) - int(truth))
