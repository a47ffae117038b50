"""The page in headless Chromium: no errors, no request to the network, and its controls do what they say."""

import json
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from chronosight.reports.images import photograph
from chronosight.reports.page.content import PagePlace, page_content
from chronosight.reports.page.make import page
from chronosight.reports.places import most_changed
from chronosight.results.answer import Answer
from chronosight.results.change_summary import change_summary

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")

# Run in the page: each step is a thing a reader does; what they would see is written into the document's title.
DRIVER = """
var seen = {}, viewer = document.getElementById("viewer"), edge = document.getElementById("edge"), errors = [];
var shown = function (node) { return node.getClientRects().length > 0; };
addEventListener("error", function (event) { errors.push(event.message); });
document.addEventListener("securitypolicyviolation", function (event) { errors.push("policy: " + event.blockedURI); });
var fine = function (type, x, y) {
  var box = viewer.getBoundingClientRect(), px = box.left + x * box.width, py = box.top + y * box.height;
  var target = document.elementFromPoint(px, py) || viewer;
  target.dispatchEvent(new PointerEvent(type, { bubbles: true, clientX: px, clientY: py, pointerId: 1, button: 0 }));
};
var press = function (key) { edge.dispatchEvent(new KeyboardEvent("keydown", { key: key, bubbles: true, cancelable: true })); };
viewer.scrollIntoView();
seen.start = edge.getAttribute("aria-valuenow");
press("ArrowRight"); press("PageUp");
seen.keys = edge.getAttribute("aria-valuenow");
fine("pointerdown", 0.62, 0.9); fine("pointermove", 0.4, 0.9); fine("pointermove", 0.3, 0.9); fine("pointerup", 0.3, 0.9);
seen.drag = edge.getAttribute("aria-valuenow");
var rows = Array.from(document.querySelectorAll("tr[data-object]"));
rows[1].querySelector("button").click();
seen.row = rows[1].dataset.object; seen.picked = document.getElementById("picked").textContent;
seen.zoomed = viewer.classList.contains("zoomed"); seen.on = rows[1].classList.contains("on");
seen.lit = document.getElementById("lit").getAttribute("d") === document.getElementById("object-" + seen.row).getAttribute("d");
var view = document.querySelector("svg.over").getAttribute("viewBox").split(" ").map(Number);
var box = rows[1].dataset.box.split(" ").map(Number);
seen.inside = view[0] <= box[0] && view[1] <= box[1] && view[0] + view[2] >= box[2] && view[1] + view[3] >= box[3];
seen.date = rows[1].dataset.way + (+edge.getAttribute("aria-valuenow") < 50 ? " after" : " before");
document.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape" }));
seen.whole = !viewer.classList.contains("zoomed") && !document.querySelector("tr.on");
var kind = document.querySelector("[data-kind]"), mine = "tr." + kind.dataset.kind;
kind.click();
seen.hidden = !shown(document.querySelector(mine)) && rows.some(shown);
kind.click();
seen.back = shown(document.querySelector(mine));
document.getElementById("show-mask").click();
seen.mask = shown(document.querySelector("img.mask"));
var shape = document.getElementById("object-3").getBoundingClientRect(), all = viewer.getBoundingClientRect();
var x = (shape.left + shape.width / 2 - all.left) / all.width, y = (shape.top + shape.height / 2 - all.top) / all.height;
fine("pointerdown", x, y); fine("pointerup", x, y);
seen.hit = (document.querySelector("tr.on") || { dataset: {} }).dataset.object;
document.getElementById("zoom-in").click();
seen.in = viewer.classList.contains("zoomed");
document.getElementById("zoom-all").click();
var place = document.querySelector("[data-window]");
if (place) { place.click(); seen.place = viewer.classList.contains("zoomed"); }
seen.sideways = document.documentElement.scrollWidth - innerWidth;
seen.small = Array.from(document.querySelectorAll("button, input, [role=slider]")).filter(function (node) {
  return shown(node) && !(node.getAttribute("aria-label") || node.textContent.trim() || node.closest("label")); }).length;
seen.broken = Array.from(document.images).filter(function (image) { return !image.naturalWidth; }).length;
seen.fetched = performance.getEntriesByType("resource").map(function (entry) { return entry.name; });
seen.errors = errors;
document.title = JSON.stringify(seen);
"""


def open_page(text: str, folder: Path, width: int = 1280, dark: bool = False) -> tuple[dict, list[str], list[str]]:
    """-> what the driver saw, lines on the browser's console, and addresses that were asked for over a network."""
    path, log = folder / "page.html", folder / "net.json"
    path.write_text(text.replace("</body>", f"<script>{DRIVER}</script></body>"), encoding="utf-8")
    assert CHROMIUM is not None
    done = subprocess.run(
        [
            CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync",
            "--disable-component-update", "--no-first-run", "--enable-logging=stderr", f"--log-net-log={log}",
            f"--user-data-dir={folder / 'profile'}", f"--window-size={width},1200",
            f"--blink-settings=preferredColorScheme={0 if dark else 1}", "--virtual-time-budget=3000", "--dump-dom",
            path.as_uri(),
        ],
        capture_output=True, text=True, timeout=180, check=True,
    )  # fmt: skip
    title = re.search(r"<title>(.*?)</title>", done.stdout, re.S)
    words = (title[1] if title else "").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    console = [line for line in done.stderr.splitlines() if ":CONSOLE" in line]
    asked = requests_of(log.read_text(encoding="utf-8", errors="replace"))
    return json.loads(words) if words.startswith("{") else {}, console, asked


def requests_of(log: str) -> list[str]:
    """Addresses over a network that a page asked for. The browser asks for the time by itself, without an initiator."""
    found = set()
    for line in log.splitlines():
        address = re.search(r'"url":"((?:https?|wss?|ftp):[^"]*)"', line)
        if address and '"initiator":"' in line and '"initiator":"not an origin"' not in line:
            found.add(address[1])
    return sorted(found)


@pytest.fixture
def text(make_pair):
    description = make_pair(size=(320, 240))
    scene, summary = description.scene, change_summary(description)
    evil = '<img src="https://example.org/x.png" onerror="alert(1)">'
    answers = ((evil, Answer(evil, "open", None, 0.2, False, notes=(evil,))),)
    image = photograph(scene.frames[0], scene.valid, (60, 60))
    places = [PagePlace(place, image, image) for place in most_changed(summary, 60)]
    return page(page_content(replace(description, answers=answers), summary, description.evidence.codes(), places))


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (390, True)])
def test_the_page_works_and_asks_for_nothing(text, tmp_path, width, dark):
    seen, console, asked = open_page(text, tmp_path, width, dark)
    assert console == [] and asked == [] and seen["errors"] == [] and seen["fetched"] == []
    assert (seen["start"], seen["keys"], seen["drag"]) == ("50", "62", "30")
    assert seen["row"] in seen["picked"] and seen["on"] and seen["zoomed"] and seen["lit"] and seen["inside"]
    assert seen["date"] in ("appeared after", "vanished before")
    assert seen["whole"] and seen["hidden"] and seen["back"] and not seen["mask"] and seen["in"] and seen["place"]
    assert seen["hit"] == "3"
    assert seen["sideways"] <= 0 and seen["small"] == 0 and seen["broken"] == 0


def test_the_test_would_see_errors_and_requests(tmp_path):
    bad = '<html><body><img src="http://127.0.0.1:9/x.png"><script>console.error("no"); missing()</script></body></html>'
    _, console, asked = open_page(bad, tmp_path)
    assert len(console) >= 2 and any("127.0.0.1:9" in address for address in asked)
