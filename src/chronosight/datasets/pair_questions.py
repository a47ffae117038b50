"""Questions about a pair of dates, with their values, from its change mask.

The unit is the window that is shown (256 px at 1 m for real places). A class has changed when more than `LEAST_CHANGED`
pixels of the mask are of it; counts and places are those of the label rule (`tasks.objects`), and none where the class
has not changed. In real places only buildings are known; roads are asked about in rendered pairs alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from chronosight.tasks import binary, count, direction, location
from chronosight.tasks.clue import ClassChange
from chronosight.tasks.objects import find_objects
from chronosight.tasks.question import Question, Value

LEAST_CHANGED = 20  # pixels; the same bound as the binary measure of the real places
Asked = tuple[Question, Value]


@dataclass(frozen=True)
class PairTruth:
    """What changed in a window.

    Attributes:
        classes: By plural class name; a class that is not a key is unknown.
    """

    classes: dict[str, ClassChange]

    @property
    def changed(self) -> bool:
        """Whether anything did."""
        return any(change.count for change in self.classes.values())


def truth_of(masks: dict[str, np.ndarray], appeared: np.ndarray | bool) -> PairTruth:
    """Derives the truth of a window from its masks.

    Args:
        masks: (H, W) bool by plural class name.
        appeared: (H, W) bool, new rather than gone; or one value for all pixels.

    Returns:
        Counts, directions and cells by class.
    """
    classes = {}
    for name, mask in masks.items():
        objects = find_objects(mask) if mask.sum() > LEAST_CHANGED else []
        if isinstance(appeared, bool):
            new = len(objects) if appeared else 0
        else:
            new = sum(item.mean(appeared.astype(np.float32)) >= 0.5 for item in objects)
        cells = tuple(dict.fromkeys(item.cell for item in objects))
        classes[name] = ClassChange(int(new), len(objects) - int(new), cells)
    return PairTruth(classes)


def pair_questions(truth: PairTruth) -> list[Asked]:
    """Everything that can be asked of the known classes.

    Args:
        truth: What changed.

    Returns:
        Binary, count, location and direction of each class, and of all together where more than one is known.
    """
    asked: list[Asked] = [(binary.ask(), truth.changed)]
    for name, change in truth.classes.items():
        asked += [(binary.ask(name), change.count > 0), *_of_class(name, change)]
    if len(truth.classes) > 1:
        changes = truth.classes.values()
        cells = tuple(dict.fromkeys(cell for change in changes for cell in change.cells))
        asked += _of_class(None, ClassChange(sum(c.appeared for c in changes), sum(c.vanished for c in changes), cells))
    return asked


def _of_class(name: str | None, change: ClassChange) -> list[Asked]:
    return [
        (count.ask(name), change.count),
        (location.ask(name), change.cells),
        (direction.ask(name), direction.direction_of(change.appeared, change.vanished)),
    ]
