"""Records against what they were made of: the captions, the caption flag and the masks of LEVIR-MCI."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from chronosight.datasets.changeimti.check_record import Answered, Fault
from chronosight.datasets.changeimti.labels import LEVIR_MCI, ClassLabel, label_mask, read_mask
from chronosight.datasets.changeimti.records import NO_CHANGE_CAPTION
from chronosight.datasets.levir import LevirPair, read_pairs
from chronosight.tasks.cells import join_cells


def source_faults(answers: Sequence[Answered], folder: str | Path) -> list[Fault]:
    """Finds captions, counts, locations, yes or no that the source does not give.

    Masks are labelled by the rule of `tasks.objects`; where the released code's way of simplifying explains a difference, the
    fault says so.

    Args:
        answers: Answers of the records, in the order of the files.
        folder: A LEVIR-MCI folder.

    Returns:
        The faults.
    """
    pairs = {pair.file: pair for pair in read_pairs(folder)}
    by_pair: dict[str, list[Answered]] = {}
    for one in answers:
        by_pair.setdefault(PurePosixPath(one.record.images[0]).name if one.record.images else "", []).append(one)
    faults: list[Fault] = []
    for name, of_pair in by_pair.items():
        if name not in pairs:
            faults += [one.fault("source", f"{name or 'the pair'} is not in {folder}") for one in of_pair if one.round == 1]
            continue
        faults += _of_pair(of_pair, pairs[name])
    return faults


def _of_pair(answers: Sequence[Answered], pair: LevirPair) -> Iterator[Fault]:
    mask = read_mask(pair.mask)
    ours, released = (label_mask(mask, LEVIR_MCI, as_published) for as_published in (False, True))
    for one in answers:
        wanted = _wanted(one, pair, ours)
        if wanted is None or one.reply in wanted:
            continue
        by_released = _wanted(one, pair, released)
        hint = "; the released code's simplification gives it" if by_released and one.reply in by_released else ""
        if one.asked.task == "binary" and one.value == pair.changed:
            hint = "; it follows the caption flag"
        yield one.fault("source", f'"{one.reply}", while the source gives "{wanted[0]}"{hint}')


def _wanted(one: Answered, pair: LevirPair, labels: dict[str, ClassLabel]) -> tuple[str, ...] | None:
    """Replies that the source gives, the first for the message; None where it has nothing to say."""
    named = [labels.get(subject) for subject in one.asked.subjects]
    if one.asked.task == "caption":
        return pair.captions if pair.changed else (NO_CHANGE_CAPTION, *pair.captions)
    if not named or None in named:
        return None
    known = [label for label in named if label]
    match one.asked.task:
        case "binary":
            return ("Yes" if any(label.count for label in known) else "No",)
        case "count":
            return (str(sum(label.count for label in known)),)
        case "location" if len(known) == 1:
            return (join_cells(known[0].cells),)
        case _:
            return None
