"""Plans of single images: airports, harbours, lakes, car parks, crossings, suburbs, works, and open country."""

from __future__ import annotations

import numpy as np

from chronosight.synthetic import construction
from chronosight.synthetic.build import CONCRETE, Builder
from chronosight.synthetic.materials import tint
from chronosight.synthetic.plan import ALWAYS, Colour, Patch, Point, Vehicle, box, turn
from chronosight.synthetic.scenery import (
    SETTINGS,
    band,
    base_of,
    lay_main_road,
    lay_pond,
    lay_scenery,
    lay_trees,
    pick,
)  # fmt: skip

KINDS = ("airport", "harbour", "lake", "parking", "crossing", "suburb", "works", "flats", "country", "ponds", "river")
ODDS = (2, 2.5, 1.5, 2.5, 2, 3.5, 2, 1.2, 4, 2, 1.5)
HULLS: tuple[Colour, ...] = (
    (0.93, 0.93, 0.92),
    (0.90, 0.88, 0.82),
    (0.82, 0.84, 0.87),
    (0.62, 0.24, 0.18),
    (0.93, 0.93, 0.92),
)


def plan_image(rng: np.random.Generator, kind: str, extent: float) -> Builder:
    """Plans a place of one kind, the same at both dates.

    Args:
        rng: Draws the place.
        kind: Kind of the place.
        extent: Side of the place in metres.

    Returns:
        The plan's builder.
    """
    setting = "meadow" if kind in ("airport", "parking", "crossing") else pick(rng, SETTINGS, (3, 2, 3, 2, 3, 0.5))
    base = base_of(rng, setting)[0]
    if kind in ("harbour", "lake"):
        base = pick(rng, ("water blue", "water dark", "water green"), (3, 2, 1))
    builder = Builder(rng, extent, (base, base))
    if kind not in ("harbour", "lake", "airport"):
        lay_scenery(builder, setting)
    match kind:
        case "airport":
            _airport(builder)
        case "harbour":
            _harbour(builder)
        case "lake":
            _lake(builder)
        case "parking":
            _parking(builder)
        case "crossing":
            _crossing(builder)
        case "suburb":
            main = lay_main_road(builder) if rng.random() < 0.4 else None
            construction.estate(builder, ALWAYS, None, main)
        case "works":
            construction.halls(builder, ALWAYS, lay_main_road(builder))
        case "flats":
            construction.flats(builder, ALWAYS)
        case "ponds":
            for _ in range(int(rng.integers(1, 5))):
                lay_pond(builder)
            if rng.random() < 0.5:
                construction.farmsteads(builder, ALWAYS)
        case "river":
            _river(builder)
        case _:
            main = lay_main_road(builder) if rng.random() < 0.5 else None
            if rng.random() < 0.6:
                construction.farmsteads(builder, ALWAYS, main)
    builder.clear_roads()
    if kind not in ("harbour", "lake", "airport") or (kind != "airport" and rng.random() < 0.3):
        lay_trees(builder, setting)
    for ground in builder.plan.grounds:  # one image has one date
        ground.kinds = (ground.kinds[0], ground.kinds[0])
    return builder


def how_many(rng: np.random.Generator, most: int) -> int:
    """A number of things: mostly one to nine, sometimes many.

    Args:
        rng: Draws the number.
        most: Largest number.

    Returns:
        The number.
    """
    return int(rng.integers(1, 10)) if rng.random() < 0.7 else int(rng.integers(10, max(11, most)))


