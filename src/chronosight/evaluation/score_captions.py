"""Metrics of captions: BLEU-1 to 4, METEOR, ROUGE-L, CIDEr-D and S*m in each convention, and whether "no change" is stated.

Three columns, as the field's tables have them: all captions; those of changed pairs alone; those of unchanged pairs
alone. A part is scored as if it were the whole test set, so CIDEr-D takes its document frequencies from the references of
that part: where all unchanged pairs have the same five references, every word is in every document and CIDEr-D is 0.
S*m is the mean of BLEU-4, METEOR, ROUGE-L and CIDEr-D.
"""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from chronosight.datasets.sample import Sample
from chronosight.evaluation.metric import Metric, Result, mean_metric
from chronosight.evaluation.predictions import Prediction, value_of
from chronosight.metrics import meteor
from chronosight.metrics.bootstrap import ratio
from chronosight.metrics.caption_tokens import Convention, tokenize
from chronosight.metrics.captions import MAX_N, Words, bleu, bleu_parts, cider_d, rouge_l
from chronosight.tasks.caption import says_no_change

COLUMNS = {"": None, ", changed only": True, ", unchanged only": False}
BLEU_PARTS = 2 + 2 * MAX_N
EXACT = "METEOR 1.5, exact matches, without Java (chronosight)"
JAVA = "METEOR 1.5 jar, -l en -norm (pycocoevalcap 1.2)"
Formula = Callable[[np.ndarray], np.ndarray]


def caption_metrics(
    samples: Sequence[Sample],
    predictions: Sequence[Prediction],
    conventions: Sequence[Convention],
    vocabulary: dict[str, int] | None,
    with_java: bool,
) -> list[Metric | Result]:
    """All metrics of captions.

    Args:
        samples: With their references.
        predictions: One a sample.
        conventions: Conventions for tokenizing captions.
        vocabulary: For `index`.
        with_java: Whether METEOR's Java program may run.

    Returns:
        Metrics; results without a value where METEOR cannot be had.
    """
    entries: list[Metric | Result] = []
    for convention in conventions:
        candidates = [tokenize(p.text, convention, vocabulary) for p in predictions]
        references = [[tokenize(r, convention, vocabulary) for r in references_of(sample)] for sample in samples]
        parts, formula, missing = _meteor(candidates, references, convention, with_java)
        blocks = np.stack([bleu_parts(words, group) for words, group in zip(candidates, references, strict=True)])
        rouge = np.array([rouge_l(words, group) for words, group in zip(candidates, references, strict=True)])
        for column, changed in COLUMNS.items():
            chosen = [i for i, sample in enumerate(samples) if changed is None or sample.changed is changed]
            if chosen and (changed is None or len(chosen) < len(samples)):
                cider = cider_d([candidates[i] for i in chosen], [references[i] for i in chosen])
                entries += _column(
                    [samples[i].resampled for i in chosen], blocks[chosen], rouge[chosen], cider,
                    None if parts is None else parts[chosen], formula, missing, f" [{convention}]{column}",
                )  # fmt: skip
    return [*entries, *_no_change_metrics(samples, predictions)]


def references_of(sample: Sample) -> tuple[str, ...]:
    """The reference captions of a sample.

    Args:
        sample: Of a caption.

    Returns:
        The sentences.
    """
    return sample.truth if isinstance(sample.truth, tuple) else ()


def caption_scores(samples: Sequence[Sample], predictions: Sequence[Prediction]) -> list[float]:
    """CIDEr-D of each caption, convention `word`: what the best and worst cases are chosen by.

    Args:
        samples: With their references.
        predictions: One a sample.

    Returns:
        One score a sample, in [0, 10].
    """
    references = [[tokenize(reference, "word") for reference in references_of(sample)] for sample in samples]
    return [float(score) for score in cider_d([tokenize(p.text, "word") for p in predictions], references)]


