"""Batches of real, small files: one row an id whatever happens."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bad_inputs import texture, write_tiff
from chronosight.batch.describe_row import describe_row
from chronosight.batch.job import Job
from chronosight.batch.manifest import read_manifest
from chronosight.batch.parts import PARTS, PartWriter, read_results, run_folder
from chronosight.batch.result import COLUMNS, failed_result
from chronosight.batch.row import Row
from chronosight.batch.run import estimate, run_batch
from chronosight.batch.tables import write_tables
from chronosight.errors import InputError

CHANGES = ("seconds", "tries")  # columns that differ from run to run


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Four pairs of 64 px, p1 to p3 changed by the tiny weights' rule, and a manifest."""
    place = tmp_path_factory.mktemp("pairs")
    lines = ["id,before,after,questions"]
    for i in range(4):
        before = texture(seed=i)
        after = before.copy()
        if i:
            after[20:36, 8 * i : 8 * i + 16] = 255
        write_tiff(place / f"p{i}_before.tif", before, x=600_000 + 1000 * i)
        write_tiff(place / f"p{i}_after.tif", after, x=600_000 + 1000 * i)
        lines.append(f"p{i},p{i}_before.tif,p{i}_after.tif,{'How many buildings are new?' if i == 1 else ''}")
    (place / "manifest.csv").write_text("\n".join(lines) + "\n")
    return place


@pytest.fixture
def job(bundle_folder):
    return Job(weights=str(bundle_folder))


def table(out: Path) -> list[dict]:
    return [json.loads(line) for line in (out / "results.jsonl").read_text().splitlines()]


def same(rows: list[dict]) -> list[dict]:
    return [{name: value for name, value in row.items() if name not in CHANGES} for row in rows]


def test_every_pair_has_one_row_and_one_bad_pair_ends_nothing(folder, job, tmp_path):
    rows, _ = read_manifest(folder / "manifest.csv")
    rows.insert(1, Row("broken", str(folder / "manifest.csv"), "absent.tif"))
    count, files, remarks = run_batch(rows, job, tmp_path / "out")
    assert (count.done, count.total, count.failed) == (5, 5, 1)
    assert [remark for remark in remarks if "failed" in remark] == [f"broken failed: {table(tmp_path / 'out')[1]['error']}"]
    found = table(tmp_path / "out")
    assert [row["id"] for row in found] == ["p0", "broken", "p1", "p2", "p3"]
    assert all(set(row) == set(COLUMNS) for row in found)
    assert found[1]["error"] and "\n" not in found[1]["error"] and found[1]["changed"] is None
    assert [row["error"] for row in found if row["id"] != "broken"] == [None] * 4
    assert found[2]["answers"][0]["question"] == "How many buildings are new?" and not found[0]["answers"]
    assert set(files) >= {"results.jsonl", "objects.geojson", "items.json"}
    for name in found[0]["files"]:
        assert (tmp_path / "out" / name).is_file()


def test_rows_equal_those_of_single_descriptions(folder, job, tmp_path):
    import chronosight

    rows, _ = read_manifest(folder / "manifest.csv")
    run_batch(rows, job, tmp_path / "out")
    engine = job.load()
    for row in table(tmp_path / "out"):
        alone = chronosight.describe(row["before"], row["after"], engine=engine)
        assert row["objects"] == len(alone.objects) and row["caption"] == alone.caption.text
        assert row["buildings_appeared_area"] == round(
            sum(item.area for item in alone.objects if item.key == ("building", "appeared")), 1
        )


def test_a_row_has_its_own_ground_size(job, tmp_path):
    from PIL import Image

    image = texture(seed=1)
    for name in ("before", "after"):
        Image.fromarray(image).save(tmp_path / f"{name}.png")
    files = str(tmp_path / "before.png"), str(tmp_path / "after.png")
    whole = replace(job, opening=replace(job.opening, metres_per_pixel=1.0))
    run_batch([Row("a", *files, metres_per_pixel=0.5), Row("b", *files)], whole, tmp_path / "out")
    assert [(row["error"], row["metres_per_pixel"], row["area_unit"]) for row in table(tmp_path / "out")] == [
        (None, 0.5, "m2"), (None, 1.0, "m2"),
    ]  # fmt: skip