def _airport(builder: Builder) -> None:
    rng, plan, e = builder.rng, builder.plan, builder.plan.extent
    angle = rng.uniform(0, 2 * np.pi)
    centre = (e * rng.uniform(0.4, 0.6), e * rng.uniform(0.4, 0.6))
    tone = tint(rng, CONCRETE if rng.random() < 0.6 else (0.46, 0.46, 0.47), 0.05)
    deep = rng.uniform(0.3, 0.5) * e

    def at(u: float, v: float) -> Point:
        return turn([(u, v)], *centre, angle)[0]

    slab = Patch(box(*centre, 3 * e, 2 * deep, angle), "pad", tone)
    for v in np.arange(-deep, deep, 14.0):  # joints of the slabs and yellow lines
        slab.lines.append((at(-2 * e, v), at(2 * e, v)))
    plan.patches.append(slab)
    if rng.random() < 0.5:
        strip = tint(rng, (0.36, 0.36, 0.37))
        dashes = [(at(u, deep + 34), at(u + 15, deep + 34)) for u in np.arange(-2 * e, 2 * e, 30)]
        plan.patches.append(Patch(box(*at(0, deep + 34), 3 * e, rng.uniform(26, 40), angle), "pad", strip, lines=dashes))
    length = rng.uniform(22, 44)
    pitch = length * rng.uniform(1.1, 1.4)
    placed, want = 0, how_many(rng, 16)
    columns = max(1, int(1.5 * e / pitch))
    spots = [(u, v) for v in (-deep * 0.35, deep * 0.4) for u in (np.arange(columns) - columns / 2 + 0.5) * pitch]
    if rng.random() < 0.6:
        spots = sorted(spots, key=lambda s: (s[1], abs(s[0] + 0.01)))
    else:
        rng.shuffle(spots)
    colour: Colour = (0.94, 0.94, 0.95)
    for u, v in spots:
        x, y = at(u, v)
        if placed >= want or not builder.inside(x, y, -0.45 * length) or not builder.is_free(x, y, length, length, 0):
            continue
        heading = angle + np.pi / 2 + (np.pi if rng.random() < 0.1 else 0) + rng.normal(0, 0.04)
        span = length * rng.uniform(0.85, 1.0)
        plan.vehicles.append(Vehicle(x, y, float(heading), length, span, tint(rng, colour, 0.02), "plane"))
        builder.take(box(x, y, length * 1.02, length * 1.02, 0))
        placed += 1
    if rng.random() < 0.6:
        builder.hall(*at(rng.uniform(-20, 20), -deep * 0.35 - length * 0.5 - 22), angle, rng.uniform(50, 140), 26)


def _shore(builder: Builder, reach: float) -> tuple[Point, float]:
    """Covers one side with land; gives a point of the shore and the direction along it (water on its left)."""
    rng, e = builder.rng, builder.plan.extent
    angle = rng.uniform(0, 2 * np.pi)
    point = (e / 2 - reach * e * float(np.cos(angle + np.pi / 2)), e / 2 - reach * e * float(np.sin(angle + np.pi / 2)))
    land = pick(rng, ("grass", "sand", "soil", "lawn"), (2, 1.5, 1, 2))
    corners = turn([(-2 * e, 0), (2 * e, 0), (2 * e, -2 * e), (-2 * e, -2 * e)], *point, angle)
    builder.cover(corners, (land, land), 0.0)
    return point, angle


def _boat(builder: Builder, x: float, y: float, angle: float, length: float, wake: float = 0.0) -> bool:
    rng = builder.rng
    if not builder.inside(x, y, -0.6 * length) or not builder.is_free(x, y, length + 3, length * 0.35 + 2, angle):
        return False
    colour = tint(rng, HULLS[int(rng.integers(len(HULLS)))], 0.02)
    width = length * rng.uniform(0.26, 0.34)
    builder.plan.vehicles.append(Vehicle(x, y, float(angle), length, width, colour, "boat", ALWAYS, wake))
    builder.take(box(x, y, length + 2, width + 2, angle))
    return True


def _harbour(builder: Builder) -> None:
    rng, plan, e = builder.rng, builder.plan, builder.plan.extent
    point, angle = _shore(builder, rng.uniform(0.1, 0.32))

    def at(u: float, v: float) -> Point:
        return turn([(u, v)], *point, angle)[0]

    quay = tint(rng, CONCRETE, 0.05)
    plan.patches.append(Patch(box(*at(0, -6), 4 * e, 12, angle), "pad", quay))
    want, placed = how_many(rng, 60), 0
    length = rng.uniform(9, 18)
    gap = 2 * length + rng.uniform(8, 16)
    reach = rng.uniform(0.35, 0.6) * e
    berths: list[tuple[float, float, float]] = []
    for u in np.arange(-0.8 * e, 0.8 * e, gap):
        plan.patches.append(Patch(box(*at(u, reach / 2), 2.4, reach, angle), "pad", tint(rng, (0.62, 0.58, 0.52))))
        for v in np.arange(6, reach - 2, length * 0.36 + rng.uniform(2.2, 4)):
            for side in (1, -1):
                berths.append((float(u) + side * (length / 2 + 1.8), float(v), 0.0 if side > 0 else np.pi))
    rng.shuffle(berths)
    for u, v, way in berths:
        if placed >= want:
            break
        placed += _boat(builder, *at(u, v), angle + way, length * rng.uniform(0.8, 1.0))
    if rng.random() < 0.6:
        for u in np.arange(-0.7 * e, 0.7 * e, rng.uniform(40, 90)):
            x, y = at(u, -rng.uniform(26, 34))
            if builder.inside(x, y, 10) and rng.random() < 0.7:
                builder.hall(x, y, angle, rng.uniform(14, 30), rng.uniform(9, 16))


