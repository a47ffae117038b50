"""Puts houses, halls, streets, car parks, trees and water on a plan without letting them overlap."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

from chronosight.synthetic.materials import CARS, HALL_ROOFS, POOL, ROOFS, draw_colour, tint
from chronosight.synthetic.plan import (
    ALWAYS,
    Building,
    Ground,
    Patch,
    Plan,
    Point,
    Road,
    Vehicle,
    When,
    along,
    box,
    turn,
)  # fmt: skip
from chronosight.synthetic.shapes import hall_shape

CONCRETE, ASPHALT, DIRT = (0.68, 0.66, 0.62), (0.44, 0.43, 0.43), (0.72, 0.64, 0.52)
OCCUPIED_STEP = 2.0  # metres per cell of the map of what is taken
MARGIN = 24.0  # metres around the frame that are planned too


class Builder:
    """A plan in the making. rng: its chance. free ground is tracked on a coarse map."""

    def __init__(self, rng: np.random.Generator, extent: float, base: tuple[str, str]) -> None:
        self.rng = rng
        self.plan = Plan(extent=extent, base=base)
        side = int((extent + 2 * MARGIN) / OCCUPIED_STEP) + 1
        self._taken = Image.new("L", (side, side))
        self._pen = ImageDraw.Draw(self._taken)
        self._look = self._taken.load()
        self._side = side

    # what is taken

    def _cells(self, points: list[Point]) -> list[Point]:
        return [((x + MARGIN) / OCCUPIED_STEP, (y + MARGIN) / OCCUPIED_STEP) for x, y in points]

    def take(self, polygon: list[Point]) -> None:
        """Marks ground as occupied.

        Args:
            polygon: Corners in metres.
        """
        self._pen.polygon(self._cells(polygon), fill=1)

    def is_free(self, x: float, y: float, width: float, depth: float, angle: float) -> bool:
        """Whether a turned box lies on free ground, probed about every 3 m.

        Args:
            x: Its centre, in metres.
            y: Its centre, in metres.
            width: Its size along the angle, in metres.
            depth: Its size across the angle, in metres.
            angle: Its angle in radians.

        Returns:
            True where it does.
        """
        across, down = max(2, int(width / 3.0) + 1), max(2, int(depth / 3.0) + 1)
        c, s = float(np.cos(angle)), float(np.sin(angle))
        last, look = self._side - 1, self._look
        for i in range(across):
            u = width * (i / (across - 1) - 0.5)
            for j in range(down):
                v = depth * (j / (down - 1) - 0.5)
                px = int((x + u * c - v * s + MARGIN) / OCCUPIED_STEP)
                py = int((y + u * s + v * c + MARGIN) / OCCUPIED_STEP)
                if 0 <= px <= last and 0 <= py <= last and look[px, py]:  # type: ignore[index]
                    return False
        return True

    def inside(self, x: float, y: float, margin: float = 0.0) -> bool:
        """Whether a point lies within the place and a margin, in metres.

        Args:
            x: The point, in metres.
            y: The point, in metres.
            margin: The margin, in metres.

        Returns:
            True where it does.
        """
        return -margin <= x <= self.plan.extent + margin and -margin <= y <= self.plan.extent + margin

    # lines

    def road(self, points: list[Point], width: float, surface: str, when: When = ALWAYS, marked: bool = False) -> Road:
        """Lays a road and marks its ground as occupied.

        Args:
            points: Its line, in metres.
            width: Its width in metres.
            surface: "asphalt", "concrete" or "dirt".
            when: Whether it is there at each date.
            marked: Whether it has painted lines.

        Returns:
            The road.
        """
        tone = {"concrete": CONCRETE, "asphalt": ASPHALT, "dirt": DIRT}[surface]
        road = Road(points, width, surface, tint(self.rng, tone, 0.05), when, marked)
        self.plan.roads.append(road)
        cells = int((width + 5) / OCCUPIED_STEP) + 1
        self._pen.line(self._cells(points), fill=1, width=cells)
        return road

    def bent(self, start: Point, end: Point, bend: float, pieces: int = 9) -> list[Point]:
        """A line from start to end in one or two swings.

        Args:
            start: First point, in metres.
            end: Last point, in metres.
            bend: How far it may leave the straight, as a share of its length.
            pieces: Number of points.

        Returns:
            The points.
        """
        (x0, y0), (x1, y1) = start, end
        swing = bend * self.rng.uniform(-1, 1)
        second = bend * 0.5 * self.rng.uniform(-1, 1)
        points = []
        for t in np.linspace(0, 1, pieces):
            off = swing * np.sin(np.pi * t) + second * np.sin(2 * np.pi * t)
            points.append((float(x0 + (x1 - x0) * t - (y1 - y0) * off), float(y0 + (y1 - y0) * t + (x1 - x0) * off)))
        return points

    def through(self, angle: float, bend: float = 0.1, at: Point | None = None) -> list[Point]:
        """A line across the whole frame.

        Args:
            angle: Its angle in radians.
            bend: How far it may leave the straight, as a share of its length.
            at: A point on it; None for a random one of the middle.

        Returns:
            The points, in metres.
        """
        e = self.plan.extent
        x, y = at if at is not None else (self.rng.uniform(0.15, 0.85) * e, self.rng.uniform(0.15, 0.85) * e)
        reach = 1.5 * e
        c, s = float(np.cos(angle)), float(np.sin(angle))
        return self.bent((x - reach * c, y - reach * s), (x + reach * c, y + reach * s), bend, 25)

    def circle(self, x: float, y: float, radius: float, surface: str, when: When) -> None:
        """A turning circle at the end of a street.

        Args:
            x: Its centre, in metres.
            y: Its centre, in metres.
            radius: Its radius in metres.
            surface: "asphalt", "concrete" or "dirt".
            when: Whether it is there at each date.
        """
        ring = [(x + radius / 2 * float(np.cos(t)), y + radius / 2 * float(np.sin(t))) for t in np.linspace(0, 6.9, 13)]
        tone = self.plan.roads[-1].colour  # of the street it ends
        self.road(ring, radius, surface, when).colour = tone

    def clear_roads(self) -> None:
        """Drops buildings that a later road runs through."""
        ends = [np.asarray((road.points[:-1], road.points[1:])) for road in self.plan.roads if road.surface != "dirt"]
        if not ends or not self.plan.buildings:
            return
        a, b = np.concatenate(ends, 1)
        reach = np.concatenate([
            np.full(len(road.points) - 1, road.width / 2) for road in self.plan.roads if road.surface != "dirt"
        ])  # fmt: skip
        way = b - a
        kept = []
        for building in self.plan.buildings:
            corners = np.asarray(building.outline + [wing[:2] for wing in building.wings])
            middles = (corners[1:] + corners[:-1]) / 2
            spots = np.concatenate((corners, middles))[:, None]
            t = ((spots - a) * way).sum(-1) / np.maximum((way**2).sum(-1), 1e-9)
            near = a + t.clip(0, 1)[..., None] * way - spots
            if (np.hypot(near[..., 0], near[..., 1]) > reach + 0.5).all():
                kept.append(building)
        self.plan.buildings[:] = kept

    # buildings

    def house(
        self, x: float, y: float, angle: float, width: float, depth: float, when: When = ALWAYS, roof: str = "hip"
    ) -> Building:
        """A detached house whose front faces +90 degrees of the angle, often with a wing towards the street.

        Args:
            x: Its centre, in metres.
            y: Its centre, in metres.
            angle: Its angle in radians.
            width: Its size along the angle, in metres.
            depth: Its size across the angle, in metres.
            when: Whether it is there at each date.
            roof: Shape of the roof, such as "hip".

        Returns:
            The building.
        """
        rng = self.rng
        a, b = width / 2, depth / 2
        wings = [(0.0, 0.0, width, depth)]
        outline = [(-a, -b), (a, -b), (a, b), (-a, b)]
        if rng.random() < 0.7:
            reach, span = rng.uniform(2.5, 6.0), rng.uniform(0.36, 0.5) * width
            if rng.random() < 0.5:
                wings.append(((-a + span / 2), reach / 2, span, depth + reach))
                outline = [(-a, -b), (a, -b), (a, b), (-a + span, b), (-a + span, b + reach), (-a, b + reach)]
            else:
                wings.append(((a - span / 2), reach / 2, span, depth + reach))
                outline = [(-a, -b), (a, -b), (a, b + reach), (a - span, b + reach), (a - span, b), (-a, b)]
        colour = draw_colour(rng, ROOFS)
        return self._add(x, y, angle, wings, outline, rng.uniform(3.2, 6.5), roof, colour, when)

    def hall(
        self, x: float, y: float, angle: float, width: float, depth: float, when: When = ALWAYS, shape: str = "box"
    ) -> Building:
        """Puts a large flat roof.

        Args:
            x: Its centre, in metres.
            y: Its centre, in metres.
            angle: Its angle in radians.
            width: Its size along the angle, in metres.
            depth: Its size across the angle, in metres.
            when: Whether it is there at each date.
            shape: "box", "L", "U" or "T".

        Returns:
            The building.
        """
        rng = self.rng
        thickness = depth * rng.uniform(0.4, 0.55)  # of the arms
        wings, outline = hall_shape(shape, width, depth, thickness)
        colour = draw_colour(rng, HALL_ROOFS)
        return self._add(x, y, angle, wings, outline, rng.uniform(5, 11), "flat", colour, when)

    def _add(
        self, x: float, y: float, angle: float, wings: list[tuple[float, float, float, float]],
        outline: list[Point], height: float, roof: str, colour: tuple[float, float, float], when: When,
    ) -> Building:  # fmt: skip
        placed = []
        for wx, wy, width, depth in wings:
            cx, cy = turn([(wx, wy)], x, y, angle)[0]
            placed.append((cx, cy, width, depth, angle))
        building = Building(turn(outline, x, y, angle), placed, float(height), roof, colour, when)
        self.plan.buildings.append(building)
        self.take(building.outline)
        return building

    def houses_along(
        self, points: list[Point], road_width: float, step: float, when: When | None = ALWAYS, chance: float = 1.0,
        both: bool = True, limit: int = 999, setback: float = 7.0, pools: float = 0.18,
    ) -> int:  # fmt: skip
        """Puts rows of detached houses on one or both sides of a road.

        Args:
            points: Line of the road, in metres.
            road_width: Width of the road in metres.
            step: Metres from one lot to the next.
            when: Whether the houses are there at each date; None for both.
            chance: Probability that a lot is built on.
            both: Whether both sides are built on.
            limit: Largest number of houses.
            setback: Metres from the road's edge to the front.
            pools: Probability that a house has a pool.

        Returns:
            The number of houses.
        """
        rng, put = self.rng, 0
        width0, depth0 = min(step - 4.5, rng.uniform(11, 17)), rng.uniform(9.5, 13.5)
        roof = "hip" if rng.random() < 0.75 else "gable"
        drive = tint(rng, (0.72, 0.70, 0.66), 0.04)
        sides = (1, -1) if both else (int(rng.choice((1, -1))),)
        for side in sides:
            for x, y, direction in along(points, step):
                if put >= limit or rng.random() > chance:
                    continue
                width, depth = width0 * rng.uniform(0.88, 1.06), depth0 * rng.uniform(0.85, 1.15)
                off = road_width / 2 + setback + depth / 2 + rng.uniform(-1, 2.0)
                hx, hy = x - side * off * np.sin(direction), y + side * off * np.cos(direction)
                angle = direction + (np.pi if side > 0 else 0.0)  # the front faces the road
                if not self.inside(hx, hy, 10) or not self.is_free(hx, hy, width + 3.5, depth + 6, angle):
                    continue
                when_here: When = when if when is not None else ALWAYS
                self.house(hx, hy, angle, width, depth, when_here, roof)
                put += 1
                u = rng.choice((-1, 1)) * width * 0.3
                front = depth / 2 + setback + road_width * 0.3
                lane = turn([(u - 2.4, depth / 2), (u + 2.4, depth / 2), (u + 2.4, front), (u - 2.4, front)], hx, hy, angle)
                self.plan.patches.append(Patch(lane, "drive", drive, when_here))
                if rng.random() < 0.45:
                    cx, cy = turn([(u + rng.uniform(-0.8, 0.8), depth / 2 + 4)], hx, hy, angle)[0]
                    self.car(cx, cy, angle + np.pi / 2, when_here)
                if rng.random() < pools:
                    self.pool(hx, hy, angle, depth, when_here)
        return put

    def pool(self, hx: float, hy: float, angle: float, depth: float, when: When) -> None:
        """A swimming pool behind a house, with its paved rim.

        Args:
            hx: Centre of the house, in metres.
            hy: Centre of the house, in metres.
            angle: Angle of the house in radians.
            depth: Depth of the house in metres.
            when: Whether it is there at each date.
        """
        rng = self.rng
        px, py = turn([(rng.uniform(-4, 4), -depth / 2 - 7)], hx, hy, angle)[0]
        w, d = rng.uniform(7, 12), rng.uniform(4, 6)
        if self.is_free(px, py, w + 3, d + 3, angle):
            rim = tint(rng, (0.74, 0.71, 0.66))
            self.plan.patches.append(Patch(box(px, py, w + 3, d + 3, angle), "drive", rim, when))
            self.plan.patches.append(Patch(box(px, py, w, d, angle), "pool", tint(rng, POOL, 0.05), when))
            self.take(box(px, py, w + 3, d + 3, angle))

    def car(self, x: float, y: float, angle: float, when: When = ALWAYS) -> None:
        """Puts a parked car, now and then a lorry.

        Args:
            x: Its centre, in metres.
            y: Its centre, in metres.
            angle: Its direction in radians.
            when: Whether it is there at each date.
        """
        rng = self.rng
        length, width = (rng.uniform(4.2, 5.4), rng.uniform(1.8, 2.2))
        if rng.random() < 0.05:
            length, width = rng.uniform(8, 14), 2.6
        self.plan.vehicles.append(Vehicle(x, y, angle, length, width, draw_colour(rng, CARS, 0.04), "car", when))

    def cars_on(self, points: list[Point], width: float, spacing: float, when: When) -> None:
        """Cars that drive on a road, on the right of its middle.

        Args:
            points: Line of the road, in metres.
            width: Width of the road in metres.
            spacing: Metres between places of cars, about half of which are taken.
            when: Whether they are there at each date.
        """
        rng = self.rng
        for x, y, direction in along(points, spacing):
            if rng.random() < 0.5 and self.inside(x, y):
                off = rng.choice((-1, 1)) * width / 4
                self.car(x - off * np.sin(direction), y + off * np.cos(direction), direction, when)

    def parking(
        self, x: float, y: float, width: float, depth: float, angle: float, when: When = ALWAYS, full: float = 0.4
    ) -> None:
        """Puts a paved lot with painted stalls.

        Args:
            x: Its centre, in metres.
            y: Its centre, in metres.
            width: Its size along the angle, in metres.
            depth: Its size across the angle, in metres.
            angle: Its angle in radians.
            when: Whether it is there at each date.
            full: Share of stalls taken, drawn again for each date.
        """
        rng = self.rng
        colour = tint(rng, ASPHALT if rng.random() < 0.6 else CONCRETE, 0.06)
        lines, half = [], depth / 2
        for v in np.arange(-half + 5, half - 2, 17.0):
            for u in np.arange(-width / 2 + 3, width / 2 - 3, 2.8):
                a, b = turn([(u, v - 2.5), (u, v + 2.5)], x, y, angle)
                lines.append((a, b))
                for date in (0, 1):
                    if when[date] and rng.random() < full:
                        cx, cy = turn([(u + 1.4, v)], x, y, angle)[0]
                        self.car(cx, cy, angle + np.pi / 2, (date == 0, date == 1))
        self.plan.patches.append(Patch(box(x, y, width, depth, angle), "parking", colour, when, lines))
        self.take(box(x, y, width, depth, angle))

    # nature

    def blob(self, x: float, y: float, radius: float, corners: int = 14) -> list[Point]:
        """An irregular outline about a point.

        Args:
            x: The point, in metres.
            y: The point, in metres.
            radius: Its radius in metres, roughly.
            corners: Number of corners.

        Returns:
            The corners, in metres.
        """
        rng = self.rng
        squash, lean = rng.uniform(0.55, 1.0), rng.uniform(0, np.pi)
        points = []
        for t in np.linspace(0, 2 * np.pi, corners, endpoint=False):
            r = radius * rng.uniform(0.75, 1.2)
            points.append((float(r * np.cos(t)), float(r * squash * np.sin(t))))
        return turn(points, x, y, lean)

    def cover(self, polygon: list[Point], kinds: tuple[str, str], rough: float = 8.0) -> None:
        """Covers a polygon with a ground.

        Args:
            polygon: Corners in metres.
            kinds: Kind of ground at each date.
            rough: Waviness of its border in metres.
        """
        self.plan.grounds.append(Ground(polygon, kinds, rough))

    def trees(self, count: int, low: float, high: float, when: When = ALWAYS, near: list[Point] | None = None) -> None:
        """Puts single trees on free ground, in loose groups.

        Args:
            count: Number of trees; fewer where there is no room.
            low: Smallest radius of a crown in metres.
            high: Largest radius of a crown in metres.
            when: Whether they are there at each date.
            near: Points to stand around, in metres; None for random groups.
        """
        rng, e = self.rng, self.plan.extent
        if near is None:
            middles = rng.uniform(-0.05, 1.05, (max(2, count // 6), 2)) * e
            loose = rng.uniform(0.05, 0.3) * min(e, 250)
        else:
            middles, loose = np.asarray(near, float).reshape(-1, 2), 5.0
        picks = middles[rng.integers(0, len(middles), count)] + rng.normal(0, loose, (count, 2))
        radii = np.exp(rng.normal(np.log((low + high) / 2), 0.35, count)).clip(low * 0.7, high * 1.3)
        kinds = rng.random(count)
        for (x, y), radius, kind in zip(picks.tolist(), radii.tolist(), kinds.tolist(), strict=True):
            if self.inside(x, y, 6) and self.is_free(x, y, 2.5, 2.5, 0):
                for date in (0, 1):
                    if when[date]:
                        self.plan.trees[date].append((x, y, radius, kind))
