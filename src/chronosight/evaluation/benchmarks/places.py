"""Our own two: real test places, and rendered scenes nobody trained on.

Places: 24 places of 512 m at 1 m, four windows of 256 m each with binary, count, location and mask of buildings, and the
captioned cells of 128 m (`datasets.places`). Rendered: images, pairs and videos of `synthetic` with seeds of evaluation.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from chronosight.datasets.places import PlacePair, load_places, windows
from chronosight.evaluation.benchmarks.benchmark import Benchmark, Column, Loaded
from chronosight.evaluation.item import Item, Sight
from chronosight.evaluation.places import BINARY, CAPTION, COUNT, LOCATION, crop_scene, is_no_change, item_name, truth_of_mask
from chronosight.evaluation.rendered import HELD_OUT, IMAGE_TASKS, default_renderer, pair_questions, pair_scene, video_scene
from chronosight.evaluation.scenes_single import image_scene
from chronosight.scenes.scene import Scene
from chronosight.synthetic.truth import CHANGE_CLASSES, RenderedImage, RenderedPair
from chronosight.tasks import event
from chronosight.tasks.question import Question, Value

PAIRS_LAYOUT = "pairs/{test,val}.jsonl and pairs/{test,val}/NAME_{before,after}.webp, NAME_building.png"
RENDERED = 100  # scenes of each kind
BUILDING = ("background", "building")


def _load_places(root: Path, split: str) -> Loaded:
    places = load_places(root, split)
    items: list[Item] = []
    for place in places:
        for box in windows(place.before.shape[0]):
            items += _window_items(place, box)
        for cell in place.cells:
            name = item_name(place, cell.box)
            sight = _crop(place, cell.box, name)
            changed = not is_no_change(cell.captions)
            asked = CAPTION
            items.append(
                Item(f"{name}/caption", sight, "caption", asked.text, cell.captions, place.place, asked, changed=changed)
            )
    folder = root / "pairs" / split
    parts = ("before.webp", "after.webp", "building.png")
    files = [folder / f"{place.id}_{part}" for place in places for part in parts]
    sentences = [sentence for place in places for cell in place.cells for sentence in cell.captions]
    return Loaded(items, [root / "pairs" / f"{split}.jsonl", *files], sentences=sentences)


def _crop(place: PlacePair, box: tuple[int, int, int, int], name: str) -> Sight:
    return Sight(name, "pair", lambda: crop_scene(place, box))


def _window_items(place: PlacePair, box: tuple[int, int, int, int]) -> list[Item]:
    x0, y0, x1, y1 = box
    name, mask = item_name(place, box), place.building[y0:y1, x0:x1]
    sight, truth = _crop(place, box, name), truth_of_mask(mask)
    asked: list[tuple[Any, Question, Value]] = [
        ("binary", BINARY, truth.changed),
        ("count", COUNT, truth.count),
        ("location", LOCATION, truth.cells),
    ]
    items = [
        Item(f"{name}/{task}", sight, task, question.text, value, place.place, question, "buildings")
        for task, question, value in asked
    ]
    text = "Mark every pixel of the second picture that shows a changed building."
    items.append(
        Item(f"{name}/mask", sight, "mask", text, None, place.place, mask=lambda: mask.astype(np.uint8), classes=BUILDING)
    )
    return items


def _load_rendered(_: Path, split: str) -> Loaded:
    """Truths need the scenes themselves, so all are rendered once here, and again when they are asked about.

    Kinds take turns, so that the first scenes (`--limit`) are of all kinds.
    """
    renderer = default_renderer()
    items: list[Item] = []
    for seed in range(HELD_OUT, HELD_OUT + RENDERED):
        items += _image_items(renderer.image(seed), Sight(f"image-{seed}", "image", _image_opener(renderer.image, seed)))
        items += _pair_items(renderer.pair(seed), Sight(f"pair-{seed}", "pair", _pair_opener(renderer.pair, seed)))
        sight = Sight(f"video-{seed}", "video", _video_opener(renderer.video, seed))
        asked, truth = event.ask(), renderer.video(seed).event
        items.append(Item(f"{sight.name}/event", sight, "class", asked.text, truth, sight.name, asked, "event", event.EVENTS))
    return Loaded(items)


def _image_items(image: RenderedImage, sight: Sight) -> list[Item]:
    items = []
    for at, (question, reply) in enumerate(image.questions):
        if question.task in IMAGE_TASKS:
            value = IMAGE_TASKS[question.task].parse_reply(reply)
            truth = ("yes" if value else "no") if isinstance(value, bool) else str(value).lower()
            name = f"{sight.name}/{at}"
            items.append(Item(name, sight, "vqa", question.text, truth, sight.name, question, str(question.task)))
    return items


def _pair_items(pair: RenderedPair, sight: Sight) -> list[Item]:
    items = []
    for question, value in pair_questions(pair):
        if question.task in ("binary", "count", "location"):
            name = f"{sight.name}/{question.task}/{question.subject or 'any'}"
            task: Any = question.task
            items.append(Item(name, sight, task, question.text, value, sight.name, question, question.subject or ""))
    mask, classes = pair.change_mask, tuple(CHANGE_CLASSES)
    text = "Mark every pixel of the second picture that shows a changed road or building."
    items.append(Item(f"{sight.name}/mask", sight, "mask", text, None, sight.name, mask=lambda: mask, classes=classes))
    return items


def _image_opener(render: Callable[[int], Any], seed: int) -> Callable[[], Scene]:
    def open_it() -> Scene:
        image = render(seed)
        scene = image_scene(image.pixels, f"image {seed}")
        scene.metres_per_pixel = image.metres_per_pixel
        return scene

    return open_it


def _pair_opener(render: Callable[[int], Any], seed: int) -> Callable[[], Scene]:
    def open_it() -> Scene:
        pair = render(seed)
        return pair_scene(pair.before, pair.after, pair.metres_per_pixel, f"pair {seed}")

    return open_it


def _video_opener(render: Callable[[int], Any], seed: int) -> Callable[[], Scene]:
    return lambda: video_scene(render(seed).frames, f"video {seed}")


TEST_PLACES = Benchmark(
    "test-places", "Real places at two dates", "this project's data folder", PAIRS_LAYOUT, ("test", "val"), _load_places,
    (
        Column("building F1", "mask of building F1"),
        Column("binary accuracy", "binary of buildings accuracy"),
        Column("count MAE", "count of buildings MAE", 1, False),
        Column("location example accuracy", "location of buildings example accuracy"),
        Column("CIDEr-D", "CIDEr-D [{c}]"),
    ),
    optional=("mask", "caption"),
)  # fmt: skip
SYNTHETIC = Benchmark(
    "synthetic", "Rendered scenes", "rendered here", "nothing", ("test",), _load_rendered,
    (
        Column("mIoU", "mask mIoU, background included"),
        Column("binary accuracy", "binary accuracy"),
        Column("questions, weighted", "average, weighted by question"),
        Column("event accuracy", "overall accuracy"),
    ),
    optional=("mask",), needs_data=False,
)  # fmt: skip
