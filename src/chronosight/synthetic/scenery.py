"""The lie of the land before anyone builds: what covers the ground, woods, ponds, rivers, fields and a main road."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from chronosight.synthetic.build import Builder
from chronosight.synthetic.plan import ALWAYS, Point

WATERS = ("water dark", "water blue", "water green", "water muddy")
SETTINGS = ("scrub", "wood", "fields", "bare", "meadow", "riverside")


def pick(rng: np.random.Generator, choices: Sequence[str], weights: Sequence[float] | None = None) -> str:
    """Draws one of several choices.

    Args:
        rng: Draws it.
        choices: The choices.
        weights: Their weights; None for equal ones.

    Returns:
        The choice.
    """
    p = None if weights is None else np.asarray(weights) / np.sum(weights)
    return str(choices[int(rng.choice(len(choices), p=p))])


def drift(rng: np.random.Generator, kind: str, chance: float) -> tuple[str, str]:
    """The kind of ground at both dates: mostly the same, by chance grown over, dried out or dug up.

    Args:
        rng: Draws it.
        kind: Kind at one of the dates.
        chance: Probability of another kind at the other one.

    Returns:
        Kind at the first and at the second date.
    """
    others = {
        "scrub": ("grass", "soil"), "grass": ("scrub", "soil"), "soil": ("scrub", "grass"), "sand": ("soil", "scrub"),
        "red soil": ("scrub", "soil"), "crop": ("ploughed", "stubble"), "ploughed": ("crop", "stubble"),
        "stubble": ("ploughed", "crop"), "wood floor": ("scrub",), "mud": ("grass",), "lawn": ("grass", "soil"),
    }  # fmt: skip
    after = pick(rng, others[kind]) if kind in others and rng.random() < chance else kind
    return (kind, after) if rng.random() < 0.5 else (after, kind)


def base_of(rng: np.random.Generator, setting: str) -> tuple[str, str]:
    """The ground of a setting at both dates.

    Args:
        rng: Draws it.
        setting: Name of the setting.

    Returns:
        Kind at the first and at the second date.
    """
    kinds = {
        "scrub": ("scrub", "grass"), "wood": ("scrub", "grass"), "fields": ("grass", "crop", "stubble"),
        "bare": ("soil", "red soil", "sand", "scrub"), "meadow": ("grass", "lawn", "scrub"),
        "riverside": ("grass", "scrub"),
    }[setting]  # fmt: skip
    return drift(rng, pick(rng, kinds), 0.18)


def lay_scenery(builder: Builder, setting: str) -> None:
    """Lays grounds, fields, woods, ponds and rivers of a setting.

    Args:
        builder: Holds the plan; it is extended.
        setting: Name of the setting.
    """
    rng, e = builder.rng, builder.plan.extent
    scale = max(1.0, e / 256)
    for _ in range(int(rng.poisson(1.6 * scale))):
        kind = pick(rng, ("soil", "grass", "scrub", "red soil", "mud", "sand"), (3, 3, 3, 0.7, 0.6, 0.6))
        x, y = rng.uniform(0, e, 2)
        builder.cover(builder.blob(x, y, rng.uniform(15, 80)), drift(rng, kind, 0.35), 9)
    if setting == "fields":
        lay_fields(builder)
    if setting == "wood" or rng.random() < 0.45:
        many = 1 + int(rng.poisson((3.0 if setting == "wood" else 0.8) * scale))
        for _ in range(many):
            radius = rng.uniform(25, 110) if setting == "wood" else rng.uniform(15, 60)
            cleared = drift(rng, "wood floor", 0.06)
            x, y = rng.uniform(-0.1, 1.1, 2) * e
            builder.cover(builder.blob(x, y, radius), cleared, 14)
    if setting == "riverside":
        lay_river(builder)
    if rng.random() < 0.2:
        lay_pond(builder)


def lay_fields(builder: Builder) -> None:
    """A quilt of fields at one angle.

    Args:
        builder: Holds the plan; it is extended.
    """
    rng, e = builder.rng, builder.plan.extent
    angle = rng.uniform(0, np.pi)
    c, s = float(np.cos(angle)), float(np.sin(angle))
    u = -0.8 * e
    while u < 0.8 * e:
        du = rng.uniform(50, 160)
        v = -0.8 * e
        while v < 0.8 * e:
            dv = rng.uniform(50, 180)
            kind = pick(rng, ("crop", "ploughed", "stubble", "grass", "scrub", "soil"), (3, 2, 2, 2, 0.6, 0.7))
            gap = rng.choice((0.0, 3.0))
            corners = [(u, v), (u + du - gap, v), (u + du - gap, v + dv - gap), (u, v + dv - gap)]
            turned = [(e / 2 + x * c - y * s, e / 2 + x * s + y * c) for x, y in corners]
            builder.cover(turned, drift(rng, kind, 0.5), 0.0)
            v += dv
        u += du


def lay_pond(builder: Builder) -> None:
    """Lays a pond; its water may look otherwise at the second date.

    Args:
        builder: Holds the plan; it is extended.
    """
    rng, e = builder.rng, builder.plan.extent
    x, y = rng.uniform(0.1, 0.9, 2) * e
    radius = rng.uniform(10, 38)
    shore = builder.blob(x, y, radius)
    builder.take(builder.blob(x, y, radius * 1.5))
    water = pick(rng, WATERS, (3, 1, 3, 1.5))
    other = pick(rng, WATERS) if rng.random() < 0.4 else water
    if rng.random() < 0.6:
        builder.cover([(x + 1.25 * (px - x), y + 1.25 * (py - y)) for px, py in shore], drift(rng, "mud", 0.3), 5)
    builder.cover(shore, (water, other), 5)


def lay_river(builder: Builder) -> None:
    """A winding band of water with muddy or wooded banks.

    Args:
        builder: Holds the plan; it is extended.
    """
    rng = builder.rng
    line = builder.through(rng.uniform(0, np.pi), 0.18)
    width = rng.uniform(10, 45)
    water = pick(rng, WATERS, (2, 2, 2, 2))
    bank = pick(rng, ("mud", "wood floor", "grass", "sand"), (1.5, 2, 1, 1))
    builder.cover(band(line, width + rng.uniform(8, 40)), (bank, bank), 6)
    builder.cover(band(line, width), (water, water if rng.random() < 0.7 else pick(rng, WATERS)), 6)
    builder.take(band(line, width + 14))


def band(line: list[Point], width: float) -> list[Point]:
    """The outline of a broad line.

    Args:
        line: The line, in metres.
        width: Its width in metres.

    Returns:
        Corners of the outline.
    """
    points = np.asarray(line)
    way = np.gradient(points, axis=0)
    normal = np.stack((-way[:, 1], way[:, 0]), 1) / np.maximum(np.hypot(way[:, 0], way[:, 1]), 1e-6)[:, None]
    left, right = points + normal * width / 2, points - normal * width / 2
    return [(float(x), float(y)) for x, y in np.concatenate((left, right[::-1]))]


def lay_main_road(builder: Builder) -> tuple[list[Point], float]:
    """Lays a road across the frame that is there at both dates.

    Args:
        builder: Holds the plan; it is extended.

    Returns:
        Its line and its width in metres.
    """
    rng = builder.rng
    angle = rng.choice((0.0, np.pi / 2)) + rng.normal(0, 0.25) if rng.random() < 0.6 else rng.uniform(0, np.pi)
    surface = pick(rng, ("asphalt", "concrete", "dirt"), (3, 3, 0.8))
    width = rng.uniform(4, 6) if surface == "dirt" else rng.uniform(7, 15)
    line = builder.through(angle, rng.choice((0.0, 0.03, 0.08)))
    builder.road(line, width, surface, ALWAYS, marked=surface == "asphalt" and rng.random() < 0.6)
    if surface != "dirt":
        for when in ((True, False), (False, True)):
            builder.cars_on(line, width, rng.uniform(25, 90), when)
    return line, width


def lay_yard(builder: Builder, polygon: list[Point], dates: tuple[bool, bool]) -> None:
    """Lays ground dug up or sown around new buildings.

    Args:
        builder: Holds the plan; it is extended.
        polygon: Corners in metres.
        dates: Whether it is there at each date; at the others there is the old ground.
    """
    rng = builder.rng
    new = pick(rng, ("soil", "lawn", "red soil", "grass"), (3, 3, 0.8, 1.5))
    old = builder.plan.base
    builder.cover(polygon, (new if dates[0] else old[0], new if dates[1] else old[1]), 4)


def lay_trees(builder: Builder, setting: str) -> None:
    """Single trees and bushes where there is room; some are felled and some grow between the dates.

    Args:
        builder: Holds the plan; it is extended.
        setting: Name of the setting.
    """
    rng = builder.rng
    area = (builder.plan.extent / 256) ** 2
    often = {"scrub": 260, "wood": 240, "fields": 24, "bare": 30, "meadow": 90, "riverside": 110}[setting]
    count = int(often * area * rng.uniform(0.2, 1.6))
    builder.trees(int(count * 0.8), 1.2, 4.0)
    builder.trees(int(count * 0.1), 1.2, 3.6, (True, False))
    builder.trees(int(count * 0.1), 1.2, 3.6, (False, True))
    if rng.random() < 0.5:
        builder.trees(int(60 * area), 0.6, 1.3)
