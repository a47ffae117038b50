"""The files of the web page: complete, from this host alone, and in the colours of the report."""

import re
from pathlib import Path

from chronosight.reports.codes import COLOURS, OTHER
from chronosight.tasks.cells import CELLS

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "src" / "chronosight" / "service" / "page"
OWN = [path for path in PAGE.iterdir() if path.suffix in (".html", ".css", ".js")]
HTML = (PAGE / "index.html").read_text(encoding="utf-8")


def test_every_file_that_is_named_is_there():
    named = set(re.findall(r'(?:src|href)="/([^"?#]+)"', HTML))
    for script in PAGE.glob("*.js"):
        named |= set(re.findall(r'from "\./([^"]+)"', script.read_text(encoding="utf-8")))
    assert {"app.js", "page.css", "vendor/leaflet/leaflet.js"} <= named
    assert [name for name in sorted(named) if not (PAGE / name).is_file()] == []


def test_every_element_that_a_script_asks_for_is_there():
    ids = set(re.findall(r'id="([^"]+)"', HTML))
    asked = set()
    for script in PAGE.glob("*.js"):
        asked |= set(re.findall(r'(?:byId|say)\("([^"]+)"', script.read_text(encoding="utf-8")))
    assert len(asked) > 60 and asked - ids == set()


def test_nothing_needs_another_host_or_an_inline_script():
    for path in OWN:
        text = path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"https?://|//cdn|@import", text), path.name
    assert not re.search(r"<script(?![^>]*\bsrc=)|\sstyle=|\son\w+=", HTML)


def test_colours_are_those_of_the_report():
    script = (PAGE / "view.js").read_text(encoding="utf-8")
    shown = {name: tuple(map(int, values.split(","))) for name, values in re.findall(r'"(\w+ \w+)": "rgb\(([\d, ]+)\)"', script)}
    known = {f"{name} {direction}": colour for (name, direction), colour in COLOURS.items()}
    assert shown == known | {f"other {direction}": colour for direction, colour in OTHER.items()}


def test_places_are_those_of_the_answers():
    listed = re.search(r"CELLS = \[[^\n]*\n(.*?)\];", (PAGE / "geometry.js").read_text(encoding="utf-8"), re.S)
    assert listed and tuple(re.findall(r'"([^"]+)"', listed[1])) == CELLS


def test_the_version_of_the_vendored_library_is_written_down():
    head = (PAGE / "vendor" / "leaflet" / "leaflet.js").read_text(encoding="utf-8")[:200]
    version = re.search(r"Leaflet (\d+\.\d+\.\d+)", head)
    assert version and version[1] in (PAGE / "vendor" / "README.md").read_text(encoding="utf-8")
    assert version[1] in (ROOT / "NOTICE").read_text(encoding="utf-8")
