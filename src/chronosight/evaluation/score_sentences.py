"""Figures of captions: BLEU-1..4, METEOR, ROUGE-L, CIDEr-D and S*m in each convention, and whether "no change" is said.

Three columns, as the field's tables have them: all captions; those of changed pairs alone; those of unchanged pairs
alone. A part is scored as if it were the whole test set, so CIDEr-D takes its document frequencies from the references of
that part: where all unchanged pairs have the same five references, every word is in every document and CIDEr-D is 0.
"""

from __future__ import annotations

import importlib.metadata
from collections.abc import Sequence
from typing import Any

import numpy as np

from chronosight.evaluation.figures import Figure, mean_figure, ratio
from chronosight.evaluation.item import Item, Reply, value_of
from chronosight.evaluation.table import Row
from chronosight.metrics import meteor, meteor_exact
from chronosight.metrics.caption_tokens import EXACT, JAR, Convention, tokenise
from chronosight.metrics.captions import (
    GUESS_GUARD,
    MATCH_GUARD,
    MAX_N,
    Words,
    bleu_statistics,
    cider_d,
    rouge_l,
)
from chronosight.tasks.caption import says_no_change

COLUMNS = {"": None, ", changed only": True, ", unchanged only": False}
BLEU_PARTS = 2 + 2 * MAX_N


def sentence_figures(
    items: Sequence[Item],
    replies: Sequence[Reply],
    conventions: Sequence[Convention],
    vocabulary: dict[str, int] | None,
    with_jar: bool,
) -> list[Figure | Row]:
    """All figures of the captions of a benchmark. vocabulary: for `index`. with_jar: False leaves Java out."""
    figures: list[Figure | Row] = []
    for convention in conventions:
        said = [tokenise(reply.text, convention, vocabulary) for reply in replies]
        told = [[tokenise(r, convention, vocabulary) for r in references_of(item)] for item in items]
        statistics, formula, missing = _meteor_parts(said, told, convention, with_jar)
        blocks = np.stack([bleu_statistics(words, group) for words, group in zip(said, told, strict=True)])
        rouge = np.array([rouge_l(words, group) for words, group in zip(said, told, strict=True)])
        for column, changed in COLUMNS.items():
            chosen = [i for i, item in enumerate(items) if changed is None or item.changed is changed]
            if chosen and (changed is None or len(chosen) < len(items)):
                part = None if statistics is None else statistics[chosen]
                cider = cider_d([said[i] for i in chosen], [told[i] for i in chosen])
                figures += _column(
                    [items[i].group for i in chosen], blocks[chosen], rouge[chosen], cider,
                    part, formula, missing, f" [{convention}]{column}",
                )  # fmt: skip
    return [*figures, *_no_change_figures(items, replies)]


def references_of(item: Item) -> tuple[str, ...]:
    return item.truth if isinstance(item.truth, tuple) else ()


def sentence_scores(items: Sequence[Item], replies: Sequence[Reply]) -> list[float]:
    """CIDEr-D of each caption, convention `word`: what the best and worst cases are chosen by."""
    said = [tokenise(reply.text, "word") for reply in replies]
    told = [[tokenise(reference, "word") for reference in references_of(item)] for item in items]
    return [float(score) for score in cider_d(said, told)]


def _meteor_parts(said: list[Words], told: list[list[Words]], convention: Convention, with_jar: bool) -> Any:
    """(n, k) statistics or None, the formula of their sums, and why there are none."""
    if convention == "index":
        pairs = zip(said, told, strict=True)
        parts = np.array([meteor_exact.segment_statistics(words, group) for words, group in pairs])
        return parts, meteor_exact.score_statistics, ""
    if not with_jar:
        return None, None, "not asked for"
    found, missing = meteor.meteor_statistics(said, told)
    return found, meteor.score_statistics, missing


