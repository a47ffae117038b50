"""One benchmark from samples to results: ask an engine, or read predictions; score; keep all that makes a run repeatable."""

from __future__ import annotations

import hashlib
import json
import platform
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import PackageNotFoundError, version
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from chronosight.datasets.sample import Sample
from chronosight.errors import InputError
from chronosight.evaluation.benchmarks.benchmark import Benchmark, hash_samples
from chronosight.evaluation.guide_alone import GuideAlone, gain_metrics, guide_samples
from chronosight.evaluation.metric import Metric
from chronosight.evaluation.predictions import Prediction, PredictionFile, match_predictions, read_predictions
from chronosight.evaluation.robustness import CONDITIONS, altered_samples, loss_metrics
from chronosight.evaluation.scoring import Scored, ScoringOptions, metrics_of, score
from chronosight.metrics.caption_tokens import CONVENTIONS, Convention
from chronosight.results.answer import Answer
from chronosight.results.evidence import Evidence
from chronosight.scenes.scene import Scene
from chronosight.tasks import binary, caption, count, event, location
from chronosight.tasks.question import Question

Track = Callable[[Sequence[Any], str], Iterable[Any]]
DIALOGUE = "dialogue"
LIBRARIES = ("chronosight", "numpy", "scipy", "onnxruntime", "tokenizers", "pillow", "torch", "pycocoevalcap")


@dataclass(frozen=True)
class RunSettings:
    """What to run.

    Attributes:
        split: Of the benchmark.
        limit: At most this many scenes (places, images of a set, renderings of a kind); None for all.
        tasks: Which to ask and score, all where empty; "dialogue" for turns of dialogues.
        conventions: Conventions for tokenizing captions.
        seed: Of the bootstrap.
        java: Whether METEOR's Java program may run.
        robustness: Whether to ask again under every condition of `robustness`.
    """

    split: str = "test"
    limit: int | None = None
    tasks: tuple[str, ...] = ()
    conventions: tuple[Convention, ...] = CONVENTIONS
    seed: int = 0
    java: bool = True
    robustness: bool = False


@dataclass(frozen=True)
class Outcome:
    """What a run found.

    Attributes:
        samples: What was asked.
        predictions: What was replied, in order.
        scored: The results.
        report: The benchmark's part of the results file.
        seconds: How long the run took.
    """

    samples: list[Sample]
    predictions: list[Prediction]
    scored: Scored
    report: dict[str, Any] = field(repr=False)
    seconds: float


def choose_samples(benchmark: Benchmark, data: Path | None, settings: RunSettings) -> list[Sample]:
    """The samples that the settings leave.

    Args:
        benchmark: The benchmark.
        data: Its folder.
        settings: What to run.

    Returns:
        The samples.

    Raises:
        InputError: The data is not there, or the benchmark does not have a task.
    """
    samples = benchmark.open(data, settings.split, settings.limit)
    known = sorted({_task_of(sample) for sample in samples})
    for task in settings.tasks:
        if task not in known:
            raise InputError(f'{benchmark.name} has no task "{task}"; give some of {",".join(known)}')
    return [sample for sample in samples if not settings.tasks or _task_of(sample) in settings.tasks]


def run_engine(
    benchmark: Benchmark,
    data: Path | None,
    settings: RunSettings,
    engine: Any,
    model: Mapping[str, Any],
    folder: Path,
    track: Track = lambda items, _: items,
) -> Outcome:
    """Asks an engine and scores it.

    Args:
        benchmark: The benchmark.
        data: Its folder.
        settings: What to run.
        engine: Has `answer(scene, question)`, for free wording `ask(scene, text)`, for masks `guide_facts(scene)`.
        model: Facts of engine and weights.
        folder: predictions.jsonl and masks lie there; what an earlier run left in it is not asked again.
        track: Goes through items while showing progress under a name.

    Returns:
        What was found.

    Raises:
        InputError: The data is not there, the engine cannot draw masks, or the folder holds another run.
    """
    start = time.perf_counter()
    samples = choose_samples(benchmark, data, settings)
    digest = hash_samples(samples)
    identity = {name: model[name] for name in ("engine", "name", "version", "weights_sha256", "clue") if name in model}
    header = {"benchmark": benchmark.name, "split": settings.split, "data": digest, "model": identity}
    file = PredictionFile(folder / "predictions.jsonl", header)
    answer_samples(engine, samples, file, track)
    predictions = match_predictions(samples, file.done, str(file.path))
    options = _options(benchmark, data, settings)
    # Captions of altered scenes and of a second system: by `word` alone and without Java.
    plain = replace(options, conventions=("word",), with_java=False)
    more: list[Metric] = []
    if benchmark.guide_alone:
        asked = guide_samples(samples)
        answer_samples(GuideAlone(engine), asked, file, lambda items, name: track(items, f"{name}, guide alone"))
        alone = metrics_of(asked, match_predictions(asked, file.done, str(file.path)), plain)
        whole = [(s, p) for s, p in zip(samples, predictions, strict=True) if not s.part]
        more += gain_metrics(metrics_of([s for s, _ in whole], [p for _, p in whole], plain), alone)
    if settings.robustness:
        clean = metrics_of(samples, predictions, plain)
        for condition in CONDITIONS:
            altered = altered_samples(samples, condition)
            answer_samples(engine, altered, file, lambda items, name, c=condition: track(items, f"{name}, {c}"))  # type: ignore[misc]
            found = metrics_of(altered, match_predictions(altered, file.done, str(file.path)), plain)
            more += loss_metrics(clean, found, condition)
    scored = score(samples, predictions, options, more, track)
    return _outcome(benchmark, samples, predictions, scored, digest, start)


