"""Yes/no answers about the changed objects of a scene: limits of a number or an area, growth, where all or most of them lie."""

from __future__ import annotations

from dataclasses import replace

from chronosight.engines.chosen_objects import (
    NO_GROUND,
    Chosen,
    choose,
    doubtful,
    extent,
    make_answer,
    refused,
    unsure_if,
    verb,
)
from chronosight.engines.confidence import COVERAGE, EVEN
from chronosight.engines.from_objects import CANNOT_TELL
from chronosight.results.answer import Answer
from chronosight.results.change_summary import ChangeSummary
from chronosight.results.sentences import length, objects
from chronosight.results.wording import about, length_words, size_words
from chronosight.tasks.question import SceneQuestion, superlative
from chronosight.tasks.scene_regions import in_region

TAIL = (1 - COVERAGE) / 2  # of the counts, on either side of the interval


def number_is(summary: ChangeSummary, question: SceneQuestion, chosen: Chosen) -> Answer:
    """Whether as many objects changed as the question says.

    Args:
        summary: The change summary.
        question: What is asked of the objects.
        chosen: The objects that the question is about.

    Returns:
        The answer, with a value and a confidence.
    """
    n = len(chosen.found)
    low, high = question.at_least, question.at_most
    value = (low is None or n >= low) and (high is None or n <= high)
    counted = f"{objects(n, chosen.noun).text}{chosen.size} {verb(question)}{chosen.place}."
    probability = _probability(n, value, low, high, chosen)
    if probability < EVEN:  # exactly so many: another number is likelier, though none of the others is
        return make_answer(replace(chosen, confidence=probability), "number_is", f"{CANNOT_TELL}: {counted}", None)
    return make_answer(replace(chosen, confidence=probability), "number_is", f"{_word(value)}: {counted}", value)


def _probability(n: int, value: bool, low: float | None, high: float | None, chosen: Chosen) -> float:
    """That the true number lies on the same side of the limits as the one that was counted.

    `TAIL` is left outside of either end of the interval of the count; from the count to that end the probability is taken to rise
    evenly from a half. Without a calibrated interval it is that of the exact number.
    """
    if low is not None and low == high:
        inside = chosen.confidence
        return inside if value else max(0.5, 1 - inside)
    limits = [limit for limit in (low, high) if limit is not None]
    if chosen.interval is None:
        return max(0.5, chosen.confidence)
    probability = 1.0
    for limit in limits:
        edge = limit - 0.5 if limit == low else limit + 0.5  # between the numbers inside and outside
        end = chosen.interval[0] - 0.5 if edge < n else chosen.interval[1] + 0.5
        share = abs(n - edge) / max(abs(n - end), 0.5)
        probability = min(probability, 1 - TAIL if share >= 1 else 0.5 + (0.5 - TAIL) * share)
    return probability


def area_is(summary: ChangeSummary, question: SceneQuestion, chosen: Chosen) -> Answer:
    """Whether the objects together cover as much ground as the question says.

    Args:
        summary: The change summary.
        question: What is asked of the objects.
        chosen: The objects that the question is about.

    Returns:
        The answer, with a value and a confidence.
    """
    if not summary.metric:
        return refused(NO_GROUND)
    low, high = question.at_least, question.at_most
    value = (low is None or chosen.area >= low) and (high is None or chosen.area <= high)
    amount = about(size_words(chosen.area, True)) if chosen.area else "no ground"
    text = f"{_word(value)}: {chosen.noun}s{chosen.size} that {verb(question)}{chosen.place} cover {amount}."
    margin = min(abs(chosen.area - limit) for limit in (low, high) if limit is not None)
    return make_answer(unsure_if(margin <= doubtful(chosen.area, chosen), chosen), "area_is", text, value)


def length_is(summary: ChangeSummary, question: SceneQuestion, chosen: Chosen) -> Answer:
    """Whether the roads together are as long as the question says.

    Args:
        summary: The change summary.
        question: What is asked of the objects.
        chosen: The roads that the question is about, all of which are measured.

    Returns:
        The answer, with a value and a confidence.
    """
    metres = sum(item.length_m or 0.0 for item in chosen.found)
    low, high = question.at_least, question.at_most
    value = (low is None or metres >= low) and (high is None or metres <= high)
    long = f"roads{chosen.size} that {verb(question)}{chosen.place} are about {length_words(metres)} long in all"
    text = f"{_word(value)}: {long}." if chosen.found else f"{_word(value)}: no roads {verb(question)}{chosen.place}."
    margin = min(abs(metres - limit) for limit in (low, high) if limit is not None)
    return make_answer(unsure_if(margin <= doubtful(metres, chosen), chosen), "length_is", text, value)


def grown(summary: ChangeSummary, question: SceneQuestion, chosen: Chosen) -> Answer:
    """Whether there are more than before, or fewer.

    Args:
        summary: The change summary.
        question: What is asked of the objects.
        chosen: The objects that the question is about.

    Returns:
        The answer, with a value and a confidence.
    """
    appeared = sum(item.direction == "appeared" for item in chosen.found)
    gone = len(chosen.found) - appeared
    value = gone > appeared if question.least else appeared > gone
    text = f"{_word(value)}: {objects(appeared, chosen.noun).text} appeared{chosen.place} and {gone or 'none'} vanished."
    close = appeared != gone and abs(appeared - gone) <= doubtful(len(chosen.found), chosen)
    return make_answer(unsure_if(close, chosen), "grown", text, value)


def largest_in(summary: ChangeSummary, question: SceneQuestion, chosen: Chosen) -> Answer:
    """Whether the largest, or the smallest, of all lies in the part that the question names.

    Args:
        summary: The change summary.
        question: What is asked of the objects.
        chosen: The objects that the question is about.

    Returns:
        The answer, with a value and a confidence.
    """
    every = choose(summary, replace(question, region=None))
    if not every.found:
        return make_answer(every, "largest_in", f"no {every.noun}s{every.size} {verb(question)}.", None)
    assert question.region is not None
    item = (min if question.least else max)(every.found, key=lambda one: extent(question, one))
    x, y = item.centroid[0] / summary.width, item.centroid[1] / summary.height
    value = any(in_region(question.region, cell, x, y) for cell in item.places)
    size = length(item.length_m or 0.0).text if question.by == "length" else size_words(item.area, summary.metric)
    which = f"object {item.number}, {size}"
    what = f"the {superlative(question)} {every.noun}{every.size} that {verb(question)} ({which})"
    text = f"{_word(value)}: {what} {'lies' if value else 'does not lie'} {question.region.words}."
    return make_answer(replace(every, notes=chosen.notes, confidence=item.confidence), "largest_in", text, value)


def lie_in(summary: ChangeSummary, question: SceneQuestion, chosen: Chosen) -> Answer:
    """Whether all or most of the objects lie in the part that the question names.

    Args:
        summary: The change summary.
        question: What is asked of the objects.
        chosen: The objects that the question is about.

    Returns:
        The answer, with a value and a confidence.
    """
    every = choose(summary, replace(question, region=None))
    n, of = len(chosen.found), len(every.found)
    if not of:
        return make_answer(every, "lie_in", f"no {every.noun}s{every.size} {verb(question)}.", None)
    value = n == of if question.quantifier == "all" else n > of / 2
    lie = "lies" if of == 1 else "lie"
    text = f"{_word(value)}: {n:,} of {objects(of, every.noun).text}{every.size} that {verb(question)} {lie}{chosen.place}."
    return make_answer(replace(every, notes=chosen.notes), "lie_in", text, value)


def _word(value: bool) -> str:
    return "yes" if value else "no"
