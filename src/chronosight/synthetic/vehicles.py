"""Outlines of cars, boats and planes, in metres, front along the angle."""

from __future__ import annotations

from chronosight.synthetic.layers import COVER, Layers, rgba
from chronosight.synthetic.plan import Point, Vehicle, box, turn


def outline(vehicle: Vehicle) -> list[Point]:
    """Corners of the vehicle seen from above, in metres.

    Args:
        vehicle: The vehicle.

    Returns:
        The corners.
    """
    a, b = vehicle.length / 2, vehicle.width / 2
    if vehicle.kind == "boat":
        shape = [(-a, -b * 0.8), (0.2 * a, -b), (a, 0.0), (0.2 * a, b), (-a, b * 0.8)]
    elif vehicle.kind == "plane":  # swept wings, tail fins
        w, f = vehicle.width / 2, vehicle.length * 0.055
        half = [(a, 0.0), (0.86 * a, f), (0.22 * a, f), (-0.22 * a, w), (-0.36 * a, w), (-0.14 * a, f), (-0.70 * a, f),
                (-0.92 * a, 0.36 * w), (-a, 0.36 * w), (-0.9 * a, 0.0)]  # fmt: skip
        shape = half + [(x, -y) for x, y in half[-2:0:-1]]
    else:
        shape = [(-a, -b), (a, -b), (a, b), (-a, b)]
    return turn(shape, vehicle.x, vehicle.y, vehicle.angle)


def draw_vehicle(layers: Layers, vehicle: Vehicle) -> None:
    """Draws a car, boat or plane on the sheets, with its shadow or wake.

    Args:
        layers: The sheets.
        vehicle: The vehicle.
    """
    body = outline(vehicle)
    if vehicle.kind == "boat" and vehicle.wake > 0:
        a, spread = vehicle.length / 2, 0.16 * vehicle.wake
        for side in (1, -1):
            trail = [
                (a * 0.4, 0.0),
                (-a - vehicle.wake, side * (spread + 1.0)),
                (-a - vehicle.wake, side * spread * 0.6),
            ]
            layers.polygon("flat", turn(trail, vehicle.x, vehicle.y, vehicle.angle), (86, 96, 98, 128))
        foam = [(-a * 0.5, -0.8), (-a - vehicle.wake * 0.7, -0.5), (-a - vehicle.wake * 0.7, 0.5), (-a * 0.5, 0.8)]
        layers.polygon("flat", turn(foam, vehicle.x, vehicle.y, vehicle.angle), rgba((0.78, 0.81, 0.82)))
    drop = {"car": 0.5, "boat": 0.4, "plane": 2.5}[vehicle.kind]
    if vehicle.kind != "boat":
        layers.polygon("flat", [(x + drop, y - drop) for x, y in body], rgba((0.12, 0.12, 0.13)))
    layers.polygon("flat", body, rgba(vehicle.colour))
    layers.polygon("cover", body, COVER[vehicle.kind])
    if vehicle.kind == "car" and layers.step < 0.8:
        x, y, length, width, angle = vehicle.x, vehicle.y, vehicle.length, vehicle.width * 0.8, vehicle.angle
        layers.polygon("flat", box(x, y, length * 0.55, width, angle), rgba(vehicle.colour, 0.45))
        layers.polygon("flat", box(x, y, length * 0.3, width, angle), rgba(vehicle.colour))
    if vehicle.kind == "boat" and layers.step < 1.2 and vehicle.length > 8:
        cabin = box(vehicle.x, vehicle.y, vehicle.length * 0.35, vehicle.width * 0.55, vehicle.angle)
        layers.polygon("flat", cabin, rgba(vehicle.colour, 0.62))