def score_file(
    benchmark: Benchmark, data: Path | None, settings: RunSettings, path: Path, track: Track = lambda items, _: items
) -> Outcome:
    """Scores a predictions file of any system.

    Args:
        benchmark: The benchmark.
        data: Its folder.
        settings: What to score.
        path: The predictions. Tasks that the benchmark holds optional may be left out whole.
        track: Goes through items while showing progress under a name.

    Returns:
        What was found.

    Raises:
        InputError: The file lacks an answer, or answers what the benchmark does not ask.
    """
    start = time.perf_counter()
    samples = choose_samples(benchmark, data, settings)
    found = read_predictions(path)
    absent = {task for task in benchmark.optional if not any(s.id in found for s in samples if _task_of(s) == task)}
    samples = [sample for sample in samples if _task_of(sample) not in absent]
    if not samples:
        raise InputError(f"{path} answers nothing of {benchmark.name}; its ids are those of --questions FILE")
    known = {sample.id for sample in benchmark.open(data, settings.split)}
    unknown = next((name for name in found if name.rpartition("@")[0] not in known and name not in known), None)
    if unknown is not None:
        raise InputError(
            f'{path} answers "{unknown}", which {benchmark.name} does not ask; its ids are those of --questions FILE'
        )
    predictions = match_predictions(samples, found, str(path))
    scored = score(samples, predictions, _options(benchmark, data, settings), track=track)
    return _outcome(benchmark, samples, predictions, scored, hash_samples(samples), start)


def answer_samples(engine: Any, samples: Sequence[Sample], file: PredictionFile, track: Track = lambda items, _: items) -> None:
    """Asks what the file does not hold yet; a scene is opened once for all its questions that stand together.

    Args:
        engine: As `run_engine`.
        samples: What to ask.
        file: Takes the predictions.
        track: Goes through the scenes while showing progress under a name.

    Raises:
        InputError: The engine draws no masks.
    """
    if any(sample.scored_as == "mask" for sample in samples) and not hasattr(engine, "guide_facts"):
        raise InputError("this engine draws no masks; leave them out with --tasks, or use another --engine")
    left = [sample for sample in samples if sample.id not in file.done]
    with file:
        for group in track([list(group) for _, group in groupby(left, key=lambda sample: sample.scene)], "scenes"):
            scene = group[0].open()
            for sample in group:
                file.add(_ask(engine, scene, sample, file.path.parent))


def reindex(evidence: Evidence, classes: Sequence[str]) -> np.ndarray:
    """An engine's mask in the classes of a benchmark.

    Args:
        evidence: What the engine drew.
        classes: Of the benchmark; classes that it does not ask for become background.

    Returns:
        (H, W) uint8 indices into `classes`.

    Raises:
        InputError: The engine has no such class.
    """
    table = np.zeros(256, np.uint8)
    for index, name in enumerate(classes):
        if name not in evidence.classes:
            raise InputError(f'the benchmark scores "{name}", the engine maps {", ".join(evidence.classes)} only')
        table[evidence.classes.index(name)] = index
    return np.asarray(table[evidence.mask])


