"""Places that videos show. The same backdrops serve events and quiet scenes, so that a place alone says little of the event."""

from __future__ import annotations

import numpy as np

from chronosight.synthetic import construction
from chronosight.synthetic.build import CONCRETE, Builder
from chronosight.synthetic.materials import tint
from chronosight.synthetic.places import HULLS, _boat, _shore
from chronosight.synthetic.plan import ALWAYS, Colour, Patch, Point, box
from chronosight.synthetic.scenery import band, lay_pond, lay_scenery, lay_trees, pick

MACHINES: tuple[Colour, ...] = ((0.16, 0.42, 0.18), (0.72, 0.14, 0.10), (0.14, 0.28, 0.58), (0.85, 0.70, 0.14))
LANE = 3.3  # metres

__all__ = ["HULLS", "LANE", "MACHINES"]


def _land(rng: np.random.Generator, extent: float, base: str, setting: str) -> Builder:
    builder = Builder(rng, extent, (base, base))
    lay_scenery(builder, setting)
    for ground in builder.plan.grounds:
        ground.kinds = (ground.kinds[0], ground.kinds[0])
    return builder


def open_land(rng: np.random.Generator, extent: float) -> Builder:
    """Scrub, grass or bare soil with single trees.

    Args:
        rng: Draws the place.
        extent: Side of the place in metres.

    Returns:
        The plan's builder.
    """
    builder = _land(rng, extent, pick(rng, ("scrub", "grass", "soil")), pick(rng, ("scrub", "meadow", "bare")))
    lay_trees(builder, "scrub")
    return builder


def wood(rng: np.random.Generator, extent: float) -> Builder:
    """A wood.

    Args:
        rng: Draws the place.
        extent: Side of the place in metres.

    Returns:
        The plan's builder.
    """
    builder = _land(rng, extent, "wood floor" if rng.random() < 0.6 else "scrub", "wood")
    builder.trees(int(30 + 60 * rng.random()), 1.5, 4)
    return builder


def houses(rng: np.random.Generator, extent: float) -> Builder:
    """Streets with houses.

    Args:
        rng: Draws the place.
        extent: Side of the place in metres.

    Returns:
        The plan's builder.
    """
    builder = _land(rng, extent, pick(rng, ("lawn", "grass", "scrub")), "meadow")
    construction.infill(builder, ALWAYS)
    builder.clear_roads()
    lay_trees(builder, "scrub")
    return builder


def works(rng: np.random.Generator, extent: float) -> Builder:
    """Large flat roofs with car parks.

    Args:
        rng: Draws the place.
        extent: Side of the place in metres.

    Returns:
        The plan's builder.
    """
    builder = _land(rng, extent, pick(rng, ("soil", "grass", "scrub")), "bare")
    construction.halls(builder, ALWAYS)
    lay_trees(builder, "meadow")
    return builder


def farm(rng: np.random.Generator, extent: float) -> Builder:
    """Fields with farmsteads, now and then a pond.

    Args:
        rng: Draws the place.
        extent: Side of the place in metres.

    Returns:
        The plan's builder.
    """
    builder = _land(rng, extent, "grass", "fields")
    construction.farmsteads(builder, ALWAYS)
    if rng.random() < 0.3:
        lay_pond(builder)
    lay_trees(builder, "meadow")
    return builder


def road(rng: np.random.Generator, extent: float) -> Builder:
    """A straight wide road, sometimes two that cross.

    Args:
        rng: Draws the place.
        extent: Side of the place in metres.

    Returns:
        The plan's builder.
    """
    builder = _land(rng, extent, pick(rng, ("grass", "scrub", "soil", "lawn")), "meadow")
    ways = [rng.uniform(0, np.pi)]
    if rng.random() < 0.25:
        ways.append(ways[0] + rng.uniform(1.2, 1.9))
    for way in ways:
        spot = (extent * rng.uniform(0.42, 0.58), extent * rng.uniform(0.42, 0.58))
        width = LANE * 2 * int(rng.integers(1, 4)) + 1.5
        surface = pick(rng, ("asphalt", "concrete"), (3, 1))
        builder.road(builder.through(way, 0.0, spot), width, surface, ALWAYS, marked=True)
    if rng.random() < 0.5:
        construction.halls(builder, ALWAYS)
    builder.clear_roads()
    lay_trees(builder, pick(rng, ("meadow", "scrub")))
    return builder


