"""What the engine asks of a vision-language model, on this machine or behind an endpoint, and how its tokens become a reply.

yes / no   share of the two words' tokens at the first token
counts     share of the digits' tokens, digit by digit, and that the number ends where it does

What follows from them is not calibrated: that takes held-out places and the weights in use.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from chronosight.engines.reply import Reply
from chronosight.models.changevg.prompt import Part


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


def make_reply(text: str, steps: Sequence[Step], complete: bool) -> Reply:
    """A reply from its tokens.

    Args:
        text: The words.
        steps: One a token, the end's last where it came; empty where a server gives no probabilities.
        complete: Whether it ended by itself.

    Returns:
        The reply, with the probability of yes against no and of its first number.
    """
    logprobs = np.array([math.log(max(step.probability, 1e-30)) for step in steps])
    if not steps:
        return Reply(text, logprobs, complete)
    both = steps[0].yes + steps[0].no
    return Reply(text, logprobs, complete, steps[0].yes / both if both > 0 else None, _number(steps))


class Dialogue(Protocol):
    """Turns about one scene; each costs its own text alone."""

    def ask(self, parts: list[Part], limit: int) -> Reply:
        """Puts the next turn to the model.

        Args:
            parts: Texts and images of the turn, in order.
            limit: Largest number of tokens of the reply.

        Returns:
            The reply.
        """
        ...


class SceneImages(Protocol):
    """The images of one scene, as the model has them."""

    def replies(self, turns: list[list[Part]], limit: int) -> list[Reply]:
        """Answers turns that do not know of each other.

        Args:
            turns: User turns, each with its images.
            limit: The most tokens of a reply.

        Returns:
            One reply a turn, in their order.
        """
        ...

    def dialogue(self) -> Dialogue:
        """A dialogue about these frames."""
        ...


class LanguageModel(Protocol):
    """A vision-language model: on this machine or behind an endpoint."""

    name: str

    def encode(self, frames: list[np.ndarray]) -> SceneImages:
        """Prepares the images of a scene, once for all its questions.

        Args:
            frames: (H, W, 3) uint8 each, earliest first.

        Returns:
            The images, to ask about.
        """
        ...

    def plain(self, text: str) -> str:
        """Removes from a user's text what would pass for a marker of the prompt.

        Args:
            text: The user's text.

        Returns:
            The text without markers.
        """
        ...


def _number(steps: Sequence[Step]) -> float:
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
