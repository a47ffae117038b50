"""Moving things that several events share: traffic on lanes, tractors, diggers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from chronosight.synthetic import backdrops
from chronosight.synthetic.canvas import Canvas
from chronosight.synthetic.layers import Layers, rgba
from chronosight.synthetic.materials import CARS, draw_colour
from chronosight.synthetic.plan import Colour, Point, Vehicle, box, turn
from chronosight.synthetic.vehicles import draw_vehicle


@dataclass
class Queue:
    """Cars of one lane. start: place of each along the lane, metres. path: metres each drives in the video."""

    origin: Point
    angle: float
    length: float
    start: np.ndarray
    path: np.ndarray
    sizes: np.ndarray  # (n, 2) length and width, metres
    colours: list[Colour]


def traffic(canvas: Canvas, gap: tuple[float, float], speed: tuple[float, float]) -> list[Queue]:
    """Puts cars on every lane.

    Args:
        canvas: The canvas, with its roads.
        gap: Least and largest metres between cars.
        speed: Least and largest metres driven in the video.

    Returns:
        One queue a lane.
    """
    rng, queues = canvas.rng, []
    for origin, angle, length in backdrops.lanes(canvas.builder):
        place, starts, sizes = rng.uniform(-10, 10), [], []
        while place < length + 40:
            long = rng.uniform(4.2, 5.2) if rng.random() < 0.88 else rng.uniform(8, 14)
            starts.append(place)
            sizes.append((long, 1.9 if long < 6 else 2.5))
            place += long + rng.uniform(*gap)
        lane_path = rng.uniform(*speed)
        count = len(starts)
        paths = np.full(count, lane_path)  # one lane moves together, so that nobody runs into the next
        colours = [draw_colour(rng, CARS, 0.04) for _ in range(count)]
        queues.append(Queue(origin, angle, length, np.array(starts) - lane_path, paths, np.array(sizes), colours))
    return queues


def drive(canvas: Canvas, planes: np.ndarray, queues: list[Queue], t: float) -> None:
    """Draws the cars of a moment.

    Args:
        canvas: The canvas.
        planes: The image, which is drawn on.
        queues: Cars by lane.
        t: Time, in [0, 1].
    """
    sheet = canvas.sheet()
    for queue in queues:
        c, s = np.cos(queue.angle), np.sin(queue.angle)
        for start, path, (long, wide), colour in zip(queue.start, queue.path, queue.sizes, queue.colours, strict=True):
            along = start + path * t
            x, y = float(queue.origin[0] + along * c), float(queue.origin[1] + along * s)
            if canvas.builder.inside(x, y, 8):
                draw_vehicle(sheet, Vehicle(x, y, queue.angle, float(long), float(wide), colour))
    canvas.lay(planes, sheet)


def draw_tractor(sheet: Layers, x: float, y: float, angle: float, wide: float, body: Colour, harvester: bool) -> None:
    """Draws a tractor with its plough behind, or a combine with its header in front.

    Args:
        sheet: Where it is drawn.
        x: Its centre, in metres.
        y: Its centre, in metres.
        angle: Its direction in radians.
        wide: Working width in metres.
        body: Its colour.
        harvester: Whether it is a combine.
    """

    def part(u: float, v: float, length: float, width: float, colour: Colour) -> None:
        cx, cy = turn([(u, v)], x, y, angle)[0]
        sheet.polygon("raised", box(cx, cy, length, width, angle), rgba(colour))

    sheet.polygon("flat", box(x + 0.8, y - 0.8, 7.0, 3.4, angle), rgba((0.15, 0.14, 0.12)))
    if harvester:
        part(-1.0, 0, 7.0, 3.2, body)
        part(3.6, 0, 1.6, wide, (0.30, 0.29, 0.27))
        part(1.4, 0, 1.8, 2.0, (0.14, 0.16, 0.18))
        part(-2.6, 0, 2.2, 2.2, (0.72, 0.66, 0.45))
    else:
        for v in (-1.2, 1.2):
            part(-0.6, v, 1.9, 0.7, (0.10, 0.10, 0.10))
            part(1.7, v * 0.8, 1.1, 0.5, (0.10, 0.10, 0.10))
        part(0.6, 0, 4.2, 1.5, body)
        part(-0.5, 0, 1.7, 1.7, (0.16, 0.18, 0.20))
        part(-3.4, 0, 2.4, wide * 0.9, (0.36, 0.18, 0.14))


def draw_digger(sheet: Layers, x: float, y: float, angle: float, arm: float) -> None:
    """Draws a yellow excavator on tracks.

    Args:
        sheet: Where it is drawn.
        x: Its centre, in metres.
        y: Its centre, in metres.
        angle: Direction of its tracks in radians.
        arm: Direction of its arm in radians.
    """
    yellow = (0.88, 0.66, 0.12)
    for v in (-1.2, 1.2):
        cx, cy = turn([(0, v)], x, y, angle)[0]
        sheet.polygon("raised", box(cx, cy, 4.2, 0.8, angle), rgba((0.16, 0.15, 0.15)))
    sheet.polygon("raised", box(x, y, 3.4, 2.5, arm), rgba(yellow))
    tip = (x + 6.0 * float(np.cos(arm)), y + 6.0 * float(np.sin(arm)))
    sheet.line("raised", [(x, y), tip], 0.7, rgba(yellow, 0.85))
    sheet.polygon("raised", box(*tip, 1.2, 1.3, arm), rgba((0.25, 0.24, 0.22)))
