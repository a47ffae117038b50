"""Single images: scene class, captions, and questions whose answers people's captions give away.

AID test images (30 classes, five captions each from RSICD) and UC Merced test images (21 classes). Both sets name some
places differently (a parking is a parking lot); `same meaning` counts such names as right, the plain figure does not.
Presence and comparison questions are made from the captions by the rule of `chronosight.datasets.image_questions`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from chronosight.datasets.aid_ucm import ImageSet, StillImage
from chronosight.evaluation.places_rows import caption_rows
from chronosight.evaluation.predictions import Engine, PredictionLog
from chronosight.evaluation.table import Bar, Row, at_least
from chronosight.metrics.answers import score_classes
from chronosight.metrics.bootstrap import mean_interval
from chronosight.metrics.calibration import expected_calibration_error
from chronosight.scenes.scene import Scene
from chronosight.tasks import caption, scene_class
from chronosight.tasks.question import Question, Value

AID_TOP1 = at_least(0.75)
SET_NAMES: dict[ImageSet, str] = {"aid": "AID", "ucm": "UC Merced"}
# UC Merced's name -> AID's name for the same kind of place.
SAME_MEANING = {
    "agricultural": "farmland",
    "baseball diamond": "baseball field",
    "harbor": "port",
    "overpass": "viaduct",
    "parking lot": "parking",
}
# A picture -> questions with their true values, the same at every run.
QuestionMaker = Callable[[StillImage], Sequence[tuple[Question, Value]]]


@dataclass(frozen=True)
class Asked:
    """One question about one image. value: the answer's; None where the reply could not be read."""

    item: str
    source: ImageSet
    question: Question
    truth: Value
    value: Value | None
    text: str
    confidence: float

    @property
    def correct(self) -> bool:
        return self.value == self.truth


def image_scene(pixels: np.ndarray, name: str) -> Scene:
    """(H, W, 3) uint8 as a scene."""
    return Scene(kind="image", frames=pixels[None], valid=np.ones(pixels.shape[:2], dtype=bool), sources=(name,))


def run_images(
    engine: Engine, images: Iterable[StillImage], log: PredictionLog, make_questions: QuestionMaker | None = None
) -> tuple[Asked, ...]:
    """Asks scene class, caption (where there are references) and the made questions of every image."""
    if make_questions is None:
        from chronosight.datasets.image_questions import questions_of

        make_questions = questions_of
    results: list[Asked] = []
    for image in images:
        scene = image_scene(image.pixels(), image.id)
        questions: list[tuple[Question, Value]] = [(scene_class.ask(), image.name)]
        if image.captions:
            questions += [(caption.ask("image"), image.captions), *make_questions(image)]
        for question, truth in questions:
            answer = log.ask(engine, scene, question, truth, image.id, image.id)
            results.append(Asked(image.id, image.source, question, truth, answer.value, answer.text, answer.confidence))
    return tuple(results)


def images_rows(results: Sequence[Asked], seed: int = 0, with_meteor: bool = True) -> list[Row]:
    rows: list[Row] = []
    for source, name in SET_NAMES.items():
        rows += _class_rows([r for r in results if r.source == source and r.question.task == "scene_class"], name, seed)
    for task in ("presence", "comparison"):
        asked = [r for r in results if r.question.task == task]
        rows += accuracy_rows(asked, f"{task}, from captions", seed)
        rows += _majority_row(asked, f"{task}, from captions")
    captioned = [r for r in results if r.question.task == "caption" and isinstance(r.truth, tuple)]
    if captioned:
        references = [r.truth if isinstance(r.truth, tuple) else () for r in captioned]
        items = [r.item for r in captioned]
        rows += caption_rows([r.text for r in captioned], references, items, seed, with_meteor)
    return rows


def accuracy_rows(asked: Sequence[Asked], name: str, seed: int, bar: Bar | None = None) -> list[Row]:
    """Accuracy with its interval over images, and the calibration error; [] without questions."""
    if not asked:
        return []
    right = [r.correct for r in asked]
    items, n = [r.item for r in asked], len(asked)
    error = expected_calibration_error([r.confidence for r in asked], right)
    return [
        Row(f"{name}: accuracy", float(np.mean(right)), n, "questions", mean_interval(items, right, seed), bar),
        Row(f"{name}: calibration error", error, n, "questions"),
    ]


def _majority_row(asked: Sequence[Asked], name: str) -> list[Row]:
    """What always giving the more frequent of yes and no would score: the figure to beat."""
    if not asked:
        return []
    yes = float(np.mean([r.truth is True for r in asked]))
    return [Row(f"{name}: always the more frequent answer", max(yes, 1 - yes), len(asked), "questions")]


def _class_rows(asked: Sequence[Asked], name: str, seed: int) -> list[Row]:
    if not asked:
        return []
    truths = [str(r.truth) for r in asked]
    said = [None if r.value is None else str(r.value) for r in asked]
    scores = score_classes(said, truths)
    items, n = [r.item for r in asked], len(asked)
    right = [p == t for p, t in zip(said, truths, strict=True)]
    meant = [SAME_MEANING.get(p or "", p) == SAME_MEANING.get(t, t) for p, t in zip(said, truths, strict=True)]
    error = expected_calibration_error([r.confidence for r in asked], right)
    bar = AID_TOP1 if name == "AID" else None
    return [
        Row(f"{name} scene class: top-1", scores.top1, n, "images", mean_interval(items, right, seed), bar),
        Row(f"{name} scene class: same meaning", float(np.mean(meant)), n, "images", mean_interval(items, meant, seed)),
        Row(f"{name} scene class: mean over classes", scores.mean_per_class, n, "images"),
        Row(f"{name} scene class: calibration error", error, n, "images"),
    ]
