"""What happens in a video, one function an event: it draws lots once and returns the function that draws any moment."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PIL import Image

from chronosight.synthetic import backdrops
from chronosight.synthetic.build import Builder
from chronosight.synthetic.canvas import Canvas, DrawMoment
from chronosight.synthetic.layers import COVER, rgba
from chronosight.synthetic.moving_parts import draw_digger, draw_tractor, drive, traffic
from chronosight.synthetic.noise import fractal
from chronosight.synthetic.plan import Colour, Vehicle, box, turn
from chronosight.synthetic.vehicles import draw_vehicle

BACKDROPS: dict[str, tuple[Callable[[np.random.Generator, float], Builder], ...]] = {
    "fire": (backdrops.open_land, backdrops.wood, backdrops.houses, backdrops.works, backdrops.field),
    "flood": (backdrops.houses, backdrops.open_land, backdrops.farm, backdrops.road),
    "traffic congestion": (backdrops.road,),
    "constructing": (backdrops.site,),
    "boating": (backdrops.water,),
    "ploughing": (backdrops.field,),
    "harvesting": (backdrops.ripe_field,),
    "non-event": (
        backdrops.open_land, backdrops.wood, backdrops.houses, backdrops.works, backdrops.farm, backdrops.road,
        backdrops.water, backdrops.field, backdrops.ripe_field,
    ),
}  # fmt: skip


def fire(canvas: Canvas) -> DrawMoment:
    """Puffs of smoke leave a burning spot, drift with the wind and spread; flames flicker at the spot.

    Args:
        canvas: The canvas, with its backdrop.

    Returns:
        Draws a moment: takes the time in [0, 1] and the planes.
    """
    rng, small = canvas.rng, canvas.size // 2
    x0, y0 = rng.uniform(0.36, 0.64, 2) * small
    wind = rng.uniform(0, 2 * np.pi)
    drift = rng.uniform(0.35, 0.75) * small
    count = 70
    born = np.sort(rng.uniform(-1.0, 1.0, count))
    side, swell = rng.normal(0, 0.13, count), rng.uniform(0.7, 1.3, count)
    tone = rng.uniform(0.25, 0.85)
    base = rng.uniform(0.018, 0.038) * small
    thick = rng.uniform(0.5, 0.85)
    lumps = 1 + 0.3 * fractal(rng, canvas.size, canvas.size / 5, 5, 0.75)
    flicker = fractal(rng, canvas.size, canvas.size / 16, 4, 0.8)
    flames = rng.uniform(-1, 1, (9, 2)) * base * 1.5
    y, x = np.mgrid[:small, :small].astype(np.float32)

    def draw(t: float, planes: np.ndarray) -> None:
        clear = np.ones((small, small), np.float32)
        for k in range(count):
            age = t - born[k]
            if age < 0 or age > 1.2:
                continue
            far = drift * age
            px = x0 + far * (np.cos(wind) - side[k] * np.sin(wind))
            py = y0 + far * (np.sin(wind) + side[k] * np.cos(wind))
            width = (base + 0.2 * far) * swell[k]
            reach = int(2.5 * width) + 1
            r, c = slice(max(0, int(py) - reach), int(py) + reach), slice(max(0, int(px) - reach), int(px) + reach)
            blob = np.exp(-((x[r, c] - px) ** 2 + (y[r, c] - py) ** 2) / (2 * width**2))
            clear[r, c] *= 1 - np.float32(0.6 * thick * min(1.0, 1.25 - age)) * blob
        veil = np.asarray(Image.fromarray(1 - clear).resize((canvas.size, canvas.size), Image.Resampling.BICUBIC))
        moved = np.roll(lumps, (int(60 * t * np.sin(wind)), int(60 * t * np.cos(wind))), (0, 1))
        canvas.blend(planes, (veil * moved).clip(0, 0.97), np.float32(tone) * (0.8 + 0.2 * moved)[None].repeat(3, 0))
        glow = np.zeros((small, small), np.float32)
        heat = 0.7 + 0.6 * t
        for fx, fy in flames:
            width = base * 0.5 * heat * rng.uniform(0.5, 1.2)
            glow += np.exp(-((x - x0 - fx) ** 2 + (y - y0 - fy) ** 2) / (2 * width**2)) * np.float32(rng.uniform(0.4, 1.0))
        glow = np.asarray(Image.fromarray(glow).resize((canvas.size, canvas.size), Image.Resampling.BILINEAR))
        ragged = glow * (0.8 + 0.7 * np.roll(flicker, (int(90 * t), int(50 * t)), (0, 1)))
        hot = (ragged * 1.5).clip(0, 1)
        for channel, (low, high) in enumerate(((215, 255), (85, 225), (20, 120))):  # red rim, yellow heart
            colour = low + (high - low) * (ragged - 0.5).clip(0, 1)
            planes[channel] += hot * (colour - planes[channel])

    return draw


def flood(canvas: Canvas) -> DrawMoment:
    """Muddy water over all that lies below a rising level; roofs and crowns stay out.

    Args:
        canvas: The canvas, with its backdrop.

    Returns:
        Draws a moment: takes the time in [0, 1] and the planes.
    """
    rng = canvas.rng
    land = fractal(rng, canvas.size, canvas.size / 1.6, 5, 0.5)
    way = rng.uniform(0, 2 * np.pi)
    line = np.linspace(-1, 1, canvas.size, dtype=np.float32)
    land = land + np.float32(rng.uniform(0.5, 1.5)) * (
        np.float32(np.cos(way)) * line[None] + np.float32(np.sin(way)) * line[:, None]
    )
    land = land + np.where(np.isin(canvas.cover, (COVER["building"], COVER["trees"])), np.float32(50), np.float32(0))
    dry = land[land < 20]
    low, high = np.quantile(dry, rng.uniform(0.3, 0.45)), np.quantile(dry, rng.uniform(0.62, 0.85))
    waves = [fractal(rng, canvas.size, 14 / canvas.step, 4, 0.8) for _ in range(2)]
    mud = np.asarray(((0.46, 0.38, 0.27), (0.40, 0.36, 0.27), (0.52, 0.45, 0.33))[int(rng.integers(3))], np.float32)

    def draw(t: float, planes: np.ndarray) -> None:
        level = low + (high - low) * t
        depth = ((level - land) * np.float32(4)).clip(0, 1)
        shimmer = np.roll(waves[0], int(14 * t), 1) + np.roll(waves[1], -int(17 * t), 0)
        colour = mud[:, None, None] * (1 + 0.05 * shimmer)
        canvas.blend(planes, 0.93 * depth**0.5, colour)
        foam = ((depth > 0) & (depth < 0.12)).astype(np.float32)
        canvas.blend(planes, 0.25 * foam, (0.75, 0.72, 0.65))

    return draw


def congestion(canvas: Canvas) -> DrawMoment:
    """All lanes full; cars creep, some stand.

    Args:
        canvas: The canvas, with its backdrop.

    Returns:
        Draws a moment: takes the time in [0, 1] and the planes.
    """
    cars = traffic(canvas, gap=(1.2, 3.5), speed=(0.0, 5.0))
    return lambda t, planes: drive(canvas, planes, cars, t)


def constructing(canvas: Canvas) -> DrawMoment:
    """A frame that grows storey by storey, a crane that turns, diggers that move.

    Args:
        canvas: The canvas, with its backdrop.

    Returns:
        Draws a moment: takes the time in [0, 1] and the planes.
    """
    rng = canvas.rng
    site = canvas.builder.plan.buildings  # empty: what is built is drawn here
    assert not site
    e = canvas.extent
    x, y = e / 2 + rng.normal(0, 0.04, 2) * e
    angle = rng.uniform(0, np.pi)
    width, depth = rng.uniform(0.22, 0.36) * e, rng.uniform(0.16, 0.26) * e
    nx, ny = int(rng.integers(4, 8)), int(rng.integers(3, 6))
    done0, done1 = rng.uniform(0.15, 0.4), rng.uniform(0.7, 1.0)
    jib, jib_turn = rng.uniform(0, 2 * np.pi), rng.choice((-1, 1)) * rng.uniform(0.4, 1.6)
    reach = rng.uniform(0.3, 0.42) * e
    foot = turn([(rng.choice((-1, 1)) * (width / 2 + 2), rng.uniform(-0.3, 0.3) * depth)], x, y, angle)[0]
    diggers = [(rng.uniform(0.22, 0.78, 2) * e, rng.uniform(0, 6.3), rng.uniform(-8, 8)) for _ in range(int(rng.integers(1, 4)))]
    crane = ((0.86, 0.68, 0.15), (0.80, 0.25, 0.16), (0.88, 0.88, 0.86))[int(rng.integers(3))]
    piles = [(rng.uniform(0.15, 0.85, 2) * e, rng.uniform(2, 6), rng.uniform(0, 3)) for _ in range(6)]
    cells = [(i, j) for i in range(nx) for j in range(ny)]
    if rng.random() < 0.5:
        rng.shuffle(cells)
    sun = canvas.date.sun

    def draw(t: float, planes: np.ndarray) -> None:
        sheet = canvas.sheet()
        for (px, py), side, way in piles:
            sheet.polygon("flat", box(px, py, side, side * 0.4, way), rgba((0.55, 0.45, 0.33)))
        outline = box(x, y, width, depth, angle)
        height = 3 + 5 * t
        sheet.polygon("flat", [(a + sun[0] * height, b + sun[1] * height) for a, b in outline], rgba((0.25, 0.24, 0.24)))
        sheet.polygon("raised", outline, rgba((0.62, 0.60, 0.57)))
        ready = int((done0 + (done1 - done0) * t) * len(cells))
        for k, (i, j) in enumerate(cells):
            u, v = ((i + 0.5) / nx - 0.5) * width, ((j + 0.5) / ny - 0.5) * depth
            cx, cy = turn([(u, v)], x, y, angle)[0]
            w, d = width / nx, depth / ny
            if k < ready:
                sheet.polygon("raised", box(cx, cy, w * 0.96, d * 0.96, angle), rgba((0.80, 0.78, 0.74)))
            else:  # open bay with rebar
                sheet.polygon("raised", box(cx, cy, w * 0.78, d * 0.78, angle), rgba((0.30, 0.27, 0.24)))
                sheet.polygon("raised", box(cx, cy, w * 0.78, 0.35, angle), rgba((0.55, 0.38, 0.25)))
                sheet.polygon("raised", box(cx, cy, 0.35, d * 0.78, angle), rgba((0.55, 0.38, 0.25)))
        for (dx, dy), way, path in diggers:
            draw_digger(sheet, dx + path * t * np.cos(way), dy + path * t * np.sin(way), way, way + 1.5 * np.sin(5 * t + way))
        now = jib + jib_turn * t
        tip = (foot[0] + reach * np.cos(now), foot[1] + reach * np.sin(now))
        back = (foot[0] - 0.3 * reach * np.cos(now), foot[1] - 0.3 * reach * np.sin(now))
        fall = 9.0
        sheet.line("raised", [(a + sun[0] * fall, b + sun[1] * fall) for a, b in (back, tip)], 0.6, rgba((0.2, 0.2, 0.2)))
        sheet.line("raised", [back, tip], 1.1, rgba(crane))
        sheet.polygon("raised", box(*back, 3, 2.4, now), rgba((0.6, 0.6, 0.6)))
        sheet.polygon("raised", box(*foot, 2.4, 2.4, now), rgba(crane, 0.8))
        canvas.lay(planes, sheet)

    return draw


def boating(canvas: Canvas) -> DrawMoment:
    """Boats under way with wakes that follow them.

    Args:
        canvas: The canvas, with its backdrop.

    Returns:
        Draws a moment: takes the time in [0, 1] and the planes.
    """
    rng, e = canvas.rng, canvas.extent
    way = rng.uniform(0, 2 * np.pi)
    boats: list[tuple[float, float, float, float, float, float, Colour]] = []
    want = int(rng.integers(1, 5))
    for _ in range(60):
        if len(boats) >= want:
            break
        course = way + rng.normal(0, 0.5) + (np.pi if rng.random() < 0.25 else 0)
        mx, my = rng.uniform(0.3, 0.7, 2) * e
        length, path = rng.uniform(5, 12), rng.uniform(0.15, 0.45) * e
        run = np.linspace(-path / 2 - length, path / 2 + length, 12)
        rows, columns = (my + run * np.sin(course)) / canvas.step, (mx + run * np.cos(course)) / canvas.step
        spots = np.stack((rows, columns)).clip(0, canvas.size - 1).astype(int)
        if (canvas.cover[spots[0], spots[1]] == COVER["water"]).all():  # its whole way lies on water
            colour = backdrops.HULLS[int(rng.integers(len(backdrops.HULLS)))]
            boats.append((mx, my, course, length, path, rng.uniform(0.1, 0.3), colour))

    def draw(t: float, planes: np.ndarray) -> None:
        sheet = canvas.sheet()
        for mx, my, course, length, path, bend, colour in boats:
            now = course + bend * (t - 0.5)
            x, y = mx + (t - 0.5) * path * np.cos(course), my + (t - 0.5) * path * np.sin(course)
            boat = Vehicle(float(x), float(y), float(now), length, length * 0.32, colour, "boat", wake=4.0 + path * 0.5)
            draw_vehicle(sheet, boat)
        canvas.lay(planes, sheet)

    return draw


def ploughing(canvas: Canvas) -> DrawMoment:
    """A tractor goes up and down; behind it the field is dark and furrowed.

    Args:
        canvas: The canvas, with its backdrop.

    Returns:
        Draws a moment: takes the time in [0, 1] and the planes.
    """
    rng = canvas.rng
    dark = np.asarray(((0.32, 0.24, 0.18), (0.38, 0.28, 0.20), (0.27, 0.22, 0.18))[int(rng.integers(3))], np.float32)
    return _row_by_row(canvas, rng.uniform(3.0, 5.5), dark, 0.12, harvester=False)


def harvesting(canvas: Canvas) -> DrawMoment:
    """A combine goes up and down; behind it the ripe crop is pale stubble.

    Args:
        canvas: The canvas, with its backdrop.

    Returns:
        Draws a moment: takes the time in [0, 1] and the planes.
    """
    rng = canvas.rng
    pale = np.asarray(((0.74, 0.67, 0.49), (0.70, 0.62, 0.44), (0.78, 0.72, 0.56))[int(rng.integers(3))], np.float32)
    return _row_by_row(canvas, rng.uniform(5.0, 8.0), pale, 0.07, harvester=True)


def _row_by_row(canvas: Canvas, wide: float, colour: np.ndarray, furrow: float, harvester: bool) -> DrawMoment:
    rng, e = canvas.rng, canvas.extent
    angle = backdrops.row_angle(canvas.builder)
    y, x = (np.mgrid[: canvas.size, : canvas.size].astype(np.float32) + np.float32(0.5)) * np.float32(canvas.step)
    c, s = np.float32(np.cos(angle)), np.float32(np.sin(angle))
    u, v = (x - e / 2) * c + (y - e / 2) * s, (y - e / 2) * c - (x - e / 2) * s
    row = np.floor(v / np.float32(wide))
    field = np.isin(canvas.cover, (COVER["field"], COVER["grass"], COVER["bare land"]))
    first = int(rng.integers(-3, 3))
    path = rng.uniform(0.3, 0.8) * e  # metres driven in the video
    span = 0.56 * e
    start = rng.uniform(-0.28, 0.1) * e
    grain = fractal(rng, canvas.size, 8 / canvas.step, 4, 0.9)
    lines = np.sin(v * np.float32(2 * np.pi / (1.1 if not harvester else wide)))
    look = colour[:, None, None] * (1 + furrow * grain + furrow * lines)
    body = backdrops.MACHINES[int(rng.integers(len(backdrops.MACHINES)))]
    dust = rng.uniform(0, 0.5)

    def draw(t: float, planes: np.ndarray) -> None:
        gone = start + path * t
        turns = int((gone + span / 2) // span)
        now = (gone + span / 2) % span - span / 2
        index, way = first + turns, 1 if (first + turns) % 2 == 0 else -1
        ahead = now * way
        worked = (row < index) | ((row == index) & (u * way < now))
        canvas.blend(planes, (worked & field) * np.float32(0.92), look)
        px, py = turn([(ahead, (index + 0.5) * wide)], e / 2, e / 2, angle)[0]
        if dust > 0.1:
            tail = turn([(ahead - way * 7, (index + 0.5) * wide)], e / 2, e / 2, angle)[0]
            near = np.exp(-((x - tail[0]) ** 2 + (y - tail[1]) ** 2) / np.float32(2 * 4.5**2))
            canvas.blend(planes, near * np.float32(dust) * (1 + 0.3 * grain).clip(0, 1.5), (0.74, 0.66, 0.53))
        sheet = canvas.sheet()
        draw_tractor(sheet, float(px), float(py), angle + (0 if way > 0 else np.pi), wide, body, harvester)
        canvas.lay(planes, sheet)

    return draw


def nothing(canvas: Canvas) -> DrawMoment:
    """Free traffic where there is a wide road, and nothing else.

    Args:
        canvas: The canvas, with its backdrop.

    Returns:
        Draws a moment: takes the time in [0, 1] and the planes.
    """
    if backdrops.lanes(canvas.builder) and canvas.rng.random() < 0.85:
        cars = traffic(canvas, gap=(28, 90), speed=(12.0, 40.0))
        return lambda t, planes: drive(canvas, planes, cars, t)
    return lambda t, planes: None


DRAW: dict[str, Callable[[Canvas], DrawMoment]] = {
    "fire": fire, "flood": flood, "traffic congestion": congestion, "constructing": constructing, "boating": boating,
    "ploughing": ploughing, "harvesting": harvesting, "non-event": nothing,
}  # fmt: skip
