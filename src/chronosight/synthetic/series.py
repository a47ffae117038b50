"""Series of many dates: one place planned once, each building with its own history, painted date by date."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from shapely import Point, Polygon, box

from chronosight.synthetic import construction
from chronosight.synthetic.build import Builder
from chronosight.synthetic.light import draw_conditions
from chronosight.synthetic.paint import draw_texture, paint
from chronosight.synthetic.plan import ALWAYS, When
from chronosight.synthetic.scenery import SETTINGS, base_of, lay_main_road, lay_scenery, lay_trees, pick

STANDS, DEMOLISHED = 0.2, 0.15  # shares of buildings: there all the time; gone again before the end
BESIDE = 25.0  # metres: drives, pools and yards this near a building share its history


@dataclass(frozen=True)
class SeriesBuilding:
    """A building and when it is there.

    Attributes:
        outline: Corners (x, y) in pixels; may reach over the border.
        first: Index of the first date at which it stands.
        last: Index of the last date at which it stands.
        visible: Pixels of it inside the image.
    """

    outline: tuple[tuple[float, float], ...]
    first: int
    last: int
    visible: float


@dataclass(frozen=True)
class RenderedSeries:
    """Many dates of one place.

    Attributes:
        frames: (T, H, W, 3) uint8.
        buildings: All of them, with their histories.
        metres_per_pixel: Ground resolution.
    """

    frames: np.ndarray
    buildings: tuple[SeriesBuilding, ...]
    metres_per_pixel: float


def render_series(seed: int, dates: int = 6, size: int = 256, metres_per_pixel: float = 1.0) -> RenderedSeries:
    """Renders a place at many dates, with other light and season at each.

    Args:
        seed: Fixes everything.
        dates: Number of dates, 2 or more.
        size: Side in pixels, a multiple of 16 from 128 to 1024.
        metres_per_pixel: Ground size of a pixel in metres.

    Returns:
        The frames and the history of every building.

    Raises:
        ValueError: The size or the number of dates is another one.
    """
    if size % 16 or not 128 <= size <= 1024 or dates < 2:
        raise ValueError(f"size {size}, {dates} dates: expected a multiple of 16 from 128 to 1024, and 2 dates or more")
    rng = np.random.default_rng((seed, size, dates))
    setting = pick(rng, SETTINGS, (4, 3, 2, 3, 2, 1))
    builder = Builder(rng, size * metres_per_pixel, base_of(rng, setting))
    lay_scenery(builder, setting)
    main = lay_main_road(builder) if rng.random() < 0.6 else None
    scenario = pick(rng, ("estate", "infill", "halls", "farmsteads"), (4, 3, 2, 2))
    getattr(construction, scenario)(builder, ALWAYS, main=main)
    builder.clear_roads()
    lay_trees(builder, setting)
    plan = builder.plan
    for ground in plan.grounds:  # the ground itself does not change
        ground.kinds = (ground.kinds[0], ground.kinds[0])
    spans = [_span(rng, dates) for _ in plan.buildings]
    shapes = [Polygon(building.outline) for building in plan.buildings]
    of_patch = [_nearest(np.mean(patch.polygon, axis=0), shapes) for patch in plan.patches]
    texture = draw_texture(rng, size, metres_per_pixel)
    frames = []
    for date in range(dates):
        there = [first <= date <= last for first, last in spans]
        painted = replace(
            plan,
            buildings=[replace(one, when=_when(here)) for one, here in zip(plan.buildings, there, strict=True)],
            patches=[
                patch if near is None else replace(patch, when=_when(there[near]))
                for patch, near in zip(plan.patches, of_patch, strict=True)
            ],
            vehicles=[vehicle for vehicle in plan.vehicles if rng.random() < 0.5],
        )
        frames.append(paint(rng, painted, texture, draw_conditions(rng), 0, size, metres_per_pixel).pixels)
    frame = box(0, 0, size, size)
    buildings = []
    for shape, (first, last) in zip(shapes, spans, strict=True):
        outline = tuple((x / metres_per_pixel, y / metres_per_pixel) for x, y in shape.exterior.coords[:-1])
        seen = Polygon(outline).buffer(0).intersection(frame).area
        buildings.append(SeriesBuilding(outline, first, last, float(seen)))
    return RenderedSeries(np.stack(frames), tuple(buildings), metres_per_pixel)


def _span(rng: np.random.Generator, dates: int) -> tuple[int, int]:
    """First and last date of a building."""
    if rng.random() < STANDS:
        return 0, dates - 1
    first = int(rng.integers(1, dates))
    if rng.random() < DEMOLISHED:
        if rng.random() < 0.5 or first == dates - 1:
            return 0, int(rng.integers(0, dates - 1))
        return first, int(rng.integers(first, dates - 1))
    return first, dates - 1


def _when(here: bool) -> When:
    return here, here


def _nearest(point: np.ndarray, shapes: list[Polygon]) -> int | None:
    """The building that a patch belongs to; None where none is near."""
    if not shapes:
        return None
    distances = [shape.distance(Point(*point)) for shape in shapes]
    nearest = int(np.argmin(distances))
    return nearest if distances[nearest] <= BESIDE else None
