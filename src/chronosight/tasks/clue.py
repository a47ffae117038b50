"""What the vision guide found, and its form in the prompt of the language model.

This is ChangeVG's auxiliary prompt (arXiv 2509.23105).

Four guide forms: `none`, `caption` (the global branch's sentence, word for word as published), `detail` (likelihood,
counts and places from the mask) and `full` (both).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from chronosight.tasks.cells import join_cells

GuideForm = Literal["none", "caption", "detail", "full"]
CHANGE_CLASSES = ("roads", "buildings")

# Five words instead of a number: a small language model reads a word exactly, digits only roughly.
LIKELIHOODS = ((0.05, "none"), (0.3, "unlikely"), (0.7, "unsure"), (0.95, "likely"), (1.01, "certain"))


@dataclass(frozen=True)
class ClassChange:
    """Changed objects of one class.

    Attributes:
        appeared: Number of objects seen at the later date only.
        vanished: Number of objects seen at the earlier date only.
        cells: Of the 3x3 grid, in order of first appearance, over appeared and vanished together.
    """

    appeared: int = 0
    vanished: int = 0
    cells: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """All changed objects of the class."""
        return self.appeared + self.vanished


@dataclass(frozen=True)
class GuideFacts:
    """What the guide says of a pair.

    Attributes:
        probability: That anything changed, in [0, 1].
        caption: The sentence of its global branch; None where it was not asked for.
        classes: By plural name.
    """

    probability: float = 0.0
    caption: str | None = None
    classes: dict[str, ClassChange] = field(default_factory=dict)


def likelihood_word(probability: float) -> str:
    """The word for a probability.

    Args:
        probability: Probability of change, in [0, 1].

    Returns:
        "none", "unlikely", "unsure", "likely" or "certain".
    """
    return next(word for bound, word in LIKELIHOODS if probability < bound)


def caption_clue(caption: str) -> str:
    """The auxiliary prompt as published (arXiv 2509.23105), spelling included.

    Args:
        caption: The guide's caption.

    Returns:
        The clue.
    """
    return f"Please refer to this description:{caption}.Modify or correct it."


def detail_clue(facts: GuideFacts) -> str:
    """The clue with counts and cells, which the paper's diagram feeds too (arXiv 2509.23105).

    Args:
        facts: The guide's findings.

    Returns:
        Such as "change likely; roads 0; buildings 3, new 3, gone 0, at top,left".
    """
    parts = [f"change {likelihood_word(facts.probability)}"]
    for name in CHANGE_CLASSES:
        change = facts.classes.get(name, ClassChange())
        if change.count == 0:
            parts.append(f"{name} 0")
        else:
            places = join_cells(change.cells)
            parts.append(f"{name} {change.count}, new {change.appeared}, gone {change.vanished}, at {places}")
    return "; ".join(parts)


def write_clue(facts: GuideFacts | None, form: GuideForm) -> str:
    """Writes the guide's clue.

    Args:
        facts: Of the guide; None where it has nothing to say.
        form: Of the clue.

    Returns:
        The clue; "" for `none` and without facts.
    """
    if facts is None or form == "none":
        return ""
    caption = facts.caption or "the scene is the same as before"
    if form == "caption":
        return caption_clue(caption)
    if form == "detail":
        return detail_clue(facts)
    return f"{detail_clue(facts)}. {caption_clue(caption)}"


def with_clue(clue: str, question: str) -> str:
    """A user turn: the clue before the question, on a line of its own (the published code's separator is not known).

    Args:
        clue: The clue; "" for none.
        question: The question.

    Returns:
        The text of the turn.
    """
    return f"{clue}\n{question}" if clue else question
