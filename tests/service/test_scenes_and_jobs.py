"""Scenes, jobs, their events, files and tiles, through a real server."""

import io
import json
import sqlite3
import time
from contextlib import closing

import numpy as np
import pytest
from PIL import Image

import chronosight
from large_scenes import scattered, write_pair

TILE = 256


@pytest.fixture(scope="module")
def scene(served, pair):
    known = served.add(*pair)  # by these names here, whatever other tests of this server have called it
    served.client.delete(known["links"]["self"])
    return served.add(*pair, names=("../../etc/2011.tif", "C:\\images\\2017.tif"))


@pytest.fixture(scope="module")
def done(served, scene):
    job = served.begin(scene, questions=["How many roads changed?"])
    return served.wait(job)


def events(served, job):
    """(name, data) of every server-sent event of a job."""
    found, name = [], ""
    with served.client.stream("GET", f"{job['links']['self']}/events") as reply:
        assert reply.headers["content-type"].startswith("text/event-stream")
        end = time.monotonic() + 120
        for line in reply.iter_lines():
            assert time.monotonic() < end, f"no end after {found}"  # a server that lives sends a comment now and then
            if line.startswith("event: "):
                name = line.removeprefix("event: ")
            if line.startswith("data: "):
                found.append((name, json.loads(line.removeprefix("data: "))))
    return found


def test_a_scene_says_what_it_is(scene):
    assert (scene["kind"], scene["width"], scene["height"], scene["frames"]) == ("pair", 128, 128, 2)
    assert not scene["whole_scene"] and scene["has_tiles"] and len(scene["bounds"]) == 4
    west, south, east, north = scene["bounds"]
    corners = np.array(scene["corners_lonlat"])
    assert west <= corners[:, 0].min() + 1e-6 and north >= corners[:, 1].max() - 1e-6
    assert east > west and north > south


def test_names_of_the_client_are_shown_and_never_used(served, scene):
    assert [file["name"] for file in scene["files"]] == ["2011.tif", "2017.tif"]
    stored = sorted(path.name for path in (served.data / "scenes" / scene["id"]).iterdir())
    assert stored == ["after.tif", "before.tif"]


def test_equal_files_are_the_same_scene(served, scene, pair):
    again = served.client.post("/api/scenes", files=[("files", ("x", path.read_bytes())) for path in pair])
    assert again.status_code == 200 and again.json()["id"] == scene["id"]
    turned = served.add(*reversed(pair))
    assert turned["id"] != scene["id"]
    assert served.client.delete(f"/api/scenes/{turned['id']}").status_code == 204
    assert served.client.get(f"/api/scenes/{turned['id']}").status_code == 404
    assert not (served.data / "scenes" / turned["id"]).exists()


def test_frames_are_bounded_jpegs(served, scene):
    for address in scene["links"]["frames"]:
        reply = served.client.get(address, params={"size": 100})
        assert reply.headers["content-type"] == "image/jpeg"
        assert Image.open(io.BytesIO(reply.content)).size == (128, 128)
    assert served.client.get(f"/api/scenes/{scene['id']}/frames/2.jpg").status_code == 404
    assert served.client.get(scene["links"]["frames"][0], params={"size": 100_000}).status_code == 422


def tile_of(scene, zoom):
    import morecantile

    west, south, east, north = scene["bounds"]
    return morecantile.tms.get("WebMercatorQuad").tile((west + east) / 2, (south + north) / 2, zoom)


def cut(served, address, tile):
    reply = served.client.get(address.format(z=tile.z, x=tile.x, y=tile.y))
    assert reply.status_code == 200 and reply.headers["content-type"] == "image/png", reply.text
    return np.asarray(Image.open(io.BytesIO(reply.content)).convert("RGBA"))


def test_tiles_show_the_scene_where_it_lies(served, scene):
    tile = tile_of(scene, scene["zooms"][1] - 1)
    before, after = (cut(served, address, tile) for address in scene["links"]["tiles"])
    seen = before[..., 3] > 0
    assert before.shape == (TILE, TILE, 4) and seen.sum() > 0
    assert 80 < before[seen][:, :3].mean() < 120, "the ground of the drawn pair"
    assert (np.abs(after[seen].astype(int) - before[seen]).max() > 80), "the later date has bright buildings"
    far = served.client.get(scene["links"]["tiles"][0].format(z=4, x=0, y=0))
    assert not np.asarray(Image.open(io.BytesIO(far.content)).convert("RGBA"))[..., 3].any()
    for z, x, y in ((30, 0, 0), (3, 8, 0), (3, 0, -1)):
        assert served.client.get(scene["links"]["tiles"][0].format(z=z, x=x, y=y)).status_code in (404, 422)


