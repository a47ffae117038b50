"""Makes confidences hold: few numbers per task, fitted on scenes that were neither trained on nor are tested on.

Scenes: the `val` places (windows and captioned cells), the single images held out of training
(`chronosight.datasets.aid_ucm.learning_split`), and rendered scenes of seeds used nowhere else. First the guide's mask: a
threshold, a smallest object and a logistic for its probability map. Then, with that mask, the language model is asked,
and each task gets a logistic (`calibration.fit_platt`) and the confidence from which an answer calls itself confident.

Right means: the same yes or no, count, set of places, class. A caption of a pair is right when it agrees with people on
whether anything changed; a caption of an image when half of its words stand in one of people's captions.
The guide's "anything changed" is left as it is: the clue was raw when the language model learned to read it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from chronosight.datasets.aid_ucm import ImageSet, learning_split
from chronosight.datasets.places import BINARY, CAPTION, COUNT, LOCATION, PlacePair, load_places, truth_of_mask, windows
from chronosight.engines.confidence import OF_CLASS, SETTLED
from chronosight.errors import InputError
from chronosight.metrics.calibration import expected_calibration_error
from chronosight.scenes.scene import Scene
from chronosight.synthetic.held_out import IMAGE_TASKS, Renderer, image_scene, pair_questions, pair_scene, video_scene
from chronosight.tasks import caption, event
from chronosight.tasks.question import Question, Value
from chronosight.training.calibration.changed import Weighed, fit_changed, weigh_places
from chronosight.training.calibration.familiar import fit_familiar
from chronosight.training.calibration.fits import apply_platt, confidence_of, confident_from, fit_platt
from chronosight.training.calibration.ground_size import fit_ground_size
from chronosight.training.calibration.mask import CLEARLY, MIN_ROAD, fit_mask
from chronosight.training.calibration.objects import ReadOff, fit_read_off, reliability
from chronosight.training.calibration.parts import fit_fine
from chronosight.training.calibration.presence import fit_presence
from chronosight.training.calibration.scene_classes import fit_scene_classes
from chronosight.training.calibration.sources import choose_sources, counts_of_training, training_places
from chronosight.training.weights_folder import write_array, write_config

if TYPE_CHECKING:
    from chronosight.engines.compact.engine import CompactEngine

FIRST_SEED = 900_800_000  # of rendered scenes; evaluation and training draw others
FIRST_PRESENCE_SEED = 900_700_000  # of rendered images that the presence classifier learns from
PRESENCE_IMAGES = 5  # of those for each rendered scene of the calibration
YES_NO = ("binary", "presence", "comparison")
FEWEST = 20  # answers: with fewer, a task stays as it is

Track = Callable[[Sequence[Any], str], Iterable[Any]]


@dataclass(frozen=True)
class Asked:
    """One raw answer. key: of the task in config.json. raw: of "yes", or of being right. outcome: what came true."""

    key: str
    raw: float
    outcome: bool


def calibrate_bundle(
    engine: CompactEngine,
    data: Path,
    limit: int | None = None,
    rendered: int = 60,
    track: Track = lambda items, _: items,
    renderer: Renderer | None = None,
    guide: bool = True,
) -> dict[str, Any]:
    """Fits everything and writes "calibration" and "calibration_report" into the weights' config.json.

    Args:
        engine: Engine with the weights to calibrate; its config.json is rewritten.
        data: Folder of the training data, with pairs/val.jsonl and images/.
        limit: Largest number of places, and four times as many images of a set; None for all.
        rendered: Rendered scenes of each kind.
        track: Called with items and a label; yields the items while it shows progress.
        renderer: Renders the scenes; None for a new one.
        guide: Whether to fit what rests on the guide alone, too: its map, and the answers read from its objects. False keeps
            that, after another language model was put into the folder.

    Returns:
        Both entries, by name.

    Raises:
        InputError: `data` has no val places.
    """
    places = _val_places(data, limit)
    config = engine.bundle.config
    before = config.get("calibration", {})
    renderer = renderer or Renderer()
    rendered_images = [renderer.image(FIRST_PRESENCE_SEED + i) for i in range(PRESENCE_IMAGES * rendered)]
    seen = fit_presence(engine, data, rendered_images, track)
    classifier = fit_scene_classes(seen.training, seen.training_classes) if seen.training_classes else None
    kept: dict[str, Any] = {} if guide else before
    try:
        config["calibration"] = {}
        found = _fit_pairs(engine, places, data, limit, track, kept.get("mask"), guide)
        asked = [*found.asked, *_ask_images(engine, data, limit, track), *_ask_rendered(engine, renderer, rendered, track)]
        if classifier is not None:
            named = (classifier.best(pooled) for pooled in seen.held_out)
            asked += [Asked("scene_class", p, name == true) for (name, p), true in zip(named, seen.held_out_classes, strict=True)]
    finally:
        config["calibration"] = before
        engine.forget()
    if (sized := fit_ground_size(engine, data, track)) is not None:
        write_array(engine.bundle.folder, "ground_size", sized[0])
    tasks, report = found.settings(asked)
    fitted: dict[str, Any] = {"places": len(places), "rendered": rendered, "rendered_seeds_from": FIRST_SEED}
    fitted |= {"presence_classifier": seen.report, **report}
    result: dict[str, Any] = {"calibration": {**kept, "mask": found.mask, **found.fine, **tasks}}
    if guide:
        result["from_objects"] = found.from_objects()
        fitted |= found.report()
    result["calibration_report"] = fitted if guide else {**config.get("calibration_report", {}), **fitted}
    if sized is not None:
        result["ground_size"] = sized[1]
        result["calibration_report"]["ground_size"] = sized[2]
    if seen.settings:
        write_array(engine.bundle.folder, "presence", seen.weights)
        table, familiar = fit_familiar(seen.training, seen.held_out)
        write_array(engine.bundle.folder, "familiar", table)
        result |= {"presence": seen.settings, "familiar": familiar}
    if classifier is not None:
        write_array(engine.bundle.folder, "scene_classifier", classifier.weights)
        result["scene_classifier"] = {"classes": list(classifier.classes)}
    config.update(result)
    write_config(engine.bundle.folder, config)
    return result


def calibrate_guides(
    engine: CompactEngine, data: Path, rendered: int = 60, track: Track = lambda items, _: items,
    renderer: Renderer | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Fits what rests on the maps of pairs, after another guide was put into the folder; what is about images stays.

    Args:
        engine: Engine with the weights; its config.json is rewritten.
        data: Folder of the training data, with pairs/val.jsonl.
        rendered: Rendered pairs.
        track: Called with items and a label; yields the items while it shows progress.
        renderer: Renders the pairs; None for a new one.

    Returns:
        "calibration" and "calibration_report", as `calibrate_bundle` returns them.

    Raises:
        InputError: `data` has no val places.
    """
    places = _val_places(data, None)
    config = engine.bundle.config
    before = config.get("calibration", {})
    try:
        config["calibration"] = {}
        found = _fit_pairs(engine, places, data, None, track)
        seeds = range(FIRST_SEED, FIRST_SEED + rendered)
        asked = [*found.asked, *_ask_rendered_pairs(engine, renderer or Renderer(), seeds, track)]
    finally:
        config["calibration"] = before
        engine.forget()
    settings, report = found.settings(asked)
    config["calibration"] = {**before, "mask": found.mask, **found.fine, **settings}
    config["calibration_report"] = {**config.get("calibration_report", {}), **report, **found.report()}
    config["from_objects"] = found.from_objects()
    write_config(engine.bundle.folder, config)
    return {"calibration": config["calibration"], "calibration_report": config["calibration_report"]}


