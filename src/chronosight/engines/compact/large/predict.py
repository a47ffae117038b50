"""Tiled inference of the guide on a large pair: overlapping tiles, row by row, blended as they are finished.

Memory holds one row of tiles, of pixels and of maps, whatever the height of the scene. No pixel is read twice.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np

from chronosight.engines.compact.guide import OVERLAP, TILE, Guide
from chronosight.engines.compact.guide_outputs import STEP
from chronosight.engines.compact.large.store import CORE, VALID, Store
from chronosight.engines.compact.tiles import blend_weights, owned_parts, tile_side, tile_starts
from chronosight.results.land_cover import NO_COVER
from chronosight.scenes.large.pair import LazyPair

READ_WIDTH = 2048  # pixels read at once: files are decoded in blocks, and warping holds several copies

Progress = Callable[[int, int], None]


@dataclass
class Timings:
    """Seconds spent so far by kind of work, by the clock and of the processor."""

    seconds: dict[str, float] = field(default_factory=dict)
    processor: dict[str, float] = field(default_factory=dict)
    _since: tuple[float, float] = field(default_factory=lambda: (time.perf_counter(), time.process_time()))

    def spent(self, kind: str) -> None:
        """Adds the time since the last call to one kind of work.

        Args:
            kind: The kind of work, such as "read".
        """
        now = time.perf_counter(), time.process_time()
        for spent, start, end in zip((self.seconds, self.processor), self._since, now, strict=True):
            spent[kind] = spent.get(kind, 0.0) + end - start
        self._since = now


@dataclass(frozen=True)
class Tiling:
    """Tiles over a grid, padded to the network's own step at its right and lower edge."""

    width: int
    height: int

    @property
    def padded(self) -> tuple[int, int]:
        """(width, height), made multiples of the network's stride."""
        return self.width + -self.width % STEP, self.height + -self.height % STEP

    @property
    def tile(self) -> tuple[int, int]:
        """(width, height) of a tile."""
        wide, high = (tile_side(side, TILE, OVERLAP, STEP) for side in self.padded)
        return wide, high

    @property
    def columns(self) -> list[int]:
        """Left edges of the tiles."""
        return tile_starts(self.padded[0], self.tile[0], OVERLAP)

    @property
    def rows(self) -> list[int]:
        """Top edges of the tiles."""
        return tile_starts(self.padded[1], self.tile[1], OVERLAP)

    def tile_at(self, x: float, y: float) -> str:
        """Names the tile whose middle is nearest to a point.

        Args:
            x: Column of the point, in pixels.
            y: Row of the point, in pixels.

        Returns:
            Such as "r3c12", row and column of the tile from 0.
        """
        names = []
        for at, starts, side in ((y, self.rows, self.tile[1]), (x, self.columns, self.tile[0])):
            names.append(min(range(len(starts)), key=lambda i: abs(starts[i] + side / 2 - at)))
        return f"r{names[0]}c{names[1]}"


def predict(pair: LazyPair, guide: Guide, store: Store, progress: Progress | None = None, timings: Timings | None = None) -> None:
    """Fills the store with all tiles that are missing, row by row.

    Args:
        pair: Windows of both dates.
        guide: Compares the dates.
        store: Takes the maps; a run that was killed continues after its last complete row.
        progress: Called with (tiles done, tiles in all), first with those that were there.
        timings: Gets the seconds spent.

    Raises:
        InputError: A file turns out to be damaged.
    """
    timings = timings or Timings()
    timings.spent("before")
    tiling = Tiling(pair.grid.width, pair.grid.height)
    if progress:
        progress(store.rows_done * len(tiling.columns), len(tiling.rows) * len(tiling.columns))
    if store.rows_done == len(tiling.rows):
        return
    span = range(store.rows_done, len(tiling.rows))
    for row in finished_rows(pair, guide, span, store.carry(), store.changed, progress, timings, store.cover):
        store.write(row.top, row.probability, row.appeared, row.packed)
        if row.cover is not None:
            store.write_cover(row.cover_top, row.cover)
        store.finish_row(row.carry, row.changed)
        timings.spent("writing")


