"""A scene with its changed objects on matplotlib axes."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import fill
from typing import Any

import numpy as np

from chronosight.display.needed import needed
from chronosight.reports.codes import Colour, colour_of, short_label
from chronosight.reports.cover_codes import pair_colours, pair_label
from chronosight.results.changed_object import ChangedObject
from chronosight.results.land_cover_change import CoverObject, object_flows
from chronosight.scenes.scene import Scene


def plot_objects(
    frame: np.ndarray, scene: Scene, objects: Sequence[ChangedObject], title: str, ax: Any = None,
    of_ground: Sequence[CoverObject] = (),
) -> Any:  # fmt: skip
    """Draws an image, and objects over it, in the coordinates of the map where the scene has some.

    Args:
        frame: (h, w, 3) uint8, the whole scene at any size.
        scene: Its grid.
        objects: Changed objects of the scene.
        title: Above the image.
        ax: Axes to draw on; new ones when None.
        of_ground: Land-cover objects of the scene, drawn below the others.

    Returns:
        The axes.

    Raises:
        InputError: matplotlib is not installed.
    """
    collections, patches, path = (needed(f"matplotlib.{name}", "plot") for name in ("collections", "patches", "path"))
    if ax is None:
        _, ax = needed("matplotlib.pyplot", "plot").subplots(figsize=(8, 8), layout="constrained")
    place = scene.georeference
    upright = place is not None and place.transform.b == place.transform.d == 0
    if place is not None and upright:
        (left, top), (right, bottom) = place.transform * (0, 0), place.transform * (scene.width, scene.height)
        turn, corner = np.diag([place.transform.a, place.transform.e]), np.array([left, top])
    else:
        left, right, bottom, top = 0.0, float(scene.width), float(scene.height), 0.0
        turn, corner = np.eye(2), np.zeros(2)
    ax.imshow(frame, extent=(left, right, bottom, top), interpolation="nearest")
    handles = []

    def draw(chosen: Sequence[ChangedObject | CoverObject], fill: Colour, rim: Colour, alpha: float, name: str) -> None:
        shapes = [
            path.Path.make_compound_path(*(path.Path(ring @ turn + corner, closed=True) for ring in (item.outline, *item.holes)))
            for item in chosen
        ]
        face, edge = (*(value / 255 for value in fill), alpha), tuple(value / 255 for value in rim)
        ax.add_collection(collections.PathCollection(shapes, facecolor=face, edgecolor=edge, linewidth=1.5))
        handles.append(patches.Patch(facecolor=face, edgecolor=edge, label=f"{name} ({len(chosen):,})"))

    for pair in object_flows(of_ground):
        draw([item for item in of_ground if item.key == pair], *pair_colours(pair), 0.5, pair_label(pair))
    for key in sorted({item.key for item in objects}):
        colour = colour_of(*key)
        draw([item for item in objects if item.key == key], colour, colour, 0.3, short_label(*key))
    if handles:
        ax.legend(handles=handles, loc="upper left", framealpha=0.9)
    ax.set_xlim(left, right)
    ax.set_ylim(bottom, top)
    ax.ticklabel_format(useOffset=False, style="plain")
    ax.tick_params(labelsize="small")
    ax.set_title(fill(title, 70))
    return ax
