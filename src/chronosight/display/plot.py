"""A scene with its changed objects on matplotlib axes."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import fill
from typing import Any

import numpy as np

from chronosight.display.needed import needed
from chronosight.reports.codes import colour_of, short_label
from chronosight.results.changed_object import ChangedObject
from chronosight.scenes.scene import Scene


def plot_objects(frame: np.ndarray, scene: Scene, objects: Sequence[ChangedObject], title: str, ax: Any = None) -> Any:
    """Draws an image, and objects over it, in the coordinates of the map where the scene has some.

    Args:
        frame: (h, w, 3) uint8, the whole scene at any size.
        scene: Its grid.
        objects: Changed objects of the scene.
        title: Above the image.
        ax: Axes to draw on; new ones when None.

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
    for key in sorted({item.key for item in objects}):
        chosen = [item for item in objects if item.key == key]
        colour = np.array(colour_of(*key)) / 255
        shapes = [
            path.Path.make_compound_path(*(path.Path(ring @ turn + corner, closed=True) for ring in (item.outline, *item.holes)))
            for item in chosen
        ]
        ax.add_collection(collections.PathCollection(shapes, facecolor=(*colour, 0.3), edgecolor=colour, linewidth=1.5))
        name = f"{short_label(*key)} ({len(chosen):,})"
        handles.append(patches.Patch(facecolor=(*colour, 0.3), edgecolor=colour, label=name))
    if objects:
        ax.legend(handles=handles, loc="upper left", framealpha=0.9)
    ax.set_xlim(left, right)
    ax.set_ylim(bottom, top)
    ax.ticklabel_format(useOffset=False, style="plain")
    ax.tick_params(labelsize="small")
    ax.set_title(fill(title, 70))
    return ax
