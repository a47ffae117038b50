"""kill -9 of a real server while jobs run: the next one finishes them, with the files of an undisturbed run."""

import json
import time

import chronosight
from large_scenes import scattered, write_pair
from served import Served

TIMED = ("description.json", "item.json", "report.html", "objects.gpkg")  # hold dates of files, times of writing, or paths


def wait_for_share(server, job, share):
    """Waits until a job has done its share of tiles -> how many it has done."""
    end = time.monotonic() + 120
    while time.monotonic() < end:
        now = server.client.get(job["links"]["self"]).json()
        if now["state"] == "done" or now["progress"]["share"] >= share:
            return now["progress"]["done"]
        time.sleep(0.02)
    raise AssertionError(now)


def test_jobs_survive_kills(tmp_path, bundle_folder, pair):
    large = write_pair(tmp_path / "images", 2020, 2020, scattered(2020, 2020)[::12])
    server = Served(tmp_path / "data", "--workers", "2", weights=bundle_folder).start()
    small = server.add(*pair)
    jobs = [server.begin(server.add(*large)), server.begin(small), server.begin(small, type="ask", question="What changed?")]
    tiles = []
    for share in (0.0, 0.4):
        tiles.append(wait_for_share(server, jobs[0], share))
        server.kill()
        server.start("/health")
    found = [server.wait(job, 240) for job in jobs]
    files = {file["name"]: server.client.get(file["url"]).content for file in found[0]["files"]}
    server.stop()
    assert [job["state"] for job in found] == ["done"] * 3 and tiles[1] > 0
    undisturbed = chronosight.describe(*large, out=tmp_path / "out", engine=chronosight.load(weights=bundle_folder))
    assert set(files) == set(undisturbed.files)
    for name in set(files) - set(TIMED):
        assert files[name] == (tmp_path / "out" / name).read_bytes(), name
    for key in ("objects", "caption", "changed", "classes", "map", "whole_scene"):
        assert json.loads(files["description.json"])[key] == json.loads((tmp_path / "out" / "description.json").read_text())[key]
