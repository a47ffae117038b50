"""An answer: words, a typed value, how confident it is, and the evidence it rests on."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass, replace
from typing import Any

from chronosight.results.evidence import Evidence
from chronosight.results.wording import CONFIDENT_FROM, between, percent
from chronosight.tasks.question import Value

FEW = 4  # notes that a repr shows


@dataclass(frozen=True, repr=False)
class Answer:
    """The answer to one question.

    Attributes:
        text: the reply in words.
        task: the task the question was taken for, "open" when it fits none.
        value: the reply as a typed value; None where there is none.
        confidence: in [0, 1], calibrated on held-out places.
        confident: False when the model cannot know or doubts itself.
        evidence: the maps behind an answer about change.
        notes: one-line remarks the user should see, such as how the question was taken.
        unit: of a value that is a quantity: "m2", "px" (pixels) or "m"; None for other values.
        confidence_known: False where nothing says how likely the answer is, as behind an endpoint that gives no token
            probabilities; `confidence` is then 0 and null in JSON.
        interval: of a count, the least and the largest number between which the true one lies in 90 % of all answers; None
            for other answers and where the weights have no such calibration.
    """

    text: str
    task: str
    value: Value | None
    confidence: float
    confident: bool
    evidence: Evidence | None = None
    notes: tuple[str, ...] = ()
    unit: str | None = None
    confidence_known: bool = True
    interval: tuple[int, int] | None = None

    def __repr__(self) -> str:
        """The words, their confidence, and the first notes; never the maps."""
        places = isinstance(self.value, tuple) and self.text == ",".join(map(str, self.value))
        lines = [f"Answer: {shortened(self.text.replace(',', ', ') if places else self.text)}"]
        if self.task != "open":
            known = f"confidence {percent(self.confidence) if self.confidence_known else 'unknown'}"
            if self.interval is not None and self.interval[0] != self.interval[1]:
                known += f" that the number is exact, {between(self.interval)}"
            if not self.confident and self.confidence_known and self.confidence >= CONFIDENT_FROM:
                lines[0] += " (not confident)"
            else:
                lines[0] += f" ({known}{'' if self.confident else ', not confident'})"
        lines += [f"  note: {shortened(note)}" for note in self.notes[:FEW]]
        if len(self.notes) > FEW:
            lines.append(f"  and {len(self.notes) - FEW} more notes")
        return "\n".join(lines)

    def to_dict(self) -> dict[str, Any]:
        """Everything but the maps, as JSON types. "sure" is the deprecated name of "confident"."""
        value = list(self.value) if isinstance(self.value, tuple) else self.value
        return {
            "text": self.text,
            "task": self.task,
            "value": value,
            **({"unit": self.unit} if self.unit else {}),
            **({"interval": list(self.interval)} if self.interval else {}),
            "confidence": round(self.confidence, 4) if self.confidence_known else None,
            "confident": self.confident,
            "sure": self.confident,
            "notes": list(self.notes),
        }

    @property
    def sure(self) -> bool:
        """Deprecated name of `confident`."""
        warnings.warn("Answer.sure is now Answer.confident", DeprecationWarning, stacklevel=2)
        return self.confident


def shortened(text: str, most: int = 300) -> str:
    """A text on one line, cut where it is long.

    Args:
        text: The text.
        most: Characters that are kept.

    Returns:
        The line.
    """
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most - 3].rstrip()}..."


def open_answer(reason: str) -> Answer:
    """An answer that says why there is none: task "open", no value, no confidence.

    Args:
        reason: The text of the answer.

    Returns:
        The answer, not confident.
    """
    return Answer(reason, "open", None, 0.0, False)


def opposite(answer: Answer) -> Answer:
    """The answer to the denial of its question: yes for no, and no for yes; others stay as they are.

    Args:
        answer: Any answer.

    Returns:
        The answer, of the same confidence.
    """
    if not isinstance(answer.value, bool):
        return answer
    word = "No" if answer.value else "Yes"
    text = re.sub(r"^(yes|no)\b", word, answer.text, count=1, flags=re.IGNORECASE)
    return replace(answer, text=text, value=not answer.value)
