"""Rendered scenes for evaluation: seeds that nobody trains on, and the questions about them with their truth.

Images: the renderer's own questions (presence, comparison, rural or urban, counts). Pairs, half of them unchanged: pixels of
buildings and roads, yes or no, count, cells, direction. Videos: the event. Renderings are easier than real imagery; these
metrics show that a task was learned, not how well it does on photographs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np

from chronosight.datasets.levir import mask_turn
from chronosight.datasets.sample import Sample, Turn, array_scene
from chronosight.scenes.scene import Scene
from chronosight.synthetic.image import render_image
from chronosight.synthetic.pair import render_pair
from chronosight.synthetic.truth import CHANGE_CLASSES, RenderedImage, RenderedPair, RenderedVideo
from chronosight.synthetic.video import render_video
from chronosight.tasks import binary, comparison, count, direction, event, location, object_count, presence, rural_urban
from chronosight.tasks.objects import count_and_cells
from chronosight.tasks.question import Question, Value
from chronosight.tasks.wording import write_reply

HELD_OUT = 900_000_000  # first seed of evaluation; training draws below it
IMAGE_TASKS: dict[str, ModuleType] = {
    "presence": presence,
    "comparison": comparison,
    "rural_urban": rural_urban,
    "object_count": object_count,
}
CLASS_NAMES = {"building": "buildings", "road": "roads"}  # class of a mask -> subject of a question


@dataclass(frozen=True)
class Renderer:
    """The functions that render a scene from a seed.

    Attributes:
        image: Seed -> image.
        pair: Seed -> pair.
        video: Seed -> video.
    """

    image: Callable[[int], RenderedImage] = render_image
    pair: Callable[[int], RenderedPair] = render_pair
    video: Callable[[int], RenderedVideo] = render_video


def image_scene(image: RenderedImage, name: str) -> Scene:
    """A rendered image as a scene.

    Args:
        image: What was rendered.
        name: Name of its source.

    Returns:
        The scene.
    """
    return array_scene("image", image.pixels[None], (name,), image.metres_per_pixel)


def pair_scene(pair: RenderedPair, name: str) -> Scene:
    """A rendered pair as a scene.

    Args:
        pair: What was rendered.
        name: Name of its source.

    Returns:
        The scene.
    """
    frames = np.stack([pair.before, pair.after])
    return array_scene("pair", frames, (f"{name} before", f"{name} after"), pair.metres_per_pixel)


def video_scene(video: RenderedVideo, name: str) -> Scene:
    """A rendered video as a scene.

    Args:
        video: What was rendered.
        name: Name of its source.

    Returns:
        The scene.
    """
    return array_scene("video", video.frames, (name,))


def pair_questions(pair: RenderedPair) -> list[tuple[Question, Value]]:
    """The questions about a rendered pair.

    Args:
        pair: What was rendered.

    Returns:
        Questions with their values; counts and cells by the label rule.
    """
    questions: list[tuple[Question, Value]] = [(binary.ask(), pair.changed)]
    for name, plural in CLASS_NAMES.items():
        objects, cells = count_and_cells(pair.change_mask == CHANGE_CLASSES.index(name))
        of_class = [item for item in pair.objects if item.class_name == plural]
        new = sum(item.appeared for item in of_class)
        questions += [
            (count.ask(plural), objects),
            (location.ask(plural), cells),
            (direction.ask(plural), direction.direction_of(new, len(of_class) - new)),
        ]
    return questions


def image_samples(renderer: Renderer, seed: int, part: str = "") -> Iterator[Sample]:
    """The questions about the image of a seed.

    Args:
        renderer: Renders it, now for the truth and again when it is opened.
        seed: The seed.
        part: Part of the benchmark.

    Yields:
        The samples.
    """
    for number, (question, reply) in enumerate(renderer.image(seed).questions):
        if question.task in IMAGE_TASKS:
            yield _sample(
                f"image-{seed}", str(number), "image", Turn(question, (reply,)), lambda: _open_image(renderer, seed),
                type=str(question.task), part=part,
            )  # fmt: skip


def pair_samples(renderer: Renderer, seed: int, part: str = "", with_direction: bool = True) -> Iterator[Sample]:
    """The questions about the pair of a seed, and its mask.

    Args:
        renderer: Renders it, now for the truth and again when it is opened.
        seed: The seed.
        part: Part of the benchmark.
        with_direction: Whether to ask for directions of change too.

    Yields:
        The samples.
    """
    pair, scene = renderer.pair(seed), f"pair-{seed}"

    def make_scene() -> Scene:
        return pair_scene(renderer.pair(seed), f"pair {seed}")

    for question, value in pair_questions(pair):
        if with_direction or question.task != "direction":
            of = f"direction of {question.subject}" if question.task == "direction" else question.subject or ""
            turn = Turn(question, (write_reply(question.task, value),))
            yield _sample(scene, f"{question.task}/{question.subject or 'any'}", "pair", turn, make_scene, type=of, part=part)
    mask, classes = pair.change_mask, tuple(CHANGE_CLASSES)
    yield _sample(scene, "mask", "pair", mask_turn(classes), make_scene, mask=lambda: mask, classes=classes, part=part)


def video_sample(renderer: Renderer, seed: int, part: str = "") -> Sample:
    """The event in the video of a seed.

    Args:
        renderer: Renders it, now for the truth and again when it is opened.
        seed: The seed.
        part: Part of the benchmark.

    Returns:
        The sample.
    """
    turn = Turn(event.ask(), (renderer.video(seed).event,))
    return _sample(
        f"video-{seed}", "event", "video", turn, lambda: video_scene(renderer.video(seed), f"video {seed}"), type="event",
        labels=event.EVENTS, part=part,
    )  # fmt: skip


def _open_image(renderer: Renderer, seed: int) -> Scene:
    return image_scene(renderer.image(seed), f"image {seed}")


def _sample(scene: str, name: str, kind: Any, turn: Turn, make_scene: Callable[[], Scene], **more: Any) -> Sample:
    return Sample(f"{scene}/{name}", "rendered", kind, (), (turn,), scene=scene, make_scene=make_scene, **more)
