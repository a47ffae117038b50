"""What an engine gives back: words, a typed value, how sure it is, and the evidence it rests on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from chronosight.tasks.question import Value

Direction = Literal["appeared", "vanished"]


@dataclass(frozen=True)
class ChangedObject:
    """One object of the change mask.

    class_name: "building" or "road". direction: seen at the later date only, or at the earlier one only.
    polygon: (n, 2) float, x right and y down in pixels of the scene, closed, pixel corners.
    area: in pixels. cell: name of its place in the 3x3 grid. confidence: in [0, 1].
    """

    class_name: str
    direction: Direction
    polygon: np.ndarray
    area: float
    cell: str
    confidence: float


@dataclass(frozen=True)
class Evidence:
    """Maps behind an answer about change.

    mask: (H, W) uint8, index into `classes` (0 is background).
    probability: (H, W) float32 in [0, 1], that the pixel changed.
    appeared: (H, W) float32 in [0, 1], that a changed pixel shows something new (1) rather than something gone (0).
    """

    classes: tuple[str, ...]
    mask: np.ndarray
    probability: np.ndarray
    appeared: np.ndarray
    objects: tuple[ChangedObject, ...]


@dataclass(frozen=True)
class Answer:
    """text: the reply in words. value: the reply as a typed value, None where there is none.

    task: the task the question was taken for, "open" when it fits none.
    confidence: in [0, 1], calibrated on held-out places. sure: False when the model cannot know or doubts itself.
    notes: one-line remarks the user should see, such as how the question was taken.
    """

    text: str
    task: str
    value: Value | None
    confidence: float
    sure: bool
    evidence: Evidence | None = None
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Everything but the maps, as JSON types."""
        value = list(self.value) if isinstance(self.value, tuple) else self.value
        return {
            "text": self.text,
            "task": self.task,
            "value": value,
            "confidence": round(self.confidence, 4),
            "sure": self.sure,
            "notes": list(self.notes),
        }


@dataclass(frozen=True)
class ClassDescription:
    """Changed objects of one class. cells: places of the 3x3 grid. confidence: of the counts and places together."""

    name: str  # plural, "buildings" or "roads"
    appeared: int
    vanished: int
    cells: tuple[str, ...]
    confidence: float


@dataclass(frozen=True)
class Description:
    """The whole answer to `describe`: what changed between two dates, in words and on a map."""

    caption: Answer
    changed: Answer
    classes: tuple[ClassDescription, ...]
    evidence: Evidence
    notes: tuple[str, ...] = ()
    model: dict[str, Any] = field(default_factory=dict)  # name, version, weights hash: enough to redo it
