"""One reader of questions: read once, for a model and for the objects; short questions lean on the one before."""

import pytest

from chronosight.tasks import routing
from chronosight.tasks.parsing import parse_question
from chronosight.tasks.routing import route

COUNT = route("How many new buildings are there in the north?", "pair")


def test_a_question_is_read_once(monkeypatch):
    texts = []
    for name in ("foreign_language", "unanswerable", "tokenise"):
        real = getattr(routing, name)
        monkeypatch.setattr(routing, name, lambda *given, real=real, name=name: (texts.append(name), real(*given))[1])
    parsed = parse_question("How many new buildings are larger than 500 m2 in the north?", "pair")
    assert sorted(texts) == ["foreign_language", "tokenise", "unanswerable"]
    assert parsed.of_objects.question.min_area == 500 and parsed.of_objects.question.region.cells


@pytest.mark.parametrize(
    ("text", "task", "subject", "direction", "cells"),
    [
        ("And the roads?", "count", "roads", "appeared", COUNT.cells),
        ("Where?", "location", "buildings", "appeared", COUNT.cells),
        ("How many vanished?", "count", "buildings", "vanished", COUNT.cells),
        ("Where in the south?", "location", "buildings", "appeared", route("what changed in the south", "pair").cells),
    ],
)
def test_a_short_question_leans_on_the_one_before(text, task, subject, direction, cells):
    routed = parse_question(text, "pair", last=COUNT).routed
    assert (routed.question.task, routed.question.subject, routed.direction) == (task, subject, direction)
    assert routed.cells == cells and routed.understood and routed.note == f"Taken as: {routed.question.text}"


@pytest.mark.parametrize(
    ("text", "kind", "last"),
    [
        ("And the roads?", "pair", None),
        ("And the roads?", "video", COUNT),
        ("And the planes?", "pair", COUNT),
        ("And the roads and the buildings?", "pair", COUNT),  # too long
        ("And the roads in the scene?", "pair", COUNT),
        ("And roads, buildings?", "pair", COUNT),
        ("And the fnord roads?", "pair", COUNT),
        ("And the fnords?", "pair", COUNT),
        ("How many times?", "pair", COUNT),
        ("And the roads?", "pair", route("Describe the changes", "pair")),
        ("And the roads?", "pair", route("nonsense", "pair")),
    ],
)
def test_others_stand_alone(text, kind, last):
    assert parse_question(text, kind, last=last).routed == route(text, kind)


def test_both_readers_refuse_alike():
    for text, said in (("Are new roads going to be built?", "future"), ("Wie viele neue Gebäude gibt es?", "German")):
        parsed = parse_question(text, "pair")
        assert parsed.routed.question is parsed.of_objects.question is None
        assert said in parsed.routed.note and said in parsed.of_objects.note
