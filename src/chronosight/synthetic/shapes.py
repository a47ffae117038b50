"""Ground plans of large buildings."""

from __future__ import annotations

from chronosight.synthetic.plan import Point

Wing = tuple[float, float, float, float]


def hall_shape(shape: str, width: float, depth: float, thickness: float) -> tuple[list[Wing], list[Point]]:
    """A hall about the origin.

    Args:
        shape: "box", "L", "U" or "T".
        width: Its size along x, in metres.
        depth: Its size along y, in metres.
        thickness: Of the arms of all but a box, in metres.

    Returns:
        Its wings (centre x, centre y, width, depth) and the corners of its outline, in metres.
    """
    a, b, t = width / 2, depth / 2, thickness
    if shape == "L":
        wings = [(0.0, -b + t / 2, width, t), (-a + t / 2, 0.0, t, depth)]
        outline = [(-a, -b), (a, -b), (a, -b + t), (-a + t, -b + t), (-a + t, b), (-a, b)]
    elif shape == "U":
        t = min(t, width * 0.3)
        wings = [(0.0, -b + t / 2, width, t), (-a + t / 2, 0.0, t, depth), (a - t / 2, 0.0, t, depth)]
        outline = [(-a, -b), (a, -b), (a, b), (a - t, b), (a - t, -b + t), (-a + t, -b + t), (-a + t, b), (-a, b)]
    elif shape == "T":
        h = t / 2
        wings = [(0.0, -b + t / 2, width, t), (0.0, 0.0, t, depth)]
        outline = [(-a, -b), (a, -b), (a, -b + t), (h, -b + t), (h, b), (-h, b), (-h, -b + t), (-a, -b + t)]
    else:
        wings, outline = [(0.0, 0.0, width, depth)], [(-a, -b), (a, -b), (a, b), (-a, b)]
    return wings, outline