@dataclass(frozen=True)
class PairFits:
    """What was fitted on pairs, or collected for it.

    Attributes:
        mask: How the map is read.
        mask_report: How that came about.
        fine: Settings of the guide of fine imagery.
        fine_report: How these came about.
        asked: Answers of the language model.
        sources: How good the language model and the objects are, by task; empty where that was not asked.
        read_off: Answers read from objects, by task; likewise.
        weighed: Evidence of whether anything changed, by task.
    """

    mask: dict[str, float]
    mask_report: dict[str, float]
    fine: dict[str, dict[str, float]]
    fine_report: dict[str, dict[str, float]]
    asked: list[Asked]
    sources: dict[str, dict[str, float]]
    read_off: dict[str, list[ReadOff]]
    weighed: dict[str, list[Weighed]]

    def settings(self, asked: Iterable[Asked]) -> tuple[dict[str, dict[str, float]], dict[str, dict[str, float]]]:
        """Settings and report by task, of answers of the language model and of those read from objects."""
        tasks, report = fit_tasks(asked)
        for task, weighed in self.weighed.items():
            if len(weighed) >= FEWEST:
                tasks[task], report[task] = fit_changed(weighed, OF_CLASS if task == "binary" else SETTLED)
        for task, answers in self.read_off.items():
            if len(answers) >= FEWEST:
                tasks[f"{task}_objects"], report[f"{task}_objects"] = fit_read_off(answers)
        return tasks, self.fine_report | report

    def report(self) -> dict[str, Any]:
        """What is known of the sources and of counts."""
        return {"mask": self.mask_report, "sources": self.sources, "count_reliability": reliability(self.read_off["count"])}

    def from_objects(self) -> list[str]:
        """Tasks whose answers are read from objects: the language model is not clearly better."""
        return [task for task, of in self.sources.items() if of["language model better"] < CLEARLY]


