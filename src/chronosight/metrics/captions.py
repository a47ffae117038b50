"""Caption scores as the field reports them: BLEU-1 to 4, ROUGE-L, CIDEr-D; METEOR is in `meteor.py`.

How a caption becomes tokens is a convention of its own (`caption_tokens.py`); here tokens are given. BLEU: corpus level,
closest reference length (Papineni et al., 2002). ROUGE-L: best precision and best recall over the references, beta = 1.2
(Lin, 2004). CIDEr-D: 1- to 4-grams, clipped, Gaussian length penalty of sigma 6, times 10, document frequencies and log
of the number of images from the references that are scored (Vedantam et al., 2015). The values equal those of
pycocoevalcap on the same tokens.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

Words = list[str]
MAX_N = 4
ROUGE_BETA = 1.2
CIDER_SIGMA = 6.0
# The reference scorer's guards against 0/0; with them an empty match is tiny instead of zero, and equality holds.
GUESS_GUARD, MATCH_GUARD = 1e-9, 1e-15


def to_words(sentence: str) -> Words:
    """The words of a sentence by the convention `word`: lower case, full stops stripped, no PTB tokenizer.

    Args:
        sentence: "Two houses appear ."

    Returns:
        ["two", "houses", "appear"].
    """
    return sentence.lower().replace(".", " ").split()


def ngram_counts(words: Words) -> Counter[tuple[str, ...]]:
    """Counts of all 1- to 4-grams.

    Args:
        words: Tokens of a sentence.

    Returns:
        The counts, shared by equal sentences: not to be changed.
    """
    return _ngram_counts(tuple(words))


@lru_cache(maxsize=100_000)
def _ngram_counts(words: tuple[str, ...]) -> Counter[tuple[str, ...]]:
    return Counter(tuple(words[i : i + n]) for n in range(1, MAX_N + 1) for i in range(len(words) - n + 1))


def bleu_parts(candidate: Words, references: Sequence[Words]) -> np.ndarray:
    """What BLEU sums over captions.

    Args:
        candidate: The caption.
        references: Its references, one or more.

    Returns:
        (10,): candidate length, closest reference length, matched 1- to 4-grams, all 1- to 4-grams.
    """
    length = len(candidate)
    closest = min((abs(len(r) - length), len(r)) for r in references)[1]
    counted = [ngram_counts(reference) for reference in references]
    matched = [0] * MAX_N
    for gram, count in ngram_counts(candidate).items():
        matched[len(gram) - 1] += min(count, max(counts.get(gram, 0) for counts in counted))
    guessed = [max(0, length - n + 1) for n in range(1, MAX_N + 1)]
    return np.array([length, closest, *matched, *guessed], dtype=float)


def bleu(sums: np.ndarray) -> np.ndarray:
    """BLEU-1 to 4.

    Args:
        sums: (..., 10) summed `bleu_parts`.

    Returns:
        (..., 4) in [0, 1].
    """
    length, closest = sums[..., :1], sums[..., 1:2]
    precision = (sums[..., 2 : 2 + MAX_N] + MATCH_GUARD) / (sums[..., 2 + MAX_N :] + GUESS_GUARD)
    scores = np.exp(np.cumsum(np.log(precision), axis=-1) / np.arange(1, MAX_N + 1))
    share = (length + MATCH_GUARD) / (closest + GUESS_GUARD)
    return np.asarray(scores * np.exp(np.minimum(0, 1 - 1 / share)))


@lru_cache(maxsize=200_000)
def _common_subsequence(a: tuple[str, ...], b: tuple[str, ...]) -> int:
    previous = [0] * (len(b) + 1)
    for word in a:
        current = [0]
        for j, other in enumerate(b, start=1):
            current.append(previous[j - 1] + 1 if word == other else max(previous[j], current[-1]))
        previous = current
    return previous[-1]


def rouge_l(candidate: Words, references: Sequence[Words]) -> float:
    """ROUGE-L of one caption.

    Args:
        candidate: The caption.
        references: Its references, one or more.

    Returns:
        In [0, 1].
    """
    common = [_common_subsequence(tuple(candidate), tuple(reference)) for reference in references]
    if not any(common):
        return 0.0
    precision = max(common) / len(candidate)
    recall = max(c / max(1, len(r)) for c, r in zip(common, references, strict=True))
    return (1 + ROUGE_BETA**2) * precision * recall / (recall + ROUGE_BETA**2 * precision)


def cider_d(candidates: Sequence[Words], references: Sequence[Sequence[Words]]) -> np.ndarray:
    """CIDEr-D of each caption.

    Args:
        candidates: n captions.
        references: The references of each.

    Returns:
        (n,) in [0, 10]. A single image has no document frequencies: its score is 0.
    """
    documents: Counter[tuple[str, ...]] = Counter()
    for group in references:
        documents.update(set().union(*(ngram_counts(reference) for reference in group)))
    log_images = math.log(max(1, len(references)))

    seen: dict[tuple[str, ...], tuple[dict[tuple[str, ...], float], list[float], int]] = {}

    def weigh(words: Words) -> tuple[dict[tuple[str, ...], float], list[float], int]:
        key = tuple(words)
        if key in seen:
            return seen[key]
        counts = ngram_counts(words)
        weights = {gram: count * (log_images - math.log(max(1, documents[gram]))) for gram, count in counts.items()}
        squares = [0.0] * MAX_N
        for gram, weight in weights.items():
            squares[len(gram) - 1] += weight * weight
        seen[key] = weights, [math.sqrt(s) for s in squares], len(words)
        return seen[key]

    scores = []
    for candidate, group in zip(candidates, references, strict=True):
        weights, norms, length = weigh(candidate)
        total = 0.0
        for reference in group:
            other, other_norms, other_length = weigh(reference)
            similarity = [0.0] * MAX_N
            for gram, weight in weights.items():
                if gram in other:
                    similarity[len(gram) - 1] += min(weight, other[gram]) * other[gram]
            cosine = sum(s / (a * b) for s, a, b in zip(similarity, norms, other_norms, strict=True) if a and b)
            total += cosine / MAX_N * math.exp(-((length - other_length) ** 2) / (2 * CIDER_SIGMA**2))
        scores.append(10 * total / len(group))
    return np.array(scores)
