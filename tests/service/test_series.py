"""A series of dates: added, compared by a job, asked about, through a real server; with the files of `chronosight timeline`."""

import io
import json

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from chronosight.cli.main import app
from large_scenes import Drawn, write_series

BUILT = {"2012": [], "2015": [Drawn(20, 20, 24, 16)], "2018": [Drawn(70, 84, 30, 20), Drawn(10, 100, 40, 9, "road")]}
FIRST = "When was the first building built?"


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    return write_series(tmp_path_factory.mktemp("dates"), 128, 128, BUILT)


def add(served, files, **query):
    parts = [("files", (path.name, path.read_bytes())) for path in files]
    return served.client.post("/api/scenes", files=parts, params=query)


@pytest.fixture(scope="module")
def scene(served, files):
    reply = add(served, [files[2], files[0], files[1]], kind="series")
    assert reply.status_code == 201, reply.text
    return reply.json()


@pytest.fixture(scope="module")
def done(served, scene):
    early = served.client.post(f"/api/scenes/{scene['id']}/ask", json={"question": FIRST})
    assert early.status_code == 409 and "type timeline" in early.json()["error"]["message"]
    return served.wait(served.begin(scene, type="timeline", questions=[FIRST]))


def test_a_series_is_in_date_order_with_all_its_images(served, scene):
    assert (scene["kind"], scene["frames"], scene["dates"], scene["has_tiles"]) == ("series", 3, ["2012", "2015", "2018"], True)
    assert [file["name"] for file in scene["files"]] == ["place_2012.tif", "place_2015.tif", "place_2018.tif"]
    means = []
    for address in scene["links"]["frames"]:
        image = Image.open(io.BytesIO(served.client.get(address, params={"size": 256}).content))
        assert image.size == (128, 128)
        means.append(np.asarray(image, float).mean())
    assert means == sorted(means) and means[2] > means[0] + 1, "each date has more bright buildings"
    assert len(scene["links"]["tiles"]) == 3


@pytest.mark.parametrize(
    ("count", "query", "words"),
    [
        (3, {}, "dates of one place"),
        (2, {"kind": "series"}, "3 or more images"),
        (3, {"kind": "video", "dates": "2012,2015,2018"}, "dates go with a series"),
        (3, {"kind": "series", "dates": "2012,2015"}, "2 dates were given for 3 images"),
        (3, {"kind": "series", "dates": "2012,soon,2018"}, 'place_2015.tif has the date "soon"'),
        (3, {"kind": "series", "dates": "2012,2012,2018"}, "place_2012.tif and place_2015.tif are both of 2012"),
    ],
)
def test_what_is_not_known_is_asked_for(served, files, count, query, words):
    reply = add(served, files[:count], **query)
    assert reply.status_code == 400 and words in reply.json()["error"]["message"], reply.text


def test_dates_that_names_do_not_say_are_asked_for_and_taken(served, files):
    parts = [("files", (f"{letter}.tif", path.read_bytes())) for letter, path in zip("abc", files, strict=True)]
    reply = served.client.post("/api/scenes", files=parts, params={"kind": "series"})
    assert reply.status_code == 400
    asked = 'a.tif says nowhere when it was taken; give all dates with the option "dates"'
    assert reply.json()["error"]["message"].startswith(asked)
    reply = served.client.post("/api/scenes", files=parts, params={"kind": "series", "dates": "2020,2019-05,2018-01-31"})
    assert reply.json()["dates"] == ["2018-01-31", "2019-05", "2020"]
    assert [file["name"] for file in reply.json()["files"]] == ["c.tif", "b.tif", "a.tif"]
    assert served.client.delete(reply.json()["links"]["self"]).status_code == 204