def test_a_row_with_a_fault_fails_alone_and_is_not_tried_twice(folder, job, tmp_path):
    rows = read_manifest(folder)[0]
    rows[0] = replace(rows[0], fault="m.csv, line 2: metres per pixel is 'abc', expected a number such as 0.5")
    count, _, notes = run_batch(rows, replace(job, retries=3), tmp_path / "out")
    results = read_results(tmp_path / "out", rows)
    found = results[rows[0].id].row
    assert (found["error"], found["tries"]) == (rows[0].fault, 1)
    assert count.done == len(rows) and not results[rows[1].id].failed and rows[0].fault in " ".join(notes)


def test_objects_and_items_agree_with_the_rows(folder, job, tmp_path):
    rows, _ = read_manifest(folder / "manifest.csv")
    run_batch(rows, job, tmp_path / "out")
    objects = json.loads((tmp_path / "out" / "objects.geojson").read_text())["features"]
    items = json.loads((tmp_path / "out" / "items.json").read_text())["features"]
    for row, item in zip(table(tmp_path / "out"), items, strict=True):
        assert sum(one["properties"]["pair"] == row["id"] for one in objects) == row["objects"]
        assert item["id"] == row["id"] and set(item["assets"]) == {"mask", "probability"}
        assert all((tmp_path / "out" / asset["href"]).is_file() for asset in item["assets"].values())


