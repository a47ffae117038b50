"""Roofs drawn at true size, and ground that only resembles them: courts, vehicles, pools, pavement.

Cut-outs of real buildings come from few regions, and hardly hold a large roof. Drawn ones have any size, shape, colour and
surface; they differ from a court or a field as real roofs do: by shadow, edges, ridges, skylights.
"""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw
from scipy import ndimage

from chronosight.training.samples.cutouts import LabelledPair

Colour = tuple[int, int, int]
ROOFS: tuple[Colour, ...] = (
    (235, 235, 232), (205, 205, 200), (170, 170, 172), (130, 132, 136), (95, 97, 102), (70, 72, 78), (60, 60, 62), (178, 104, 78),
    (160, 88, 66), (196, 134, 100), (140, 92, 72), (120, 100, 88), (150, 140, 120), (110, 125, 140), (95, 120, 100),
    (215, 205, 185),
)  # fmt: skip
GROUNDS: tuple[Colour, ...] = (
    (120, 118, 115), (90, 90, 92), (160, 155, 148), (195, 185, 165), (170, 140, 110), (150, 120, 90), (200, 190, 170),
    (110, 120, 80), (140, 130, 95), (75, 95, 60),
)  # fmt: skip
COURTS: tuple[Colour, ...] = ((70, 120, 170), (60, 130, 90), (170, 80, 60), (80, 140, 130), (50, 90, 150))
POOL: Colour = (90, 170, 190)
LARGEST_SHARE = 0.5  # of a sample: a roof that fills it cannot be distinguished from ground
SMALLEST_ROOF = 6.0  # square metres


def draw_roofs(pair: LabelledPair, rng: np.random.Generator) -> LabelledPair:
    """Draws one to three roofs, mostly at the later date alone, and in half of the calls ground that is no building.

    Args:
        pair: The pair; left as it is.
        rng: Draws everything.

    Returns:
        A new pair.
    """
    drawn = LabelledPair(
        pair.before.copy(), pair.after.copy(), pair.changed.copy(), pair.footprints.copy(), pair.metres_per_pixel,
        apart=pair.apart,
    )  # fmt: skip
    taken = drawn.changed | (drawn.footprints == 1).any(0)
    direction = float(rng.uniform(0, np.pi))
    if rng.random() < 0.5:
        for _ in range(int(rng.integers(1, 4))):
            _draw_ground(drawn, taken, direction, rng)
    common = ROOFS[int(rng.integers(len(ROOFS)))]
    sun = float(rng.uniform(0, 2 * np.pi))
    for _ in range(int(rng.integers(1, 4))):
        colour = common if rng.random() < 0.5 else ROOFS[int(rng.integers(len(ROOFS)))]
        _draw_roof(drawn, taken, direction, sun, colour, rng)
    return drawn


def _draw_roof(
    pair: LabelledPair, taken: np.ndarray, direction: float, sun: float, colour: Colour, rng: np.random.Generator
) -> None:
    size, step = taken.shape[0], pair.metres_per_pixel
    low, high = (18, 90) if rng.random() < 0.5 else (4, 18)  # metres
    width, height = np.exp(rng.uniform(np.log(low), np.log(high), 2))
    aligned = rng.random() < 0.8
    angle = direction + float(rng.choice([0, np.pi / 2])) + rng.normal(0, 0.05) if aligned else float(rng.uniform(0, np.pi))
    corners = _placed(_plan(rng, float(width), float(height)), angle, rng.uniform(-0.1 * size, 1.1 * size, 2), step)
    mask = _filled(corners, size)
    smallest = max(12.0, SMALLEST_ROOF / step**2)
    if not smallest < mask.sum() < LARGEST_SHARE * size**2 or (taken & mask).any():
        return
    surface = _surface(rng, corners, angle, colour, size, step, roof=True)
    shadow = float(rng.uniform(1.5, 9)) / step if rng.random() < 0.8 else 0.0
    unchanged = rng.random() < 0.3
    for date, image in enumerate((pair.before, pair.after)):
        if date == 0 and not unchanged:
            continue
        moved = unchanged and date == 1
        lean = np.clip(rng.normal(0, 2.4, 2), -8, 8) if moved and rng.random() < 0.6 else np.zeros(2)
        here = _filled(corners + lean, size)
        if shadow:
            towards = sun + (rng.normal(0, 1.0) if moved else 0.0)
            _cast(image, corners + lean, here, shadow * np.array([np.cos(towards), np.sin(towards)]), rng)
        shown = surface * np.exp(rng.normal(0, 0.1)) + rng.normal(0, 6, 3) if unchanged else surface
        shown = ndimage.shift(shown, (lean[1], lean[0], 0), order=1, mode="mirror") if lean.any() else shown
        if rng.random() < 0.35:
            _draw_wall(image, corners + lean, here, step, rng)
        _blend(image, here.astype(np.float32), shown, 0.45)
        if rng.random() < 0.4:
            _blend(image, _outlined(corners + lean, size), np.full(3, float(rng.choice([50, 230]))), 0.3)
        pair.footprints[date][here] = 1
    if not unchanged:
        pair.footprints[0][mask] = 0
        pair.changed |= mask
    taken |= ndimage.binary_dilation(mask)


