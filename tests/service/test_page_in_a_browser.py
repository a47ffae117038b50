"""The web page in a headless browser, against a real server: the whole way of an analyst."""

import io
import json
import re
import shutil
from base64 import b64encode
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

EXAMPLES = Path(__file__).parents[2] / "examples"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
SIZES = ((1440, 900, "dark"), (768, 1024, "light"), (390, 844, "dark"))
SLOW = 120_000  # milliseconds, on a machine that is busy with other tests
QUESTIONS = ("How many new buildings are there?", "Where are the new buildings?", "What is the capital of France?")
DROP = """(files) => {
    const data = new DataTransfer();
    for (const [name, content] of files) {
        data.items.add(new File([Uint8Array.from(atob(content), (c) => c.charCodeAt(0))], name, { type: "image/tiff" }));
    }
    for (const kind of ["dragenter", "dragover", "drop"]) {
        document.body.dispatchEvent(new DragEvent(kind, { dataTransfer: data, bubbles: true, cancelable: true }));
    }
}"""

playwright = pytest.importorskip("playwright.sync_api", reason="the page's tests need playwright: pip install playwright")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="pip install axe-playwright-python")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="the page's tests need chromium: apt install chromium")
expect = playwright.expect


@pytest.fixture(scope="module")
def server(tmp_path_factory, bundle_folder):
    """With weights that find drawn rectangles."""
    from served import Served

    server = Served(tmp_path_factory.mktemp("page") / "data", weights=bundle_folder).start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def dates(tmp_path_factory):
    """Nine new objects; the first covers the left of the middle, where the boundary between the dates is moved over it."""
    from large_scenes import Drawn, write_pair

    drawn = [Drawn(50, 58, 34, 76), *(Drawn(10 + 40 * n, 10, 20 + 2 * n, 16) for n in range(4)),
             *(Drawn(10 + 40 * n, 160, 20 + 2 * n, 16) for n in range(3)), Drawn(100, 140, 80, 9, "road")]  # fmt: skip
    return write_pair(tmp_path_factory.mktemp("dates"), 192, 192, drawn)


