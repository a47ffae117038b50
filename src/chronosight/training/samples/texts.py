"""The texts that the compact form reads and writes: its vocabulary is learned from them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from chronosight.datasets.aid_ucm import clean_caption, learning_split
from chronosight.datasets.caption_nouns import ASKED
from chronosight.datasets.places import load_places
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
from chronosight.tasks.cells import CELLS
from chronosight.tasks.clue import CHANGE_CLASSES, LIKELIHOODS, ClassChange, GuideFacts, write_clue
from chronosight.tasks.nouns import OBJECTS
from chronosight.tasks.question import Question
from chronosight.tasks.scene_class import SCENE_CLASSES
from chronosight.tasks.wording import wordings


def training_texts(data: str | Path, rendered_captions: Iterable[str] = ()) -> Iterator[str]:
    """All texts of the training splits, and our own wordings.

    Args:
        data: Folder of the training data.
        rendered_captions: Captions of rendered scenes.

    Yields:
        Texts, cleaned as for training.
    """
    for image in learning_split(data, "aid")[0]:
        yield from dict.fromkeys(image.captions)
    for place in load_places(data, "train"):
        for cell in place.cells:
            yield from (clean_caption(text) for text in cell.captions)
    yield from rendered_captions
    for _ in range(20):  # as often as a frequent caption, so that our own words are whole tokens
        yield from own_texts()


def own_texts() -> Iterator[str]:
    """Questions in all their wordings, replies and clues."""
    for question in _questions():
        yield from wordings(question)
    yield from (*SCENE_CLASSES, *event.EVENTS, *direction.DIRECTIONS, *OBJECTS, *caption.NO_CHANGE_SENTENCES)
    yield ",".join(CELLS)
    yield from ("Yes", "No", "No change", "rural", "urban")
    change = ClassChange(1, 2, CELLS[:4])
    for bound, _ in LIKELIHOODS:
        yield write_clue(GuideFacts(bound - 0.01, None, dict.fromkeys(CHANGE_CLASSES, change)), "full")


def _questions() -> Iterator[Question]:
    yield from (caption.ask("image"), caption.ask("pair"), scene_class.ask(), rural_urban.ask(), event.ask())
    for subject in (None, *CHANGE_CLASSES):
        yield from (binary.ask(subject), count.ask(subject), location.ask(subject), direction.ask(subject))
    nouns = list(dict.fromkeys([*ASKED, *OBJECTS]))
    for noun, other in zip(nouns, nouns[1:] + nouns[:1], strict=True):
        yield from (presence.ask(noun), object_count.ask(noun), comparison.ask(noun, other))
