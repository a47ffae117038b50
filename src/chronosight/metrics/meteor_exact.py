"""METEOR 1.5 without Java, for tokens that can only match exactly, as vocabulary indices do.

Definition: Denkowski and Lavie, 2014, with the English parameters alpha 0.85, beta 0.2, gamma 0.6, delta 0.75. Numbers have no
stem and are no function words, so delta has nothing to weigh, and of the four matchers the exact one is left. The Java
program run in full (`-l en -norm`) still finds a few numbers in its table of synonyms and paraphrases ("10" and "ten");
run with `-m exact` it gives what is computed here.

A segment's score is that of its best reference. Corpus scores pool the statistics of those, so they can be summed:
`segment_statistics` of each sentence, added up, then `score_statistics`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

ALPHA, BETA, GAMMA = 0.85, 0.2, 0.6
BEAM = 30


def score_statistics(statistics: np.ndarray) -> np.ndarray:
    """METEOR in [0, 1] of statistics (..., 4), a sum over sentences or those of one: words said, words of the reference,
    matches, chunks."""
    said, told, matches, chunks = np.moveaxis(np.asarray(statistics, dtype=float), -1, 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        precision, recall = matches / said, matches / told
        mean = precision * recall / (ALPHA * precision + (1 - ALPHA) * recall)
        score = mean * (1 - GAMMA * (chunks / matches) ** BETA)
    return np.where(matches > 0, score, 0.0)


def segment_statistics(candidate: Sequence[str], references: Sequence[Sequence[str]]) -> np.ndarray:
    """(4,) float: words said, words of the best reference, matches, chunks. The first of equally good references counts."""
    pairs = np.array([_pair_statistics(tuple(candidate), tuple(reference)) for reference in references], dtype=float)
    best: np.ndarray = pairs[int(np.argmax(score_statistics(pairs)))]
    return best


@lru_cache(maxsize=200_000)
def _pair_statistics(candidate: tuple[str, ...], reference: tuple[str, ...]) -> tuple[int, int, int, int]:
    matches = sum((Counter(candidate) & Counter(reference)).values())
    if candidate == reference:
        return len(candidate), len(reference), matches, 0  # a whole sentence in one piece counts as not broken up at all
    return len(candidate), len(reference), matches, fewest_chunks(candidate, reference) if matches else 0


def fewest_chunks(candidate: tuple[str, ...], reference: tuple[str, ...]) -> int:
    """Number of chunks of the alignment with most matches, and of those with fewest chunks, as a beam finds it.

    A chunk is a run of matches that follow each other in both sentences. The beam is made to miss the best where that of
    the Java program does (its width and order are found by comparing the two): it goes through the reference's words; a
    word that is once in either sentence is matched and has no choice; paths are ordered by matches, then chunks that are
    closed, then age; a chunk is closed by the word after it.
    """
    places: dict[str, list[int]] = {}
    for at, word in enumerate(candidate):
        places.setdefault(word, []).append(at)
    once = {word for word, at in places.items() if len(at) == 1 and reference.count(word) == 1}
    # A path: (-matches, closed chunks), the place that would go on with the open chunk or -1, used places as bits.
    paths: list[tuple[tuple[int, int], int, int]] = [((0, 0), -1, 0)]
    for word in reference:
        grown = []
        for (matches, chunks), following, used in paths:
            for place in places.get(word, ()):
                if not used >> place & 1:
                    grown.append(((matches - 1, chunks + (following not in (-1, place))), place + 1, used | 1 << place))
            if word not in once:
                grown.append(((matches, chunks + (following != -1)), -1, used))
        paths = sorted(grown, key=lambda path: path[0])[:BEAM]
    return min((score[0], score[1] + (following != -1)) for score, following, _ in paths)[1]