def test_a_plain_image_has_frames_and_no_tiles(served, plain_image):
    scene = served.add(plain_image)
    assert (scene["kind"], scene["has_tiles"], scene["georeference"]) == ("image", False, None)
    assert served.client.get(scene["links"]["frames"][0]).status_code == 200
    assert served.client.get(f"/api/scenes/{scene['id']}/tiles/0/0/0.png").status_code == 404
    asked = served.client.post(f"/api/scenes/{scene['id']}/ask", json={"question": "Is this place rural or urban?"}).json()
    assert asked["answer"]["value"] == "urban" and asked["evidence"] is None
    refused = served.client.post("/api/jobs", json={"scene": scene["id"]})
    assert refused.status_code == 400 and "two dates" in refused.json()["error"]["message"]


def test_describe_gives_what_the_python_api_gives(served, done, pair, bundle_folder, tmp_path):
    assert done["state"] == "done", done
    names = {file["name"] for file in done["files"]}
    expected = chronosight.describe(
        *pair, out=tmp_path / "out", engine=chronosight.load(weights=bundle_folder), questions=["How many roads changed?"]
    )
    assert names == set(expected.files)
    result = served.client.get(done["links"]["results"]).json()["result"]
    here = json.loads((tmp_path / "out" / "description.json").read_text())
    for key in ("caption", "changed", "classes", "objects", "answers", "map"):
        assert result[key] == here[key], key
    assert len(result["objects"]) == 3
    for file in done["files"]:
        got = served.client.get(file["url"])
        assert got.status_code == 200 and got.headers["content-type"].split(";")[0] == file["media_type"].split(";")[0]
        if file["name"] in ("mask.png", "objects.geojson", "mask.tif"):
            assert got.content == (tmp_path / "out" / file["name"]).read_bytes(), file["name"]


def test_files_other_than_the_jobs_own_are_not_there(served, done):
    base = done["links"]["self"]
    for name in ("service.db", "..%2f..%2fservice.db", "zones.geojson", "%2e%2e", ".chronosight-lock"):
        assert served.client.get(f"{base}/files/{name}").status_code == 404


def test_the_report_runs_apart(served, done):
    page = served.client.get(f"{done['links']['self']}/files/report.html")
    policy = page.headers["content-security-policy"]
    assert policy.startswith("sandbox") and "allow-same-origin" not in policy and "default-src 'none'" in policy


def test_tiles_of_results(served, scene, done):
    tile = tile_of(scene, scene["zooms"][1] - 1)
    mask = cut(served, done["links"]["tiles"]["mask"], tile)
    probability = cut(served, done["links"]["tiles"]["probability"], tile)
    colours = {tuple(colour) for colour in mask[mask[..., 3] == 255][:, :3]}
    assert colours == {(255, 98, 0), (255, 225, 60)}, "new buildings and a new road, in the colours of the report"
    assert probability[..., 3].max() > 200 and 0 < (mask[..., 3] > 0).mean() < 0.5
    assert served.client.get(f"{done['links']['self']}/tiles/other/0/0/0.png").status_code == 404


def test_events_follow_a_job_to_its_end(served, scene):
    job = served.begin(scene, type="ask", question="Has anything changed?")
    found = events(served, job)
    assert {name for name, _ in found[:-1]} <= {"progress"} and found[-1][0] == "done"
    result = served.client.get(found[-1][1]["links"]["results"]).json()["result"]
    assert result["question"] == "Has anything changed?" and "confidence" in result
    assert events(served, job)[-1] == found[-1], "those who come late hear of the end"


