"""From a plan to an image of one date: ground, flat things, shadows, buildings, crowns, then light and sensor.

Everything with an edge is drawn by Pillow at twice the size and halved, which is where soft edges come from.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw
from scipy import ndimage

from chronosight.synthetic.canopy import stamp_trees, wood_heights
from chronosight.synthetic.layers import COVER, Layers, rgba
from chronosight.synthetic.light import Conditions, grade
from chronosight.synthetic.materials import GROUND_NAMES, GROUNDS, ROWED
from chronosight.synthetic.noise import fractal
from chronosight.synthetic.plan import Building, Plan, Road, box, turn
from chronosight.synthetic.truth import LAND_COVER
from chronosight.synthetic.vehicles import draw_vehicle

COVER_OF_GROUND = np.array([LAND_COVER.index(GROUNDS[name][7]) for name in GROUND_NAMES], np.uint8)
PATCH_COVER = {"parking": "parking", "drive": "parking", "pad": "parking", "pool": "pool", "lawn": "grass",
               "water": "water"}  # fmt: skip
DRY_LEAF = ((0.23, 0.23, 0.16), (0.36, 0.34, 0.24))  # darkest and lightest crown
LUSH_LEAF = ((0.16, 0.21, 0.12), (0.29, 0.35, 0.20))
TWIGS = (0.42, 0.38, 0.34)
TUFT = 0.55  # metres: standard deviation of a clump of grass
CLUMP_SHIFT = 11  # pixels: clumps come from the grain of elsewhere


@dataclass
class Texture:
    """Noise of a place that stays from date to date. All (size, size) float32."""

    slow: np.ndarray  # patches of tens of metres
    warp: tuple[np.ndarray, np.ndarray]  # by which natural borders wander
    wood: np.ndarray  # heights of a closed wood
    fine: np.ndarray  # grain of a pixel or two
    rows: float  # direction of the furrows


def draw_texture(rng: np.random.Generator, size: int, metres_per_pixel: float) -> Texture:
    """Draws the texture of a place, the same at both dates.

    Args:
        rng: Draws it.
        size: Side in pixels.
        metres_per_pixel: Ground size of a pixel.

    Returns:
        The texture.
    """
    return Texture(
        slow=fractal(rng, size, 110 / metres_per_pixel, 6, 0.78),
        warp=(fractal(rng, size, 36 / metres_per_pixel, 4, 0.6), fractal(rng, size, 36 / metres_per_pixel, 4, 0.6)),
        wood=wood_heights(rng, size, metres_per_pixel),
        fine=rng.standard_normal((size, size), dtype=np.float32),
        rows=float(rng.uniform(0, np.pi)),
    )


@dataclass
class Painted:
    """What is painted of one date.

    Attributes:
        pixels: (H, W, 3) uint8.
        cover: (H, W) uint8, land cover (`truth.LAND_COVER`).
        changed: (H, W) uint8, 1 road, 2 building that is there at this date only.
    """

    pixels: np.ndarray
    cover: np.ndarray
    changed: np.ndarray


def paint(
    rng: np.random.Generator, plan: Plan, texture: Texture, date: Conditions, index: int, size: int,
    metres_per_pixel: float, shift: tuple[float, float] = (0.0, 0.0),
) -> Painted:  # fmt: skip
    """Renders a plan at one date.

    Args:
        rng: Draws the noise.
        plan: The plan.
        texture: Texture of the place.
        date: Season, light, haze and sensor.
        index: The date, 0 or 1.
        size: Side in pixels.
        metres_per_pixel: Ground size of a pixel.
        shift: Pixels by which everything lies off, x and y.

    Returns:
        The image, the land cover and the changed objects.
    """
    layers = Layers(size, metres_per_pixel, shift)
    ground, kinds = _ground(rng, plan, texture, date, index, layers)
    _draw_flat(layers, plan, index)
    _draw_buildings(rng, layers, plan, date, index)

    drawn = layers.labels("cover")
    wooded = (kinds == GROUND_NAMES.index("wood floor")) & (drawn == 255)
    heights = np.where(wooded, texture.wood, np.float32(0))
    stamp_trees(heights, np.asarray(plan.trees[index], np.float32).reshape(-1, 4), metres_per_pixel, shift)
    hidden = ((drawn >= COVER["parking"]) & (drawn < 255)) | (COVER_OF_GROUND[kinds] == COVER["water"])
    heights[hidden] = 0  # no crown stands in water, and nothing that is asked about hides under a crown
    pixels = _compose(ground, heights, layers, texture, date, metres_per_pixel)

    cover = np.where(drawn < 255, drawn, COVER_OF_GROUND[kinds])
    cover = np.where((heights > 0.3) & np.isin(cover, (COVER["grass"], COVER["bare land"], COVER["field"])),
                     np.uint8(COVER["trees"]), cover)  # fmt: skip
    return Painted(grade(rng, pixels, date), cover.astype(np.uint8), layers.labels("changed"))


def _ground(
    rng: np.random.Generator, plan: Plan, texture: Texture, date: Conditions, index: int, layers: Layers
) -> tuple[np.ndarray, np.ndarray]:
    """Colours (3, H, W) float32 and the index of the ground kind (H, W)."""
    size, step = layers.size, layers.step
    kinds = np.full((size, size), GROUND_NAMES.index(plan.base[index]), np.uint8)
    # Fields are straight; the borders of natural ground wander far, over them; shores and yards only a little.
    for low, high in ((-1.0, 0.0), (6.0, 99.0), (0.0, 6.0)):
        chosen = [ground for ground in plan.grounds if low < ground.rough <= high]
        if not chosen:
            continue
        sheet = Image.new("L", (size, size), 255)
        pen = ImageDraw.Draw(sheet)
        for ground in chosen:
            spots = [(x / step + layers.shift[0], y / step + layers.shift[1]) for x, y in ground.polygon]
            pen.polygon(spots, fill=GROUND_NAMES.index(ground.kinds[index]))
        drawn = np.asarray(sheet)
        if high > 0:
            reach = np.float32((7.0 if low > 0 else 2.0) / step)
            spot = np.arange(size, dtype=np.float32)
            rows = (spot[:, None] + reach * texture.warp[0]).clip(0, size - 1).astype(np.int32)
            columns = (spot[None] + reach * texture.warp[1]).clip(0, size - 1).astype(np.int32)
            drawn = drawn[rows, columns]
        kinds = np.where(drawn < 255, drawn, kinds)

    table = np.array([[GROUNDS[name][part] for part in range(4)] for name in GROUND_NAMES], np.float32)
    green = np.float32(date.green)
    dark = table[:, 0] * (1 - green) + table[:, 2] * green
    light = table[:, 1] * (1 - green) + table[:, 3] * green
    index_of = kinds.astype(np.intp)
    spread = np.array([GROUNDS[name][5] for name in GROUND_NAMES], np.float32)
    grain = np.array([GROUNDS[name][4] for name in GROUND_NAMES], np.float32)
    own = fractal(rng, size, 24 / step, 4, 0.85)
    mix = (0.5 + spread.take(index_of) * (0.42 * texture.slow + 0.5 * own)).clip(-0.5, 1.5)
    fine = np.roll(texture.fine, int(rng.integers(size)), 0) * np.float32(0.5) + own * np.float32(0.4)
    for name in ROWED:
        code = GROUND_NAMES.index(name)
        here = kinds == code
        if here.any():
            bearing, spot = texture.rows + 0.7 * code, np.arange(size, dtype=np.float32)
            pitch = np.float32(2 * np.pi / max(3.2, 3.5 / step))
            phase = (pitch * np.float32(np.cos(bearing))) * spot + (pitch * np.float32(np.sin(bearing))) * spot[:, None]
            waves = np.sin(phase + texture.slow * np.float32(0.4))
            fine = fine + np.where(here, waves * (0.6 + 0.5 * own), np.float32(0))
    fine *= grain.take(index_of)
    if (tufts := np.array([GROUNDS[name][6] for name in GROUND_NAMES], np.float32).take(index_of)).any():
        fine += tufts * _clumps(texture, step)
    colour = np.empty((3, size, size), np.float32)
    for channel in range(3):
        np.multiply((light - dark)[:, channel].take(index_of), mix, out=colour[channel])
        colour[channel] += dark[:, channel].take(index_of)
        colour[channel] += fine
    return colour, kinds


def _clumps(texture: Texture, step: float) -> np.ndarray:
    """(size, size) float32 of standard deviation 1: clumps of grass about a metre wide, in the same places at both dates."""
    clumps = ndimage.gaussian_filter(np.roll(texture.fine, CLUMP_SHIFT, 1), TUFT / step, mode="wrap", truncate=2.5)
    scaled: np.ndarray = clumps / clumps.std()
    return scaled


def _draw_flat(layers: Layers, plan: Plan, index: int) -> None:
    for patch in plan.patches:
        if patch.when[index]:
            layers.polygon("flat", patch.polygon, rgba(patch.colour))
            layers.polygon("cover", patch.polygon, COVER[PATCH_COVER[patch.kind]])
    for wide in (True, False):  # all edges first, so that crossings stay open
        for road in plan.roads:
            if road.when[index]:
                _draw_road(layers, road, wide)
    for patch in plan.patches:
        if patch.when[index] and layers.step < 1.3:
            for start, end in patch.lines:
                layers.line("flat", [start, end], 0.25, rgba((0.85, 0.85, 0.83)))
    for vehicle in plan.vehicles:
        if vehicle.when[index]:
            draw_vehicle(layers, vehicle)


def _draw_road(layers: Layers, road: Road, wide: bool) -> None:
    if wide:
        if road.surface == "concrete":
            layers.line("flat", road.points, road.width + 1.2, rgba(road.colour, 1.1))
        elif road.surface == "asphalt":
            layers.line("flat", road.points, road.width + 1.6, rgba(road.colour, 1.22))
        return
    layers.line("flat", road.points, road.width, rgba(road.colour))
    layers.line("cover", road.points, road.width, COVER["road"])
    if road.when[0] != road.when[1]:
        layers.line("changed", road.points, road.width, 1)
    if road.marked and layers.step < 1.3:
        layers.line("flat", road.points, 0.3, rgba((0.86, 0.8, 0.55)))


def _draw_buildings(rng: np.random.Generator, layers: Layers, plan: Plan, date: Conditions, index: int) -> None:
    for building in plan.buildings:
        if not building.when[index]:
            continue
        reach = building.height * date.shadow_length
        away = (date.sun[0] * reach, date.sun[1] * reach)
        outline = building.outline
        layers.polygon("shadow", [(x + away[0], y + away[1]) for x, y in outline], 255)
        for (x0, y0), (x1, y1) in zip(outline, outline[1:] + outline[:1], strict=True):
            quad = [(x0, y0), (x1, y1), (x1 + away[0], y1 + away[1]), (x0 + away[0], y0 + away[1])]
            layers.polygon("shadow", quad, 255)
        layers.polygon("raised", outline, rgba(building.colour))
        layers.polygon("cover", outline, COVER["building"])
        if building.when[0] != building.when[1]:
            layers.polygon("changed", outline, 2)
        for wing in building.wings:
            _draw_roof(rng, layers, building, wing, date)


def _draw_roof(
    rng: np.random.Generator, layers: Layers, building: Building,
    wing: tuple[float, float, float, float, float], date: Conditions,
) -> None:  # fmt: skip
    x, y, width, depth, angle = wing
    if building.roof == "flat":
        rim = min(0.8, 0.06 * depth)
        layers.polygon("raised", box(x, y, width, depth, angle), rgba(building.colour, 0.86))
        layers.polygon("raised", box(x, y, width - 2 * rim, depth - 2 * rim, angle), rgba(building.colour))
        for _ in range(int(rng.poisson(min(12, width * depth / 220)))):  # machines on the roof
            u, v = rng.uniform(-0.4, 0.4, 2) * (width, depth)
            side = rng.uniform(1.2, 3.0)
            (cx, cy) = turn([(u, v)], x, y, angle)[0]
            dark = box(cx + date.sun[0] * 1.2, cy + date.sun[1] * 1.2, side, side, angle)
            layers.polygon("raised", dark, rgba(building.colour, 0.55))
            layers.polygon("raised", box(cx, cy, side, side, angle), rgba(building.colour, rng.uniform(0.75, 1.15)))
        return
    if depth > width:
        width, depth, angle = depth, width, angle + np.pi / 2
    a, b = width / 2, depth / 2
    ridge = a - (b if building.roof == "hip" else 0.0)
    sides = (
        ([(-a, -b), (a, -b), (ridge, 0), (-ridge, 0)], (0.0, -1.0)),
        ([(a, b), (-a, b), (-ridge, 0), (ridge, 0)], (0.0, 1.0)),
        ([(a, -b), (a, b), (ridge, 0)], (1.0, 0.0)),
        ([(-a, b), (-a, -b), (-ridge, 0)], (-1.0, 0.0)),
    )
    c, s = np.cos(angle), np.sin(angle)
    slope = 0.30 * min(1.6, 0.6 + date.shadow_length)
    for corners, (nx, ny) in sides:
        facing = (nx * c - ny * s) * date.sun[0] + (nx * s + ny * c) * date.sun[1]
        layers.polygon("raised", turn(corners, x, y, angle), rgba(building.colour, 1.0 - slope * facing))


def _compose(
    ground: np.ndarray, heights: np.ndarray, layers: Layers, texture: Texture,
    date: Conditions, step: float,
) -> np.ndarray:  # fmt: skip
    """Everything over everything, (3, H, W) float32. Planes, not pixels: numpy is four times as fast that way."""
    fine = texture.fine
    flat, raised = layers.half("flat"), layers.half("raised")
    wear = 1 + 0.025 * fine + 0.04 * texture.slow.clip(-2, 2)
    pixels: np.ndarray = ground * (1 - flat[3]) + flat[:3] * wear

    leaves, bare = heights, None
    if date.bare_trees > 0:  # leafless crowns let the ground through
        bare = (np.roll(texture.slow, 37, 1) + np.float32(2.4 * (date.bare_trees - 0.5))) > 0
        leaves = np.where(bare, heights * np.float32(0.6), heights)
    crown = ((leaves - 0.12) * np.float32(4)).clip(0, 1)
    wooded = bool(crown.any())
    shade = layers.half("shadow")
    if wooded:
        reach = 3.0 * date.shadow_length / step
        cast = crown
        for part in (0.5, 1.0):
            dx, dy = round(date.sun[0] * reach * part), round(date.sun[1] * reach * part)
            cast = np.maximum(cast, _moved(crown, dx, dy))
        shade = np.maximum(shade, cast * np.float32(0.9))
    shade = ndimage.uniform_filter(shade, 2) * np.float32(date.shade)
    for channel, share in enumerate((1.06, 1.0, 0.9)):  # shadows are blue: the sky still lights them
        pixels[channel] *= 1 - shade * np.float32(share)
    if raised[3].any():
        roofs = raised[:3] * (1 + 0.04 * fine + 0.03 * texture.warp[0])
        pixels = pixels * (1 - raised[3]) + roofs
    if not wooded:
        return pixels
    slope = np.zeros_like(heights)
    slope[:, 1:-1] = (heights[:, 2:] - heights[:, :-2]) * np.float32(date.sun[0])
    slope[1:-1] += (heights[2:] - heights[:-2]) * np.float32(date.sun[1])
    lit = (0.70 + 0.42 * heights + slope * np.float32(0.6) + 0.07 * fine).clip(0.3, 1.7)
    kind = (0.5 + 0.35 * texture.warp[1]).clip(0, 1)
    green = date.green
    for channel in range(3):
        dark = DRY_LEAF[0][channel] * (1 - green) + LUSH_LEAF[0][channel] * green
        light = DRY_LEAF[1][channel] * (1 - green) + LUSH_LEAF[1][channel] * green
        leaf = np.float32(dark) + np.float32(light - dark) * kind
        if bare is not None:
            leaf = np.where(bare, np.float32(TWIGS[channel]), leaf)
        pixels[channel] += crown * (leaf * lit - pixels[channel])
    return pixels


def _moved(field: np.ndarray, dx: int, dy: int) -> np.ndarray:
    """The field moved by whole pixels; what comes in is zero."""
    out = np.zeros_like(field)
    height, width = field.shape
    out[max(0, dy) : height + min(0, dy), max(0, dx) : width + min(0, dx)] = field[
        max(0, -dy) : height + min(0, -dy), max(0, -dx) : width + min(0, -dx)
    ]
    return out