def _draw_wall(image: np.ndarray, corners: np.ndarray, roof: np.ndarray, step: float, rng: np.random.Generator) -> None:
    """The wall that shows beside a roof where the view is oblique."""
    size = roof.shape[0]
    towards = np.clip(rng.normal(0, 1.25, 2) / max(step, 0.25), -9, 9)
    wall = np.zeros(roof.shape, bool)
    for share in np.linspace(0.2, 1, 5):
        wall |= _filled(corners - share * towards, size)
    surface = np.full((size, size, 3), rng.uniform(50, 225)) + rng.normal(0, 8, 3) + rng.normal(0, 6, (size, size, 1))
    _blend(image, (wall & ~roof).astype(np.float32), surface, 0.5)


def _draw_ground(pair: LabelledPair, taken: np.ndarray, direction: float, rng: np.random.Generator) -> None:
    """Pavement, a court, vehicles or a pool, at the later date, now and then at both."""
    size, step, draw = taken.shape[0], pair.metres_per_pixel, rng.random()
    angle = direction + rng.normal(0, 0.3) if rng.random() < 0.7 else float(rng.uniform(0, np.pi))
    court, vehicles = 0.4 <= draw < 0.6, 0.6 <= draw < 0.85
    if draw < 0.4:
        sides, palette = np.exp(rng.uniform(np.log(8), np.log(70), 2)), GROUNDS
    elif court:
        sides, palette = rng.uniform((10, 20), (18, 36)), COURTS
    elif vehicles:
        sides, palette = rng.uniform((1.8, 4), (3, 14)), (*ROOFS, *COURTS)
    else:
        sides, palette = rng.uniform((4, 7), (8, 14)), (POOL,)
    colour = palette[int(rng.integers(len(palette)))]
    x, y = sides / 2
    for _ in range(int(rng.integers(2, 9)) if vehicles else 1):
        middle = rng.uniform(0, size, 2)
        corners = _placed(np.array([(-x, -y), (x, -y), (x, y), (-x, y)]), angle, middle, step)
        mask = _filled(corners, size) & ~taken
        if not 4 < mask.sum() < 0.6 * size**2:
            continue
        surface = _surface(rng, corners, angle, colour, size, step, roof=False)
        if court and rng.random() < 0.8:
            for share in (0.9, 0.55):
                surface[_outlined((corners - middle) * share + middle, size) > 0.5] = 235
        _blend(pair.after, mask.astype(np.float32), surface, 0.6)
        if rng.random() < 0.3:
            _blend(pair.before, mask.astype(np.float32), surface * rng.uniform(0.8, 1.2) + rng.normal(0, 10, 3), 0.6)


def _plan(rng: np.random.Generator, width: float, height: float) -> np.ndarray:
    """(n, 2) corners in metres about the middle: a rectangle, an L, or a U."""
    x, y, draw = width / 2, height / 2, rng.random()
    if draw < 0.55 or min(width, height) < 8:
        return np.array([(-x, -y), (x, -y), (x, y), (-x, y)])
    if draw < 0.8:
        at_x, at_y = rng.uniform(-0.3, 0.5) * x, rng.uniform(-0.3, 0.5) * y
        return np.array([(-x, -y), (x, -y), (x, at_y), (at_x, at_y), (at_x, y), (-x, y)])
    left, right = np.sort(rng.uniform(-0.7, 0.7, 2)) * x
    at_y = rng.uniform(-0.4, 0.6) * y
    return np.array([(-x, -y), (x, -y), (x, y), (right, y), (right, at_y), (left, at_y), (left, y), (-x, y)])


