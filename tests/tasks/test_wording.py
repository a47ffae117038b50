"""Wordings: as published where they are published, varied half of the time, and each one routed to its own task."""

from __future__ import annotations

import random

import numpy as np
import pytest

from chronosight.tasks import (
    binary,
    caption,
    comparison,
    count,
    direction,
    event,
    location,
    object_count,
    presence,
    rural_urban,
    scene_class,
)
from chronosight.tasks.nouns import OBJECTS, SUBJECTS, change_subject, plural, singular, with_article
from chronosight.tasks.question import Question
from chronosight.tasks.routing import Kind, route
from chronosight.tasks.wording import TASKS, vary, wordings

QUESTIONS: list[tuple[Question, Kind]] = [
    *((module.ask(subject), "pair") for module in (binary, count, location, direction)
      for subject in ("buildings", "roads", None)),
    (caption.ask("pair"), "pair"),
    (caption.ask("image"), "image"),
    (scene_class.ask(), "image"),
    (rural_urban.ask(), "image"),
    (event.ask(), "video"),
    *((presence.ask(name), "image") for name in OBJECTS),
    *((object_count.ask(name), "image") for name in OBJECTS),
    (comparison.ask("cars", "trees"), "image"),
    (comparison.ask("storage tanks", "parking lots"), "image"),
]  # fmt: skip


def test_every_task_is_among_the_questions() -> None:
    assert {question.task for question, _ in QUESTIONS} == set(TASKS)


@pytest.mark.parametrize(("question", "kind"), QUESTIONS, ids=lambda value: getattr(value, "text", value))
def test_every_wording_is_routed_to_its_question(question: Question, kind: Kind) -> None:
    for text in wordings(question):
        routed = route(text, kind)
        assert routed.question == question, text
        assert (routed.direction, routed.cells) == (None, None)


@pytest.mark.parametrize(("question", "kind"), QUESTIONS, ids=lambda value: getattr(value, "text", value))
def test_wordings_are_filled_in_distinct_and_begin_with_the_canonical_one(question: Question, kind: Kind) -> None:
    texts = wordings(question)
    assert texts[0] == question.text
    assert len(set(texts)) == len(texts) >= 5
    assert not any("{" in text or "<image>" in text for text in texts)


@pytest.mark.parametrize("rng", [random.Random(1), np.random.default_rng(1)])
def test_varying_keeps_the_question_and_is_canonical_half_of_the_time(rng: random.Random) -> None:
    question = location.ask("roads")
    varied = [vary(question, rng) for _ in range(2000)]
    assert {(q.task, q.subject, q.other) for q in varied} == {("location", "roads", None)}
    assert {q.text for q in varied} == set(wordings(question))
    assert 0.45 < sum(q == question for q in varied) / 2000 < 0.55


def test_varying_a_varied_question_stays_within_its_wordings() -> None:
    rng = random.Random(2)
    for kind in ("image", "pair"):
        question = caption.ask(kind)  # type: ignore[arg-type]
        texts = set(wordings(question))
        for _ in range(50):
            question = vary(question, rng)
            assert question.text in texts


def test_published_wordings_are_word_for_word() -> None:
    assert binary.CHANGEIMTI == (
        "Please check if there have been any changes to the roads or buildings in these two images:<image> and <image>."
        " Please answer yes or no."
    )
    assert count.CHANGEIMTI.format(subject="roads") == (
        "How many roads have been changed in these two images:<image> and <image>"
    )
    assert location.CHANGEIMTI.format(subject="buildings") == (
        "Please tell me where the buildings have changed in these two images:<image> and <image>,"
        "if no change please output: No change."
    )
    assert caption.CHANGEIMTI == "Please describe the changes in <image> and <image>"
    assert binary.CHANGEIMTI_DIALOGUE == (
        "Have there been any changes to the roads and buildings in these two images:<image> and <image>?"
    )
    assert caption.CHANGEIMTI_DIALOGUE == "Please describe the changes."
    assert caption.UNIRS_PAIR == (
        "Please briefly describe the main changes between the above two remote sensing images."
    )
    assert (caption.ask("pair").text, caption.ask("image").text) == ("Please describe the changes", "Please describe the image")


@pytest.mark.parametrize(
    ("published", "compact"),
    [
        (binary.CHANGEIMTI, binary.ask().text),
        (count.CHANGEIMTI.format(subject="roads"), count.ask("roads").text),
        (location.CHANGEIMTI.format(subject="roads"), location.ask("roads").text),
    ],
)
def test_the_compact_instruction_is_the_published_one_without_placeholders(published: str, compact: str) -> None:
    assert published.replace(":<image> and <image>", "") == compact


@pytest.mark.parametrize("name", OBJECTS)
def test_plural_and_singular_of_every_object_agree(name: str) -> None:
    assert plural(singular(name)) == name and singular(singular(name)) == singular(name)


def test_every_synonym_is_found_in_its_plural_as_well() -> None:
    for word, name in SUBJECTS.items():
        assert SUBJECTS[singular(plural(word))] == name


def test_houses_are_buildings_where_changes_are_asked() -> None:
    assert (change_subject("houses"), change_subject("roads"), change_subject("trees")) == ("buildings", "roads", None)


def test_articles() -> None:
    assert (with_article("airport"), with_article("plane")) == ("an airport", "a plane")