def results_document(reports: Sequence[dict[str, Any]], settings: RunSettings, model: Mapping[str, Any]) -> dict[str, Any]:
    """The results file.

    Args:
        reports: Of the benchmarks that were run.
        settings: What was run.
        model: Facts of engine and weights.

    Returns:
        JSON types; the same run gives the same document.
    """
    versions = {"python": platform.python_version()}
    for name in LIBRARIES:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            continue
    return {
        "format": 1,
        "model": dict(model),
        "versions": versions,
        "machine": platform.machine(),
        "split": settings.split,
        "limit": settings.limit,
        "tasks": sorted({task for report in reports for task in report["tasks"]}),
        "robustness": settings.robustness,
        "seed": settings.seed,
        "reports": list(reports),
    }


def timing(outcome: Outcome, parameters: int | None) -> dict[str, Any]:
    """How long answers took, for the plot; apart from the results, since it is never the same twice.

    Args:
        outcome: Of a run.
        parameters: Of the model; None where not known.

    Returns:
        Medians over answers, and over scenes of all their answers together, in seconds.
    """
    taken: dict[str, float] = {}
    for sample, prediction in zip(outcome.samples, outcome.predictions, strict=True):
        if prediction.seconds is not None:
            taken[sample.scene] = taken.get(sample.scene, 0.0) + prediction.seconds
    answers = [prediction.seconds for prediction in outcome.predictions if prediction.seconds is not None]
    return {
        "seconds_per_answer": float(np.median(answers)) if answers else None,
        "seconds_per_scene": float(np.median(list(taken.values()))) if taken else None,
        "answers": len(answers),
        "parameters": parameters,
        "machine": f"{platform.machine()} {platform.processor()}".strip(),
    }


def _task_of(sample: Sample) -> str:
    return DIALOGUE if sample.dialogue is not None else sample.scored_as


def _options(benchmark: Benchmark, data: Path | None, settings: RunSettings) -> ScoringOptions:
    sentences = benchmark.vocabulary(data, settings.split) if benchmark.vocabulary and data is not None else ()
    return ScoringOptions(settings.conventions, sentences, benchmark.averaged, settings.java, settings.seed)


def _ask(engine: Any, scene: Scene, sample: Sample, folder: Path) -> Prediction:
    start = time.perf_counter()
    if sample.scored_as == "mask":
        evidence, _ = engine.guide_facts(scene)
        seconds = time.perf_counter() - start
        name = "".join(c if c.isalnum() or c in "-_.,@" else "_" for c in sample.id)
        path = folder / "masks" / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}.partial")
        Image.fromarray(reindex(evidence, sample.classes)).save(temporary, format="PNG")
        temporary.replace(path)
        return Prediction(sample.id, "", mask=path, seconds=seconds)
    free = sample.question.task == "vqa"
    answer: Answer = engine.ask(scene, sample.text) if free else engine.answer(scene, _our_wording(sample))
    return Prediction(sample.id, answer.text, answer.value, answer.confidence, seconds=time.perf_counter() - start)


def _our_wording(sample: Sample) -> Question:
    """The question in the wording that our engines are asked in, whatever wording the benchmark publishes."""
    asked = sample.question
    match asked.task:
        case "caption":
            return caption.ask("image" if sample.kind == "image" else "pair")
        case "binary":
            return binary.ask(asked.subject)
        case "count":
            return count.ask(asked.subject)
        case "location":
            return location.ask(asked.subject)
        case "event":
            return event.ask()
        case _:
            return asked


def _outcome(
    benchmark: Benchmark, samples: list[Sample], predictions: list[Prediction], scored: Scored, digest: str, start: float
) -> Outcome:
    scored.results = [replace(result, target=benchmark.targets.get(result.metric)) for result in scored.results]
    report = {
        "benchmark": benchmark.name,
        "rows": [result.to_dict() for result in scored.results],
        "tables": {
            name: {"classes": table.classes, "columns": table.columns, "confusion": table.counts.tolist()}
            for name, table in scored.tables.items()
        },
        "conventions": scored.conventions,
        "data_sha256": digest,
        "predictions_sha256": _hash_predictions(predictions),
        "questions": len(samples),
        "scenes": len({sample.scene for sample in samples}),
        "tasks": sorted({_task_of(sample) for sample in samples}),
    }
    return Outcome(samples, predictions, scored, report, time.perf_counter() - start)


def _hash_predictions(predictions: Sequence[Prediction]) -> str:
    """Over what was replied, not how long it took."""
    digest = hashlib.sha256()
    for p in sorted(predictions, key=lambda p: p.id):
        digest.update(json.dumps([p.id, p.text, p.value, p.confidence]).encode())
        if p.mask is not None:
            digest.update(p.mask.read_bytes())
    return digest.hexdigest()
