"""kill -9 of a real server while jobs run: the next one finishes them, with the files of an undisturbed run."""

import json

import chronosight
from chronosight.scenes.large import choose
from large_scenes import Drawn, scattered, write_pair, write_series
from served import LARGE_PIXELS, Rows, Served

TIMED = ("description.json", "item.json", "report.html", "objects.gpkg")  # hold dates of files, times of writing, or paths
HEIGHT, WIDTH = 2100, 400  # four rows of tiles


def test_jobs_survive_kills(tmp_path, bundle_folder, pair, monkeypatch):
    large = write_pair(tmp_path / "images", HEIGHT, WIDTH, scattered(HEIGHT, WIDTH)[::3])
    rows = Rows(tmp_path / "rows")
    rows.hold(1)
    server = Served(tmp_path / "data", "--workers", "2", weights=bundle_folder, **rows.environment).start("/health")
    small = server.add(*pair)
    dates = write_series(tmp_path / "dates", 64, 64, {"2012": [], "2015": [Drawn(20, 20, 24, 16)], "2018": []})
    jobs = [server.begin(server.add(*large)), server.begin(small), server.begin(small, type="ask", question="What changed?"),
            server.begin(server.add(*dates, kind="series"), type="timeline")]  # fmt: skip
    rows.wait_for(1)
    server.kill()
    rows.hold(3)
    server.arguments[server.arguments.index("--workers") + 1] = "1"  # one worker finishes what two have begun
    server.start("/health")
    rows.wait_for(3)
    now = server.client.get(jobs[0]["links"]["self"]).json()
    assert now["state"] == "running" and now["progress"]["total"] > now["progress"]["done"] > 0
    server.kill()
    rows.hold()
    server.start("/health")
    found = [server.wait(job) for job in jobs]
    assert [job["state"] for job in found] == ["done"] * 4, found
    assert {"report.html", "timeline.json", "objects.geojson"} <= {file["name"] for file in found[3]["files"]}
    files = {file["name"]: server.client.get(file["url"]).content for file in found[0]["files"]}
    server.stop()
    finished = rows.finished()
    assert len(finished) > 3 and finished == list(range(1, len(finished) + 1)), "each run goes on after the last finished row"

    monkeypatch.setattr(choose, "LARGE_PIXELS", LARGE_PIXELS)
    undisturbed = chronosight.describe(*large, out=tmp_path / "out", engine=chronosight.load(weights=bundle_folder))
    assert set(files) == set(undisturbed.files) and "cells.csv" in files
    for name in set(files) - set(TIMED):
        assert files[name] == (tmp_path / "out" / name).read_bytes(), name
    for key in ("objects", "caption", "changed", "classes", "map", "whole_scene"):
        assert json.loads(files["description.json"])[key] == json.loads((tmp_path / "out" / "description.json").read_text())[key]