def test_parquet_says_what_json_lines_say(folder, job, tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    geopandas = pytest.importorskip("geopandas")
    rows, _ = read_manifest(folder / "manifest.csv")
    run_batch([*rows, Row("bad", "absent.tif", "absent.tif")], job, tmp_path / "out")
    lines, read = table(tmp_path / "out"), parquet.read_table(tmp_path / "out" / "results.parquet").to_pylist()
    for line, row in zip(lines, read, strict=True):
        for name, value in line.items():
            assert row[name] == (json.dumps(value, ensure_ascii=False) if isinstance(value, list) else value)
    shapes = geopandas.read_parquet(tmp_path / "out" / "objects.parquet")
    assert len(shapes) == sum(row["objects"] or 0 for row in lines) and shapes.crs.to_epsg() == 4326


def test_an_empty_run_of_objects_still_has_its_tables(job, tmp_path):
    geopandas = pytest.importorskip("geopandas")
    row = Row("bad", "absent.tif", "absent.tif")
    write_tables(tmp_path, [row], {"bad": failed_result(row, "no file")})
    assert len(geopandas.read_parquet(tmp_path / "objects.parquet")) == 0


def test_a_run_goes_on_and_the_manifest_may_grow(folder, job, tmp_path):
    rows, _ = read_manifest(folder / "manifest.csv")
    run_batch(rows[:2], job, tmp_path / "out")
    count, _, _ = run_batch(rows, job, tmp_path / "out")
    assert count.fresh == 2 and [row["id"] for row in table(tmp_path / "out")] == ["p0", "p1", "p2", "p3"]
    assert run_batch(rows, job, tmp_path / "out")[0].fresh == 0


def test_failed_rows_are_tried_again_and_success_beats_failure(folder, job, tmp_path):
    rows, _ = read_manifest(folder / "manifest.csv")
    moved = tmp_path / "late.tif"
    late = Row("late", str(moved), rows[1].after)
    assert run_batch([late], job, tmp_path / "out")[0].failed == 1
    moved.write_bytes(Path(rows[1].before).read_bytes())
    count, _, _ = run_batch([late], job, tmp_path / "out")
    assert (count.fresh, count.failed) == (1, 0) and table(tmp_path / "out")[0]["error"] is None
    writer = PartWriter(tmp_path / "out")
    writer.add(failed_result(late, "a later failure"))
    writer.flush()
    assert not read_results(tmp_path / "out", [late])["late"].failed


def test_a_changed_file_is_described_again(folder, job, tmp_path):
    rows, _ = read_manifest(folder / "manifest.csv")
    own = tmp_path / "after.tif"
    own.write_bytes(Path(rows[0].after).read_bytes())
    pair = [Row("own", rows[0].before, str(own))]
    run_batch(pair, job, tmp_path / "out")
    own.write_bytes(Path(rows[2].after).read_bytes())
    os.utime(own, (1, 1))
    assert run_batch(pair, job, tmp_path / "out")[0].fresh == 1


@pytest.mark.parametrize("change", [{"min_area": 5.0}, {"questions": ("Is there a road?",)}, {"reports": True}])
def test_another_kind_of_run_is_refused(folder, job, tmp_path, change):
    rows, _ = read_manifest(folder / "manifest.csv")
    run_batch(rows[:1], job, tmp_path / "out")
    with pytest.raises(InputError, match=f"another kind of run.*{next(iter(change))}"):
        run_batch(rows[:1], replace(job, **change), tmp_path / "out")


def test_other_weights_are_refused(folder, job, tmp_path):
    engine = job.load()
    facts = job.facts(engine)
    assert facts["weights"]["weights_sha256"]
    with run_folder(tmp_path / "out", facts):
        pass
    facts["weights"]["weights_sha256"] = "0" * 64
    with pytest.raises(InputError, match="weights_sha256"), run_folder(tmp_path / "out", facts):
        pass


def test_retries_count_and_do_not_change_the_fingerprint(job, tmp_path):
    result = describe_row(Row("bad", "absent.tif", "absent.tif"), replace(job, retries=1), job.load(), None)
    assert result.failed and result.row["tries"] == 2
    engine = job.load()
    assert job.facts(engine) == replace(job, retries=3).facts(engine)


def test_fail_fast_ends_the_run_and_keeps_what_was_done(folder, job, tmp_path):
    rows, _ = read_manifest(folder / "manifest.csv")
    with pytest.raises(InputError, match=r"bad: .*--fail-fast"):
        run_batch([rows[0], Row("bad", "absent.tif", "absent.tif"), *rows[1:]], job, tmp_path / "out", fail_fast=True)
    assert [row["id"] for row in table(tmp_path / "out")] == ["p0", "bad"]


def test_a_dry_run_keeps_nothing(folder, job, tmp_path):
    rows, _ = read_manifest(folder / "manifest.csv")
    found = estimate([*rows, Row("bad", "absent.tif", "absent.tif")], job, tmp_path / "out")
    assert (found.to_do, found.tried, [name for name, _ in found.errors]) == (5, 5, ["bad"])
    assert found.seconds_a_pair > 0 and found.bytes_a_pair > 0 and not (tmp_path / "out").exists()


def test_two_processes_give_the_rows_of_one(folder, job, tmp_path):
    rows, _ = read_manifest(folder / "manifest.csv")
    run_batch(rows, job, tmp_path / "one")
    run_batch(rows, job, tmp_path / "two", jobs=2)
    assert same(table(tmp_path / "one")) == same(table(tmp_path / "two"))


def test_a_folder_of_something_else_is_left_alone(job, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.txt").write_text("mine")
    with pytest.raises(InputError, match="no folder of a batch"), run_folder(tmp_path / "out", {}):
        pass


def test_kill_at_any_moment_leaves_one_row_an_id(folder, bundle_folder, tmp_path):
    """SIGKILL of the whole command at several moments, then one run to the end."""
    out = tmp_path / "out"
    script = (
        "import sys, time; from pathlib import Path; import chronosight.batch.parts as parts; parts.BLOCK = 1\n"
        "from chronosight.batch.run import run_batch; from chronosight.batch.manifest import read_manifest\n"
        "from chronosight.batch.job import Job\n"
        "rows, _ = read_manifest(Path(sys.argv[1])); run_batch(rows, Job(weights=sys.argv[2]), Path(sys.argv[3]))\n"
    )
    command = [sys.executable, "-c", script, str(folder / "manifest.csv"), str(bundle_folder), str(out)]
    for finished in (1, 3):
        process = subprocess.Popen(command)
        while process.poll() is None and len(list(out.glob(f"{PARTS}/part-*"))) < finished:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.wait()
    subprocess.run(command, check=True)
    rows, _ = read_manifest(folder / "manifest.csv")
    once = tmp_path / "once"
    run_batch(rows, Job(weights=str(bundle_folder)), once)
    assert same(table(out)) == same(table(once))
    assert not list(out.rglob("*.partial"))


def test_results_name_no_pixel_twice(folder, job, tmp_path):
    """Maps of a pair are those of `describe`."""
    import rasterio

    import chronosight

    rows, _ = read_manifest(folder / "manifest.csv")
    run_batch(rows[2:3], job, tmp_path / "out")
    chronosight.describe(rows[2].before, rows[2].after, engine=job.load(), out=tmp_path / "alone")
    for name in ("mask.tif", "probability.tif"):
        with rasterio.open(tmp_path / "out" / "items" / "p2" / name) as one, rasterio.open(tmp_path / "alone" / name) as other:
            assert np.array_equal(one.read(), other.read()) and one.transform == other.transform