def _lake(builder: Builder) -> None:
    rng, e = builder.rng, builder.plan.extent
    if rng.random() < 0.7:
        _shore(builder, rng.uniform(0.25, 0.45))
        builder.plan.grounds[-1].rough = 5.0
        builder.take(builder.plan.grounds[-1].polygon)
    if rng.random() < 0.75:
        way = rng.uniform(0, 2 * np.pi)
        for _ in range(int(rng.integers(1, 8))):
            x, y = rng.uniform(0.08, 0.92, 2) * e
            moving = rng.random() < 0.6
            _boat(builder, x, y, way + rng.normal(0, 0.5), rng.uniform(9, 26), rng.uniform(18, 50) if moving else 0.0)


def _parking(builder: Builder) -> None:
    rng, e = builder.rng, builder.plan.extent
    angle = rng.uniform(0, np.pi)
    x, y = rng.uniform(0.4, 0.6, 2) * e
    width, depth = rng.uniform(0.4, 0.9) * e, rng.uniform(0.3, 0.6) * e
    builder.plan.patches.clear()
    stalls = max(1.0, (width / 2.8) * ((depth - 7) / 17.0))
    few = rng.random() < 0.6
    builder.parking(x, y, width, depth, angle, ALWAYS, (how_many(rng, 9) % 10) / stalls / 2 if few else rng.uniform(0.2, 0.8))
    if rng.random() < 0.7:
        hx, hy = turn([(0, depth / 2 + 24)], x, y, angle)[0]
        builder.hall(hx, hy, angle, width * rng.uniform(0.5, 0.9), rng.uniform(24, 40))
    if rng.random() < 0.6:
        line = turn([(-2 * e, -depth / 2 - 10), (2 * e, -depth / 2 - 10)], x, y, angle)
        builder.road(line, 9, "asphalt", marked=True)


def _crossing(builder: Builder) -> None:
    rng, e = builder.rng, builder.plan.extent
    angle = rng.uniform(0, np.pi)
    spot = (rng.uniform(0.35, 0.65) * e, rng.uniform(0.35, 0.65) * e)
    cars = how_many(rng, 40)
    lines = []
    for way in (angle, angle + rng.uniform(1.2, 1.9)):
        width = rng.uniform(10, 18)
        line = builder.through(way, 0.02, spot)
        builder.road(line, width, "asphalt", marked=True)
        lines.append((line, width))
    for line, width in lines:
        span = len(line) // 3
        middle = line[span : 2 * span + 1]
        for _ in range(cars * 2):
            k = int(rng.integers(len(middle) - 1))
            t = rng.random()
            direction = float(np.arctan2(middle[k + 1][1] - middle[k][1], middle[k + 1][0] - middle[k][0]))
            x = middle[k][0] + t * (middle[k + 1][0] - middle[k][0])
            y = middle[k][1] + t * (middle[k + 1][1] - middle[k][1])
            off = rng.choice((-1, 1)) * width / 4
            x, y = x - off * np.sin(direction), y + off * np.cos(direction)
            near = any(np.hypot(v.x - x, v.y - y) < 9 for v in builder.plan.vehicles)
            if near or not builder.inside(x, y, -4) or sum(v.kind == "car" for v in builder.plan.vehicles) >= cars:
                continue
            builder.car(float(x), float(y), direction)
    if rng.random() < 0.6:
        construction.halls(builder, ALWAYS)


def _river(builder: Builder) -> None:
    rng = builder.rng
    line = builder.through(rng.uniform(0, np.pi), 0.15)
    width = rng.uniform(24, 70)
    water = pick(rng, ("water blue", "water dark", "water green", "water muddy"))
    bank = pick(rng, ("mud", "wood floor", "grass", "sand"))
    builder.cover(band(line, width + rng.uniform(10, 30)), (bank, bank), 5)
    builder.cover(band(line, width), (water, water), 5)
    for _ in range(int(rng.integers(0, 5))):
        k = int(rng.integers(len(line) // 3, 2 * len(line) // 3))
        way = float(np.arctan2(line[k + 1][1] - line[k][1], line[k + 1][0] - line[k][0]))
        off = rng.uniform(-0.2, 0.2) * width
        _boat(builder, line[k][0] - off * np.sin(way), line[k][1] + off * np.cos(way), way + rng.choice((0, np.pi)),
              rng.uniform(8, 20), rng.choice((0.0, 25.0)))  # fmt: skip
    builder.take(band(line, width + 12))
    if rng.random() < 0.6:
        construction.farmsteads(builder, ALWAYS)
