"""Counts and areas by cell of a square grid over a large scene."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from rasterio.warp import transform as transform_points

from chronosight.engines.compact.large.store import Store
from chronosight.results.description import GridCell, SurveyObject
from chronosight.scenes.grid import Grid
from chronosight.scenes.ground import pixel_vectors
from chronosight.scenes.resolution import pixel_sides

BAND = 512


def compared_pixels(store: Store, grid: Grid, cell_m: float) -> tuple[np.ndarray, tuple[int, int]]:
    """(rows, columns) int64 pixels with data at both dates by cell, and a cell's (width, height) in pixels."""
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


def pixel_areas(grid: Grid, points: Sequence[tuple[float, float]]) -> np.ndarray:
    """(n,) square metres of the pixel at each point (x, y); 1 where the CRS has no place on the Earth."""
    vectors = pixel_vectors(grid, *zip(*points, strict=True)) if points else None
    return np.ones(len(points)) if vectors is None else np.abs(np.linalg.det(vectors))


def cell_table(grid: Grid, compared: np.ndarray, sides: tuple[int, int], objects: Sequence[SurveyObject]) -> tuple[GridCell, ...]:
    """One row a cell, by rows, cells without data left out. An object counts in the cell that holds its centroid."""
    wide, high = sides
    members: dict[tuple[int, int], list[SurveyObject]] = {}
    for item in objects:
        x, y = item.centroid
        place = min(int(y // high), compared.shape[0] - 1), min(int(x // wide), compared.shape[1] - 1)
        members.setdefault(place, []).append(item)
    found = [(int(row), int(column)) for row, column in np.argwhere(compared > 0)]
    found = sorted({*found, *members})
    windows = [(c * wide, r * high, min(wide, grid.width - c * wide), min(high, grid.height - r * high)) for r, c in found]
    middles = [(left + w / 2, top + h / 2) for left, top, w, h in windows]
    places = [grid.transform * middle for middle in middles]
    lons, lats = transform_points(grid.crs, "EPSG:4326", *zip(*places, strict=True)) if places else ((), ())
    cells = []
    ground = pixel_areas(grid, middles)
    for (row, column), window, area, lon, lat in zip(found, windows, ground, lons, lats, strict=True):
        counts: dict[str, int] = {}
        areas: dict[str, float] = {}
        road: dict[str, float] = {}
        for item in members.get((row, column), []):
            label = f"{item.shape.class_name} {item.shape.direction}"
            counts[label] = counts.get(label, 0) + 1
            areas[label] = areas.get(label, 0.0) + item.area_m2
            if item.length_m is not None:
                road[item.shape.direction] = road.get(item.shape.direction, 0.0) + item.length_m
        seen = float(compared[row, column] * area)
        cells.append(GridCell(row, column, window, (float(lon), float(lat)), seen, counts, areas, road))
    return tuple(cells)
