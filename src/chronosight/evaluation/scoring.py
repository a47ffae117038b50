"""From questions and replies to figures: what each task is scored by, and the score of each single reply."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from chronosight.evaluation.figures import Figure, figure_rows
from chronosight.evaluation.item import Item, Reply, is_right, value_of
from chronosight.evaluation.score_answers import class_figures, vqa_figures
from chronosight.evaluation.score_change import (
    binary_figures,
    cells_of,
    count_figures,
    dialogue_figures,
    location_figures,
    whole_number,
)
from chronosight.evaluation.score_confidence import confidence_figures
from chronosight.evaluation.score_consistency import consistency_figures
from chronosight.evaluation.score_masks import mask_figures, mask_scores
from chronosight.evaluation.score_sentences import describe_conventions, references_of, sentence_figures, sentence_scores
from chronosight.evaluation.table import Row
from chronosight.metrics.answers import ClassificationScores
from chronosight.metrics.caption_tokens import CONVENTIONS, Convention, build_vocabulary
from chronosight.metrics.change import jaccard
from chronosight.tasks.question import Value

Track = Callable[[Sequence[Any], str], Iterable[Any]]


@dataclass(frozen=True)
class HowToScore:
    """conventions: of captions. vocabulary_from: all reference sentences of all splits, for `index`; those that are
    scored where empty. averaged: types of question that count into an average, all where empty. with_jar: whether
    METEOR's Java program runs. seed: of the bootstrap."""

    conventions: Sequence[Convention] = CONVENTIONS
    vocabulary_from: Sequence[str] = ()
    averaged: Sequence[str] = ()
    with_jar: bool = True
    seed: int = 0


@dataclass(frozen=True)
class Scored:
    """rows: all figures. tables: confusion tables by name. conventions: what captions were scored with. unreadable:
    replies whose words mean nothing for their task."""

    rows: list[Row]
    tables: dict[str, ClassificationScores] = field(default_factory=dict)
    conventions: dict[str, dict[str, Any]] = field(default_factory=dict)
    unreadable: int = 0


def score_replies(
    items: Sequence[Item],
    replies: Sequence[Reply],
    how: HowToScore,
    more: Sequence[Figure] = (),
    track: Track = lambda items, _: items,
) -> Scored:
    """All figures of a benchmark. replies: one an item, in their order (`replies.match_replies`).

    more: figures that were made elsewhere and share the bootstrap. track: goes through tasks while showing progress.
    """
    entries, tables, conventions, unreadable = figures_of(items, replies, how, track)
    return Scored(figure_rows([*entries, *more], how.seed), tables, conventions, unreadable)


def figures_of(
    items: Sequence[Item], replies: Sequence[Reply], how: HowToScore, track: Track = lambda items, _: items
) -> tuple[list[Figure | Row], dict[str, ClassificationScores], dict[str, dict[str, Any]], int]:
    """Figures before any bootstrap, confusion tables, conventions, and the number of replies that could not be read."""
    values = [value_of(item, reply) for item, reply in zip(items, replies, strict=True)]
    entries: list[Figure | Row] = []
    tables: dict[str, ClassificationScores] = {}
    conventions: dict[str, dict[str, Any]] = {}
    for (task, kind), at in track(list(_by_task(items).items()), "scores"):
        asked, said = [items[i] for i in at], [values[i] for i in at]
        named = f"{task} of {kind}" if kind else task
        match task:
            case "caption":
                sentences = how.vocabulary_from or [s for item in asked for s in references_of(item)]
                vocabulary = build_vocabulary(sentences) if "index" in how.conventions else None
                of_task = [replies[i] for i in at]
                entries += sentence_figures(asked, of_task, how.conventions, vocabulary, how.with_jar)
                conventions = describe_conventions(how.conventions, vocabulary, how.with_jar)
            case "binary":
                entries += binary_figures(asked, said, named)
            case "count":
                entries += count_figures(asked, said, named)
            case "location":
                entries += location_figures(asked, said, named)
            case "mask":
                entries += mask_figures(asked, [replies[i] for i in at])
            case "class":
                figures, tables[kind or "class"] = class_figures(asked, said)
                entries += figures
            case "vqa":
                entries += vqa_figures(asked, said, how.averaged)
    entries += dialogue_figures(items, values)
    entries += consistency_figures(items, replies, values)
    entries += confidence_figures(items, replies, values)
    unreadable = sum(value is None and item.task != "mask" for item, value in zip(items, values, strict=True))
    entries.append(Row("replies that could not be read", float(unreadable), len(items), "answers"))
    return entries, tables, conventions, unreadable


def _by_task(items: Sequence[Item]) -> dict[tuple[str, str], list[int]]:
    """Positions of the items of each task and kind; turns of dialogues are scored apart, types of questions together."""
    found: dict[tuple[str, str], list[int]] = {}
    for i, item in enumerate(items):
        if item.dialogue is None:
            kind = "" if item.task in ("vqa", "mask", "caption") else item.kind
            found.setdefault((item.task, kind), []).append(i)
    return found


def item_scores(items: Sequence[Item], replies: Sequence[Reply]) -> list[float | None]:
    """How good each single reply is, higher is better, comparable within a task; None for turns of dialogues.

    Captions: CIDEr-D. Counts: minus the error. Places: Jaccard index. Masks: IoU. Else 1 or 0; where there is a
    confidence, a sure right answer is best and a sure wrong one worst.
    """
    scores: list[float | None] = [None] * len(items)
    for (task, _), at in _by_task(items).items():
        asked, said = [items[i] for i in at], [replies[i] for i in at]
        if task == "caption":
            found = sentence_scores(asked, said)
        elif task == "mask":
            found = mask_scores(asked, said)
        else:
            found = [_single_score(item, reply, value_of(item, reply)) for item, reply in zip(asked, said, strict=True)]
        for i, score in zip(at, found, strict=True):
            scores[i] = score
    return scores


def _single_score(item: Item, reply: Reply, value: Value | None) -> float:
    if item.task == "count":
        return -float(abs(whole_number(value) - whole_number(item.truth)))
    if item.task == "location":
        return jaccard(cells_of(value), cells_of(item.truth))
    right = is_right(item, value)
    sure = 1.0 if reply.confidence is None else reply.confidence
    return sure if right else -sure