@pytest.fixture(scope="module")
def series(tmp_path_factory):
    from large_scenes import Drawn, write_series

    built = {"2012": [], "2015": [Drawn(20, 20, 24, 16)], "2018": [Drawn(70, 84, 30, 20), Drawn(10, 100, 40, 9, "road")]}
    return write_series(tmp_path_factory.mktemp("series"), 128, 128, built)


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def page(browser):
    """A page that may neither report an error nor ask another host for anything."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
    page = context.new_page()
    page.set_default_timeout(SLOW)
    expect.set_options(timeout=SLOW)
    faults, asked = [], []
    page.on("console", lambda message: faults.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    yield page
    context.close()
    expected = [text for text in faults if "status of 400" in text]  # a file that the server refuses, on purpose
    assert faults == expected
    assert asked and len({url.split("/")[2] for url in asked if not url.startswith("data:")}) == 1, "no other host"


@pytest.fixture(scope="module")
def described(server, dates):
    """A finished description."""
    job = server.wait(server.begin(server.add(*dates)))
    assert job["state"] == "done", job
    return job


def drop(page, *files):
    page.evaluate(DROP, [[path.name, b64encode(path.read_bytes()).decode()] for path in files])


def pixels(page):
    """The map as it is seen, without the boundary, the buttons and the text on it."""
    box = page.locator("#maps").bounding_box()
    image = Image.open(io.BytesIO(page.screenshot(clip=box))).convert("RGB")
    return np.asarray(image, float)


def drawn(page, number):
    """Waits until so many plain images are on the map."""
    images = page.locator("#map-one img.leaflet-image-layer")
    expect(images).to_have_count(number)
    for at in range(number):
        images.nth(at).evaluate("image => image.decode()")
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def ask(page, question):
    number = page.locator("#log > li").count()
    page.fill("#question", question)
    page.press("#question", "Enter")
    turn = page.locator("#log > li").nth(number)
    expect(turn.locator(".answer")).to_be_visible()
    return turn


def serious_faults(page):
    found = [fault for fault in axe.Axe().run(page).response["violations"] if fault["impact"] in ("serious", "critical")]
    return [(fault["id"], [node["target"] for node in fault["nodes"]]) for fault in found]


def test_from_two_files_to_objects_answers_and_a_download(page, server, dates, tmp_path):
    page.goto(server.url)
    drop(page, *reversed(dates))
    expect(page.locator("#staged-files .file-name")).to_have_text(["before.tif", "after.tif"])  # put in date order
    page.click("#send")
    expect(page.locator("#progress")).to_be_visible()
    expect(page.locator("#progress-text")).to_contain_text(re.compile("Waiting|Comparing|Writing"))
    expect(page.locator("#objects")).to_be_visible()
    assert "?job=" in page.url

    job = server.client.get(f"/api/jobs/{page.url.partition('=')[2]}").json()
    objects = server.client.get(f"{job['links']['self']}/files/objects.geojson").json()["features"]
    rows = page.locator("#table-body tr")
    outlines = page.locator("#map-one .leaflet-outlines-pane path.leaflet-interactive")
    expect(rows).to_have_count(len(objects))
    expect(outlines).to_have_count(len(objects))

    # Swipe: to the right of the new boundary the later date appears, left of it all stays as it was.
    page.wait_for_load_state("networkidle")
    expect(page.locator("#map-one img.leaflet-tile:not(.leaflet-tile-loaded)")).to_have_count(0)
    before = pixels(page)
    page.focus("#divider")
    for _ in range(3):
        page.keyboard.press("Shift+ArrowLeft")
    expect(page.locator("#divider")).to_have_attribute("aria-valuenow", "20")
    after = pixels(page)
    height, width = before.shape[:2]
    middle = slice(int(height * 0.3), int(height * 0.7))
    uncovered = np.abs(before - after)[middle, int(width * 0.38) : int(width * 0.46)].mean()
    untouched = np.abs(before - after)[middle, int(width * 0.55) : int(width * 0.65)].mean()
    assert uncovered > 20 > 1 > untouched

    count, where = ask(page, QUESTIONS[0]), ask(page, QUESTIONS[1])
    expect(where.locator(".evidence")).to_have_attribute("aria-pressed", "true")  # the latest answer lights up its evidence
    expect(page.locator("#evidence-chip")).to_contain_text(QUESTIONS[1])
    nonsense = ask(page, QUESTIONS[2])
    reply = server.client.post(f"/api/scenes/{job['scene']}/ask", json={"question": QUESTIONS[0]}).json()
    expect(count.locator(".answer-text")).to_contain_text(reply["answer"]["text"])
    assert (count.locator(".doubtful").count() > 0) == (not reply["answer"]["confident"])
    expect(where.locator(".confidence")).to_contain_text("%")
    expect(nonsense.locator(".cannot")).to_contain_text("This question cannot be answered.")
    expect(page.locator("#evidence-chip")).to_be_hidden()
    count.locator(".evidence").click()
    expect(page.locator("#evidence-chip")).to_contain_text(f"{len(reply['evidence']['object_numbers'])} objects")
    lit = page.locator("#map-one .leaflet-evidence-pane path")
    expect(lit).to_have_count(2 * len(reply["evidence"]["object_numbers"]))  # a dark rim and a line for each
    where.locator(".evidence").click()
    assert lit.count() > 2 * len(reply["evidence"]["object_numbers"])  # and the places named
    page.click("#evidence-clear")
    expect(lit).to_have_count(0)

    # Table -> map, map -> table.
    rows.nth(4).click()
    chosen = objects[4]["properties"]
    expect(page.locator("#picked-text")).to_contain_text(f"no. {chosen['number']}")
    expect(page.locator("#map-one .leaflet-selected-pane path")).to_have_count(3)
    page.keyboard.press("Escape")
    expect(page.locator("#picked")).to_be_hidden()
    outlines.nth(6).dispatch_event("click")
    expect(rows.nth(6)).to_have_class("on")
    expect(rows.nth(6).locator("button")).to_have_attribute("aria-pressed", "true")

    page.fill("#filter-area", "400")
    large = [item for item in objects if item["properties"]["area_m2"] >= 400]
    assert 0 < len(large) < len(objects)
    expect(rows).to_have_count(len(large))
    expect(outlines).to_have_count(len(large))
    page.click("#filter-reset")
    expect(rows).to_have_count(len(objects))

    page.click("[data-mode=side]")
    expect(page.locator("#map-two .leaflet-outlines-pane path.leaflet-interactive")).to_have_count(len(objects))

    page.click("#downloads summary")
    with page.expect_download() as download:
        page.click("text=Objects, GeoJSON")
    download.value.save_as(tmp_path / "objects.geojson")
    assert json.loads((tmp_path / "objects.geojson").read_text())["features"] == objects


def test_a_link_opens_the_result_and_nothing_serious_is_wrong_with_it(page, server, described):
    for width, height, colours in SIZES:
        page.emulate_media(color_scheme=colours)
        page.set_viewport_size({"width": width, "height": height})
        page.goto(f"{server.url}/?job={described['id']}")
        expect(page.locator("#objects")).to_be_visible()
        if width == SIZES[0][0]:
            ask(page, QUESTIONS[0])
        expect(page.locator("#log .answer")).to_have_count(1)  # the conversation stays with the tab
        page.locator("#table-body tr").first.click()
        assert serious_faults(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_land_cover_stands_in_the_summary(page, server, described):
    """These weights map none, so the lines are added to the result on its way."""
    def with_land_cover(route):
        answer = route.fetch()
        body = answer.json()
        body["result"]["summary"].append("Land cover: About 1 ha of trees became bare ground.")
        route.fulfill(response=answer, json=body)

    page.goto(f"{server.url}/?job={described['id']}")
    expect(page.locator(".tiles")).to_be_visible()
    expect(page.locator("[aria-label='Land cover']")).to_have_count(0)
    page.route("**/results", with_land_cover)
    page.reload()
    expect(page.locator("[aria-label='Land cover'] li")).to_have_text("About 1 ha of trees became bare ground.")


def test_start_shows_errors_as_the_server_words_them(page, server, tmp_path):
    page.goto(server.url)
    expect(page.locator("#start")).to_be_visible()
    assert serious_faults(page) == []
    path = tmp_path / "notes.png"
    path.write_text("no image")
    page.set_input_files("#files", str(path))
    page.click("#send")
    message = server.client.post("/api/scenes", files={"files": ("notes.png", b"no image")}).json()["error"]["message"]
    expect(page.locator("#upload-error")).to_have_text(message)
    assert serious_faults(page) == []


def test_a_job_can_be_cancelled(page, server):
    page.goto(server.url)
    page.click("#example")
    page.click("#cancel-job")
    expect(page.locator("#job-error:visible, .verdict-text").first).to_be_visible()
    job = server.client.get(f"/api/jobs/{page.url.partition('=')[2]}").json()
    if job["state"] == "cancelled":  # else it was faster
        expect(page.locator("#job-error")).to_have_text("Cancelled.")
        expect(page.locator("#again")).to_be_visible()


def test_a_series_of_dates(page, server, series):
    """Three images: asked what they are; then compared, shown date by date, asked about."""
    page.goto(server.url)
    page.set_input_files("#files", [str(path) for path in reversed(series)])
    expect(page.locator("#staged-title")).to_have_text("3 images")
    page.click("#send")
    assert page.locator("#several input").first.evaluate("input => input.validity.valueMissing"), "never guessed"
    page.check("[value=series]")
    assert [page.locator(".date").nth(at).input_value() for at in range(3)] == ["2012", "2015", "2018"]
    page.click("#options summary")
    page.fill("#option-questions", "When was the first building built?\n\nWhat is it?")
    assert serious_faults(page) == []
    page.click("#send")
    steps = ["2015 since 2012: 1 building appeared", "2018 since 2015: 1 building appeared, 1 road appeared"]
    expect(page.locator(".steps li")).to_have_text(steps)
    expect(page.locator("#summary-body dd")).to_have_count(2)
    expect(page.locator("#summary-body .plot")).to_have_js_property("naturalWidth", 880)
    rows = ["New building by 2018", "New building by 2015", "New road by 2018"]
    expect(page.locator("#table-body .what")).to_have_text(rows)
    outlines = page.locator("#map-one .leaflet-outlines-pane path.leaflet-interactive")
    for key, date, number in (("End", "2018", 3), ("ArrowLeft", "2015", 1), ("Home", "2012", 0)):
        page.focus("#frames-at")
        page.keyboard.press(key)
        expect(page.locator("#frames-text")).to_have_text(date)
        expect(outlines).to_have_count(number)
    answer = ask(page, "When was the first building built?")
    expect(answer.locator(".answer-text")).to_contain_text("between 2012 and 2015")
    expect(page.locator("#evidence-chip")).to_contain_text("1 object")
    page.click("#downloads summary")
    expect(page.locator("#download-list code")).to_have_text(
        ["report.html", "objects.geojson", "objects.gpkg", "timeline.csv", "plot.png", "animation.webp", "timeline.json"])
    for width, height, colours in SIZES[1:]:
        page.emulate_media(color_scheme=colours)
        page.set_viewport_size({"width": width, "height": height})
        page.reload()
        expect(page.locator(".steps")).to_be_visible()
        assert serious_faults(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_zones_and_questions_of_a_description(page, server, pair, tmp_path):
    scene = server.add(*pair)
    west, south, east, north = scene["bounds"]
    middle = (west + east) / 2
    features = [
        {"type": "Feature", "properties": {"name": name}, "geometry": {"type": "Polygon", "coordinates": [
            [[left, south], [right, south], [right, north], [left, north], [left, south]]]}}
        for name, left, right in (("West", west, middle), ("East", middle, east))
    ]  # fmt: skip
    zones = tmp_path / "zones.geojson"
    zones.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    page.goto(server.url)
    page.set_input_files("#files", [str(path) for path in pair])
    page.click("#options summary")
    (tmp_path / "no.geojson").write_text("{}")
    page.set_input_files("#zones-file", str(tmp_path / "no.geojson"))
    expect(page.locator("#zones-error")).to_contain_text("no.geojson")
    page.set_input_files("#zones-file", str(zones))
    expect(page.locator("#zones-text")).to_have_text("2 zones of zones.geojson: West, East")
    page.fill("#option-questions", "Which zone changed most?")
    assert serious_faults(page) == []
    page.click("#send")
    table = page.locator("#summary-body [aria-label='Changes by zone']")
    expect(table.locator("thead th")).to_have_text(["Zone", "New buildings", "New roads", "Area"])
    expect(table.locator("tbody th")).to_have_text([re.compile("West"), re.compile("East")])
    expect(page.locator("#summary-body dd")).to_contain_text("West")
    expect(page.locator("#map-one .zone-name")).to_have_text(["West", "East"])
    page.click("#layers summary")
    page.uncheck("#layer-zones")
    expect(page.locator("#map-one .zone-name")).to_have_count(0)
    job = server.client.get(f"/api/jobs/{page.url.partition('=')[2]}").json()
    assert "zones" not in job["request"] and "zones.csv" in {file["name"] for file in job["files"]}
    assert serious_faults(page) == []


def test_plain_images_and_videos_are_shown_too(page, server):
    page.goto(server.url)
    page.set_input_files("#files", str(EXAMPLES / "video.mp4"))
    page.click("#send")
    expect(page.locator("#frames-text")).to_have_text("1 of 8")
    drawn(page, 1)
    first = pixels(page)
    page.focus("#frames-at")
    page.keyboard.press("End")
    expect(page.locator("#frames-text")).to_have_text("8 of 8")
    drawn(page, 2)
    assert np.abs(pixels(page) - first).mean() > 5
