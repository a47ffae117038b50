"""CRSVQA (Zhang et al., IEEE TGRS 2023): questions about single images that need several steps.

    DIR/data/image/NAME.png
    DIR/data/text/NAME.txt             a question, then its answer, line by line
It is published without a split. Ours: by CRC-32 of the image's name, one fifth is test; train never shares an image with it.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path

from chronosight.datasets.sample import Example, Turn
from chronosight.errors import InputError
from chronosight.tasks.question import Question
from chronosight.tasks.replies import SHORT_ANSWER


def read_crsvqa(root: Path, split: str = "train") -> Iterator[Example]:
    """split: "train" or "test". Raises InputError for another layout."""
    if split not in ("train", "test"):
        raise InputError(f'CRSVQA has no split "{split}"; give train or test')
    texts = sorted((root / "data" / "text").glob("*.txt"))
    if not texts:
        raise InputError(f"{root} has no data/text/*.txt; expected CRSVQA as it unpacks: data/image/ and data/text/")
    for path in texts:
        if (zlib.crc32(path.stem.encode()) % 5 == 0) != (split == "test"):
            continue
        image = f"data/image/{path.stem}.png"
        if not (root / image).is_file():
            raise InputError(f"{root} has no {image}, asked about in {path.name}")
        lines = [line.strip().replace("？", "?") for line in path.read_text(encoding="utf-8", errors="replace").splitlines()]
        lines = [line for line in lines if line]
        for number, (question, answer) in enumerate(zip(lines[::2], lines[1::2], strict=False)):
            turn = Turn(Question("vqa", f"{question.rstrip('? ')}? {SHORT_ANSWER}"), (answer,))
            yield Example(f"crsvqa/{path.stem}/{number}", "crsvqa", "image", (image,), (turn,))
