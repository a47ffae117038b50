"""Beam search for sentences: a caption's likeliest word often leads into a sentence that is less likely than another.

Used for captions alone. Other replies are short, and their first tokens carry the probabilities that are calibrated.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

Follow = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""(n,) rows of the last call that go on, (n,) the token that each goes on with -> (n, V) log-probabilities of the next."""

WIDTH = 3  # sentences followed at once; 5 are no better (docs/experiments.md)


@dataclass(frozen=True)
class Sentence:
    """A sentence of tokens.

    Attributes:
        tokens: Ids, without the end token.
        logprobs: Natural-log probability of every token, the end's last where it came.
        complete: Whether it ended by itself, not at the limit of tokens.
    """

    tokens: tuple[int, ...]
    logprobs: tuple[float, ...]
    complete: bool

    def score(self, exponent: float) -> float:
        """Log-probability over length to the power of `exponent`; 0 prefers short sentences, 1 compares means a token."""
        return float(sum(self.logprobs) / max(1, len(self.logprobs)) ** exponent)


def beam_search(
    first: np.ndarray, follow: Follow, end: int, most: int, exponent: float, forbidden: Sequence[int] = (),
    never_inside: Sequence[int] = (), width: int = WIDTH,
) -> list[Sentence]:
    """Finds likely sentences in which no three tokens stand twice.

    Args:
        first: (V,) log-probabilities of the first token.
        follow: Gives those of the next one.
        end: Id of the token that ends a sentence.
        most: The most tokens, the end included; at least 1.
        exponent: Of the length, in `Sentence.score`.
        forbidden: Ids that never come.
        never_inside: Ids that may only begin a sentence.
        width: Sentences followed at once; 1 is greedy.

    Returns:
        The ended sentences, the best score first; where none ended within `most` tokens, the likeliest unended one.
    """
    live = [Sentence((), (), False)]
    ended: list[Sentence] = []
    scores = first[None]
    for length in range(1, most + 1):
        grown = []
        for row, sentence in enumerate(live):
            allowed = scores[row].astype(float)
            allowed[[*forbidden, *(never_inside if sentence.tokens else ()), *repeating(sentence.tokens)]] = -np.inf
            likeliest = np.argsort(-allowed, kind="stable")[: width + 1]  # one of them may be the end
            total = sum(sentence.logprobs)
            grown += [(total + allowed[token], row, int(token)) for token in likeliest if np.isfinite(allowed[token])]
        rows, following = [], []
        for _, row, token in sorted(grown, key=lambda one: -one[0]):
            logprobs = (*live[row].logprobs, float(scores[row][token]))
            if token == end:
                ended.append(Sentence(live[row].tokens, logprobs, True))
            else:
                following.append(Sentence((*live[row].tokens, token), logprobs, False))
                rows.append(row)
            if len(following) == width:
                break
        live = following or live
        best = max((sentence.score(exponent) for sentence in ended), default=-np.inf)
        if not following or length == most or (len(ended) >= width and best >= live[0].score(exponent)):
            break
        scores = follow(np.array(rows), np.array([sentence.tokens[-1] for sentence in live]))
    return sorted(ended, key=lambda sentence: -sentence.score(exponent)) or live[:1]


def repeating(tokens: Sequence[int]) -> list[int]:
    """Tokens that would repeat three tokens in a row: a small model's sentences run in circles.

    Args:
        tokens: Token ids of the sentence so far.

    Returns:
        Ids that must not come next.
    """
    tokens = list(tokens)
    last = tokens[-2:]
    return [tokens[i + 2] for i in range(len(tokens) - 2) if tokens[i : i + 2] == last]