def predict_band(pair: LazyPair, guide: Guide, span: range, cover: bool = False) -> list[FinishedRow]:
    """Some rows of tiles by themselves, the same bytes as `predict` writes, so that several machines share one scene.

    Rows of tiles above the band that overlap it are computed again, for what they add to it.

    Args:
        pair: Open, with the displacement that the whole scene has.
        guide: Compares the dates.
        span: Indices of the rows of tiles.
        cover: Whether to map the land cover, which the guide must be able to.

    Raises:
        InputError: A file turns out to be damaged.
    """
    tiling = Tiling(pair.grid.width, pair.grid.height)
    high, top = tiling.tile[1], tiling.rows[span.start]
    start = next(index for index, row in enumerate(tiling.rows) if row + high > top or index == span.start)
    return [row for row in finished_rows(pair, guide, range(start, span.stop), cover=cover) if row.index >= span.start]


@dataclass(frozen=True)
class FinishedRow:
    """A finished row of tiles.

    Attributes:
        index: Of the row, from 0 at the top.
        top: First row of pixels.
        probability: (h, width) uint16, of change, 0 to 65535.
        appeared: (h, width) uint8, of something new, 0 to 255.
        packed: (h, width) uint8, class, core and data (`store`).
        carry: (classes + 2, n, padded width) float32, what it adds to the rows below.
        changed: the highest probability of change of a tile so far.
        cover_top: First row of pixels of `cover`, which reaches half of the overlap into the next row of tiles.
        cover: (2, n, width) uint8, as `LandCover.packed`; None where it was not asked for.
    """

    index: int
    top: int
    probability: np.ndarray
    appeared: np.ndarray
    packed: np.ndarray
    carry: np.ndarray
    changed: float
    cover_top: int = 0
    cover: np.ndarray | None = None


def finished_rows(
    pair: LazyPair, guide: Guide, span: range, carried: np.ndarray | None = None, changed: float = 0.0,
    progress: Progress | None = None, timings: Timings | None = None, cover: bool = False,
) -> Iterator[FinishedRow]:  # fmt: skip
    """Rows of tiles, one after the other.

    Args:
        pair: The open files.
        guide: Compares the dates.
        span: Indices of the rows of tiles.
        carried: What the row above the first adds to it.
        changed: The highest probability of change of a tile so far.
        progress: Called with (tiles done, tiles in all).
        timings: Gets the seconds spent.
        cover: Whether to map the land cover, which the guide must be able to.

    Yields:
        Each row when it is finished.

    Raises:
        InputError: A file turns out to be damaged.
    """
    timings = timings or Timings()
    tiling = Tiling(pair.grid.width, pair.grid.height)
    width, height = tiling.padded
    rows, columns = tiling.rows, tiling.columns
    wide, high = tiling.tile
    row_weights, column_weights = blend_weights(height, high, OVERLAP), blend_weights(width, wide, OVERLAP)
    strip = np.zeros((len(guide.classes) + 2, high, width), np.float32)
    if carried is not None:
        strip[:, : carried.shape[1]] = carried
    window = _Window(pair, high, width)
    owned = owned_parts(rows, high, tiling.height)
    across = owned_parts(columns, wide, tiling.width)
    covered = np.empty((2, high, tiling.width), np.uint8) if cover else None
    for index in span:
        window.move_to(rows[index])
        timings.spent("reading")
        for at, (left, part) in enumerate(zip(columns, across, strict=True)):
            weight = row_weights[index][:, None] * column_weights[at]
            changed = max(changed, _add_tile(guide, window, left, weight, strip, timings, covered, part))
            if progress:
                progress(index * len(columns) + at + 1, len(rows) * len(columns))
        bottom = rows[index + 1] if index + 1 < len(rows) else height
        finished = bottom - rows[index]
        kept = min(bottom, tiling.height) - rows[index]
        change, classes, new, core = guide.read(strip[:, :kept, : tiling.width])
        valid = window.valid[:kept, : tiling.width]
        packed = (classes | np.uint8(CORE) * core | np.uint8(VALID)) * valid
        timings.spent("blending")
        yield FinishedRow(
            index, rows[index], np.rint(change * valid * np.float32(65535)).astype(np.uint16),
            np.rint(new * valid * np.float32(255)).astype(np.uint8), packed.astype(np.uint8), strip[:, finished:].copy(), changed,
            owned[index][0], _finished_cover(covered, window, rows[index], owned[index]),
        )  # fmt: skip
        strip[:, : high - finished] = strip[:, finished:].copy()
        strip[:, high - finished :] = 0
        timings.spent("blending")


