"""kill -9 of a real server while jobs run: the next one finishes them, with the files of an undisturbed run."""

import json
import time

import pytest

from large_scenes import Drawn, scattered, write_pair
from served import Served

ABOUT_TIME = ("description.json", "item.json", "report.html", "objects.gpkg")  # hold dates of files, or times of writing


@pytest.fixture(scope="module")
def scenes(tmp_path_factory):
    folder = tmp_path_factory.mktemp("scenes")
    large = write_pair(folder / "large", 2048, 2048, scattered(2048, 2048)[::7])
    small = write_pair(folder / "small", 128, 128, [Drawn(20, 20, 24, 16)])
    return large, small


def finished(server, jobs):
    files = {}
    for name, job in jobs.items():
        now = server.wait(job, 240)
        assert now["state"] == "done", now
        files[name] = {file["name"]: server.client.get(file["url"]).content for file in now["files"]}
    return files


def begin(server, scenes):
    large, small = (server.add(*pair) for pair in scenes)
    return {
        "small": server.begin(small),
        "large": server.begin(large),
        "question": server.begin(small, type="ask", question="How many buildings appeared?"),
    }


def test_jobs_survive_kills(tmp_path, bundle_folder, scenes):
    undisturbed = Served(tmp_path / "undisturbed", weights=bundle_folder).start()
    expected = finished(undisturbed, begin(undisturbed, scenes))
    undisturbed.stop()
    server = Served(tmp_path / "killed", weights=bundle_folder).start()
    jobs = begin(server, scenes)
    tiles = []
    for share in (0.0, 0.3, 0.7):  # of the large job
        end = time.monotonic() + 120
        while time.monotonic() < end:
            now = server.client.get(jobs["large"]["links"]["self"]).json()
            if now["state"] == "done" or now["progress"]["share"] >= share:
                break
            time.sleep(0.02)
        tiles.append(now["progress"]["done"])
        server.kill()
        server.start("/health")
    found = finished(server, jobs)
    server.stop()
    assert tiles == sorted(tiles) and tiles[-1] > 0, "each server goes on where the one before it was killed"
    for job, files in expected.items():
        assert found[job].keys() == files.keys()
        for name, data in files.items():
            if name not in ABOUT_TIME:
                assert found[job][name] == data, f"{job}: {name}"
    for key in ("objects", "caption", "changed", "classes", "map"):
        one, other = (json.loads(run["large"]["description.json"])[key] for run in (expected, found))
        assert one == other, key
