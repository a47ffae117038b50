"""What a language model replies to one question: the same for every engine."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Reply:
    """A reply in words, with the probabilities of its tokens.

    Attributes:
        text: The words.
        logprobs: (n,) natural-log probabilities of the tokens in order, the end's last where it came; (0,) where a server
            gives none.
        complete: Whether it ended by itself, not at the limit of tokens.
        yes: Probability in [0, 1] of the word yes against no as the first token; None where that is not known.
        number: Probability in [0, 1] of the first number, digit by digit; None where that is not known.
        others: Less likely replies to the same question, the likelier first; empty where only one was sought.
    """

    text: str
    logprobs: np.ndarray
    complete: bool
    yes: float | None = None
    number: float | None = None
    others: tuple[Reply, ...] = ()
