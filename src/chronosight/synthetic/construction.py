"""What people build: estates, infill, halls, flats, scattered farmsteads, bare roads. Each at the dates given."""

from __future__ import annotations

import numpy as np

from chronosight.synthetic.build import Builder
from chronosight.synthetic.plan import Patch, Point, When, box, turn
from chronosight.synthetic.scenery import band, lay_yard, pick

Line = tuple[list[Point], float]  # a road's points and width


def estate(builder: Builder, when: When | None, houses: When | None = None, main: Line | None = None) -> None:
    """Parallel or winding streets with rows of houses.

    Args:
        builder: Holds the plan; it is extended.
        when: Whether the streets are there at each date; None for streets at both.
        houses: The same of the houses; None for as the streets.
        main: Main road, its line and width in metres; None for none.
    """
    rng, e = builder.rng, builder.plan.extent
    road_when: When = when or (True, True)
    house_when = houses or road_when
    angle = rng.uniform(0, np.pi) if rng.random() < 0.4 else float(rng.choice((0, np.pi / 2)) + rng.normal(0, 0.12))
    step = rng.uniform(17, 25)
    setback = rng.uniform(5, 9)
    gap = 2 * (setback + 14 + rng.uniform(5, 12)) + 8
    streets = 1 + int(rng.integers(0, max(2, int(1.0 * e / gap)) + 1))
    length = rng.uniform(0.4, 1.3) * e
    x, y = rng.uniform(0.25, 0.75, 2) * e
    surface, width = pick(rng, ("concrete", "asphalt"), (2, 1)), rng.uniform(6.5, 9)
    bend = float(rng.choice((0.0, 0.04, 0.15)))
    if road_when[0] != road_when[1] or house_when[0] != house_when[1]:
        spread = streets * gap / 2 + 8
        yard = turn([(-length / 2 - 12, -spread), (length / 2 + 12, -spread), (length / 2 + 12, spread),
                     (-length / 2 - 12, spread)], x, y, angle)  # fmt: skip
        if rng.random() < 0.75:
            lay_yard(builder, yard, house_when)
    lines = []
    swing = builder.bent((-length / 2, 0), (length / 2, 0), bend, 11)  # one shape for all streets, so rows stay apart
    for i in range(streets):
        v = (i - (streets - 1) / 2) * gap
        line = turn([(px, py + v) for px, py in swing], x, y, angle)
        if rng.random() < 0.35 and i % 2 == 0:
            line = line[: max(5, int(len(line) * rng.uniform(0.5, 0.9)))]
        builder.road(line, width, surface, road_when)
        lines.append(line)
        if rng.random() < 0.5:  # a turning circle at the end
            ex, ey = line[-1]
            builder.circle(ex, ey, width * rng.uniform(1.0, 1.5), surface, road_when)
    if streets > 1:
        u = float(rng.choice((-0.5, 0.5, 0.0, 0.25))) * length
        half = (streets - 1) / 2 * gap
        builder.road(turn([(u, -half), (u, half)], x, y, angle), width, surface, road_when)
    if main is not None:
        target = main[0][int(np.argmin([np.hypot(px - x, py - y) for px, py in main[0]]))]
        builder.road(builder.bent(target, lines[len(lines) // 2][0], 0.05), width, surface, road_when)
    chance = float(rng.choice((1.0, 1.0, 1.0, 0.9, 0.6, 0.35)))
    for line in lines:
        builder.houses_along(line, width, step, house_when, chance, rng.random() < 0.85, setback=setback,
                             pools=float(rng.choice((0, 0.12, 0.3))))  # fmt: skip


def infill(builder: Builder, when: When, main: Line | None = None) -> None:
    """Streets with houses that stand all along; a few lots are built on, or cleared, between the dates.

    Args:
        builder: Holds the plan; it is extended.
        when: Whether it is there at the first and at the second date.
        main: Main road, its line and width in metres; None for none.
    """
    rng, e = builder.rng, builder.plan.extent
    angle = rng.uniform(0, np.pi)
    step, setback, width = rng.uniform(18, 26), rng.uniform(5, 9), rng.uniform(6.5, 9)
    gap = 2 * (setback + 14 + rng.uniform(5, 14)) + 8
    surface = pick(rng, ("concrete", "asphalt"))
    count = 1 + int(rng.integers(0, 3))
    x, y = rng.uniform(0.3, 0.7, 2) * e
    lines = []
    for i in range(count):
        v = (i - (count - 1) / 2) * gap
        line = turn([(-1.2 * e, v), (-0.4 * e, v), (0.4 * e, v), (1.2 * e, v)], x, y, angle)
        builder.road(line, width, surface)
        lines.append(line)
    for line in lines:  # the changed lots first, so that they find room
        put, tries, want = 0, 0, int(rng.integers(1, 6))
        while put < want and tries < 8:
            tries += 1
            a = rng.uniform(-0.5, 0.45) * e
            i = lines.index(line)
            v = (i - (count - 1) / 2) * gap
            piece = turn([(a, v), (a + step * rng.integers(1, 4), v)], x, y, angle)
            if builder.inside(*piece[0]):
                put += builder.houses_along(piece, width, step, when, 1.0, rng.random() < 0.4, want - put, setback)
    chance = float(rng.choice((0.9, 0.6, 0.3)))
    for line in lines:
        builder.houses_along(line, width, step, (True, True), chance, True, setback=setback)


def halls(builder: Builder, when: When, main: Line | None = None, count: int | None = None) -> None:
    """One to three large flat roofs, each with a car park and a way in.

    Args:
        builder: Holds the plan; it is extended.
        when: Whether it is there at the first and at the second date.
        main: Main road, its line and width in metres; None for none.
        count: Number of roofs; None draws it.
    """
    rng, e = builder.rng, builder.plan.extent
    angle = rng.uniform(0, np.pi)
    for _ in range(count or int(rng.integers(1, 4))):
        for _ in range(8):
            width, depth = rng.uniform(24, 85), rng.uniform(18, 50)
            x, y = rng.uniform(0.08, 0.92, 2) * e
            lot_depth = rng.uniform(20, 46)
            if main is not None:  # the car park lies on the road's side
                nearest = main[0][int(np.argmin([np.hypot(qx - x, qy - y) for qx, qy in main[0]]))]
                if (nearest[1] - y) * np.cos(angle) < (nearest[0] - x) * np.sin(angle):
                    angle += np.pi
            fx, fy = turn([(0, lot_depth / 2)], x, y, angle)[0]
            if not builder.is_free(fx, fy, width + 10, depth + lot_depth + 12, angle):
                continue
            if rng.random() < 0.7:
                lay_yard(builder, box(fx, fy, width + 34, depth + lot_depth + 30, angle), when)
            builder.plan.patches.append(Patch(box(x, y, width + 9, depth + 9, angle), "pad", (0.68, 0.66, 0.62), when))
            builder.hall(x, y, angle, width, depth, when, pick(rng, ("box", "L", "U", "T"), (5, 2, 1, 1)))
            px, py = turn([(0, depth / 2 + lot_depth / 2 + 3)], x, y, angle)[0]
            # a lot may have been there before its hall
            lot_when = when if rng.random() < 0.75 else (True, True)
            builder.parking(px, py, width * rng.uniform(0.8, 1.2), lot_depth, angle, lot_when, rng.uniform(0, 0.6))
            if main is not None and rng.random() < 0.6:
                target = main[0][int(np.argmin([np.hypot(qx - px, qy - py) for qx, qy in main[0]]))]
                builder.road(builder.bent(target, (px, py), 0.06), rng.uniform(5, 7), "concrete", when)
            break


def flats(builder: Builder, when: When, main: Line | None = None) -> None:
    """Rows of long blocks with pitched roofs, car parks between them.

    Args:
        builder: Holds the plan; it is extended.
        when: Whether it is there at the first and at the second date.
        main: Main road, its line and width in metres; None for none.
    """
    rng, e = builder.rng, builder.plan.extent
    angle = rng.uniform(0, np.pi)
    x, y = rng.uniform(0.25, 0.75, 2) * e
    long, deep = rng.uniform(26, 46), rng.uniform(12, 16)
    gap_u, gap_v = long + rng.uniform(7, 14), deep + rng.uniform(20, 28)
    nu, nv = int(rng.integers(1, 4)), int(rng.integers(1, 4))
    if rng.random() < 0.7:
        lay_yard(builder, box(x, y, nu * gap_u + 20, nv * gap_v + 20, angle), when)
    roof = pick(rng, ("gable", "hip", "flat"))
    for j in range(nv):
        for i in range(nu):
            u, v = (i - (nu - 1) / 2) * gap_u, (j - (nv - 1) / 2) * gap_v
            cx, cy = turn([(u, v)], x, y, angle)[0]
            if builder.is_free(cx, cy, long + 2, deep + 2, angle):
                builder.house(cx, cy, angle, long, deep, when, roof)
                builder.plan.buildings[-1].height = rng.uniform(7, 13)
        if j + 1 < nv:
            px, py = turn([(0, (j - (nv - 1) / 2 + 0.5) * gap_v + 3)], x, y, angle)[0]
            builder.parking(px, py, nu * gap_u * 0.9, 12, angle, when, rng.uniform(0.1, 0.7))


def farmsteads(builder: Builder, when: When, main: Line | None = None) -> None:
    """One to four single houses or sheds in the open, each at the end of a track.

    Args:
        builder: Holds the plan; it is extended.
        when: Whether it is there at the first and at the second date.
        main: Main road, its line and width in metres; None for none.
    """
    rng, e = builder.rng, builder.plan.extent
    for _ in range(int(rng.integers(1, 5))):
        for _ in range(8):
            x, y = rng.uniform(0.06, 0.94, 2) * e
            angle = rng.uniform(0, 2 * np.pi)
            width, depth = rng.uniform(11, 24), rng.uniform(9, 15)
            if not builder.is_free(x, y, width + 6, depth + 10, angle):
                continue
            if rng.random() < 0.6:
                lay_yard(builder, builder.blob(x, y, rng.uniform(16, 32)), when)
            if rng.random() < 0.7:
                builder.house(x, y, angle, width, depth, when)
            else:
                builder.hall(x, y, angle, width, depth, when)
            if rng.random() < 0.6:
                cx, cy = turn([(0, depth / 2 + 9)], x, y, angle)[0]
                end = main[0][int(rng.integers(len(main[0])))] if main else (rng.uniform(0, e), -20.0)
                track = builder.bent((cx, cy), end, 0.15)
                # A track is not counted as a road: it is there at both dates.
                builder.road(track, rng.uniform(2.6, 3.4), "dirt")
            break


def roads_only(builder: Builder, when: When, main: Line | None = None) -> None:
    """One to three roads and nothing else.

    Args:
        builder: Holds the plan; it is extended.
        when: Whether it is there at the first and at the second date.
        main: Main road, its line and width in metres; None for none.
    """
    rng, e = builder.rng, builder.plan.extent
    for _ in range(int(rng.integers(1, 4))):
        surface = pick(rng, ("concrete", "asphalt"), (2, 1))
        width = rng.uniform(6.5, 15)
        if main is not None and rng.random() < 0.6:
            start = main[0][int(rng.integers(len(main[0]) // 3, 2 * len(main[0]) // 3))]
            angle = rng.uniform(0, 2 * np.pi)
            reach = rng.uniform(0.5, 1.4) * e
            line = builder.bent(start, (start[0] + reach * np.cos(angle), start[1] + reach * np.sin(angle)), 0.12)
        else:
            line = builder.through(rng.uniform(0, np.pi), rng.choice((0.0, 0.05, 0.12)))
        if rng.random() < 0.5:
            lay_verge(builder, line, width, when)
        builder.road(line, width, surface, when, marked=surface == "asphalt")


def lay_verge(builder: Builder, line: list[Point], width: float, when: When) -> None:
    """Dug-up ground along a road.

    Args:
        builder: Holds the plan; it is extended.
        line: Line of the road, in metres.
        width: Width of the road in metres.
        when: Whether it is dug up at each date.
    """
    lay_yard(builder, band(line, width + builder.rng.uniform(8, 26)), when)