def _fit_pairs(
    engine: CompactEngine, places: list[PlacePair], data: Path, limit: int | None, track: Track,
    mask: dict[str, float] | None = None, guide: bool = True,
) -> PairFits:  # fmt: skip
    """mask: how the map is read, if that stays. guide: whether to fit what rests on objects too."""
    mask_report: dict[str, float] = {}
    if mask is None:
        mask, mask_report = fit_mask(engine, places, track)
        mask["min_road"] = MIN_ROAD
    engine.bundle.config["calibration"] = {"mask": mask}
    fine, fine_report = fit_fine(engine, data, limit, track)
    engine.forget()
    asked = list(_ask_places(engine, track(places, "val places")))
    sources: dict[str, dict[str, float]] = {}
    read_off: dict[str, list[ReadOff]] = {}
    if guide:
        sources, read_off = choose_sources(engine, places)
        read_off["count"] += counts_of_training(engine, track(training_places(data, limit), "training places"))
    weighed = weigh_places(engine, track(places, "val places, yes or no"))
    return PairFits(mask, mask_report, fine, fine_report, asked, sources, read_off, weighed)


def _val_places(data: Path, limit: int | None) -> list[PlacePair]:
    places = load_places(data, "val", limit)
    if not places:
        raise InputError(f"{data} has no val places; calibration needs pairs/val.jsonl with places in it")
    return places


def calibrate_captions(
    engine: CompactEngine, data: Path, limit: int | None = None, track: Track = lambda items, _: items
) -> dict[str, Any]:
    """Fits the confidence of captions of pairs, and nothing else; writes it into the weights' config.json.

    Args:
        engine: Engine with the weights; its config.json is rewritten.
        data: Folder of the training data, with pairs/val.jsonl.
        limit: Largest number of places; None for all.
        track: Called with items and a label; yields the items while it shows progress.

    Returns:
        "calibration" and "calibration_report", as `calibrate_bundle` returns them.
    """
    config = engine.bundle.config
    asked = _ask_captions(engine, track(load_places(data, "val", limit), "val places, captions"))
    settings, report = fit_tasks(asked)
    for key, found in (("calibration", settings), ("calibration_report", report)):
        config[key] = {**config.get(key, {}), **found}
    engine.forget()
    write_config(engine.bundle.folder, config)
    return {"calibration": settings, "calibration_report": report}


def fit_tasks(asked: Iterable[Asked]) -> tuple[dict[str, dict[str, float]], dict[str, dict[str, float]]]:
    """Fits a logistic a task.

    Args:
        asked: Raw confidences of answers and whether these are right, of any tasks.

    Returns:
        Settings by task, and how they came about: n, accuracy, calibration error before and after (on the same answers).
    """
    by_key: dict[str, list[Asked]] = {}
    for item in asked:
        by_key.setdefault(item.key, []).append(item)
    settings, report = {}, {}
    for key, items in sorted(by_key.items()):
        if len(items) < FEWEST:
            continue
        raw, outcome = np.array([item.raw for item in items]), np.array([item.outcome for item in items])
        a, b = fit_platt(raw, outcome)
        yes_no = key.split("_")[0] in YES_NO
        (old, _), (new, right) = (confidence_of(probability, outcome, yes_no) for probability in (raw, apply_platt(raw, a, b)))
        settings[key] = {"a": round(a, 4), "b": round(b, 4) + 0.0, "sure": round(confident_from(new, right), 3)}
        old_right = confidence_of(raw, outcome, yes_no)[1]
        report[key] = {
            "n": len(items),
            "accuracy": round(float(right.mean()), 4),
            "error_before": round(expected_calibration_error(old, old_right), 4),
            "error_after": round(expected_calibration_error(new, right), 4),
        }
    return settings, report


def raw_answers(
    engine: CompactEngine,
    scene: Scene,
    asked: Sequence[tuple[Question, Value]],
    right: Callable[..., bool] | None = None,
) -> Iterator[Asked]:
    """Asks the language model, before one answer corrects another (`engines.compact.reconcile`).

    Args:
        engine: Engine to ask.
        scene: Scene that the questions are about.
        asked: Questions with their true values.
        right: Decides on (value of the reply, true value); `is_right` where None.

    Yields:
        Raw confidence and outcome of each reply. For yes / no: the probability of yes, and whether yes is true.
    """
    from chronosight.engines.compact.replies import read_reply, yes_probability

    encoded = engine.encode(scene)
    replies = encoded.replies([question for question, _ in asked])
    for (question, truth), reply in zip(asked, replies, strict=True):
        key = f"caption_{scene.kind}" if question.task == "caption" else question.task
        if question.task == "comparison":  # one of both is more, so the question the other way round has the other answer
            more = encoded.more(question)
            yield from (Asked(key, more, bool(truth)), Asked(key, 1 - more, not truth))
            continue
        if question.task in YES_NO:
            yield Asked(key, yes_probability(reply), bool(truth))
            continue
        answer = read_reply(engine.bundle, scene.kind, question, reply)
        yield Asked(key, answer.confidence, (right or is_right)(answer.value, truth))


