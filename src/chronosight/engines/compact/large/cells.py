"""Counts and areas by cell of a square grid over a large scene."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from chronosight.engines.compact.large.store import Store
from chronosight.results.changed_object import ChangedObject
from chronosight.results.description import GridCell
from chronosight.scenes.grid import Grid
from chronosight.scenes.lonlat import pixel_areas, to_lonlat
from chronosight.scenes.resolution import pixel_sides
from chronosight.scenes.scene import Scene

BAND = 512


def compared_pixels(store: Store, grid: Grid, cell_m: float) -> tuple[np.ndarray, tuple[int, int]]:
    """Counts the pixels with data at both dates in each cell of a grid.

    Args:
        store: Results of the whole scene.
        grid: The pixel grid of the scene.
        cell_m: Side of a cell in metres; pixels where the grid has no metres.

    Returns:
        (rows, columns) int64 pixels by cell, and a cell's (width, height) in pixels, at least 16 each.
    """
    wide, high = pixel_sides(grid) or (1.0, 1.0)
    sides = max(16, round(cell_m / wide)), max(16, round(cell_m / high))
    columns, rows = -(-grid.width // sides[0]), -(-grid.height // sides[1])
    counts = np.zeros((rows, columns), np.int64)
    edges = np.arange(0, grid.width, sides[0])
    for top in range(0, grid.height, BAND):
        valid = store.read(top, min(top + BAND, grid.height)).valid
        by_column = np.add.reduceat(valid, edges, axis=1, dtype=np.int64)
        np.add.at(counts, np.arange(top, top + len(valid)) // sides[1], by_column)
    return counts, sides


def cell_table(
    scene: Scene, compared: np.ndarray, sides: tuple[int, int], objects: Sequence[ChangedObject]
) -> tuple[GridCell, ...]:
    """The table by cell; an object counts in the cell that holds its centroid.

    Args:
        scene: Its size and place.
        compared: (rows, columns) pixels with data at both dates, of `compared_pixels`.
        sides: (width, height) of a cell in pixels.
        objects: All changed objects.

    Returns:
        One row a cell, by rows; cells without data are left out.
    """
    wide, high = sides
    members: dict[tuple[int, int], list[ChangedObject]] = {}
    for item in objects:
        x, y = item.centroid
        place = min(int(y // high), compared.shape[0] - 1), min(int(x // wide), compared.shape[1] - 1)
        members.setdefault(place, []).append(item)
    found = sorted({*((int(row), int(column)) for row, column in np.argwhere(compared > 0)), *members})
    if not found:
        return ()
    windows = [(c * wide, r * high, min(wide, scene.width - c * wide), min(high, scene.height - r * high)) for r, c in found]
    middles = np.array([(left + w / 2, top + h / 2) for left, top, w, h in windows])
    ground, lonlat = pixel_areas(scene, middles), to_lonlat(scene, middles)
    cells = []
    for index, ((row, column), window) in enumerate(zip(found, windows, strict=True)):
        counts: dict[str, int] = {}
        areas: dict[str, float] = {}
        road: dict[str, float] = {}
        for item in members.get((row, column), []):
            label = f"{item.class_name} {item.direction}"
            counts[label] = counts.get(label, 0) + 1
            areas[label] = areas.get(label, 0.0) + item.area
            if item.length_m is not None:
                road[item.direction] = road.get(item.direction, 0.0) + item.length_m
        seen = float(compared[row, column] * (1.0 if ground is None else ground[index]))
        centre = (0.0, 0.0) if lonlat is None else (float(lonlat[index, 0]), float(lonlat[index, 1]))
        cells.append(GridCell(row, column, window, centre, seen, counts, areas, road))
    return tuple(cells)
