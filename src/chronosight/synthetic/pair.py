"""Pairs: one place planned once, painted at two dates, with the truth of what came and went."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from chronosight.synthetic import construction
from chronosight.synthetic.build import Builder
from chronosight.synthetic.light import draw_conditions
from chronosight.synthetic.paint import draw_texture, paint
from chronosight.synthetic.pair_words import describe_pair
from chronosight.synthetic.plan import ALWAYS, GONE, NEW, When
from chronosight.synthetic.scenery import SETTINGS, base_of, lay_main_road, lay_scenery, lay_trees, pick
from chronosight.synthetic.truth import ChangedObject, RenderedPair
from chronosight.tasks.objects import find_objects

SCENARIOS = ("estate", "infill", "halls", "flats", "farmsteads", "roads_only")
LEAST_PIXELS = 24  # a smaller changed part is not in the truth: nobody could see it
TRIES = 6


def render_pair(seed: int, size: int = 256, metres_per_pixel: float | None = None) -> RenderedPair:
    """Renders a pair. Odd seeds are unchanged: no road or building differs, but season, light and cars do.

    Args:
        seed: Fixes everything.
        size: Side in pixels, a multiple of 16 from 128 to 1024.
        metres_per_pixel: Ground size of a pixel in metres; None draws it from 0.5 to 1.35.

    Returns:
        Both dates with their truth.

    Raises:
        ValueError: The size is another one.
    """
    if size % 16 or not 128 <= size <= 1024:
        raise ValueError(f"size {size}: expected a multiple of 16 from 128 to 1024")
    changed = seed % 2 == 0
    for attempt in range(TRIES):
        pair = _render(np.random.default_rng((seed, size, attempt)), size, changed, metres_per_pixel)
        if pair.changed == changed:
            return pair
    raise AssertionError(f"seed {seed}: no visible change in {TRIES} tries")


def _render(rng: np.random.Generator, size: int, changed: bool, metres_per_pixel: float | None) -> RenderedPair:
    step = float(rng.uniform(0.7, 1.35) if rng.random() < 0.8 else rng.uniform(0.5, 0.7))
    step = metres_per_pixel or step
    setting = pick(rng, SETTINGS, (4, 3, 2, 3, 2, 1))
    builder = Builder(rng, size * step, base_of(rng, setting))
    lay_scenery(builder, setting)
    main = lay_main_road(builder) if rng.random() < 0.6 else None
    when = ALWAYS
    if changed:
        when = NEW if rng.random() < 0.86 else GONE
    _build_up(builder, when, main, changed)
    builder.clear_roads()
    lay_trees(builder, setting)
    for moment in (GONE, NEW):  # parked cars come and go
        for road in builder.plan.roads[:3]:
            if road.width > 6 and rng.random() < 0.25:
                here: When = (moment[0] and road.when[0], moment[1] and road.when[1])
                builder.cars_on(road.points, road.width, rng.uniform(30, 90), here)

    texture = draw_texture(rng, size, step)
    off = 0.0 if rng.random() < 0.45 else float(min(3.0, rng.exponential(0.8)))
    turn = rng.uniform(0, 2 * np.pi)
    shift = (round(off * float(np.cos(turn)), 2), round(off * float(np.sin(turn)), 2))
    first = paint(rng, builder.plan, texture, draw_conditions(rng), 0, size, step)
    second = paint(rng, builder.plan, texture, draw_conditions(rng), 1, size, step, shift)
    mask, appeared, objects = find_changes(first.changed, second.changed)
    grounds = (builder.plan.base[0], setting)
    return RenderedPair(
        first.pixels, second.pixels, mask, appeared, first.cover, second.cover, objects, shift, step,
        describe_pair(rng, objects, size, grounds),
    )  # fmt: skip


def _build_up(builder: Builder, when: When, main: construction.Line | None, changed: bool) -> None:
    rng = builder.rng
    if not changed and rng.random() < 0.3:
        return  # open country
    scenario = pick(rng, SCENARIOS, (7, 3, 2.5, 2, 2.5, 1.5))
    old = rng.random()
    if old < 0.2:
        construction.halls(builder, ALWAYS, main, 1)
    elif old < 0.35:
        construction.farmsteads(builder, ALWAYS, main)
    elif old < 0.45 and scenario != "infill":
        construction.infill(builder, ALWAYS, main)
    match scenario:
        case "estate":
            if changed and rng.random() < 0.3:  # the streets lay there already
                construction.estate(builder, ALWAYS, when, main)
            else:
                construction.estate(builder, when, None, main)
        case "infill":
            construction.infill(builder, when, main)
        case "halls":
            construction.halls(builder, when, main)
        case "flats":
            construction.flats(builder, when, main)
        case "farmsteads":
            construction.farmsteads(builder, when, main)
        case _:
            construction.roads_only(builder, when, main)
    if changed and rng.random() < 0.15:  # something else goes the other way
        other: When = GONE if when == NEW else NEW
        construction.farmsteads(builder, other, main)


def find_changes(first: np.ndarray, second: np.ndarray) -> tuple[np.ndarray, np.ndarray, tuple[ChangedObject, ...]]:
    """Finds what changed by the label rule (`tasks.objects`).

    Args:
        first: (H, W) uint8, what is there at the first date only: 1 road, 2 building.
        second: (H, W) uint8, what is there at the second date only.

    Returns:
        The change mask (H, W) uint8; which of it is new (H, W) bool; the objects.
    """
    mask = np.maximum(first, second)
    appeared = (second > 0) & (second >= first)
    things = []
    for code, name in ((1, "roads"), (2, "buildings")):
        here = mask == code
        labels, count = ndimage.label(here, np.ones((3, 3)))
        if not count:
            continue
        small = np.bincount(labels.ravel()) < LEAST_PIXELS
        if small.any():
            gone = small[labels] & here
            mask[gone] = 0
            appeared[gone] = False
        for thing in find_objects(mask == code):
            new = thing.mean(appeared) > 0.5
            things.append(ChangedObject(name, new, thing.cell, thing.centroid, int(thing.inside.sum())))
    return mask, appeared, tuple(things)
