"""Runs benchmarks on an engine and keeps what came out: rows, confusion tables, and all that makes a run repeatable."""

from __future__ import annotations

import hashlib
import json
import platform
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args

from chronosight.datasets.aid_ucm import ImageSet, StillImage, load_images
from chronosight.datasets.places import load_places
from chronosight.errors import InputError
from chronosight.evaluation.places import run_places
from chronosight.evaluation.places_rows import places_rows
from chronosight.evaluation.predictions import Engine, PredictionLog
from chronosight.evaluation.rendered import HELD_OUT, Renderer, rendered_rows, run_rendered
from chronosight.evaluation.scenes_single import QuestionMaker, images_rows, run_images
from chronosight.evaluation.season import DifferenceOnly, run_season, season_rows
from chronosight.evaluation.table import Row
from chronosight.metrics.answers import ClassificationScores, score_classes

Benchmark = Literal["places", "season", "images", "rendered"]
BENCHMARKS: tuple[Benchmark, ...] = get_args(Benchmark)
TITLES: dict[Benchmark, str] = {
    "places": "Real places at two dates",
    "season": "Unchanged places in another season and light",
    "images": "Single images",
    "rendered": "Rendered scenes",
}
LIBRARIES = ("chronosight", "numpy", "scipy", "onnxruntime", "tokenizers", "pillow", "torch", "pycocoevalcap")

Item = TypeVar("Item")
Track = Callable[[Sequence[Any], str], Iterable[Any]]


@dataclass(frozen=True)
class Report:
    """One benchmark's outcome. tables: confusion tables by name. data_sha256: of every file that was used."""

    benchmark: Benchmark
    rows: tuple[Row, ...]
    tables: dict[str, ClassificationScores] = field(default_factory=dict)
    data_sha256: str = ""
    seconds: float = 0.0

    def to_dict(self) -> dict[str, Any]:
        tables = {
            name: {"classes": t.classes, "columns": t.columns, "confusion": t.confusion.tolist()}
            for name, t in self.tables.items()
        }
        return {
            "benchmark": self.benchmark,
            "rows": [row.to_dict() for row in self.rows],
            "tables": tables,
            "data_sha256": self.data_sha256,
            "seconds": round(self.seconds, 1),
        }


@dataclass(frozen=True)
class Settings:
    """data: the folder with pairs/ and images/, None where only renderings are asked for. split: "test" or "val".

    limit: at most this many places, images of a set, and renderings of a kind. predictions: folder for JSONL files,
    None for none. seed: of the bootstrap. meteor: whether to run METEOR's Java program.
    """

    data: Path | None = None
    split: Literal["test", "val"] = "test"
    limit: int | None = None
    predictions: Path | None = None
    seed: int = 0
    meteor: bool = True


def run_benchmark(
    name: Benchmark,
    engine: Engine,
    settings: Settings,
    track: Track = lambda items, _: items,
    renderer: Renderer | None = None,
    difference_only: DifferenceOnly | None = None,
    make_questions: QuestionMaker | None = None,
) -> Report:
    """One benchmark on one engine.

    track: goes through items while showing progress under a name. renderer, difference_only, make_questions: the data
    room's own, unless others are given. Raises InputError where the benchmark's data is not in `settings.data`.
    """
    check_data(name, settings)
    start = time.perf_counter()
    path = None if settings.predictions is None else settings.predictions / f"{name}.jsonl"
    rows: list[Row]
    tables: dict[str, ClassificationScores] = {}
    files: list[Path] = []
    with PredictionLog(path) as log:
        if name in ("places", "season"):
            assert settings.data is not None
            places = load_places(settings.data, settings.split, settings.limit)
            files = _pair_files(settings.data, settings.split, [place.id for place in places])
            tracked = track(places, TITLES[name])
            if name == "places":
                rows = places_rows(run_places(engine, tracked, log), settings.seed, settings.meteor)
            else:
                rows = season_rows(run_season(engine, tracked, log, difference_only), settings.seed)
        elif name == "images":
            assert settings.data is not None
            images = _load_all_images(settings.data, settings.split, settings.limit)
            files = [image.path for image in images]
            asked = run_images(engine, track(images, TITLES[name]), log, make_questions)
            rows = images_rows(asked, settings.seed, settings.meteor)
            for source in ("aid", "ucm"):
                of_set = [r for r in asked if r.source == source and r.question.task == "scene_class"]
                said = [None if r.value is None else str(r.value) for r in of_set]
                if of_set:
                    tables[f"{source} scene class"] = score_classes(said, [str(r.truth) for r in of_set])
        else:
            result = run_rendered(engine, log, renderer, settings.limit, track)
            rows, tables = rendered_rows(result, settings.seed), {"event": result.events}
    return Report(name, tuple(rows), tables, hash_files(files), time.perf_counter() - start)


def check_data(name: Benchmark, settings: Settings) -> None:
    """Raises InputError, in one line, where a benchmark cannot find its imagery."""
    if name == "rendered":
        return
    folder = "images" if name == "images" else "pairs"
    if settings.data is None:
        raise InputError(f"benchmark {name} needs real imagery, none was given; say --data DIR with a folder {folder}/ in it")
    if not (settings.data / folder).is_dir():
        raise InputError(f"{settings.data} has no folder {folder}/, which benchmark {name} needs; give another --data DIR")


def _load_all_images(data: Path, split: str, limit: int | None) -> list[StillImage]:
    images: list[StillImage] = []
    sources: tuple[ImageSet, ...] = ("aid", "ucm")
    for source in sources:
        if (data / "images" / f"{source}.jsonl").is_file():
            images += _spread(load_images(data, source, split), limit)
    if not images:
        raise InputError(f"{data / 'images'} holds no image of split {split}; give another --data or --split")
    return images


def _spread(items: list[Item], limit: int | None) -> list[Item]:
    """At most `limit` items, evenly spaced: the list is sorted by class, its beginning would be one class."""
    if limit is None or limit >= len(items):
        return items
    return [items[i * len(items) // limit] for i in range(limit)]


def _pair_files(data: Path, split: str, names: Iterable[str]) -> list[Path]:
    folder = data / "pairs" / split
    parts = ("before.webp", "after.webp", "building.png")
    return [data / "pairs" / f"{split}.jsonl", *(folder / f"{name}_{part}" for name in names for part in parts)]


def hash_files(paths: Iterable[Path]) -> str:
    """One SHA-256 over names and contents; "" for no files."""
    digest, any_file = hashlib.sha256(), False
    for path in sorted(paths):
        digest.update(path.name.encode())
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
        any_file = True
    return digest.hexdigest() if any_file else ""


def report_document(reports: Sequence[Report], settings: Settings, model: dict[str, Any]) -> dict[str, Any]:
    """Everything of a run as JSON types. model: the engine's own facts, with the hash of its weights."""
    return {
        "format": 1,
        "model": model,
        "versions": {"python": platform.python_version(), **library_versions()},
        "machine": platform.machine(),
        "split": settings.split,
        "limit": settings.limit,
        "seed": settings.seed,
        "held_out_seeds_from": HELD_OUT,
        "reports": [report.to_dict() for report in reports],
    }


def library_versions() -> dict[str, str]:
    """Of what takes part in a figure, where it is installed."""
    found = {}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def write_json(document: dict[str, Any], path: Path) -> None:
    """Writes to a temporary name, then renames, so a stop leaves the old file or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.partial")
    temporary.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    temporary.replace(path)
