"""Guides of many pairs, kept as JSON lines while they are made: a run that was killed goes on with the next pair.

A line: {"key", "pair": [before, after], "source": "guide NAME" or "simulated", "facts", "forms": {form: clue}}. The key is
a hash of what the guide was made from (both images and the weights, or the truth and the seed), so a changed image or
another guide is computed again, everything else is not.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import get_args

from chronosight.tasks.clue import GuideFacts, GuideForm, write_clue
from chronosight.training.samples.guide_facts import facts_from_dict, facts_to_dict

CHUNK = 1 << 20


class GuideStore:
    """Guides by content key, in memory and in a JSONL file."""
    def __init__(self, path: str | Path) -> None:
        """Reads what is there; a last line that was cut off is dropped, and the file with it mended."""
        self.path = Path(path)
        self._facts: dict[str, GuideFacts] = {}
        if not self.path.is_file():
            return
        whole = 0
        with self.path.open("rb") as file:
            for line in file:
                try:
                    row = json.loads(line)
                    self._facts[row["key"]] = facts_from_dict(row["facts"])
                except (ValueError, KeyError, TypeError):
                    break
                if not line.endswith(b"\n"):
                    break
                whole += len(line)
        if whole < self.path.stat().st_size:
            with self.path.open("r+b") as file:
                file.truncate(whole)

    def __contains__(self, key: str) -> bool:
        return key in self._facts

    def __getitem__(self, key: str) -> GuideFacts:
        return self._facts[key]

    def __len__(self) -> int:
        return len(self._facts)

    def add(self, key: str, pair: tuple[str, str], source: str, facts: GuideFacts) -> None:
        """Adds the facts of a pair; they are on disk before this returns.

        Args:
            key: Hash of the guide and both files, by `content_key`.
            pair: Paths of both images, as the records have them.
            source: What the facts come from, such as "guide NAME" or "simulated".
            facts: Facts of the pair.
        """
        forms = {form: write_clue(facts, form) for form in get_args(GuideForm)}
        stored = facts_to_dict(facts)
        row = {"key": key, "pair": list(pair), "source": source, "facts": stored, "forms": forms}
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
        self._facts[key] = facts_from_dict(stored)  # rounded, as it will be read


def content_key(what: str, *files: Path) -> str:
    """Hash of a text and of the contents of files.

    Args:
        what: A text, such as the name of a guide.
        *files: Files, whose order counts.

    Returns:
        64 hexadecimal digits (SHA-256).

    Raises:
        OSError: A file cannot be read.
    """
    digest = hashlib.sha256(what.encode())
    for path in files:
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()
