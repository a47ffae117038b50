"""What kind of place does an image show? Reply and value: a class name out of a label set given by the caller.

Scored by accuracy over the images of a label set (AID 30 classes, UC Merced 21), also per class.
"""

from __future__ import annotations

from collections.abc import Sequence

from chronosight.tasks.nearest_label import nearest_label
from chronosight.tasks.question import Question

AID_CLASSES = (
    "airport", "bare land", "baseball field", "beach", "bridge", "center", "church", "commercial", "dense residential",
    "desert", "farmland", "forest", "industrial", "meadow", "medium residential", "mountain", "park", "parking",
    "playground", "pond", "port", "railway station", "resort", "river", "school", "sparse residential", "square",
    "stadium", "storage tanks", "viaduct",
)  # fmt: skip
UCM_CLASSES = (
    "agricultural", "airplane", "baseball diamond", "beach", "buildings", "chaparral", "dense residential", "forest",
    "freeway", "golf course", "harbor", "intersection", "medium residential", "mobile home park", "overpass",
    "parking lot", "river", "runway", "sparse residential", "storage tanks", "tennis court",
)  # fmt: skip
SCENE_CLASSES = tuple(sorted({*AID_CLASSES, *UCM_CLASSES}))  # both sets, names in common once: 44

WORDINGS = (
    "What kind of place is this? Answer with the name of a scene class.",
    "Which scene class does the image belong to?",
    "Classify this image.",
    "What type of scene is shown?",
    "What sort of place is this?",
    "Name the scene class of this remote sensing image.",
)


def ask() -> Question:
    """Asks what kind of place an image shows, in the canonical wording."""
    return Question("scene_class", WORDINGS[0])


def write_reply(value: str) -> str:
    """The reply that a model is taught to give.

    Args:
        value: The class.

    Returns:
        The class, as it is.
    """
    return value


def parse_reply(text: str, labels: Sequence[str] = SCENE_CLASSES) -> str | None:
    """Reads the class that a reply names.

    Args:
        text: The reply.
        labels: The classes to choose from.

    Returns:
        The nearest class (`nearest_label`); None where none is near.
    """
    return nearest_label(text, labels)
