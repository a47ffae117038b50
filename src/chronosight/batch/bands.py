"""One large scene over many actors: its rows of tiles in bands, put together as one machine would have written them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from chronosight.batch.describe_row import ITEMS
from chronosight.batch.job import Job
from chronosight.batch.row import Row

if TYPE_CHECKING:
    from chronosight.engines.compact.engine import CompactEngine
    from chronosight.scenes.image import ImageFile
    from chronosight.scenes.large.pair import LazyPair

BANDS_EACH = 3  # for each actor, so that no actor waits long for the last one


def is_large(row: Row, job: Job) -> bool:
    """Whether a pair is described in tiles; False where its files cannot be used, which its own description will say.

    Args:
        row: The pair.
        job: Settings of the run.

    Returns:
        True where it is.
    """
    return headers_of(row, job) is not None


def headers_of(row: Row, job: Job) -> tuple[ImageFile, ImageFile] | None:
    """Both files of a large pair, opened but not read.

    Args:
        row: The pair.
        job: Settings of the run.

    Returns:
        Earlier and later file; None for a smaller pair, or files that cannot be used.
    """
    from chronosight.errors import InputError
    from chronosight.scenes.large.choose import large_pair

    try:
        return large_pair(row.before, row.after, job.opening.bands)
    except InputError:
        return None


@contextmanager
def opened_pair(row: Row, job: Job, engine: CompactEngine) -> Iterator[LazyPair]:
    """Opens a large pair; a context manager.

    Args:
        row: The pair.
        job: Settings of the run.
        engine: The engine whose guide compares the dates.

    Yields:
        The pair, its pixels on disk.

    Raises:
        InputError: The pair cannot be used.
    """
    from chronosight.pipeline.whole_scene import trained_size
    from chronosight.scenes.large.pair import open_pair

    headers = headers_of(row, job)
    assert headers is not None
    with open_pair(*headers, trained_size(engine, headers), job.opening.force) as pair:
        yield pair


def spread(row: Row, job: Job, engine: CompactEngine, out: Path, actors: int) -> None:
    """Fills the store of a large pair from actors of Ray (which runs already); describing it then goes on from the store.

    Args:
        row: The pair.
        job: Settings of the run.
        engine: The engine of this process.
        out: Folder of the run.
        actors: Number of actors.

    Raises:
        InputError: A file cannot be used.
    """
    import ray

    from chronosight.engines.compact.large.predict import Tiling
    from chronosight.engines.compact.large.whole_scene import open_store
    from chronosight.pipeline.whole_scene import WORK
    from chronosight.scenes.large.shift import register

    with opened_pair(row, job, engine) as pair:
        if job.opening.register:
            register(pair)
        tiling = Tiling(pair.grid.width, pair.grid.height)
        store = open_store(out / ITEMS / row.folder / WORK / "maps", pair, engine.bundle, engine.maps_land_cover)
        bands = bands_of(store.rows_done, len(tiling.rows), actors * BANDS_EACH)
        if not bands:
            return
        items = [{"first": band.start, "last": band.stop} for band in bands]
        ray.data.DataContext.get_current().execution_options.preserve_order = True
        table = ray.data.from_items(items, override_num_blocks=len(items)).map_batches(
            BandReader, fn_constructor_args=(job, row, pair.moved, store.cover), batch_size=1, num_cpus=1,
            compute=ray.data.ActorPoolStrategy(size=actors),
        )
        for found in table.iter_rows():
            for one in unpack_rows(found, pair.grid.width, tiling.padded[0]):
                store.write(one["top"], one["probability"], one["appeared"], one["packed"])
                if one["cover"] is not None:
                    store.write_cover(one["cover_top"], one["cover"])
                store.finish_row(one["carry"], max(store.changed, one["changed"]))


def bands_of(first: int, last: int, count: int) -> list[range]:
    """Divides rows of tiles into bands of about the same height.

    Args:
        first: First row of tiles.
        last: Row after the last one.
        count: Largest number of bands.

    Returns:
        The rows of each band.
    """
    edges = np.unique(np.linspace(first, last, min(count, max(0, last - first)) + 1).round().astype(int)).tolist()
    return [range(start, stop) for start, stop in pairwise(edges)]


class BandReader:
    """An actor: one large pair, open, any of its bands."""

    def __init__(self, job: Job, row: Row, moved: tuple[float, float], cover: bool) -> None:
        from chronosight.engines.compact.guide import suited_guide
        from chronosight.scenes.large.pair import coarser_size

        engine: Any = job.load(1)
        self.open = opened_pair(row, job, engine)
        self.pair = self.open.__enter__()
        self.guide = suited_guide(engine.bundle, coarser_size(*self.pair.headers))
        self.pair.moved, self.cover = moved, cover

    def __call__(self, batch: dict[str, Any]) -> dict[str, Any]:
        """The rows of tiles of one band, as bytes."""
        from chronosight.engines.compact.large.predict import predict_band

        span = range(int(batch["first"][0]), int(batch["last"][0]))
        return {name: [value] for name, value in pack_rows(predict_band(self.pair, self.guide, span, self.cover)).items()}


def pack_rows(rows: list[Any]) -> dict[str, bytes]:
    """Finished rows of tiles as bytes by name.

    Args:
        rows: Finished rows of tiles.

    Returns:
        Bytes by name.
    """
    shapes = [
        [row.top, row.probability.shape[0], *row.carry.shape[:2], row.cover_top, 0 if row.cover is None else row.cover.shape[1]]
        for row in rows
    ]
    numbers = np.array(shapes, np.int64)
    packed = {"numbers": numbers.tobytes(), "changed": np.array([row.changed for row in rows], np.float64).tobytes()}
    for name in ("probability", "appeared", "packed", "carry"):
        packed[name] = b"".join(np.ascontiguousarray(getattr(row, name)).tobytes() for row in rows)
    packed["cover"] = b"".join(np.ascontiguousarray(row.cover).tobytes() for row in rows if row.cover is not None)
    return packed


def unpack_rows(found: dict[str, Any], width: int, padded: int) -> Iterator[dict[str, Any]]:
    """Unpacks what `pack_rows` packed.

    Args:
        found: Bytes by name.
        width: Width of the scene in pixels.
        padded: Its width with the margin.

    Yields:
        One dictionary a row of tiles.
    """
    numbers = np.frombuffer(found["numbers"], np.int64).reshape(-1, 6)
    changed = np.frombuffer(found["changed"], np.float64)
    maps = {
        name: np.frombuffer(found[name], dtype).reshape(-1, width)
        for name, dtype in (("probability", np.uint16), ("appeared", np.uint8), ("packed", np.uint8))
    }
    carry, start, at = np.frombuffer(found["carry"], np.float32), 0, 0
    cover, seen = np.frombuffer(found["cover"], np.uint8), 0
    for (top, height, layers, kept, cover_top, covered), highest in zip(numbers.tolist(), changed.tolist(), strict=True):
        one: dict[str, Any] = {name: values[start : start + height] for name, values in maps.items()}
        size = layers * kept * padded
        of_row = cover[seen : seen + 2 * covered * width].reshape(2, covered, width) if covered else None
        one |= {"top": top, "changed": highest, "carry": carry[at : at + size].reshape(layers, kept, padded)}
        yield one | {"cover_top": cover_top, "cover": of_row}
        start, at, seen = start + height, at + size, seen + 2 * covered * width
