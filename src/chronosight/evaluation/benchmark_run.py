"""One benchmark from questions to a results file: ask an engine, or read predictions; score; write all that redoes it."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from chronosight.errors import InputError
from chronosight.evaluation.answering import answer_items
from chronosight.evaluation.benchmarks.benchmark import Benchmark, Loaded, first_scenes, hash_data
from chronosight.evaluation.figures import Figure
from chronosight.evaluation.item import Item, Reply
from chronosight.evaluation.replies import ReplyFile, match_replies, read_replies
from chronosight.evaluation.robustness import CONDITIONS, altered_items, loss_figures
from chronosight.evaluation.run import library_versions
from chronosight.evaluation.scoring import HowToScore, Scored, figures_of, score_replies
from chronosight.metrics.caption_tokens import CONVENTIONS, Convention

Track = Callable[[Sequence[Any], str], Iterable[Any]]
DIALOGUE = "dialogue"


@dataclass(frozen=True)
class RunSettings:
    """limit: at most this many scenes. tasks: which to ask and score, all where empty; "dialogue" for turns of dialogues.
    conventions: of captions. seed: of the bootstrap. jar: whether METEOR's Java program may run. robustness: ask again
    under every condition of `robustness`."""

    split: str = "test"
    limit: int | None = None
    tasks: tuple[str, ...] = ()
    conventions: tuple[Convention, ...] = CONVENTIONS
    seed: int = 0
    jar: bool = True
    robustness: bool = False


@dataclass(frozen=True)
class Outcome:
    """items, replies: what was asked and came back, in order. document: the results file. scored: its figures."""

    items: list[Item]
    replies: list[Reply]
    scored: Scored
    document: dict[str, Any] = field(repr=False)


def chosen_items(benchmark: Benchmark, loaded: Loaded, settings: RunSettings) -> list[Item]:
    """The items that settings leave. Raises InputError for a task the benchmark does not have."""
    items = first_scenes(loaded.items, settings.limit)
    known = sorted({_task_of(item) for item in items})
    for task in settings.tasks:
        if task not in known:
            raise InputError(f'{benchmark.name} has no task "{task}"; give some of {",".join(known)}')
    return [item for item in items if not settings.tasks or _task_of(item) in settings.tasks]


def _task_of(item: Item) -> str:
    return DIALOGUE if item.dialogue is not None else item.task


def run_engine(
    benchmark: Benchmark,
    data: Path | None,
    settings: RunSettings,
    engine: Any,
    model: Mapping[str, Any],
    folder: Path,
    track: Track = lambda items, _: items,
) -> Outcome:
    """Asks an engine and scores it. model: facts of engine and weights. folder: predictions.jsonl and masks lie there,
    and what an earlier run left in it is not asked again."""
    loaded = benchmark.open(data, settings.split)
    items = chosen_items(benchmark, loaded, settings)
    digest = hash_data(loaded)
    file = ReplyFile(
        folder / "predictions.jsonl",
        {"benchmark": benchmark.name, "split": settings.split, "data": digest, "model": _identity(model)},
    )
    sets = {"": items}
    if settings.robustness:
        sets |= {condition: altered_items(items, condition) for condition in CONDITIONS}
    for condition, asked in sets.items():
        answer_items(engine, asked, file, lambda at, name, c=condition: track(at, f"{name}, {c}" if c else name))  # type: ignore[misc]
    replies = {name: match_replies(asked, file.done, str(file.path)) for name, asked in sets.items()}
    how = _how(benchmark, loaded, settings)
    more = _losses(sets, replies, how) if settings.robustness else []
    return _outcome(benchmark, loaded, digest, settings, items, replies[""], model, how, more, track)


def score_file(
    benchmark: Benchmark,
    data: Path | None,
    settings: RunSettings,
    path: Path,
    track: Track = lambda items, _: items,
) -> Outcome:
    """Scores a predictions file of any system. Tasks that the benchmark holds optional and the file leaves out whole are
    left out of the score."""
    loaded = benchmark.open(data, settings.split)
    items = chosen_items(benchmark, loaded, settings)
    found = read_replies(path)
    absent = {task for task in benchmark.optional if not any(item.id in found for item in items if _task_of(item) == task)}
    items = [item for item in items if _task_of(item) not in absent]
    if not items:
        raise InputError(f"{path} answers nothing of {benchmark.name}; its ids are those of --questions FILE")
    known = {item.id for item in loaded.items}
    strange = next((name for name in found if name.rpartition("@")[0] not in known and name not in known), None)
    if strange is not None:
        raise InputError(
            f'{path} answers "{strange}", which {benchmark.name} does not ask; its ids are those of --questions FILE'
        )
    replies = match_replies(items, found, str(path))
    how = _how(benchmark, loaded, settings)
    model = {"name": path.stem, "predictions": path.name}
    return _outcome(benchmark, loaded, hash_data(loaded), settings, items, replies, model, how, [], track)


def _how(benchmark: Benchmark, loaded: Loaded, settings: RunSettings) -> HowToScore:
    return HowToScore(settings.conventions, loaded.sentences, benchmark.averaged, settings.jar, settings.seed)


def _losses(sets: Mapping[str, list[Item]], replies: Mapping[str, list[Reply]], how: HowToScore) -> list[Figure]:
    """Figures of every condition beside the clean ones, captions by `word` and without Java."""
    plain = HowToScore(("word",), how.vocabulary_from, how.averaged, False, how.seed)
    figures = {
        name: [entry for entry in figures_of(items, replies[name], plain)[0] if isinstance(entry, Figure)]
        for name, items in sets.items()
    }
    return [f for name in sets if name for f in loss_figures(figures[""], figures[name], name)]


def _outcome(
    benchmark: Benchmark,
    loaded: Loaded,
    digest: str,
    settings: RunSettings,
    items: list[Item],
    replies: list[Reply],
    model: Mapping[str, Any],
    how: HowToScore,
    more: Sequence[Figure],
    track: Track,
) -> Outcome:
    scored = score_replies(items, replies, how, more, track)
    report = {
        "benchmark": benchmark.name,
        "rows": [row.to_dict() for row in scored.rows],
        "tables": {
            name: {"classes": table.classes, "columns": table.columns, "confusion": table.confusion.tolist()}
            for name, table in scored.tables.items()
        },
        "conventions": scored.conventions,
        "data_sha256": digest,
        "predictions_sha256": _hash_replies(replies),
        "questions": len(items),
        "scenes": len({item.sight.name for item in items}),
    }
    document = {
        "format": 1,
        "model": dict(model),
        "versions": {"python": platform.python_version(), **library_versions()},
        "split": settings.split,
        "limit": settings.limit,
        "tasks": sorted({_task_of(item) for item in items}),
        "robustness": settings.robustness,
        "seed": settings.seed,
        "reports": [report],
    }
    return Outcome(items, replies, scored, document)


def _identity(model: Mapping[str, Any]) -> dict[str, Any]:
    """What of a model decides its answers."""
    return {name: model[name] for name in ("engine", "name", "version", "weights_sha256", "clue") if name in model}


def _hash_replies(replies: Sequence[Reply]) -> str:
    """Over what was said, not how long it took."""
    digest = hashlib.sha256()
    for reply in sorted(replies, key=lambda reply: reply.id):
        digest.update(json.dumps([reply.id, reply.text, reply.value, reply.confidence]).encode())
        if reply.mask is not None:
            digest.update(reply.mask.read_bytes())
    return digest.hexdigest()


def time_facts(outcome: Outcome, parameters: int | None) -> dict[str, Any]:
    """How long answers took, for the plot; apart from the results, since it is never twice the same.

    seconds_per_scene: median over scenes of all its answers together. parameters: of the model, None where not known.
    """
    taken: dict[str, float] = {}
    for item, reply in zip(outcome.items, outcome.replies, strict=True):
        if reply.seconds is not None:
            taken[item.sight.name] = taken.get(item.sight.name, 0.0) + reply.seconds
    answers = [reply.seconds for reply in outcome.replies if reply.seconds is not None]
    return {
        "seconds_per_answer": float(np.median(answers)) if answers else None,
        "seconds_per_scene": float(np.median(list(taken.values()))) if taken else None,
        "answers": len(answers),
        "parameters": parameters,
        "machine": f"{platform.machine()} {platform.processor()}".strip(),
    }