def is_right(value: Value | None, truth: Value) -> bool:
    """Whether a value is the true one; cells count in any order.

    Args:
        value: Value of the reply; None where it could not be parsed.
        truth: True value.

    Returns:
        True where they are equal.
    """
    if isinstance(truth, tuple):
        return isinstance(value, tuple) and set(value) == set(truth)
    return value == truth


def agrees_on_change(value: Value | None, captions: Value) -> bool:
    """Whether a caption agrees with people's on whether anything changed.

    Args:
        value: The caption; None counts as an empty one.
        captions: Reference captions, a tuple of texts.

    Returns:
        True where it reports a change and they do, or neither does.
    """
    assert isinstance(captions, tuple)
    return caption.says_no_change(str(value)) == all(map(caption.says_no_change, captions))


def shares_words(value: Value | None, captions: Value) -> bool:
    """Whether at least half of a caption's words stand in one of the reference captions.

    Args:
        value: The caption; None counts as an empty one.
        captions: Reference captions, a tuple of texts.

    Returns:
        False for an empty caption.
    """
    words = set(str(value or "").split())
    assert isinstance(captions, tuple)
    most = max((len(words & set(text.lower().replace(".", " ").split())) for text in captions), default=0)
    return bool(words) and most >= len(words) / 2


def _ask_places(engine: CompactEngine, places: Iterable[PlacePair]) -> Iterator[Asked]:
    for place in places:
        for box in windows(place.before.shape[0]):
            x0, y0, x1, y1 = box
            truth = truth_of_mask(place.building[y0:y1, x0:x1])
            asked: list[tuple[Question, Value]] = [(BINARY, truth.changed), (COUNT, truth.count), (LOCATION, truth.cells)]
            yield from raw_answers(engine, place.crop(box), asked)
        yield from _ask_captions(engine, [place])


def _ask_captions(engine: CompactEngine, places: Iterable[PlacePair]) -> Iterator[Asked]:
    for place in places:
        for cell in place.cells[::3]:  # the cells of a place are alike
            yield from raw_answers(engine, place.crop(cell.box), [(CAPTION, cell.captions)], agrees_on_change)


def _ask_images(engine: CompactEngine, data: Path, limit: int | None, track: Track) -> Iterator[Asked]:
    from chronosight.datasets.image_questions import questions_of

    sources: tuple[ImageSet, ...] = ("aid", "ucm")
    for source in sources:
        if not (data / "images" / f"{source}.jsonl").is_file():
            continue
        images = learning_split(data, source)[1]
        step = 1 if limit is None else max(1, len(images) // (4 * limit))
        for image in track(images[::step], f"{source} images held out"):
            scene = image.scene()
            if image.captions:
                yield from raw_answers(engine, scene, [(caption.ask("image"), image.captions)], shares_words)
                yield from raw_answers(engine, scene, questions_of(image.id, image.captions))


def _ask_rendered(engine: CompactEngine, renderer: Renderer, number: int, track: Track) -> Iterator[Asked]:
    seeds = range(FIRST_SEED, FIRST_SEED + number)
    for seed in track(seeds, "rendered images"):
        image = renderer.image(seed)
        scene = image_scene(image, f"image {seed}")
        scene.metres_per_pixel = image.metres_per_pixel
        known: list[tuple[Question, Value]] = [
            (q, IMAGE_TASKS[q.task].parse_reply(reply)) for q, reply in image.questions if q.task in IMAGE_TASKS
        ]
        yield from raw_answers(engine, scene, known)
    yield from _ask_rendered_pairs(engine, renderer, seeds, track)
    for seed in track(seeds, "rendered videos"):
        video = renderer.video(seed)
        yield from raw_answers(engine, video_scene(video, f"video {seed}"), [(event.ask(), video.event)])


def _ask_rendered_pairs(engine: CompactEngine, renderer: Renderer, seeds: range, track: Track) -> Iterator[Asked]:
    for seed in track(seeds, "rendered pairs"):
        pair = renderer.pair(seed)
        scene = pair_scene(pair, f"pair {seed}")
        of_roads = [(q, value) for q, value in pair_questions(pair) if q.subject == "roads" or q.task == "direction"]
        yield from raw_answers(engine, scene, of_roads)  # buildings: real places know better
