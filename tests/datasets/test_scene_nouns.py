"""What each scene class shows and cannot show."""

from __future__ import annotations

import pytest

from chronosight.datasets.aid_ucm import readable_class
from chronosight.datasets.scene_nouns import ABSENT, CLASSES, PRESENT, truth_of_class, truth_of_image
from chronosight.tasks.nouns import OBJECTS
from chronosight.tasks.scene_class import SCENE_CLASSES


def test_every_noun_can_be_asked_about_and_every_class_exists() -> None:
    for table in (PRESENT, ABSENT):
        assert set(table) <= set(OBJECTS)
        assert all(classes <= CLASSES for classes in table.values())
    assert set(SCENE_CLASSES) >= CLASSES or {readable_class(name) for name in SCENE_CLASSES} >= CLASSES


def test_no_class_both_shows_a_noun_and_cannot() -> None:
    assert not [noun for noun in PRESENT if PRESENT[noun] & ABSENT.get(noun, frozenset())]


@pytest.mark.parametrize(
    ("noun", "scene_class", "shown"),
    [
        ("water areas", "beach", True),
        ("water areas", "port", True),
        ("storage tanks", "intersection", False),
        ("storage tanks", "harbor", False),
        ("storage tanks", "tennis court", False),
        ("storage tanks", "port", None),
        ("boats", "desert", False),
        ("tennis courts", "church", False),
        ("tennis courts", "school", None),
        ("cars", "parking", True),
        ("people", "square", None),
    ],
)
def test_the_class_decides(noun: str, scene_class: str, shown: bool | None) -> None:
    assert truth_of_class(noun, scene_class) is shown


def test_captions_outweigh_the_class() -> None:
    boats = ["a boat is near a church", "there is a boat", "a church"]
    assert truth_of_image("boats", "church", boats) is True
    assert truth_of_image("boats", "church", boats[1:]) is None
    assert truth_of_image("boats", "church", boats[2:]) is False
