"""One pair of a manifest."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chronosight.errors import InputError


@dataclass(frozen=True)
class Row:
    """One pair of a manifest.

    Attributes:
        id: Its name, one of its kind in the manifest.
        before: Path or address of the earlier image.
        after: Path or address of the later image.
        before_date: When the earlier one was taken, as the manifest has it.
        after_date: When the later one was taken.
        questions: Asked of this pair in addition to those of the whole run.
        metres_per_pixel: Ground size of a pixel, in place of that of the whole run; None for that one.
        fault: Why the pair cannot be described, where the manifest gives something that cannot be used; "" where it can.
    """

    id: str
    before: str
    after: str
    before_date: str | None = None
    after_date: str | None = None
    questions: tuple[str, ...] = ()
    metres_per_pixel: float | None = None
    fault: str = ""

    @property
    def folder(self) -> str:
        """A name for its folder that every file system takes."""
        safe = re.sub(r"[^A-Za-z0-9._-]", "_", self.id)[:80].strip(".") or "row"
        return safe if safe == self.id else f"{safe}-{hashlib.sha256(self.id.encode()).hexdigest()[:8]}"

    def digest(self) -> str:
        """A hash of what this row asks for: names, sizes and times of its files, dates, questions and ground size."""
        facts: list[Any] = [self.before, self.after, self.before_date, self.after_date, list(self.questions)]
        facts += [] if self.metres_per_pixel is None else [self.metres_per_pixel]
        facts += [self.fault] if self.fault else []
        for name in (self.before, self.after):
            try:
                status = Path(name).stat()
                facts.append([status.st_size, status.st_mtime_ns])
            except OSError:
                facts.append(None)
        return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16]


def questions(value: Any, where: str) -> tuple[str, ...]:
    """Reads the questions of a row.

    Args:
        value: A list, a JSON list as text, or text with | between questions.
        where: Place in the manifest, for the message.

    Returns:
        The questions.

    Raises:
        InputError: The value is anything else.
    """
    if value is None or value == "":
        return ()
    if isinstance(value, str) and value.lstrip().startswith("["):
        try:
            value = json.loads(value)
        except ValueError:
            raise InputError(f'{where}: "questions" begins with [ but is no JSON list; put | between questions instead') from None
    texts = value.split("|") if isinstance(value, str) else value
    if not isinstance(texts, Sequence) or not all(isinstance(text, str) for text in texts):
        raise InputError(f'{where}: "questions" is {type(value).__name__}; expected texts, with | between them')
    return tuple(text.strip() for text in texts if text.strip())
