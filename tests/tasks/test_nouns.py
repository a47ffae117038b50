"""Words for things: one thing a word, singular and plural."""

from __future__ import annotations

import re

import pytest

from chronosight.tasks.nouns import OBJECTS, SUBJECTS, change_subject, plural, singular, with_article


def test_every_word_means_one_thing_in_singular_and_plural() -> None:
    words = {(word, name) for name, others in OBJECTS.items() for word in (singular(name), *others)}
    assert len(words) == len(SUBJECTS)
    for name, others in OBJECTS.items():
        for word in (singular(name), *others):
            assert re.fullmatch("[a-z]+( [a-z]+)*", word), "texts are compared in lower case"
            assert singular(word) == word and SUBJECTS[word] == SUBJECTS[singular(plural(word))] == name


@pytest.mark.parametrize(("one", "many"), [
    ("bus", "buses"), ("factory", "factories"), ("railway", "railways"), ("church", "churches"), ("person", "people"),
    ("aircraft", "aircraft"), ("oil tank", "oil tanks"), ("box", "boxes"),
])  # fmt: skip
def test_singular_and_plural(one: str, many: str) -> None:
    assert (singular(many), plural(one), singular(one)) == (one, many, one)


def test_articles_and_classes_of_change_masks() -> None:
    assert [with_article(word) for word in ("airport", "river")] == ["an airport", "a river"]
    assert [change_subject(name) for name in ("houses", "roads", "trees")] == ["buildings", "roads", None]


def test_things_that_a_text_names():
    from chronosight.tasks.nouns import named_things

    known = ("planes", "tennis courts", "courts", "churches", "parks", "railways", "railway stations")
    assert named_things("Many planes are parked near a terminal", known) == ("planes",)
    assert named_things("two tennis courts beside a church.", known) == ("tennis courts", "churches")
    assert named_things("a railway station", known) == ("railway stations",)
    assert named_things("green plants", known) == ()


def test_things_are_named_by_words_that_mean_nothing_else():
    from chronosight.tasks.nouns import OBJECTS, named_things

    known = tuple(OBJECTS)
    assert named_things("there are some ships in the water", known) == ("boats", "water areas")
    assert named_things("an airport with some airplanes", known) == ("planes", "airports")
    assert named_things("a baseball field is near a swimming pool", known) == ("pools", "baseball fields")
    assert named_things("green plants in a field", known) == ()