def _column(
    groups: list[str], blocks: np.ndarray, rouge: np.ndarray, cider: np.ndarray,
    statistics: Any, formula: Any, missing: str, name: str,
) -> list[Figure | Row]:  # fmt: skip
    """blocks (n, 10): of `bleu_statistics`. rouge, cider (n,). statistics: METEOR's parts (n, k) or None."""
    figures: list[Figure | Row] = [
        Figure(f"BLEU-{n + 1}{name}", groups, blocks, lambda sums, n=n: bleu_of_sums(sums)[..., n], "captions")  # type: ignore[misc]
        for n in range(MAX_N)
    ]
    if statistics is None:
        figures.append(Row(f"METEOR{name}", None, len(rouge), "captions", note=missing))
    else:
        figures.append(Figure(f"METEOR{name}", groups, statistics, formula, "captions"))
    figures.append(mean_figure(f"ROUGE-L{name}", groups, rouge, "captions"))
    figures.append(mean_figure(f"CIDEr-D{name}", groups, cider, "captions"))
    if statistics is None:
        figures.append(Row(f"S*m{name}", None, len(rouge), "captions", note="needs METEOR"))
    else:
        rest = np.stack([rouge, cider, np.ones(len(rouge))], axis=1)

        def s_m(sums: np.ndarray) -> np.ndarray:
            """Mean of BLEU-4, METEOR, ROUGE-L and CIDEr-D."""
            rouge_sum, cider_sum, n = np.moveaxis(sums[..., -3:], -1, 0)
            means = ratio(np.stack([rouge_sum + cider_sum, n], axis=-1))
            mean: np.ndarray = (bleu_of_sums(sums[..., :BLEU_PARTS])[..., 3] + formula(sums[..., BLEU_PARTS:-3]) + means) / 4
            return mean

        figures.append(Figure(f"S*m{name}", groups, np.concatenate([blocks, statistics, rest], axis=1), s_m, "captions"))
    return figures


def bleu_of_sums(sums: np.ndarray) -> np.ndarray:
    """`captions.bleu` of many sums at once: (..., 10) -> (..., 4)."""
    length, closest = sums[..., :1], sums[..., 1:2]
    precision = (sums[..., 2 : 2 + MAX_N] + MATCH_GUARD) / (sums[..., 2 + MAX_N :] + GUESS_GUARD)
    scores = np.exp(np.cumsum(np.log(precision), axis=-1) / np.arange(1, MAX_N + 1))
    share = (length + MATCH_GUARD) / (closest + GUESS_GUARD)
    result: np.ndarray = scores * np.exp(np.minimum(0, 1 - 1 / share))
    return result


def _no_change_figures(items: Sequence[Item], replies: Sequence[Reply]) -> list[Figure | Row]:
    """Of unchanged pairs, how many captions are one of the no-change sentences; of changed ones, how many are none."""
    figures: list[Figure | Row] = []
    for changed, name in ((False, "no-change accuracy"), (True, "change accuracy, by the caption")):
        chosen = [i for i, item in enumerate(items) if item.changed is changed]
        if chosen:
            right = [says_no_change(str(value_of(items[i], replies[i]) or "")) is not changed for i in chosen]
            figures.append(mean_figure(name, [items[i].group for i in chosen], right, "captions"))
    return figures


def describe_conventions(
    conventions: Sequence[Convention], vocabulary: dict[str, int] | None, with_jar: bool
) -> dict[str, dict[str, Any]]:
    """What each convention's figures were made with, for the results file."""
    ours = f"chronosight {importlib.metadata.version('chronosight')}; equal to pycocoevalcap 1.2 on the same tokens"
    tokens = {
        "index": f"indices in a vocabulary of {len(vocabulary or {})} entries built from all references",
        "word": "lower-cased words, full stops stripped",
        "text": "what stands between blanks, as written",
    }
    return {
        convention: {
            "tokens": tokens[convention],
            "BLEU, ROUGE-L, CIDEr-D": ours,
            "METEOR": EXACT if convention == "index" else JAR if with_jar else "",
            "CIDEr-D": "sigma 6, document frequencies of the scored references",
        }
        for convention in conventions
    }
