"""Rendered scenes nobody trained on: seeds from HELD_OUT up belong to evaluation alone.

Images: the renderer's own questions (presence, comparison, rural or urban, counts). Pairs, half of them unchanged:
pixels of buildings and roads, yes or no, count, places, direction. Videos: the event, with its confusion table.
Renderings are easier than the world; these figures say that a task was learned, not how it fares on photographs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from types import ModuleType

import numpy as np

from chronosight.evaluation.places import pair_scene
from chronosight.evaluation.predictions import Engine, PredictionLog
from chronosight.evaluation.scenes_single import image_scene
from chronosight.evaluation.table import Row, at_least
from chronosight.metrics.answers import ClassificationScores, score_classes
from chronosight.metrics.bootstrap import mean_interval
from chronosight.metrics.change import Counts, count_decisions, jaccard, pool
from chronosight.scenes.scene import Scene
from chronosight.synthetic.truth import CHANGE_CLASSES, RenderedImage, RenderedPair, RenderedVideo
from chronosight.tasks import binary, comparison, count, direction, event, location, object_count, presence, rural_urban
from chronosight.tasks.objects import count_and_cells
from chronosight.tasks.question import Question, Value

HELD_OUT = 900_000_000  # first seed of evaluation; training draws below it
IMAGES, PAIRS, VIDEOS = 200, 200, 160
ACCURACY = at_least(0.9)
IMAGE_TASKS: dict[str, ModuleType] = {
    "presence": presence,
    "comparison": comparison,
    "rural_urban": rural_urban,
    "object_count": object_count,
}
CLASS_NAMES = {"building": "buildings", "road": "roads"}


@dataclass(frozen=True)
class Reply:
    """One question about one rendered scene. value: None where the reply could not be read."""

    item: str
    question: Question
    truth: Value
    value: Value | None

    @property
    def correct(self) -> bool:
        if isinstance(self.truth, tuple) and isinstance(self.value, tuple):
            return set(self.truth) == set(self.value)
        return self.truth == self.value


@dataclass(frozen=True)
class RenderedResult:
    """replies: to all questions. pixels: counts by class, pooled over pairs. events: confusion of the videos."""

    replies: tuple[Reply, ...]
    pixels: dict[str, Counts]
    events: ClassificationScores


@dataclass(frozen=True)
class Renderer:
    """The three functions that draw a scene from a seed."""

    image: Callable[[int], RenderedImage]
    pair: Callable[[int], RenderedPair]
    video: Callable[[int], RenderedVideo]


def default_renderer() -> Renderer:
    from chronosight.synthetic.image import render_image
    from chronosight.synthetic.pair import render_pair
    from chronosight.synthetic.video import render_video

    return Renderer(render_image, render_pair, render_video)


def run_rendered(
    engine: Engine,
    log: PredictionLog,
    renderer: Renderer | None = None,
    limit: int | None = None,
    track: Callable[[range, str], Iterable[int]] = lambda seeds, name: seeds,
) -> RenderedResult:
    """limit: at most this many scenes of each kind. track: goes through the seeds while showing progress."""
    renderer = renderer or default_renderer()
    replies: list[Reply] = []
    for seed in track(_seeds(IMAGES, limit), "rendered images"):
        replies += _ask_image(engine, renderer.image(seed), f"image {seed}", log)
    pixels: dict[str, list[Counts]] = {name: [] for name in CLASS_NAMES}
    for seed in track(_seeds(PAIRS, limit), "rendered pairs"):
        pair = renderer.pair(seed)
        scene = pair_scene(pair.before, pair.after, pair.metres_per_pixel, f"pair {seed}")
        evidence, _ = engine.guide_facts(scene)
        for name in CLASS_NAMES:
            seen = evidence.mask == evidence.classes.index(name)
            pixels[name].append(count_decisions(seen, pair.change_mask == CHANGE_CLASSES.index(name)))
        replies += _ask(engine, scene, pair_questions(pair), f"pair {seed}", log)
    events: list[Reply] = []
    for seed in track(_seeds(VIDEOS, limit), "rendered videos"):
        video = renderer.video(seed)
        events += _ask(engine, video_scene(video.frames, f"video {seed}"), [(event.ask(), video.event)], f"video {seed}", log)
    said = [None if r.value is None else str(r.value) for r in events]
    scores = score_classes(said, [str(r.truth) for r in events])
    return RenderedResult((*replies, *events), {name: pool(c) for name, c in pixels.items()}, scores)


def _seeds(number: int, limit: int | None) -> range:
    return range(HELD_OUT, HELD_OUT + (number if limit is None else min(limit, number)))


def video_scene(frames: np.ndarray, name: str) -> Scene:
    """(T, H, W, 3) uint8 as a scene."""
    return Scene(kind="video", frames=frames, valid=np.ones(frames.shape[1:3], dtype=bool), sources=(name,))


def pair_questions(pair: RenderedPair) -> list[tuple[Question, Value]]:
    """The questions about a rendered pair with their truth, counts and places by the label rule."""
    questions: list[tuple[Question, Value]] = [(binary.ask(), pair.changed)]
    for name, plural in CLASS_NAMES.items():
        objects, cells = count_and_cells(pair.change_mask == CHANGE_CLASSES.index(name))
        of_class = [o for o in pair.objects if o.class_name == plural]
        new = sum(o.appeared for o in of_class)
        questions += [
            (count.ask(plural), objects),
            (location.ask(plural), cells),
            (direction.ask(plural), direction.direction_of(new, len(of_class) - new)),
        ]
    return questions


def _ask_image(engine: Engine, image: RenderedImage, item: str, log: PredictionLog) -> list[Reply]:
    questions = [(q, IMAGE_TASKS[q.task].parse_reply(reply)) for q, reply in image.questions if q.task in IMAGE_TASKS]
    scene = image_scene(image.pixels, item)
    scene.metres_per_pixel = image.metres_per_pixel
    return _ask(engine, scene, questions, item, log)


def _ask(engine: Engine, scene: Scene, questions: Iterable[tuple[Question, Value]], item: str, log: PredictionLog) -> list[Reply]:
    return [Reply(item, q, truth, log.ask(engine, scene, q, truth, item, item).value) for q, truth in questions]


def rendered_rows(result: RenderedResult, seed: int = 0) -> list[Row]:
    rows: list[Row] = []
    for task in ("presence", "comparison", "rural_urban"):
        rows += _accuracy(result.replies, task, None, seed, bar=True)
    rows += _accuracy(result.replies, "object_count", None, seed)
    rows += _accuracy(result.replies, "binary", None, seed)
    for name, plural in CLASS_NAMES.items():
        counts = result.pixels[name]
        rows.append(Row(f"{name} pixels F1", counts.f1, len(_of(result.replies, "count", plural)), "pairs"))
        rows += _accuracy(result.replies, "count", plural, seed)
        asked = _of(result.replies, "count", plural)
        if asked:
            off = [abs(_number(r.value) - _number(r.truth)) for r in asked]
            rows.append(_mean_row(f"count of {plural}: MAE", off, asked, seed))
        asked = _of(result.replies, "location", plural)
        if asked:
            overlap = [jaccard(_cells(r.value), _cells(r.truth)) for r in asked]
            rows.append(_mean_row(f"location of {plural}: example accuracy", overlap, asked, seed))
        rows += _accuracy(result.replies, "direction", plural, seed)
    rows += _accuracy(result.replies, "event", None, seed, bar=True)
    return rows


def _cells(value: Value | None) -> set[str]:
    return set(value) if isinstance(value, tuple) else set()


def _number(value: Value | None) -> int:
    return value if isinstance(value, int) else 0


def _of(replies: Iterable[Reply], task: str, subject: str | None) -> list[Reply]:
    return [r for r in replies if r.question.task == task and (subject is None or r.question.subject == subject)]


def _mean_row(name: str, values: Sequence[float], asked: list[Reply], seed: int) -> Row:
    interval = mean_interval([r.item for r in asked], values, seed)
    return Row(name, float(np.mean(values)), len(asked), "questions", interval)


def _accuracy(replies: Iterable[Reply], task: str, subject: str | None, seed: int, bar: bool = False) -> list[Row]:
    asked = _of(replies, task, subject)
    if not asked:
        return []
    right = [r.correct for r in asked]
    name = f"{task.replace('_', ' ')}{f' of {subject}' if subject else ''}: accuracy"
    interval = mean_interval([r.item for r in asked], right, seed)
    return [Row(name, float(np.mean(right)), len(asked), "questions", interval, ACCURACY if bar else None)]
