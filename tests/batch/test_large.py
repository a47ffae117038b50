"""A large scene in bands gives the bytes of a single run, in this process and on Ray."""

import json
import os

import numpy as np
import pytest

from chronosight.batch.bands import bands_of, pack_rows, unpack_rows
from chronosight.batch.job import Job
from chronosight.batch.row import Row
from chronosight.batch.run import run_batch
from large_scenes import Drawn, draw, write_tiff

SIDE = 2100  # large enough to be described in tiles


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    folder = tmp_path_factory.mktemp("large")
    rng = np.random.default_rng(4)
    drawn = [Drawn(int(y), int(x), 40, 30) for y, x in rng.integers(40, SIDE - 90, (25, 2))]
    before, after = draw(SIDE, SIDE, drawn)
    return write_tiff(folder / "before.tif", before), write_tiff(folder / "after.tif", after)


def test_bands_are_the_rows_of_one_run(pair, bundle_folder):
    import chronosight
    from chronosight.engines.compact.guide import Guide
    from chronosight.engines.compact.large.predict import Tiling, finished_rows, predict_band
    from chronosight.scenes.large.opened import open_header
    from chronosight.scenes.large.pair import open_pair

    guide = Guide(chronosight.load(weights=bundle_folder, threads=1).bundle)
    with open_pair(open_header(pair[0]), open_header(pair[1]), guide.metres_per_pixel) as scene:
        tiling = Tiling(scene.grid.width, scene.grid.height)
        whole = list(finished_rows(scene, guide, range(len(tiling.rows))))
        parts = []
        for band in bands_of(0, len(tiling.rows), 3):
            packed = pack_rows(predict_band(scene, guide, band))
            parts += unpack_rows(packed, scene.grid.width, tiling.padded[0])
    assert len(parts) == len(whole) > 3
    for one, other in zip(parts, whole, strict=True):
        assert one["top"] == other.top
        for name in ("probability", "appeared", "packed", "carry"):
            assert np.array_equal(one[name], getattr(other, name)), name
    assert max(one["changed"] for one in parts) == whole[-1].changed


def test_bands_cover_every_row_once():
    for first, last, count in ((0, 7, 3), (2, 7, 6), (0, 1, 4), (5, 5, 3), (0, 40, 6)):
        assert [row for band in bands_of(first, last, count) for row in band] == list(range(first, last))


@pytest.mark.skipif("CHRONOSIGHT_RAY_TESTS" not in os.environ, reason="starting Ray takes long: set CHRONOSIGHT_RAY_TESTS=1")
def test_ray_gives_the_rows_of_this_machine(pair, bundle_folder, tmp_path, monkeypatch):
    """Small pairs by actors, the large one spread over both of them: none of its tiles is left to this process."""
    pytest.importorskip("ray.data")
    from bad_inputs import texture
    from bad_inputs import write_tiff as write_small
    from chronosight.engines.compact.large import predict

    rows = [Row("large", str(pair[0]), str(pair[1]), questions=("How many buildings are new?",))]
    for i in range(5):
        before = texture(seed=i)
        after = before.copy()
        after[20:36, 8 * i : 8 * i + 16] = 255
        files = write_small(tmp_path / f"{i}a.tif", before), write_small(tmp_path / f"{i}b.tif", after)
        rows.append(Row(f"p{i}", str(files[0]), str(files[1])))
    rows.append(Row("bad", "absent.tif", "absent.tif"))
    job = Job(weights=str(bundle_folder))
    run_batch(rows, job, tmp_path / "core")
    monkeypatch.setattr(predict, "finished_rows", None)  # of this process alone
    count, _, _ = run_batch(rows, job, tmp_path / "ray", jobs=2, ray="local")
    assert (count.done, count.failed) == (7, 1)
    core, ray = (
        [
            {name: value for name, value in json.loads(line).items() if name not in ("seconds", "tries")}
            for line in (tmp_path / out / "results.jsonl").read_text().splitlines()
        ]
        for out in ("core", "ray")
    )
    assert core == ray and core[0]["objects"] > 10
    for name in ("mask.tif", "probability.tif", "cells.csv"):
        assert (tmp_path / "core/items/large" / name).read_bytes() == (tmp_path / "ray/items/large" / name).read_bytes()
