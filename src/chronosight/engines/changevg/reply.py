"""A reply with its token probabilities, from a model here or behind an endpoint, and the confidence that follows from it.

yes / no   share of the two words' tokens at the first token
counts     share of the digits' tokens, digit by digit, and that the number ends where it does
captions   geometric mean over the tokens, that is, their mean log-probability
the rest   product over the tokens

None of them is calibrated: that takes held-out places and the weights in use.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from chronosight.models.changevg.prompt import Part
from chronosight.tasks.question import Value

YES_NO = ("binary", "presence", "comparison")
NUMBERS = ("count", "object_count")


@dataclass(frozen=True)
class Step:
    """One token of a reply, or its end (text "").

    Attributes:
        text: of the token.
        probability: of the token itself, in [0, 1].
        yes: in [0, 1], of all tokens that are that word, at this place.
        no: as `yes`.
        digits: in [0, 1], of all tokens that are a digit, at this place.
    """

    text: str
    probability: float
    yes: float
    no: float
    digits: float


@dataclass(frozen=True)
class Reply:
    """steps: one a token, the end's last where it came; empty where nothing is known. complete: it ended by itself."""

    text: str
    steps: tuple[Step, ...]
    complete: bool


class Dialogue(Protocol):
    """Turns about one scene; each costs its own text alone."""

    def ask(self, parts: list[Part], limit: int) -> Reply:
        """The reply to the next turn, of at most `limit` tokens."""
        ...


class SceneImages(Protocol):
    """The images of one scene, as the model has them."""

    def replies(self, turns: list[list[Part]], limit: int) -> list[Reply]:
        """Each turn by itself, none knowing of the others."""
        ...

    def dialogue(self) -> Dialogue:
        """A dialogue about these frames."""
        ...


class LanguageModel(Protocol):
    """A vision-language model: on this machine or behind an endpoint."""

    name: str

    def look(self, frames: list[np.ndarray]) -> SceneImages:
        """frames: (H, W, 3) uint8 each, earliest first."""
        ...

    def plain(self, text: str) -> str:
        """What a user typed, without what would pass for a marker of the prompt."""
        ...


def confidence(task: str, value: Value | None, reply: Reply) -> float:
    """How likely the model holds its answer to be, in [0, 1]; 0 where no probabilities are known."""
    if not reply.steps:
        return 0.0
    if task in YES_NO and isinstance(value, bool):
        first = reply.steps[0]
        both = first.yes + first.no
        return (first.yes if value else first.no) / both if both > 0 else 0.0
    if task in NUMBERS and isinstance(value, int):
        return _number(reply.steps)
    logs = [math.log(max(step.probability, 1e-30)) for step in reply.steps]
    if task in ("caption", "open"):
        return math.exp(sum(logs) / len(logs))
    return math.exp(sum(logs))


def _number(steps: tuple[Step, ...]) -> float:
    """The first number of the reply: its first digit among all digits, later ones and its end among everything.

    Where it is written in words: the product over the whole reply.
    """
    start = next((i for i, step in enumerate(steps) if _is_digits(step)), None)
    if start is None:
        return math.prod(step.probability for step in steps)
    result = steps[start].probability / max(steps[start].digits, steps[start].probability)
    for step in steps[start + 1 :]:
        if not _is_digits(step):
            return result * (1 - min(step.digits, 1.0))
        result *= step.probability
    return result


def _is_digits(step: Step) -> bool:
    return re.fullmatch(r"\s*\d+", step.text) is not None
