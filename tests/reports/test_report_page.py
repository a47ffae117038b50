"""report.html: alone, safe whatever the names say, and complete."""

import base64
import io
import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
from PIL import Image

from chronosight.reports.page.content import page_content
from chronosight.reports.page.make import MOST_ROWS, page
from chronosight.results.answer import Answer
from chronosight.results.change_summary import change_summary

EVIL = '<script>alert("x")<img src=y onerror=z>&\'.tif'


def page_of(description, answers=()):
    description = replace(description, answers=tuple(answers))
    return page(page_content(description, change_summary(description), description.evidence.codes()))


class Tags(HTMLParser):
    """Counts of the tags, their attributes, and whether all are closed."""

    VOID = frozenset({"meta", "img", "input", "br"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def rows_of(text):
    return [attributes for tag, attributes in Tags(text).found if tag == "tr" and "data-object" in attributes]


def test_the_page_needs_nothing_from_outside(make_pair):
    text = page_of(make_pair())
    assert not re.search(r"https?://|//\w+\.", text)
    tags = Tags(text)
    assert tags.open == []
    for tag, attributes in tags.found:
        assert tag not in {"link", "iframe", "object", "base"}
        if tag == "img":
            assert attributes["src"].startswith("data:image/")
    assert "default-src 'none'" in text and "$" not in re.sub(r"base64,[^\"]+", "", text)


def test_names_and_words_are_escaped(make_pair):
    description = make_pair()
    scene = description.scene
    scene.sources = (f"/x/{EVIL}", f"/x/{EVIL}")
    scene.notes.append(EVIL)
    description = replace(
        description,
        caption=replace(description.caption, text=EVIL),
        notes=(EVIL,),
        model={EVIL: EVIL, "nested": [EVIL]},
    )
    text = page_of(description, [(EVIL, Answer(EVIL, "open", None, 0.2, False))])
    plain = page_of(make_pair())
    assert "alert(" in text and "<script>alert" not in text
    assert not any(attributes.get("src") == "y" or "onerror" in attributes for _, attributes in Tags(text).found)
    scripts = [tag for tag, _ in Tags(text).found if tag == "script"]
    assert len(scripts) == len([tag for tag, _ in Tags(plain).found if tag == "script"]) == 1


def test_the_calibration_is_left_to_programs(make_pair):
    text = page_of(replace(make_pair(), model={"name": "guide", "exact_answers": {"count": {"spread": 0.05}}}))
    assert "guide" in text and "spread" not in text and "Exact answers" not in text


def test_the_embedded_images_are_the_scene(make_pair):
    description = make_pair()
    sources = re.findall(r'src="data:image/(\w+);base64,([^"]+)"', page_of(description))
    assert [kind for kind, _ in sources] == ["jpeg", "jpeg", "png"]
    pictures = [Image.open(io.BytesIO(base64.b64decode(data))) for _, data in sources]
    assert {picture.size for picture in pictures} == {(description.scene.width, description.scene.height)}
    marks = np.asarray(pictures[2].convert("RGBA"))
    assert ((marks[..., 3] > 0) == ((description.evidence.mask > 0) & description.scene.valid)).all()


def test_counts_objects_and_answers_are_on_the_page(make_pair):
    description = make_pair()
    text = page_of(description, [("How many roads?", Answer("1", "count", 1, 0.8, True))])
    assert "How many roads?" in text and "Changed objects (4)" in text and "One note." in text
    assert len(rows_of(text)) == 4
    assert all(f'id="object-{number}"' in text for number in (1, 2, 3, 4))
    assert "Changed:&nbsp;yes" not in text and "Changed: yes (97&nbsp;%&nbsp;confident)." in text


def test_no_change_and_many_objects(make_pair):
    description = make_pair(rectangles=())
    assert "Changed objects" not in page_of(description)
    description = make_pair()
    many = description.objects * 100
    text = page_of(replace(description, evidence=replace(description.evidence, objects=many)))
    assert len(rows_of(text)) == MOST_ROWS and "100 more are in the vector file" in text
