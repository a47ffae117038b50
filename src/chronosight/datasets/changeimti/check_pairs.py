"""What can be seen when all records about a pair are laid side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

from chronosight.datasets.changeimti.check_record import Answered, Fault
from chronosight.datasets.changeimti.extra_questions import cells_of
from chronosight.datasets.sample import SPLITS
from chronosight.tasks.caption import says_no_change

ONCE = ("binary", "count", "location", "direction", "by_cell")  # kinds asked once about a pair, outside dialogues


@dataclass
class Known:
    """What the records of one pair say.

    Attributes:
        answers: All of them.
        counts: By class, the first that was read; yes or no is checked against them.
        cells: By class, the first that was read.
    """

    answers: list[Answered] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    cells: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def changed(self, subject: str) -> bool | None:
        """Whether a class has changed; None where nothing says.

        Args:
            subject: The class, in the plural.

        Returns:
            True, False or None.
        """
        if subject in self.counts:
            return self.counts[subject] > 0
        return bool(self.cells[subject]) if subject in self.cells else None


def pair_faults(answers: Sequence[Answered]) -> list[Fault]:
    """Finds contradictions between the records of a pair, and pairs that lack what others have.

    Args:
        answers: Answers of the records, in the order of the files.

    Returns:
        The faults.
    """
    pairs: dict[tuple[str, ...], Known] = {}
    for one in answers:
        pairs.setdefault(one.record.images, Known()).answers.append(one)
    faults: list[Fault] = []
    for known in pairs.values():
        faults += _collect(known)
        for one in known.answers:
            faults += _against(one, known)
        faults += _repeated(known)
        faults += _split(known)
    return faults + _left_out(list(pairs.values()))


def _collect(known: Known) -> Iterator[Fault]:
    """Fills counts and cells; records of one question come before rounds of dialogues."""
    for one in sorted(known.answers, key=lambda one: one.rounds > 1):
        if one.asked.task not in ("count", "location") or one.value is None or len(one.asked.subjects) != 1:
            continue
        known_values: dict[str, Any] = known.counts if one.asked.task == "count" else known.cells
        first = known_values.setdefault(one.asked.subjects[0], one.value)
        same = set(first) == set(one.value) if isinstance(first, tuple) else first == one.value
        if not same:
            other_reply = ",".join(first) or "No change" if isinstance(first, tuple) else first
            yield one.fault("contradiction", f'"{one.reply}", while another record of the pair says "{other_reply}"')


def _against(one: Answered, known: Known) -> Iterator[Fault]:
    subject = one.asked.subjects[0] if one.asked.subjects else ""
    match one.asked.task:
        case "binary" if one.value is not None:
            changed = {name: known.changed(name) for name in one.asked.subjects}
            changes = [f"{known.counts[name]} {name}" if name in known.counts else name for name, yes in changed.items() if yes]
            if changes and not one.value:
                yield one.fault("yes-no", f"No, while {' and '.join(changes)} have changed")
            elif one.value and changed and all(yes is False for yes in changed.values()):
                yield one.fault("yes-no", f"Yes, while no {' and no '.join(changed)} have changed")
        case "location" if one.value is not None and subject in known.counts:
            counted = known.counts[subject]
            if bool(one.value) != bool(counted) or len(one.value) > counted:
                yield one.fault("count-places", f'"{one.reply}" while {counted} {subject} are counted')
        case "caption" if says_no_change(one.reply):
            changes = [f"{number} {name}" for name, number in known.counts.items() if number]
            if changes:
                yield one.fault("caption", f'"{one.reply}" while {" and ".join(changes)} are counted')
        case "by_cell" if one.value is not None and subject in known.counts:
            if sum(one.value.values()) != known.counts[subject]:
                yield one.fault(
                    "parts", f"{sum(one.value.values())} {subject} in all cells, while {known.counts[subject]} are counted"
                )
        case "region_count" | "region_binary" if one.value is not None and known.changed(subject) is not None:
            yield from _region(one, known, subject)
        case "direction" if one.value is not None and known.changed(subject) is not None:
            if (one.value != "none") != known.changed(subject):
                yield one.fault("parts", f'"{one.reply}" while {known.counts.get(subject, "no place of")} {subject} changed')


def _region(one: Answered, known: Known, subject: str) -> Iterator[Fault]:
    most = known.counts.get(subject)
    if most is not None and int(one.value) > most:
        yield one.fault("parts", f'"{one.reply}" {one.asked.place}, while {most} {subject} are counted in all')
    elif subject in known.cells and bool(one.value) != bool(set(cells_of(one.asked.place or "")) & set(known.cells[subject])):
        yield one.fault("parts", f'"{one.reply}" {one.asked.place}, while {subject} changed in: {",".join(known.cells[subject])}')


def _repeated(known: Known) -> Iterator[Fault]:
    seen = set()
    for one in known.answers:
        if one.rounds > 1 or one.asked.task not in ONCE:
            continue
        key = (one.asked.task, one.asked.subjects)
        if key in seen:
            yield one.fault("twice", f"{one.asked.task} of {' and '.join(one.asked.subjects)} is asked about this pair already")
        seen.add(key)


def _split(known: Known) -> Iterator[Fault]:
    splits = {one.record.file: _split_of(one.record.file) for one in known.answers}
    if "test" in splits.values() and {"train", "val"} & set(splits.values()):
        for one in known.answers:
            if splits[one.record.file] == "test":
                yield one.fault("split", "the pair is in training files too")


def _split_of(file: str) -> str:
    """The split that a file's name or folder speaks of, "" where none does."""
    for part in reversed(PurePath(file).parts):
        found = [split for split in SPLITS if part.lower().startswith(split)]
        if found:
            return found[0]
    return ""


def _left_out(pairs: Sequence[Known]) -> list[Fault]:
    """A question that more than half of the pairs of a split are asked once, and this pair is not."""
    faults = []
    by_split: dict[str, list[Known]] = {}
    for known in pairs:
        by_split.setdefault(_split_of(known.answers[0].record.file), []).append(known)
    for of_split in by_split.values():
        asked = [{(one.asked.task, one.asked.subjects) for one in known.answers if one.rounds == 1} for known in of_split]
        usual = {
            key for key in set().union(*asked) if key[0] in (*ONCE, "caption") and 2 * sum(key in of for of in asked) > len(asked)
        }
        for known, has in zip(of_split, asked, strict=True):
            for task, subjects in sorted(usual - has):
                what = f"{task} of {' and '.join(subjects)}" if subjects else task
                faults.append(known.answers[0].fault("left-out", f"the pair has no record of {what}"))
    return faults
