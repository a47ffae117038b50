"""`chronosight describe` on a pair too large for memory: everything from headers to files, and going on after a kill."""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from chronosight.cli.output import tile_progress
from chronosight.errors import InputError

if TYPE_CHECKING:
    from chronosight.engines.compact.bundle import Bundle
    from chronosight.engines.compact.large.predict import Timings
    from chronosight.reports.survey_write import Page
    from chronosight.results.description import Survey
    from chronosight.scenes.image import ImageFile

WORK = ".chronosight-work"  # inside the results' folder: what a killed run left, taken away when all is written
TELL = 60.0  # seconds between lines of progress where stderr is no terminal


def describe_whole_scene(
    headers: tuple[ImageFile, ImageFile],
    bundle: Bundle,
    out: Path | None,
    cell_m: float = 500.0,
    force: bool = False,
    register: bool = True,
    quiet: bool = True,
    page: Page | None = None,
    timings: Timings | None = None,
) -> tuple[Survey, dict[str, Path]]:
    """-> the survey and the files written, by name. out: None writes none. page: see `write_survey`.

    Raises InputError where a raster cannot be used, and then leaves nothing behind; what a kill, Ctrl-C or a folder that
    cannot be written to leaves is taken up by the next run.
    """
    from chronosight.engines.compact.large.codes import read_codes
    from chronosight.engines.compact.large.predict import Timings
    from chronosight.engines.compact.large.whole_scene import make_survey, open_store, percent_rows
    from chronosight.reports.survey_write import Rasters, write_survey
    from chronosight.reports.write import remove_empty
    from chronosight.scenes.large.pair import open_pair
    from chronosight.scenes.large.shift import register as register_pair

    timings = timings or Timings()
    missing = [place for place in (out, *out.parents) if not place.exists()] if out else []
    work = Path(tempfile.mkdtemp(prefix="chronosight-")) if out is None else out / WORK
    looked, kept = False, False
    try:
        with open_pair(*headers, float(bundle.config["metres_per_pixel"]), force) as pair:
            timings.spent("opening")
            shift = register_pair(pair) if register else None
            timings.spent("registering")
            store = open_store(work / "maps", pair, bundle)
            with scene_progress(quiet) as progress:
                survey = make_survey(pair, shift, bundle, store, cell_m, progress, timings)
        looked = True
        written: dict[str, Path] = {}
        if out is not None:
            rasters = Rasters(lambda top, bottom: read_codes(store, top, bottom), percent_rows(store))
            written, remarks = write_survey(survey, rasters, out, page=page)
            for remark in remarks:
                print(f"note: {remark}", file=sys.stderr)
        timings.spent("files")
    except InputError:
        kept = looked  # the rasters are good, only the results could not be written
        raise
    except (KeyboardInterrupt, OSError):
        kept = True
        if out is not None:
            print(f"stopped; the same command goes on where it was (work so far: {work})", file=sys.stderr)
        raise
    finally:
        if out is None or not kept:
            shutil.rmtree(work, ignore_errors=True)
            remove_empty(missing)
    return survey, written


@contextmanager
def scene_progress(quiet: bool) -> Iterator[Callable[[int, int], None] | None]:
    """The bar of `tile_progress` on a terminal; elsewhere a line a minute, so that a log shows how far it is."""
    if quiet or sys.stderr.isatty():
        with tile_progress(quiet) as bar:
            yield bar
        return
    began: list[float] = []  # time and tiles done when this run began, time of the last line

    def show(done: int, total: int) -> None:
        now = time.monotonic()
        if not began:
            began.extend([now, done, now])
            if done:
                print(f"going on after {done} of {total} tiles", file=sys.stderr, flush=True)
        elif now - began[2] >= TELL and done < total:
            left = (now - began[0]) / max(1, done - began[1]) * (total - done)
            print(f"{done} of {total} tiles, about {duration(left)} left", file=sys.stderr, flush=True)
            began[2] = now

    yield show


def duration(seconds: float) -> str:
    """ "40 s", "12 min", "3 h 05 min"."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"