def _placed(plan: np.ndarray, angle: float, middle: np.ndarray, step: float) -> np.ndarray:
    """Corners in metres -> corners (x, y) in pixels."""
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    placed: np.ndarray = plan @ turn / step + middle
    return placed


def _filled(corners: np.ndarray, size: int) -> np.ndarray:
    """(size, size) bool."""
    canvas = Image.new("1", (size, size))
    ImageDraw.Draw(canvas).polygon([(float(x), float(y)) for x, y in corners], fill=1)
    return np.array(canvas)


def _outlined(corners: np.ndarray, size: int) -> np.ndarray:
    """(size, size) float32, 1 on the outline."""
    canvas = Image.new("1", (size, size))
    points = [(float(x), float(y)) for x, y in (*corners, corners[0])]
    ImageDraw.Draw(canvas).line(points, fill=1)
    return np.array(canvas).astype(np.float32)


def _surface(
    rng: np.random.Generator, corners: np.ndarray, angle: float, colour: Colour, size: int, step: float, roof: bool
) -> np.ndarray:
    """(size, size, 3) float32: one colour, uneven, with stripes; a roof may have a ridge, skylights and things on it."""
    ys, xs = np.mgrid[:size, :size].astype(np.float32)
    x, y = corners.mean(0)
    along = (xs - x) * np.cos(angle) + (ys - y) * np.sin(angle)
    across = -(xs - x) * np.sin(angle) + (ys - y) * np.cos(angle)
    surface = np.broadcast_to(np.array(colour) * np.exp(rng.normal(0, 0.12)) + rng.normal(0, 8, 3), (size, size, 3)).copy()
    uneven = rng.normal(0, rng.uniform(2, 10), (6, 6))
    surface += ndimage.zoom(uneven, size / 6, order=3, mode="nearest", grid_mode=True)[..., None]
    surface += rng.normal(0, rng.uniform(1, 6), (size, size, 1))
    if rng.random() < (0.5 if roof else 0.35):
        period, axis = max(2.2, rng.uniform(0.8, 6) / step), along if rng.random() < 0.5 else across
        surface += (rng.uniform(2, 14) * np.sign(np.sin(2 * np.pi * axis / period)))[..., None]
    if roof and rng.random() < 0.5:  # one side of the ridge lies in the sun
        axis, contrast = along if rng.random() < 0.5 else across, rng.normal(0, 0.12)
        surface *= np.where(axis > 0, 1 + contrast, 1 - contrast)[..., None]
    if roof and rng.random() < 0.35:  # skylights in rows
        near = np.ones((size, size), bool)
        half = max(1.0, rng.uniform(0.5, 1.6) / step) / 2 + 0.5
        for axis in (along, across):
            period = rng.uniform(4, 12) / step
            near &= np.abs((axis + period / 2) % period - period / 2) < half
        surface[near] += rng.choice([-1, 1]) * rng.uniform(25, 90)
    if roof and rng.random() < 0.35:  # boxes
        for _ in range(int(rng.integers(1, 6))):
            at, half = (x, y) + rng.normal(0, 0.25, 2) * np.ptp(corners, axis=0), rng.uniform(0.8, 3) / step
            surface[(np.abs(xs - at[0]) < half) & (np.abs(ys - at[1]) < half)] += rng.choice([-1, 1]) * rng.uniform(20, 70)
    return surface


def _cast(image: np.ndarray, corners: np.ndarray, roof: np.ndarray, shadow: np.ndarray, rng: np.random.Generator) -> None:
    """Darkens the ground beside a roof."""
    size = roof.shape[0]
    dark = np.zeros(roof.shape, bool)
    for share in np.linspace(0, 1, 6):
        dark |= _filled(corners + share * shadow, size)
    soft = ndimage.gaussian_filter((dark & ~roof).astype(np.float32), 0.7)[..., None]
    image[:] = (image * (1 - soft * rng.uniform(0.3, 0.65))).astype(np.uint8)


def _blend(image: np.ndarray, alpha: np.ndarray, over: np.ndarray, blur: float) -> None:
    soft = np.asarray(ndimage.gaussian_filter(alpha, blur))[..., None]
    image[:] = np.clip(soft * over + (1 - soft) * image, 0, 255).astype(np.uint8)
