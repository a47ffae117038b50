"""The test set of ChangeIMTI (arXiv 2509.23105), made from a LEVIR-MCI folder by its label rule.

Per pair: a caption against five references, yes or no (by the caption's flag, as published), counts and cells of roads and
buildings (by the mask), and one dialogue of four turns: changed or not, roads, buildings (each count or cells, drawn by
the pair's name), caption. The published test file repeats a dialogue once for each caption; here it is scored once a pair.
The mask is an extra task that a text-only system may leave out.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from chronosight.datasets.levir import LevirPair, read_label, read_pairs
from chronosight.datasets.sample import Sample, Turn
from chronosight.tasks import binary, caption, count, location
from chronosight.tasks.objects import count_and_cells
from chronosight.tasks.question import Question

SUBJECTS = {"roads": 1, "buildings": 2}  # subject -> class of the mask


def load_changeimti(root: Path, split: str) -> list[Sample]:
    """All samples of a split.

    Args:
        root: Folder of LEVIR-MCI.
        split: "train", "val" or "test".

    Returns:
        The samples, pair by pair.

    Raises:
        InputError: The folder has another layout.
    """
    return [sample for pair in read_pairs(root, split) for sample in pair_samples(pair)]


def sample_of_words(name: str, task: str, kind: str, truth: Sequence[str]) -> Sample:
    """A sample for scoring alone, from a row of another tool's data file.

    Args:
        name: Its id: "test_000004/count/roads".
        task: "caption", "binary", "count" or "location".
        kind: The subject; "" for none.
        truth: The references of a caption, the cells, or the answer as one word.

    Returns:
        The sample; it cannot be opened.
    """
    replies = (location.write_reply(tuple(truth)),) if task == "location" else tuple(truth)
    asked: Any = task
    return Sample(name, "changeimti", "pair", (), (Turn(Question(asked, ""), replies),), scene=name.partition("/")[0], type=kind)


def pair_samples(pair: LevirPair) -> list[Sample]:
    """All samples of a pair; reads its label file.

    Args:
        pair: The pair.

    Returns:
        Caption, yes or no, counts, cells, the dialogue's turns, and the mask.
    """
    mask = read_label(pair.mask)
    samples = [pair.caption_sample(), _binary(pair, "binary", binary.CHANGEIMTI)]
    for subject in SUBJECTS:
        samples += [_about(pair, mask, task, subject, f"{task}/{subject}") for task in ("count", "location")]
    return [*samples, *_dialogue(pair, mask), pair.mask_sample()]


def _binary(pair: LevirPair, name: str, text: str, **more: Any) -> Sample:
    return pair.sample(name, Turn(Question("binary", text), (binary.write_reply(pair.changed),)), **more)


def _about(pair: LevirPair, mask: np.ndarray, task: str, subject: str, name: str, **more: Any) -> Sample:
    """A count or the cells of one subject."""
    objects, cells = count_and_cells(mask == SUBJECTS[subject])
    if task == "count":
        turn = Turn(Question("count", count.CHANGEIMTI.format(subject=subject), subject), (count.write_reply(objects),))
    else:
        turn = Turn(Question("location", location.CHANGEIMTI.format(subject=subject), subject), (location.write_reply(cells),))
    return pair.sample(name, turn, type=subject, **more)


def _dialogue(pair: LevirPair, mask: np.ndarray) -> list[Sample]:
    name, draw = f"{pair.name}/dialogue", zlib.crc32(pair.name.encode())
    rounds = [
        _about(pair, mask, ("count", "location")[draw >> bit & 1], subject, f"dialogue/{bit + 1}", dialogue=(name, bit + 1))
        for bit, subject in enumerate(SUBJECTS)
    ]
    last = Turn(Question("caption", caption.CHANGEIMTI_DIALOGUE), pair.captions)
    return [
        _binary(pair, "dialogue/0", binary.CHANGEIMTI_DIALOGUE, dialogue=(name, 0)),
        *rounds,
        pair.sample("dialogue/3", last, changed=pair.changed, dialogue=(name, 3)),
    ]