def test_the_files_are_those_of_the_command(served, scene, done, files, bundle_folder, tmp_path):
    assert done["state"] == "done", done
    assert done["progress"] == {"done": 3, "total": 3, "share": 1.0}
    out = tmp_path / "out"
    command = ["timeline", *map(str, files), "--out", str(out), "--ask", FIRST, "--weights", str(bundle_folder)]
    ran = CliRunner().invoke(app, command)
    assert ran.exit_code == 0, ran.output
    assert {file["name"] for file in done["files"]} == {path.name for path in out.iterdir()} >= {"report.html", "objects.gpkg"}
    for name in ("timeline.csv", "timeline.json", "objects.geojson", "report.html", "plot.png"):
        assert served.client.get(f"{done['links']['self']}/files/{name}").content == (out / name).read_bytes(), name
    result = served.client.get(done["links"]["results"]).json()["result"]
    assert result == json.loads((out / "timeline.json").read_text())
    assert [item["first_seen"] for item in result["objects"]] == ["2018", "2015", "2018"], "the largest first"
    page = served.client.get(f"{done['links']['self']}/files/report.html")
    assert page.headers["content-security-policy"].startswith("sandbox")
    assert served.client.get(f"{done['links']['self']}/files/animation.webp").headers["content-type"] == "image/webp"


def test_questions_are_answered_from_the_timeline(served, scene, done):
    reply = served.client.post(f"/api/scenes/{scene['id']}/ask", json={"question": FIRST}).json()
    assert reply["answer"]["value"] == ["2012", "2015"] and reply["scene"]["kind"] == "series"
    numbers = reply["evidence"]["object_numbers"]
    assert [feature["properties"]["first_seen"] for feature in reply["evidence"]["objects"]["features"]] == ["2015"]
    assert [feature["id"] for feature in reply["evidence"]["objects"]["features"]] == numbers
    ask = [{"role": "user", "content": "How many buildings are there in 2018?"}]
    chat = {"model": "chronosight", "messages": ask, "chronosight": {"scene": scene["id"]}}
    assert served.client.post("/v1/chat/completions", json=chat).json()["chronosight"]["answer"]["value"] == 2


def test_jobs_that_do_not_fit_are_refused(served, scene, pair):
    refused = [
        (scene, {"type": "describe"}, "a series of dates"), (scene, {"type": "ask", "question": "?"}, "after its timeline"),
        (served.add(*pair), {"type": "timeline"}, "this scene is two dates"),
        (scene, {"type": "timeline", "zones": {}}, "leave them out"),
    ]  # fmt: skip
    for about, body, words in refused:
        reply = served.client.post("/api/jobs", json={"scene": about["id"], **body})
        assert reply.status_code == 400 and words in reply.json()["error"]["message"], reply.text


def test_what_a_killed_run_left_is_replaced(files, bundle_folder, tmp_path):
    import chronosight
    from chronosight.pipeline import Opening
    from chronosight.service.series import run_timeline

    folder = tmp_path / "files"
    (folder / ".chronosight-files").mkdir(parents=True)
    (folder / "report.html").write_text("half of it was moved into place when the server was killed")
    engine, names = chronosight.load(weights=bundle_folder), [path.name for path in files]
    _, written = run_timeline(files, names, list(BUILT), engine, folder, Opening(), [], None, lambda done, total: None)
    assert {path.name for path in folder.iterdir()} == set(written) >= {"report.html", "timeline.json"}
    assert "<title>place: 2012 to 2018</title>" in (folder / "report.html").read_text()


def test_a_process_of_its_own(served, scene):
    assert set(served.client.get("/processes/timeline").json()["inputs"]) == {"scene", "questions", "options"}
    begun = served.client.post("/processes/timeline/execution", json={"inputs": {"scene": scene["id"]}})
    assert begun.status_code == 201 and begun.json()["processID"] == "timeline"
    job = served.wait({"links": {"self": f"/api{begun.headers['location']}"}})
    assert "timeline.json" in served.client.get(f"{begun.headers['location']}/results").json()
    assert served.client.delete(job["links"]["self"]).json()["state"] == "deleted"
    assert not (served.data / "jobs" / job["id"]).exists()