def _add_tile(
    guide: Guide, window: _Window, left: int, weight: np.ndarray, strip: np.ndarray, timings: Timings,
    covered: np.ndarray | None, owned: tuple[int, int],
) -> float:  # fmt: skip
    """Blend a tile into the strip, and put its cover beside it; -> the probability that it changed."""
    columns = slice(left, left + weight.shape[1])
    if not window.valid[:, columns].any():  # surely background, so that a neighbour's share stays what it is
        strip[0, :, columns] += weight
        return 0.0
    tile = window.frames[None, :, :, columns]
    timings.spent("reading")
    (maps,), (changed,), covers = guide.predict_tiles(tile, covered is not None)
    timings.spent("model")
    if covered is not None:
        covered[:, :, slice(*owned)] = covers[0][:, :, owned[0] - left : owned[1] - left]
    maps *= weight
    strip[:, :, columns] += maps
    timings.spent("blending")
    return changed


def _finished_cover(covered: np.ndarray | None, window: _Window, top: int, owned: tuple[int, int]) -> np.ndarray | None:
    """The rows of cover that a row of tiles owns, without what no date has data for."""
    if covered is None:
        return None
    rows = slice(owned[0] - top, owned[1] - top)
    return np.where(window.valid[rows, : covered.shape[2]], covered[:, rows], np.uint8(NO_COVER))


class _Window:
    """The pixels under one row of tiles: frames (2, high, width, 3) uint8 and valid (high, width), padded."""

    def __init__(self, pair: LazyPair, high: int, width: int) -> None:
        self.pair, self.top = pair, -1
        self.frames = np.zeros((2, high, width, 3), np.uint8)
        self.valid = np.zeros((high, width), bool)

    def move_to(self, top: int) -> None:
        """Read what is new in the rows from `top` on; rows that were there before are kept."""
        high = self.valid.shape[0]
        grid = self.pair.grid
        known = max(0, min(self.top + high, grid.height) - top) if self.top >= 0 else 0
        if known:
            moved = slice(top - self.top, top - self.top + known)
            self.frames[:, :known] = self.frames[:, moved].copy()
            self.valid[:known] = self.valid[moved].copy()
        self.top = top
        rows = min(top + high, grid.height) - top - known
        for left in range(0, grid.width if rows else 0, READ_WIDTH):
            wide = min(READ_WIDTH, grid.width - left)
            part = np.s_[known : known + rows, left : left + wide]
            self.frames[:, *part], self.valid[part] = self.pair.read(left, top + known, wide, rows)
        self._mirror(known + rows, grid.width)

    def _mirror(self, rows: int, columns: int) -> None:
        """Outside of the scene's right and lower edge its pixels are mirrored; there is no data there."""
        high, width = self.valid.shape
        down, right = high - rows, width - columns
        self.valid[rows:] = False
        self.valid[:, columns:] = False
        if down or right:
            inside = self.frames[:, :rows, :columns]
            if right:
                self.frames[:, :rows, columns:] = np.pad(inside[:, :, -STEP:], [(0, 0), (0, 0), (0, right), (0, 0)], "reflect")[
                    :, :, -right:
                ]
            if down:
                self.frames[:, rows:] = np.pad(self.frames[:, max(0, rows - STEP) : rows], [(0, 0), (0, down), (0, 0), (0, 0)],
                                               "reflect")[:, -down:]  # fmt: skip