def test_zones_and_options_reach_the_report(served, scene):
    lon, lat = scene["corners_lonlat"][0]
    ring = [[lon - 1, lat - 1], [lon + 1, lat - 1], [lon + 1, lat + 1], [lon - 1, lat + 1], [lon - 1, lat - 1]]
    zone = {"type": "Feature", "properties": {"name": "All"}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
    zones = {"type": "FeatureCollection", "features": [zone]}
    job = served.wait(served.begin(scene, zones=zones, options={"min_area": 500.0}))
    result = served.client.get(job["links"]["results"]).json()["result"]
    assert [item["class"] for item in result["objects"]] == ["building"] and "zones" in result


def test_zones_of_a_file_are_what_a_job_takes(served):
    ring = [[10, 50], [11, 50], [11, 51], [10, 51], [10, 50]]
    named = {"type": "Feature", "properties": {"title": "All"}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
    read = served.client.post("/api/zones", files={"file": ("districts.json", json.dumps(named))})
    assert read.status_code == 200, read.text
    [zone] = read.json()["features"]
    assert zone["properties"] == {"name": "All"} and zone["geometry"]["coordinates"][0] == ring
    for content in (b"no zones", b"SQLite format 3\0", b""):
        refused = served.client.post("/api/zones", files={"file": ("../districts.json", content)})
        message = refused.json()["error"]["message"]
        assert refused.status_code == 400 and message.startswith("districts.json ") and "/" not in message, message


def test_a_scene_by_path_below_the_roots(served):
    added = served.client.post("/api/scenes/by-path", json={"paths": ["before.tif", "after.tif"]})
    assert added.status_code == 201 and added.json()["kind"] == "pair"
    assert "/" not in json.dumps(added.json()["files"])
    for path in ("../secret.tif", "/etc/passwd", "missing.tif", "\x00"):
        refused = served.client.post("/api/scenes/by-path", json={"paths": [path]})
        assert refused.status_code == 400 and "not below a folder" in refused.json()["error"]["message"]


def test_a_whole_scene_is_described_then_asked(served, tmp_path):
    pair = write_pair(tmp_path / "large", 900, 900, scattered(900, 900)[::2])  # two rows of tiles
    scene = served.add(*pair)
    assert scene["whole_scene"]
    early = served.client.post(f"/api/scenes/{scene['id']}/ask", json={"question": "How many buildings appeared?"})
    assert early.status_code == 409 and early.json()["error"]["code"] == "not_described"
    assert "describe the changes first" in early.json()["error"]["message"]
    served.rows.hold(2)  # the progress of the first row of tiles is written by then
    try:
        cancelled = served.begin(scene)
        served.rows.wait_for(2)
        assert served.client.get(cancelled["links"]["self"]).json()["progress"]["done"] > 0
        assert served.client.delete(cancelled["links"]["self"]).json()["state"] == "cancelled"
    finally:
        served.rows.hold()
    job = served.begin(scene)
    assert [name for name, data in events(served, job)].count("progress") > 1
    job = served.wait(job)
    assert job["state"] == "done" and not (served.data / "jobs" / cancelled["id"]).exists()
    asked = served.client.post(f"/api/scenes/{scene['id']}/ask", json={"question": "How many buildings appeared?"}).json()
    numbers = asked["evidence"]["object_numbers"]
    assert asked["answer"]["value"] == len(numbers) == len(asked["evidence"]["objects"]["features"]) > 5
    leaning = {"question": "Which of them is the largest?", "history": ["How many buildings appeared?"]}
    largest = served.client.post(f"/api/scenes/{scene['id']}/ask", json=leaning).json()
    assert largest["answer"]["notes"][0] == "Taken as: Which of the new buildings is the largest?"
    assert largest["evidence"]["object_numbers"] == [largest["answer"]["value"]]
    frame = served.client.get(scene["links"]["frames"][1], params={"size": 256})
    assert Image.open(io.BytesIO(frame.content)).size == (256, 256)
    assert served.client.delete(job["links"]["self"]).json() == {"id": job["id"], "state": "deleted"}
    assert served.client.get(job["links"]["self"]).status_code == 404


def test_ogc_names(served, scene):
    get = served.client.get
    assert "conformsTo" in get("/conformance").json()
    assert [process["id"] for process in get("/processes").json()["processes"]] == ["describe", "timeline", "ask"]
    assert set(get("/processes/ask").json()["inputs"]) == {"scene", "question", "options", "zones"}
    begun = served.client.post("/processes/ask/execution", json={"inputs": {"scene": scene["id"], "question": "What changed?"}})
    assert begun.status_code == 201 and begun.json()["status"] == "accepted"
    served.wait({"links": {"self": f"/api{begun.headers['location']}"}})
    status = get(begun.headers["location"]).json()
    assert (status["status"], status["progress"], status["processID"]) == ("successful", 100, "ask")
    assert get(f"{begun.headers['location']}/results").json()["result"]["question"] == "What changed?"
    wrong = served.client.post("/processes/ask/execution", json={"inputs": {"scene": scene["id"], "colour": "red"}})
    assert wrong.status_code == 400 and "inputs.colour" in wrong.json()["error"]["message"]
    assert get("/processes/paint").status_code == 404


@pytest.fixture(scope="module")
def unequal(served, tmp_path_factory):
    """A scene of two plain images of different sizes; the names of the client are those of the stored files, turned."""
    folder = tmp_path_factory.mktemp("unequal")
    paths = [folder / "one.png", folder / "two.png"]
    for path, side in zip(paths, (128, 100), strict=True):
        Image.fromarray(np.random.default_rng(side).integers(90, 110, (side, side, 3), dtype=np.uint8)).save(path)
    return served.add(*paths, names=("after.png", "summer 2017.png"))


def test_remarks_name_the_files_and_options_as_the_client_knows_them(served, unequal):
    assert [note for note in unequal["notes"] if note.startswith("summer 2017.png was resized")]
    refused = "summer 2017.png is 100 x 100 pixels and after.png 128 x 128"
    failed = served.wait(served.begin(unequal))
    ask = {"question": "Has anything changed?"}
    asked = served.client.post(f"/api/scenes/{unequal['id']}/ask", json=ask)
    for message in (failed["error"], asked.json()["error"]["message"]):
        assert message.startswith(refused) and message.endswith('(the option "resize")'), message
    assert failed["state"] == "failed" and asked.status_code == 400


def test_images_of_two_sizes_are_resized_where_that_is_asked_for(served, unequal):
    options = {"resize": True, "metres_per_pixel": 0.5}
    job = served.wait(served.begin(unequal, options=options))
    assert job["state"] == "done", job
    result = served.client.get(job["links"]["results"]).json()["result"]
    resized = "summer 2017.png was resized: 100 x 100 to 128 x 128 pixels"
    assert resized in job["notes"] and resized in result["notes"]
    ask = {"question": "Has anything changed?", "options": options}
    reply = served.client.post(f"/api/scenes/{unequal['id']}/ask", json=ask).json()
    assert reply["scene"]["id"] == unequal["id"] and reply["scene"]["metres_per_pixel"] == 0.5
    assert resized in reply["scene"]["notes"]
    more = {"scene": unequal["id"], "options": options}
    chat = {"model": "chronosight", "messages": [{"role": "user", "content": ask["question"]}], "chronosight": more}
    assert served.client.post("/v1/chat/completions", json=chat).json()["chronosight"]["answer"] == reply["answer"]
    wrong = {**ask, "options": {"min_area": 5}}
    assert served.client.post(f"/api/scenes/{unequal['id']}/ask", json=wrong).status_code == 422


def test_what_cannot_be_used_is_one_line(served, scene, tmp_path):
    (tmp_path / "note.txt").write_text("hello")
    for files, words in (
        ([("files", ("a.tif", b"hello"))], "a.tif is a text file"),
        ([("files", ("a.tif", b""))], "empty"),
        ([("files", ("a.png", b"\x89PNG\r\n\x1a\n" + b"0" * 100))], "damaged"),
    ):
        refused = served.client.post("/api/scenes", files=files)
        message = refused.json()["error"]["message"]
        assert refused.status_code == 400 and words in message and str(served.data) not in message
    assert served.client.post("/api/jobs", json={"scene": "none"}).status_code == 404
    assert served.client.post("/api/jobs", json={"scene": scene["id"], "type": "paint"}).status_code == 422
    assert served.client.post("/api/jobs", json={"scene": scene["id"], "type": "ask"}).status_code == 400
    assert not list((served.data / "incoming").iterdir())


def test_metrics_count_by_route_without_ids(served, scene):
    text = served.client.get("/metrics").text
    assert 'route="/api/scenes/{scene_id}/ask"' in text and scene["id"] not in text
    assert 'chronosight_jobs{state="done"}' in text and served.client.get("/version").json()["engine"] == "compact"


def test_the_log_holds_no_image_and_no_traceback(served):
    log = served.log.read_text()
    assert "base64" not in log and "Traceback" not in log


def test_a_job_whose_worker_crashes_is_given_up(tmp_path):
    from chronosight.service.store import MAX_CRASHES, Store

    store = Store(tmp_path)
    job = store.add_job("scene", "describe", {}, 5)
    for crash in range(MAX_CRASHES):
        assert store.claim(100 + crash).id == job.id
        store.take_back(100 + crash, crashed=True)
    assert store.job(job.id).state == "failed" and store.claim(1) is None
    other = store.add_job("scene", "describe", {}, 5)
    for restart in range(20):
        store.claim(restart)
        store.take_back()
    assert store.job(other.id).state == "queued", "a stop of the whole server does not count against a job"
    with closing(sqlite3.connect(tmp_path / "service.db")) as connection, connection:
        assert connection.execute("SELECT crashes FROM jobs WHERE id = ?", (other.id,)).fetchone() == (0,)


def test_a_body_that_is_not_sent_as_json_is_named(served):
    for request in ({"content": b'{"scene": "x"}'}, {"content": b"{", "headers": {"Content-Type": "application/json"}}):
        reply = served.client.post("/api/jobs", **request)
        assert reply.status_code == 422 and "Content-Type: application/json" in reply.json()["error"]["message"]
