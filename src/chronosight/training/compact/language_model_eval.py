"""How well UniRS-compact answers on scenes held out of training, to watch a run by. Never on a test split.

Where the guide's facts of a real place are known, what the guide alone would answer stands beside it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from chronosight.datasets.image_questions import questions_of
from chronosight.datasets.pair_questions import pair_questions
from chronosight.models.unirs.modeling import UniRSForConditionalGeneration
from chronosight.models.unirs.processing import UniRSProcessor
from chronosight.tasks import caption, event, rural_urban, scene_class
from chronosight.tasks.clue import ClassChange, GuideFacts, GuideForm, write_clue
from chronosight.tasks.question import Question, Value
from chronosight.tasks.wording import parse_reply
from chronosight.training.compact.language_model import visual_of
from chronosight.training.samples.clues import simulate_facts
from chronosight.training.samples.pairs import CaptionedCells, Places, RenderedPairs
from chronosight.training.samples.single_scenes import RenderedImages, RenderedVideos, Stills
from chronosight.training.samples.source import Kind, Source, question_of

LONGEST = {"caption": 32, "location": 40}  # new tokens of a reply; 8 for other tasks
SIMULATED_SEED = 11


@dataclass(frozen=True)
class Item:
    """One question about one row of a source.

    guide: the value the guide alone would give, None where it says nothing.
    """

    row: int
    question: Question
    truth: Any
    clue: str
    guide: Value | None = None


@torch.no_grad()
def evaluate_language_model(
    model: UniRSForConditionalGeneration, processor: UniRSProcessor, sources: Mapping[str, Source],
    features: Mapping[str, np.ndarray], form: GuideForm = "full", limit: int = 100_000,
) -> dict[str, float]:  # fmt: skip
    """Metrics on held-out rows, by source, task and subject.

    Args:
        model: The model; its training mode is as before when this returns.
        processor: Turns questions into tokens.
        sources: Held-out sources, by name.
        features: Features of each source, (rows, T, D, h, w), by the same names.
        form: Form of the clue.
        limit: Rows of each source, evenly picked.

    Returns:
        Metrics by "source/metric".
    """
    training = model.training
    model.train(False)
    figures: dict[str, float] = {}
    for name, source in sources.items():
        step = max(1, -(-source.rows // limit))
        items = [item for row in range(0, source.rows, step) for item in items_of(source, row, form)]
        replies = answer(model, processor, source.kind, features[name], items)
        figures |= {f"{name}/{key}": value for key, value in figures_of(items, replies).items()}
    model.train(training)
    return figures


def answer(
    model: UniRSForConditionalGeneration, processor: UniRSProcessor, kind: Kind, features: np.ndarray,
    items: Sequence[Item], batch: int = 32,
) -> list[str]:  # fmt: skip
    """Replies in words.

    Args:
        model: The model.
        processor: Turns questions into tokens.
        kind: Kind of all scenes.
        features: (rows, T, D, h, w) features of the source.
        items: Questions, each with its row.
        batch: Questions answered at once.

    Returns:
        The replies, in the order of the items.
    """
    replies = [""] * len(items)
    order = sorted(range(len(items)), key=lambda i: (LONGEST.get(items[i].question.task, 8), len(items[i].clue)))
    for start in range(0, len(order), batch):
        part = order[start : start + batch]
        longest = max(LONGEST.get(items[i].question.task, 8) for i in part)
        maps = torch.from_numpy(np.stack([np.asarray(features[items[i].row]) for i in part])).float()
        with torch.autocast("cpu", torch.bfloat16, enabled=maps.device.type == "cpu"):
            visual: Tensor = visual_of(model, kind, maps)
            questions, clues = [items[i].question for i in part], [items[i].clue for i in part]
            prompt = processor(None, [kind] * len(part), questions, clues)
            tokens = model.generate(
                prompt["input_ids"], prompt["attention_mask"], visual=list(visual), max_new_tokens=longest, do_sample=False
            )
        for i, text in zip(part, processor.decode(tokens), strict=True):
            replies[i] = text
    return replies


def items_of(source: Source, row: int, form: GuideForm) -> list[Item]:
    """The questions of one held-out row.

    Args:
        source: A held-out source; images must be plain views (views=1) and pairs unflipped.
        row: Row of the source, from 0.
        form: Form of the clue.

    Returns:
        The questions, with their true values and clues.

    Raises:
        TypeError: The source is of another type.
    """
    match source:
        case Stills():
            image = source.images[row // source.views]
            items = [Item(row, scene_class.ask(), image.name, "")]
            items += [Item(row, question, value, "") for question, value in questions_of(image.id, image.captions)]
            if image.captions and row % 4 == 0:  # captions take long
                items.append(Item(row, caption.ask("image"), image.captions, ""))
            return items
        case RenderedImages():
            truth = source.truth[row]
            asked = [(question_of(*q[:3]), parse_reply(q[0], q[3])) for q in truth["questions"]]
            return [Item(row, q, value, "") for q, value in [*asked, (rural_urban.ask(), truth["rural_urban"])]]
        case Places():
            place, box, _, _ = source.view(row)
            facts = source.facts.get((place.id, box, False))
            return _pair_items(row, pair_questions(source.truth(row)), facts, form)
        case RenderedPairs():
            rng = np.random.default_rng((SIMULATED_SEED, row))
            facts = source.facts.get((row, False)) or simulate_facts(source.truth(row), (), rng)
            return _pair_items(row, pair_questions(source.truth(row)), facts, form)
        case CaptionedCells():
            i, k = source.items[row // source.flips]
            cell = source.places[i].cells[k]
            facts = source.facts.get((source.places[i].id, cell.box, False))
            sentence = None if facts is None else facts.caption or caption.NO_CHANGE_SENTENCES[0]
            return [Item(row, caption.ask("pair"), cell.captions, write_clue(facts, form), sentence)]
        case RenderedVideos():
            return [Item(row, event.ask(), source.lines[row]["event"], "")]
    raise TypeError(f"no questions known for a source of type {type(source).__name__}")


def _pair_items(row: int, asked: list[tuple[Question, Value]], facts: GuideFacts | None, form: GuideForm) -> list[Item]:
    clue = write_clue(facts, form)
    return [Item(row, question, value, clue, _guide_value(facts, question)) for question, value in asked]


def _guide_value(facts: GuideFacts | None, question: Question) -> Value | None:
    if facts is None:
        return None
    if question.task == "binary" and question.subject is None:
        return any(change.count for change in facts.classes.values())
    if question.subject is None:
        return None
    change = facts.classes.get(question.subject, ClassChange())
    match question.task:
        case "binary":
            return change.count > 0
        case "count":
            return change.count
        case "location":
            return change.cells
    return None


def figures_of(items: Sequence[Item], replies: Sequence[str]) -> dict[str, float]:
    """Accuracy by task and subject; of counts also the mean absolute error, of places the mean Jaccard index.

    Of captions: mean F1 of the words against the best reference, enough to watch a run by, and how often they agree with the
    references on whether anything changed.

    Args:
        items: Questions with true values.
        replies: Their replies, in the same order.

    Returns:
        Metrics by name; those of the guide alone have "(guide)" in the name.
    """
    groups: dict[str, list[tuple[Item, Value | None]]] = {}
    for item, reply in zip(items, replies, strict=True):
        question = item.question
        pair = question.task in ("binary", "count", "location", "direction")
        key = f"{question.task} {question.subject}" if pair and question.subject else question.task
        groups.setdefault(key, []).append((item, parse_reply(question.task, reply)))
    figures: dict[str, float] = {}
    for key, group in groups.items():
        task = group[0][0].question.task
        figures |= _scores(key, task, [(item.truth, value) for item, value in group])
        if all(item.guide is not None for item, _ in group):
            figures |= _scores(f"{key} (guide)", task, [(item.truth, item.guide) for item, _ in group])
    return figures


def _scores(key: str, task: str, pairs: list[tuple[Any, Any]]) -> dict[str, float]:
    match task:
        case "caption":
            same = [caption.says_no_change(truth[0]) == caption.says_no_change(value or "") for truth, value in pairs]
            words = [_word_overlap(truth, value or "") for truth, value in pairs]
            return {f"{key} words": float(np.mean(words)), f"{key} says change": float(np.mean(same))}
        case "count" | "object_count":
            off = [abs((value or 0) - truth) for truth, value in pairs]
            return {f"{key} mae": float(np.mean(off)), f"{key} exact": float(np.mean([o == 0 for o in off]))}
        case "location":
            return {f"{key} jaccard": float(np.mean([_jaccard(truth, value or ()) for truth, value in pairs]))}
    return {f"{key}": float(np.mean([truth == value for truth, value in pairs]))}


def _jaccard(first: Sequence[str], second: Sequence[str]) -> float:
    a, b = set(first), set(second)
    return len(a & b) / len(a | b) if a | b else 1.0


def _word_overlap(references: Sequence[str], reply: str) -> float:
    words = set(reply.split())
    shares = [2 * len(words & set(one.split())) / max(1, len(words) + len(set(one.split()))) for one in references]
    return max(shares, default=0.0)