def describe_conventions(
    conventions: Sequence[Convention], vocabulary: dict[str, int] | None, with_java: bool
) -> dict[str, dict[str, Any]]:
    """How each convention's metrics were computed, for the results file.

    Args:
        conventions: Conventions for tokenizing captions.
        vocabulary: Of `index`.
        with_java: Whether METEOR's Java program might run.

    Returns:
        Facts by convention.
    """
    ours = f"chronosight {importlib.metadata.version('chronosight')}; equal to pycocoevalcap 1.2 on the same tokens"
    tokens = {
        "index": f"indices in a vocabulary of {len(vocabulary or {})} entries built from all references",
        "word": "lower-cased words, full stops stripped",
        "text": "split at blanks, as written",
    }
    return {
        convention: {
            "tokens": tokens[convention],
            "BLEU, ROUGE-L, CIDEr-D": ours,
            "METEOR": EXACT if convention == "index" else JAVA if with_java else "",
            "CIDEr-D": "sigma 6, document frequencies of the scored references",
        }
        for convention in conventions
    }


def _meteor(
    candidates: list[Words], references: list[list[Words]], convention: Convention, with_java: bool
) -> tuple[np.ndarray | None, Formula, str]:
    """Gives (n, k) parts or None, the formula of their sums, and why there are none."""
    if convention == "index":
        pairs = zip(candidates, references, strict=True)
        return np.array([meteor.exact_parts(words, group) for words, group in pairs]), meteor.exact_score, ""
    parts, missing = meteor.java_parts(candidates, references) if with_java else (None, "not asked for")
    return parts, meteor.java_score, missing


def _column(
    groups: list[str], blocks: np.ndarray, rouge: np.ndarray, cider: np.ndarray,
    parts: np.ndarray | None, formula: Formula, missing: str, name: str,
) -> list[Metric | Result]:  # fmt: skip
    """Blocks (n, 10): of `bleu_parts`. rouge, cider (n,). parts: METEOR's (n, k), None where it cannot be had."""
    entries: list[Metric | Result] = [
        Metric(f"BLEU-{n + 1}{name}", groups, blocks, lambda sums, n=n: bleu(sums)[..., n], "captions")  # type: ignore[misc]
        for n in range(MAX_N)
    ]
    if parts is None:
        entries.append(Result(f"METEOR{name}", None, len(rouge), "captions", note=missing))
    else:
        entries.append(Metric(f"METEOR{name}", groups, parts, formula, "captions"))
    entries.append(mean_metric(f"ROUGE-L{name}", groups, rouge, "captions"))
    entries.append(mean_metric(f"CIDEr-D{name}", groups, cider, "captions"))
    if parts is None:
        return [*entries, Result(f"S*m{name}", None, len(rouge), "captions", note="needs METEOR")]
    rest = np.stack([rouge + cider, np.ones(len(rouge))], axis=1)

    def s_m(sums: np.ndarray) -> np.ndarray:
        of_meteor = formula(sums[..., BLEU_PARTS:-2])
        return np.asarray((bleu(sums[..., :BLEU_PARTS])[..., 3] + of_meteor + ratio(sums[..., -2:])) / 4)

    return [*entries, Metric(f"S*m{name}", groups, np.concatenate([blocks, parts, rest], axis=1), s_m, "captions")]


def _no_change_metrics(samples: Sequence[Sample], predictions: Sequence[Prediction]) -> list[Metric]:
    """Of unchanged pairs, how many captions are one of the no-change sentences; of changed ones, how many are none."""
    metrics = []
    for changed, name in ((False, "no-change accuracy"), (True, "change accuracy, by the caption")):
        chosen = [i for i, sample in enumerate(samples) if sample.changed is changed]
        if chosen:
            right = [says_no_change(str(value_of(samples[i], predictions[i]) or "")) is not changed for i in chosen]
            metrics.append(mean_metric(name, [samples[i].resampled for i in chosen], right, "captions"))
    return metrics
