"""What kind of place does an image show? Reply and value: a class name out of a label set given by the caller.

Scored by accuracy over the images of a label set (AID 30 classes, UC Merced 21), also per class.
"""

from __future__ import annotations

from collections.abc import Sequence

from chronosight.tasks.labels import SCENE_CLASSES, nearest_label
from chronosight.tasks.question import Question

WORDINGS = (
    "What kind of place is this? Answer with the name of a scene class.",
    "Which scene class does the image belong to?",
    "Classify this image.",
    "What type of scene is shown?",
    "What sort of place is this?",
    "Name the scene class of this remote sensing image.",
)


def ask() -> Question:
    return Question("scene_class", WORDINGS[0])


def write_reply(value: str) -> str:
    return value


def parse_reply(text: str, labels: Sequence[str] = SCENE_CLASSES) -> str | None:
    """The label nearest to the reply (see `labels.nearest_label` for the rule), or None."""
    return nearest_label(text, labels)
