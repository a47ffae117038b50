"""Caption scores as the field reports them: BLEU-1 to 4, ROUGE-L, CIDEr-D, METEOR 1.5, and their mean S*m.

What counts as a word is a convention of its own, see `caption_conventions`; here words are given, or are those of `word`
(lower-cased, full stops stripped, no PTB tokenizer; the convention of CCExpert). BLEU: corpus level, closest reference length
(Papineni et al., 2002). ROUGE-L: best precision and best recall over the references, beta = 1.2 (Lin, 2004). CIDEr-D:
1- to 4-grams, clipped, Gaussian length penalty of sigma 6, times 10, document frequencies and log of the number of
images from the references that are scored (Vedantam et al., 2015). The values equal those of pycocoevalcap on the same
words. METEOR needs its Java program, so it comes from pycocoevalcap (`chronosight[eval]`) or not at all; for tokens that
match exactly or not, `meteor_exact` computes it without.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from chronosight.metrics.meteor import meteor

Words = list[str]
MAX_N = 4
ROUGE_BETA = 1.2
CIDER_SIGMA = 6.0
# The reference scorer's guards against 0/0; with them an empty match is tiny instead of zero, and equality holds.
GUESS_GUARD, MATCH_GUARD = 1e-9, 1e-15


def to_words(sentence: str) -> Words:
    """Words of a sentence by the convention `word`: "Two houses appear ." -> ["two", "houses", "appear"]."""
    return sentence.lower().replace(".", " ").split()


def ngram_counts(words: Words) -> Counter[tuple[str, ...]]:
    """Counts of all 1- to 4-grams. Not to be changed: equal sentences share one."""
    return _ngram_counts(tuple(words))


@lru_cache(maxsize=100_000)
def _ngram_counts(words: tuple[str, ...]) -> Counter[tuple[str, ...]]:
    return Counter(tuple(words[i : i + n]) for n in range(1, MAX_N + 1) for i in range(len(words) - n + 1))


def bleu_statistics(candidate: Words, references: Sequence[Words]) -> np.ndarray:
    """(2 + 2 * 4,) per sentence: candidate length, closest reference length, matched 1..4-grams, all 1..4-grams.

    They add up over sentences, so a corpus score is `bleu(statistics.sum(axis=0))`.
    """
    length = len(candidate)
    closest = min((abs(len(r) - length), len(r)) for r in references)[1]
    counted = [ngram_counts(reference) for reference in references]
    matched = [0] * MAX_N
    for gram, count in ngram_counts(candidate).items():
        matched[len(gram) - 1] += min(count, max(counts.get(gram, 0) for counts in counted))
    guessed = [max(0, length - n + 1) for n in range(1, MAX_N + 1)]
    return np.array([length, closest, *matched, *guessed], dtype=float)


def bleu(statistics: np.ndarray) -> np.ndarray:
    """BLEU-1..4, shape (4,) in [0, 1], of summed `bleu_statistics`."""
    length, closest = statistics[:2]
    matched, guessed = statistics[2 : 2 + MAX_N], statistics[2 + MAX_N :]
    precision = (matched + MATCH_GUARD) / (guessed + GUESS_GUARD)
    scores = np.exp(np.cumsum(np.log(precision)) / np.arange(1, MAX_N + 1))
    ratio = (length + MATCH_GUARD) / (closest + GUESS_GUARD)
    return scores * math.exp(1 - 1 / ratio) if ratio < 1 else scores


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
    """ROUGE-L in [0, 1] of one sentence."""
    if not candidate:
        return 0.0
    common = [_common_subsequence(tuple(candidate), tuple(reference)) for reference in references]
    precision = max(common) / len(candidate)
    recall = max(c / max(1, len(r)) for c, r in zip(common, references, strict=True))
    if precision == 0 or recall == 0:
        return 0.0
    return (1 + ROUGE_BETA**2) * precision * recall / (recall + ROUGE_BETA**2 * precision)


def cider_d(candidates: Sequence[Words], references: Sequence[Sequence[Words]]) -> np.ndarray:
    """CIDEr-D per sentence, shape (n,), in [0, 10]. A single image has no document frequencies: its score is 0."""
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
        # Length is counted in bigrams, as in the reference scorer: one less than words.
        seen[key] = weights, [math.sqrt(s) for s in squares], sum(c for gram, c in counts.items() if len(gram) == 2)
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


@dataclass(frozen=True)
class CaptionScores:
    """Corpus scores as fractions (CIDEr-D in [0, 10]); published tables show them times 100.

    meteor: None where it cannot be had, then `meteor_missing` says why and `s_m` is None too.
    per_sentence: arrays of length n for bootstrap: bleu statistics (n, 10), rouge_l (n,), cider_d (n,).
    """

    n: int
    bleu: tuple[float, float, float, float]
    rouge_l: float
    cider_d: float
    meteor: float | None
    meteor_missing: str = ""
    per_sentence: dict[str, np.ndarray] = field(default_factory=dict, repr=False)

    @property
    def s_m(self) -> float | None:
        """S*m: the mean of BLEU-4, METEOR, ROUGE-L and CIDEr-D."""
        return None if self.meteor is None else (self.bleu[3] + self.meteor + self.rouge_l + self.cider_d) / 4


def score_captions(candidates: Sequence[str], references: Sequence[Sequence[str]], with_meteor: bool = True) -> CaptionScores:
    """Scores of one candidate against its references per image.

    Raises ValueError when the lists differ in length, are empty, or an image has no reference.
    """
    if len(candidates) != len(references) or not candidates or not all(references):
        raise ValueError(f"{len(candidates)} captions for {len(references)} reference groups: give one a group, >= 1")
    said = [to_words(c) for c in candidates]
    told = [[to_words(r) for r in group] for group in references]
    return score_words(said, told, *(meteor(said, told) if with_meteor else (None, "not asked for")))


def score_words(
    said: Sequence[Words], told: Sequence[Sequence[Words]], meteor_value: float | None = None, meteor_missing: str = ""
) -> CaptionScores:
    """Scores of sentences that are words already, whatever convention made them. METEOR is taken as given."""
    statistics = np.stack([bleu_statistics(c, group) for c, group in zip(said, told, strict=True)])
    rouge = np.array([rouge_l(c, group) for c, group in zip(said, told, strict=True)])
    cider = cider_d(said, told)
    b1, b2, b3, b4 = (float(b) for b in bleu(statistics.sum(axis=0)))
    return CaptionScores(
        n=len(said),
        bleu=(b1, b2, b3, b4),
        rouge_l=float(rouge.mean()),
        cider_d=float(cider.mean()),
        meteor=meteor_value,
        meteor_missing=meteor_missing,
        per_sentence={"bleu": statistics, "rouge_l": rouge, "cider_d": cider},
    )