def lanes(builder: Builder) -> list[tuple[Point, float, float]]:
    """Lanes of the straight wide roads. Traffic keeps to the right.

    Args:
        builder: Holds the plan.

    Returns:
        (start, direction in radians, length in metres) of each lane.
    """
    found = []
    for way in builder.plan.roads:
        if way.width < 2 * LANE or len(way.points) < 20:
            continue
        (x0, y0), (x1, y1) = way.points[0], way.points[-1]
        angle, length = float(np.arctan2(y1 - y0, x1 - x0)), float(np.hypot(x1 - x0, y1 - y0))
        each = int((way.width - 1) / LANE / 2)
        for k in range(each):
            for forward in (True, False):
                off = (k + 0.5) * LANE * (1 if forward else -1)
                x, y = (x0, y0) if forward else (x1, y1)
                found.append(((x - off * np.sin(angle), y + off * np.cos(angle)), angle if forward else angle + np.pi, length))
        if len(builder.plan.roads) > 1:
            break  # cars of two crossing roads would drive through each other
    return found


def water(rng: np.random.Generator, extent: float) -> Builder:
    """Open water, a shore or a broad river, now and then with boats at a jetty.

    Args:
        rng: Draws the place.
        extent: Side of the place in metres.

    Returns:
        The plan's builder.
    """
    base = pick(rng, ("water blue", "water dark", "water green"))
    if rng.random() < 0.3:
        land = pick(rng, ("grass", "scrub"))
        builder = Builder(rng, extent, (land, land))
        line = builder.through(rng.uniform(0, np.pi), 0.05, (extent / 2, extent / 2))
        builder.cover(band(line, rng.uniform(0.5, 0.7) * extent), (base, base), 5)
        builder.take(band(line, 0.72 * extent))
        lay_trees(builder, "scrub")
        return builder
    builder = Builder(rng, extent, (base, base))
    if rng.random() < 0.6:
        (x, y), angle = _shore(builder, rng.uniform(0.28, 0.42))
        if rng.random() < 0.4:  # moored boats lie still: they are no event
            jetty = box(x + 8 * np.sin(-angle), y + 8 * np.cos(angle), 2.0, 18, angle)
            builder.plan.patches.append(Patch(jetty, "pad", tint(rng, CONCRETE)))
            for side in (-4.5, 4.5):
                bx, by = x + side * np.cos(angle) - 10 * np.sin(angle), y + side * np.sin(angle) + 10 * np.cos(angle)
                _boat(builder, float(bx), float(by), angle + np.pi / 2, rng.uniform(5, 8))
        lay_trees(builder, "meadow")
    return builder


def field(rng: np.random.Generator, extent: float) -> Builder:
    """One large field before the plough, with a rim of grass or trees; part of it may be dark already.

    Args:
        rng: Draws the place.
        extent: Side of the place in metres.

    Returns:
        The plan's builder.
    """
    builder = Builder(rng, extent, (pick(rng, ("stubble", "grass", "soil")),) * 2)
    return _edge(builder)


def ripe_field(rng: np.random.Generator, extent: float) -> Builder:
    """One large field of ripe or green crop.

    Args:
        rng: Draws the place.
        extent: Side of the place in metres.

    Returns:
        The plan's builder.
    """
    builder = Builder(rng, extent, ("crop", "crop"))
    return _edge(builder)


def _edge(builder: Builder) -> Builder:
    rng, e = builder.rng, builder.plan.extent
    angle = row_angle(builder)
    if rng.random() < 0.6:
        off = rng.choice((-1, 1)) * rng.uniform(0.36, 0.48) * e
        x, y = e / 2 - off * np.sin(angle), e / 2 + off * np.cos(angle)
        kind = pick(rng, ("grass", "wood floor", "scrub", "ploughed"))
        builder.cover(box(float(x), float(y), 3 * e, 0.16 * e, angle), (kind, kind), 4)
    builder.trees(int(rng.integers(0, 8)), 1.5, 3.5)
    return builder


def row_angle(builder: Builder) -> float:
    """Direction of a field's rows: it follows from the size of the place alone, so all that is drawn on the field agrees.

    Args:
        builder: Holds the plan.

    Returns:
        The angle, in radians.
    """
    return float((builder.plan.extent * 7.31) % np.pi)


def site(rng: np.random.Generator, extent: float) -> Builder:
    """Dug-up ground inside grass or beside a road; what is built there is drawn by the event.

    Args:
        rng: Draws the place.
        extent: Side of the place in metres.

    Returns:
        The plan's builder.
    """
    base = pick(rng, ("grass", "scrub", "soil", "lawn"))
    builder = Builder(rng, extent, (base, base))
    pit = pick(rng, ("soil", "red soil", "mud", "sand"))
    builder.cover(builder.blob(extent / 2, extent / 2, rng.uniform(0.34, 0.5) * extent), (pit, pit), 5)
    builder.take(box(extent / 2, extent / 2, 0.8 * extent, 0.8 * extent, 0.0))
    lay_trees(builder, "scrub")
    return builder
