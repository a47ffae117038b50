"""Single images: a plan painted once, what can be seen in it, and questions about that."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from chronosight.synthetic.image_words import ask_about, describe_image
from chronosight.synthetic.layers import COVER
from chronosight.synthetic.light import draw_conditions
from chronosight.synthetic.paint import draw_texture, paint
from chronosight.synthetic.places import KINDS, ODDS, plan_image
from chronosight.synthetic.plan import Plan, Vehicle
from chronosight.synthetic.scenery import pick
from chronosight.synthetic.truth import OBJECT_CLASSES, RenderedImage, RenderedObject
from chronosight.synthetic.vehicles import outline
from chronosight.tasks.objects import find_objects

LEAST = {"buildings": 40, "pools": 10, "ponds": 150}  # pixels of a thing that can be seen
LEAST_DOUBTFUL = {"buildings": 8, "pools": 3, "ponds": 20}  # pixels: below this nobody would say that it is there
LEAST_LENGTH = 4.0  # pixels of a vehicle
LEAST_CONTRAST = 20.0  # levels of 255 between a vehicle and what is around it
URBAN = 0.14  # share of built ground above which a place is called urban
VISIBLE_COVER = {"trees": 0.02, "roads": 0.02}  # share of the image


@dataclass
class Sight:
    """What can be seen in an image.

    A class is there where `visible` is above 0, and absent only where `doubtful` is 0 too.

    Attributes:
        visible: Number of things that can be seen, by class.
        doubtful: Number of those that can hardly be seen, by class.
        known: Classes whose number is the truth; of the others only presence is known.
        built: Share of the image under buildings, roads and parking.
    """

    visible: dict[str, int] = field(default_factory=lambda: dict.fromkeys(OBJECT_CLASSES, 0))
    doubtful: dict[str, int] = field(default_factory=lambda: dict.fromkeys(OBJECT_CLASSES, 0))
    known: set[str] = field(default_factory=lambda: {"buildings", "cars", "boats", "planes", "pools", "ponds"})
    built: float = 0.0


def render_image(seed: int, size: int = 256) -> RenderedImage:
    """Renders a single image with its truth.

    Args:
        seed: Seed of the scene.
        size: Side in pixels, a multiple of 16 from 128 to 1024.

    Returns:
        Pixels, objects, land cover, questions and captions.

    Raises:
        ValueError: `size` is another number.
    """
    if size % 16 or not 128 <= size <= 1024:
        raise ValueError(f"size {size}: expected a multiple of 16 from 128 to 1024")
    rng = np.random.default_rng((seed, size, 77))
    kind = pick(rng, KINDS, ODDS)
    step = float(rng.uniform(0.45, 1.0) if kind in ("parking", "crossing", "harbour", "suburb") else rng.uniform(0.5, 1.4))
    builder = plan_image(rng, kind, size * step)
    texture = draw_texture(rng, size, step)
    date = draw_conditions(rng)
    painted = paint(rng, builder.plan, texture, date, 0, size, step)
    objects, sight = visible_objects(builder.plan, painted.pixels, painted.cover, step, kind)
    rural_urban = "urban" if sight.built > URBAN else "rural"
    base = builder.plan.base[0]
    return RenderedImage(
        painted.pixels, painted.cover, step, objects, rural_urban, describe_image(rng, kind, base, sight),
        ask_about(rng, sight, rural_urban),
    )  # fmt: skip


def visible_objects(
    plan: Plan, pixels: np.ndarray, cover: np.ndarray, step: float, kind: str
) -> tuple[tuple[RenderedObject, ...], Sight]:
    """What can be seen in an image: objects, and a summary for questions.

    Args:
        plan: The plan.
        pixels: (H, W, 3) uint8, the rendered image.
        cover: (H, W) uint8 land cover.
        step: Ground size of a pixel in metres.
        kind: Kind of the place.

    Returns:
        The objects, and the summary.
    """
    sight, objects = Sight(), []
    size = cover.shape[0]
    for name, label in (("buildings", "building"), ("pools", "pool"), ("ponds", "water")):
        if name == "ponds" and kind in ("harbour", "lake", "river"):
            sight.known.discard("ponds")  # open water is no pond, and nobody need distinguish them
            sight.doubtful["ponds"] = 1
            continue
        for thing in find_objects(cover == COVER[label]):
            area = int(thing.inside.sum())
            if area >= LEAST[name]:
                sight.visible[name] += 1
                polygon = tuple((float(x), float(y)) for x, y in thing.polygon)
                objects.append(RenderedObject(name, polygon, thing.centroid))
            elif area >= LEAST_DOUBTFUL[name]:
                sight.doubtful[name] += 1
    grey = pixels.mean(-1)
    for vehicle in plan.vehicles:
        name = vehicle.kind + "s"
        state, spot = _state(vehicle, grey, cover, step)
        if state == "visible":
            sight.visible[name] += 1
            corners = tuple((x / step, y / step) for x, y in outline(vehicle))
            objects.append(RenderedObject(name, corners, spot))
        elif state == "doubtful":
            sight.doubtful[name] += 1
    for name, label in (("trees", "trees"), ("roads", "road")):
        share = float((cover == COVER[label]).mean())
        sight.visible[name] = int(share >= VISIBLE_COVER[name])
        sight.doubtful[name] = int(0 < share < VISIBLE_COVER[name])
    for x, y, radius, _ in plan.trees[0]:
        if radius / step >= 2.5 and 0 <= x < size * step and 0 <= y < size * step:
            ring = [(x + radius * c, y + radius * s) for c, s in ((1, 0), (0, 1), (-1, 0), (0, -1))]
            objects.append(RenderedObject("trees", tuple((a / step, b / step) for a, b in ring), (x / step, y / step)))
    for road in plan.roads:
        spots = [(x / step, y / step) for x, y in road.points if 0 <= x < size * step and 0 <= y < size * step]
        if spots:
            middle = spots[len(spots) // 2]
            objects.append(RenderedObject("roads", tuple((x / step, y / step) for x, y in road.points), middle))
    sight.built = float(np.isin(cover, (COVER["building"], COVER["road"], COVER["parking"], COVER["pool"])).mean())
    return tuple(objects), sight


def _state(vehicle: Vehicle, grey: np.ndarray, cover: np.ndarray, step: float) -> tuple[str, tuple[float, float]]:
    """Returns "visible", "doubtful" or "outside", and the middle of what shows, in pixels."""
    size = cover.shape[0]
    x, y, half = vehicle.x / step, vehicle.y / step, vehicle.length / step / 2
    if not (-half < x < size + half and -half < y < size + half):
        return "outside", (x, y)
    margin = half * 0.5
    if not (margin <= x < size - margin and margin <= y < size - margin) or 2 * half < LEAST_LENGTH:
        return "doubtful", (x, y)
    reach = int(half + 4)
    rows = slice(max(0, int(y) - reach), int(y) + reach + 1)
    columns = slice(max(0, int(x) - reach), int(x) + reach + 1)
    window, here = grey[rows, columns], cover[rows, columns] == COVER[vehicle.kind]
    middle = cover[int(y), int(x)] == COVER[vehicle.kind]
    if not middle or here.all():
        return "doubtful", (x, y)
    around = window[~here]
    own = grey[max(0, int(y) - 1) : int(y) + 2, max(0, int(x) - 1) : int(x) + 2].mean()
    contrast = abs(float(own) - float(np.median(around)))
    return ("visible" if contrast >= LEAST_CONTRAST else "doubtful"), (x, y)
