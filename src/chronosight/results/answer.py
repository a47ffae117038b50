"""An answer: words, a typed value, how confident it is, and the evidence it rests on."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chronosight.tasks.question import Value

if TYPE_CHECKING:
    from chronosight.results.description import Evidence


@dataclass(frozen=True)
class Answer:
    """text: the reply in words. value: the reply as a typed value, None where there is none.

    task: the task the question was taken for, "open" when it fits none.
    confidence: in [0, 1], calibrated on held-out places. confident: False when the model cannot know or doubts itself.
    notes: one-line remarks the user should see, such as how the question was taken.
    """

    text: str
    task: str
    value: Value | None
    confidence: float
    confident: bool
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
            "confident": self.confident,
            "sure": self.confident,  # deprecated name of "confident"
            "notes": list(self.notes),
        }

    @property
    def sure(self) -> bool:
        """Deprecated name of `confident`."""
        warnings.warn("Answer.sure is now Answer.confident", DeprecationWarning, stacklevel=2)
        return self.confident
