"""Checks files of ChangeIMTI records and lists their faults, record by record.

Kinds of faults:

- layout: not a record. images: not two images of one pair, before and after, each with its `<image>`. missing-image.
- wording: no known question. reply: cannot be read as an answer to the question, or is written otherwise.
- asks-again: a dialogue asks about a class again and leaves another out (a fault of the public files).
- answer-in-question: places are asked for with "if no change ..." only where nothing changed (a fault of the public files).
- yes-no: disagrees with the counts and places of its pair (a fault of the public files: it follows the captions).
- count-places: a count and the places of a class cannot both be true. parts: counts by cell or region do not fit the rest.
- contradiction: one question about a pair has two answers. caption: says no change where objects are counted.
- twice: a question is asked twice about a pair. left-out: a pair lacks a question that the others have.
- split: a pair is in both training and test files. source: not what the captions or the mask of LEVIR-MCI say.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from chronosight.datasets.changeimti.check_pairs import pair_faults
from chronosight.datasets.changeimti.check_record import Answered, Fault, record_answers, record_faults
from chronosight.datasets.changeimti.read import Read, read_files


def check_files(
    paths: Iterable[str | Path], source: str | Path | None = None, images: str | Path | None = None
) -> tuple[int, list[Fault]]:
    """Checks files or folders of records.

    Args:
        paths: Files and folders.
        source: A LEVIR-MCI folder to check against; None for none.
        images: Folder where images must be; None for no check of images.

    Returns:
        The number of records, and their faults by file and record.
    """
    records = list(read_files(paths))
    faults: list[Fault] = []
    answers: list[Answered] = []
    for record in records:
        faults += record_faults(record)
        if not record.problem:
            answers += record_answers(record)
    faults += leaks(answers)
    faults += pair_faults(answers)
    if images is not None:
        faults += missing_images(records, Path(images))
    if source is not None:
        from chronosight.datasets.changeimti.check_source import source_faults

        faults += source_faults(answers, source)
    order = {file: n for n, file in enumerate(dict.fromkeys(record.file for record in records))}
    faults = list(dict.fromkeys(faults))
    return len(records), sorted(faults, key=lambda fault: (order[fault.file], fault.record))


def count_by_kind(faults: Iterable[Fault]) -> list[tuple[str, int]]:
    """Faults by kind, the most frequent first.

    Args:
        faults: The faults.

    Returns:
        (kind, number of faults).
    """
    return Counter(fault.kind for fault in faults).most_common()


def leaks(answers: Sequence[Answered]) -> list[Fault]:
    """Finds questions that give their answer away: "No change" is offered where it is the answer and nowhere else in a file.

    Args:
        answers: Answers of the records, in the order of the files.

    Returns:
        The faults.
    """
    faults = []
    by_file: dict[str, list[Answered]] = {}
    for one in answers:
        if one.asked.published and isinstance(one.value, tuple) and one.round == 1:
            by_file.setdefault(one.record.file, []).append(one)
    for asked in by_file.values():
        without = [one for one in asked if not one.asked.offers]
        if without and len(without) < len(asked) and all(one.asked.offers == (not one.value) for one in asked):
            message = '"if no change please output: No change" is offered only where it is the answer, which gives it away'
            faults += [one.fault("answer-in-question", message) for one in without]
    return faults


def missing_images(records: Sequence[Read], folder: Path) -> list[Fault]:
    """Images that are not in the folder.

    Args:
        records: The records.
        folder: Folder that image paths start from.

    Returns:
        One fault a missing image and record.
    """
    known: dict[str, bool] = {}
    faults = []
    for record in records:
        for path in record.images:
            if path not in known:
                known[path] = (folder / path).is_file()
            if not known[path]:
                faults.append(Fault(record.file, record.number, record.id, "missing-image", f"{path} is not in {folder}"))
    return faults
