"""This project's own checks: real places, unchanged places, single images, rendered scenes; benchmarks like any other.

places, test-places: windows and captioned cells of test places; `places` also scores the vision guide alone.
native, abroad: half-metre pairs held out of training, and pairs of another country at 0.2 m; both were used for choosing.
chips: single dates of dense building, held out of training; before, the buildings were erased, so each of them is new.
season: pairs in which nothing changed, yet season, light or the sensor did. Three parts, none of them trained on: a real
window beside itself in another season and light (`synthetic.light`); real windows whose mask of changed buildings is
empty (the dates lie years apart); captioned cells of which people wrote that nothing changed.
images: AID and UC Merced, with questions made from captions.
rendered, synthetic: scenes of `synthetic.held_out`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from itertools import count as numbers
from pathlib import Path
from typing import Any

import numpy as np
from scipy import ndimage

from chronosight.datasets.aid_ucm import ImageSet, image_samples, load_images
from chronosight.datasets.held_out import building_chips, native_pairs
from chronosight.datasets.levir import mask_turn
from chronosight.datasets.places import (
    ANY_CHANGE,
    BINARY,
    MASK_CLASSES,
    Box,
    PlacePair,
    caption_sample,
    change_sample,
    claims_sample,
    load_abroad,
    load_places,
    window_samples,
    windows,
)
from chronosight.datasets.sample import Sample, Turn, array_scene
from chronosight.errors import InputError
from chronosight.evaluation.benchmarks.benchmark import Benchmark, Column, first_scenes
from chronosight.evaluation.metric import Target
from chronosight.scenes.scene import Scene
from chronosight.synthetic.held_out import HELD_OUT, Renderer, pair_samples, video_sample
from chronosight.synthetic.held_out import image_samples as rendered_image
from chronosight.tasks.question import Question

PLACES_LAYOUT = "pairs/{test,val}.jsonl and pairs/{test,val}/NAME_{before,after}.webp, NAME_building.png"
NATIVE_LAYOUT = "pairs/native_train.jsonl and pairs/native_train/NAME_{before,after}.webp, NAME_building.png"
ABROAD_LAYOUT = "abroad/pairs.jsonl and abroad/pairs/NAME_{before,after}.webp, NAME_building.png"
CHIPS_LAYOUT = "buildings/chips.jsonl and buildings/chips/NAME.webp"
IMAGES_LAYOUT = "images/{aid,ucm}.jsonl and images/{aid,ucm}/CLASS/NAME.webp"
CELLS, UNCHANGED_CELLS = "captioned cells", "cells whose captions say no change"
OTHER_LIGHT, NO_BUILDING = "same place in another season and light", "window without a changed building"
NUMBERS = {"rendered": (200, 200, 160), "synthetic": (100, 100, 100)}  # rendered images, pairs, videos


def _load_test_places(root: Path, split: str, limit: int | None) -> list[Sample]:
    samples: list[Sample] = []
    for place in load_places(root, split):
        samples += [sample for box in windows(place.before.shape[0]) for sample in window_samples(place, box)]
        samples += [caption_sample(place, cell) for cell in place.cells]
    return first_scenes(samples, limit)


def _load_native(root: Path, split: str, limit: int | None) -> list[Sample]:
    """limit: at most this many pairs."""
    return _whole_pairs(native_pairs(root, held_out=True)[:limit])


def _load_abroad(root: Path, split: str, limit: int | None) -> list[Sample]:
    """limit: at most this many pairs."""
    pairs = load_abroad(root)[:limit]
    return _whole_pairs(pairs) + [claims_sample(pair) for pair in pairs]


def _load_chips(root: Path, split: str, limit: int | None) -> list[Sample]:
    """limit: at most this many chips."""
    from chronosight.synthetic.erased import erase, ground_under

    pairs = []
    for chip in building_chips(root, held_out=True):
        if chip.labels is None:
            continue
        rng, stands = np.random.default_rng(0), chip.labels > 0
        free = ~ndimage.binary_dilation(stands, iterations=3)
        before = erase(chip.pixels, stands, ground_under(chip.pixels, free, rng), rng)
        pairs.append(PlacePair(chip.id, chip.column, chip.metres_per_pixel, before, chip.pixels, stands, ()))
    return _whole_pairs(pairs[:limit])


def _whole_pairs(pairs: list[PlacePair]) -> list[Sample]:
    return [sample for pair in pairs for sample in window_samples(pair, (0, 0, *pair.before.shape[1::-1]))]


def _captions(root: Path, split: str) -> list[str]:
    return [text for place in load_places(root, split) for cell in place.cells for text in cell.captions]


def _load_places(root: Path, split: str, limit: int | None) -> list[Sample]:
    """limit: at most this many places."""
    samples: list[Sample] = []
    for place in load_places(root, split, limit):
        samples += [sample for box in windows(place.before.shape[0]) for sample in window_samples(place, box)]
        for cell in place.cells:
            samples += [caption_sample(place, cell, CELLS), change_sample(place, cell, CELLS)]
            if not cell.changed:
                sample = change_sample(place, cell, UNCHANGED_CELLS)
                samples.append(replace(sample, id=f"{sample.id}/unchanged"))
    return samples


def _load_season(root: Path, split: str, limit: int | None) -> list[Sample]:
    """limit: at most this many places."""
    samples: list[Sample] = []
    seeds = numbers(1)
    for place in load_places(root, split, limit):
        for box in windows(place.before.shape[0]):
            name = place.name(box)
            x0, y0, x1, y1 = box
            for date, image in (("before", place.before), ("after", place.after)):
                twice = f"{name} {date}, other light"
                make_scene = partial(_in_other_light, image[y0:y1, x0:x1], next(seeds), place.metres_per_pixel, twice)
                samples += _unchanged(place, box, twice, ANY_CHANGE, OTHER_LIGHT, make_scene)
            if not place.mask(box).any():
                samples += _unchanged(place, box, name, BINARY, NO_BUILDING, partial(place.crop, box))
        for cell in place.cells:
            if not cell.changed:
                crop = partial(place.crop, cell.box)
                samples += _unchanged(place, cell.box, place.name(cell.box), ANY_CHANGE, UNCHANGED_CELLS, crop)
    return samples


def _in_other_light(image: np.ndarray, seed: int, metres_per_pixel: float, name: str) -> Scene:
    """A window beside itself in another season and light."""
    from chronosight.synthetic.light import difference_only

    frames = np.stack([image, difference_only(image, seed)])
    return array_scene("pair", frames, (f"{name} before", f"{name} after"), metres_per_pixel)


def _unchanged(
    place: PlacePair, box: Box, name: str, question: Question, part: str, make_scene: Callable[[], Scene]
) -> list[Sample]:
    """Whether it changed (no), and how much of it the guide marks (nothing)."""
    nothing = np.zeros((box[3] - box[1], box[2] - box[0]), np.uint8)
    common: dict[str, Any] = {"scene": name, "group": place.place, "part": part, "make_scene": make_scene}
    return [
        Sample(f"{part}/{name}/binary", "places", "pair", (), (Turn(question, ("No",)),), **common),
        Sample(
            f"{part}/{name}/mask", "places", "pair", (), (mask_turn(MASK_CLASSES),), mask=lambda: nothing,
            classes=MASK_CLASSES, **common,
        ),
    ]  # fmt: skip


def _load_images(root: Path, split: str, limit: int | None) -> list[Sample]:
    """limit: at most this many images of a set, evenly spaced: the index is sorted by class."""
    sets: tuple[ImageSet, ...] = ("aid", "ucm")
    if not any((root / "images" / f"{source}.jsonl").is_file() for source in sets):
        raise InputError(f"{root} has no images/aid.jsonl or images/ucm.jsonl; expected {IMAGES_LAYOUT}")
    samples: list[Sample] = []
    for source in sets:
        if (root / "images" / f"{source}.jsonl").is_file():
            images = load_images(root, source, split)
            if limit is not None and limit < len(images):
                images = [images[i * len(images) // limit] for i in range(limit)]
            samples += [sample for image in images for sample in image_samples(image)]
    return samples


def rendered_samples(name: str, renderer: Renderer, limit: int | None = None) -> Iterator[Sample]:
    """The samples of `rendered`, of which each kind is a part, or of `synthetic`. Kinds take turns, seed by seed.

    Args:
        name: "rendered" or "synthetic".
        renderer: Renders scenes.
        limit: At most this many scenes of each kind; None for all.

    Yields:
        The samples.
    """
    apart = name == "rendered"
    images, pairs, videos = NUMBERS[name]
    for k in range(max(NUMBERS[name]) if limit is None else limit):
        seed = HELD_OUT + k
        if k < images:
            yield from rendered_image(renderer, seed, "images" if apart else "")
        if k < pairs:
            yield from pair_samples(renderer, seed, "pairs" if apart else "", with_direction=apart)
        if k < videos:
            yield video_sample(renderer, seed, "videos" if apart else "")


def _load_rendered(_: Path, split: str, limit: int | None) -> list[Sample]:
    return list(rendered_samples("rendered", Renderer(), limit))


def _load_synthetic(_: Path, split: str, limit: int | None) -> list[Sample]:
    return first_scenes(rendered_samples("synthetic", Renderer(), limit), limit)


BENCHMARKS = (
    Benchmark(
        "places", "Real places at two dates", "this project's data folder", PLACES_LAYOUT, ("test", "val"), _load_places,
        guide_alone=True, own=True,
        targets={
            "mask of building F1": Target("least", 0.87),
            "binary of buildings accuracy": Target("least", 0.93),
            "count of buildings MAE": Target("most", 1.5),
            "location of buildings example accuracy": Target("least", 0.84),
            "calibration error, all answers": Target("most", 0.07),
            "gain over the guide alone: binary of buildings accuracy": Target("least", 0.0),
            "gain over the guide alone: count of buildings MAE": Target("least", 0.0),
            "gain over the guide alone: location of buildings example accuracy": Target("least", 0.0),
            "captioned cells: S*m [word]": Target("least", 0.65),
            "captioned cells: S*m [word], changed only": Target("least", 0.42),
            "captioned cells: claims of captions right": Target("least", 0.90),
        },
    ),
    Benchmark(
        "native", "Half-metre pairs held out of training", "this project's data folder", NATIVE_LAYOUT, ("val",), _load_native,
        guide_alone=True, own=True,
        targets={
            "mask of building F1": Target("least", 0.90),
            "objects of building found, 50 to 150 m2": Target("least", 0.90),
            "objects of building found, under 50 m2": Target("least", 0.60),
        },
    ),
    Benchmark(
        "abroad", "Pairs of another country at 0.2 m", "this project's data folder", ABROAD_LAYOUT, ("val",), _load_abroad,
        guide_alone=True, own=True,
        targets={
            "mask of building F1": Target("least", 0.75),
            "binary of buildings accuracy": Target("least", 13 / 15),
            "calibration error, all answers": Target("most", 0.12),
        },
    ),
    Benchmark(
        "chips", "Dense building, erased at the earlier date", "this project's data folder", CHIPS_LAYOUT, ("val",), _load_chips,
        guide_alone=True, own=True, targets={"count of buildings, all together, off by": Target("most", 0.15)},
    ),
    Benchmark(
        "season", "Unchanged places in another season and light", "this project's data folder", PLACES_LAYOUT,
        ("test", "val"), _load_season, own=True, targets={f"{OTHER_LIGHT}: false alarm rate": Target("most", 0.03)},
    ),
    Benchmark(
        "images", "Single images", "this project's data folder", IMAGES_LAYOUT, ("test", "val"), _load_images, own=True,
        targets={
            "AID: overall accuracy": Target("least", 0.93),
            "UC Merced: overall accuracy": Target("least", 0.92),
            "presence, from captions: presence: accuracy": Target("least", 0.88),
            "comparison, from captions: comparison: accuracy": Target("least", 0.92),
            "captions: S*m [word]": Target("least", 0.55),
        },
    ),
    Benchmark(
        "rendered", "Rendered scenes", "rendered here", "nothing", ("test", "val"), _load_rendered, needs_data=False, own=True,
        targets={
            **{f"images: {kind}: accuracy": Target("least", 0.9) for kind in ("presence", "comparison", "rural_urban")},
            "videos: overall accuracy": Target("least", 0.9),
        },
    ),
    Benchmark(
        "test-places", "Real places at two dates", "this project's data folder", PLACES_LAYOUT, ("test", "val"),
        _load_test_places,
        (
            Column("building F1", "mask of building F1"),
            Column("binary accuracy", "binary of buildings accuracy"),
            Column("count MAE", "count of buildings MAE", 1),
            Column("location example accuracy", "location of buildings example accuracy"),
            Column("CIDEr-D", "CIDEr-D [{c}]"),
        ),
        optional=("mask", "caption"), vocabulary=_captions,
    ),
    Benchmark(
        "synthetic", "Rendered scenes", "rendered here", "nothing", ("test",), _load_synthetic,
        (
            Column("mIoU", "mask mIoU, background included"),
            Column("binary accuracy", "binary accuracy"),
            Column("questions, weighted", "average, weighted by question"),
            Column("event accuracy", "overall accuracy"),
        ),
        optional=("mask",), needs_data=False,
    ),
)  # fmt: skip
