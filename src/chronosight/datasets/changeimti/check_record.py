"""What can be seen in one record by itself: its layout, its images, its questions and how its replies are written."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import PurePosixPath
from typing import Any

from chronosight.datasets.changeimti.extra_questions import CANNOT_TELL, parse_by_cell, write_by_cell
from chronosight.datasets.changeimti.read import Asked, Read, understand
from chronosight.tasks import binary, caption, count, direction, location


@dataclass(frozen=True)
class Fault:
    """A fault.

    Attributes:
        file: Where.
        record: Which record of the file, from 1.
        id: Of the record; "" if it has none.
        kind: One of those that `check` lists.
        message: One line.
    """

    file: str
    record: int
    id: str
    kind: str
    message: str

    def line(self) -> str:
        """One line for people."""
        name = f" ({self.id})" if self.id else ""
        return f"{self.file} record {self.record}{name}: {self.kind}: {self.message}"

    def to_dict(self) -> dict[str, Any]:
        """As JSON types."""
        return asdict(self)


@dataclass(frozen=True)
class Answered:
    """A question of a record with the value of its reply.

    Attributes:
        record: The record.
        round: Which round of it, from 1.
        rounds: How many it has.
        asked: What is asked.
        reply: The reply in words.
        value: What they mean; None for nothing.
    """

    record: Read
    round: int
    rounds: int
    asked: Asked
    reply: str
    value: Any

    def fault(self, kind: str, message: str) -> Fault:
        """A fault of this answer.

        Args:
            kind: Kind of the fault.
            message: What is wrong.

        Returns:
            The fault, with the file and the number of the record.
        """
        of = f"round {self.round}: " if self.rounds > 1 else ""
        return Fault(self.record.file, self.record.number, self.record.id, kind, of + message)


def record_faults(record: Read) -> list[Fault]:
    """Faults of one record by itself.

    Args:
        record: The record.

    Returns:
        The faults.
    """
    if record.problem:
        return [Fault(record.file, record.number, record.id, "layout", record.problem)]
    found = [Fault(record.file, record.number, record.id, "images", text) for text in _image_faults(record)]
    subjects: list[str] = []
    for number, (question, reply) in enumerate(record.turns, 1):
        asked = understand(question)
        place = f"round {number}: " if len(record.turns) > 1 else ""

        def fault(kind: str, text: str, place: str = place) -> Fault:
            return Fault(record.file, record.number, record.id, kind, place + text)

        if asked is None:
            found.append(fault("wording", f'no known question: "{_short(question)}"'))
            continue
        wrong = _reply(asked, reply)
        if wrong:
            found.append(fault("reply", wrong))
        if asked.task in ("count", "location") and len(record.turns) > 1:
            named = asked.subjects[0] if asked.subjects else ""
            if named in subjects:
                found.append(fault("asks-again", f"asks about {named} again" + _left_out(record, named)))
            subjects.append(named)
    return found


def record_answers(record: Read) -> list[Answered]:
    """Questions and values of a record.

    A round that asks about a class again is left out: in the public files its reply belongs to another class.

    Args:
        record: The record.

    Returns:
        The questions that are understood, with the values of their replies.
    """
    found, seen = [], set()
    for number, (question, reply) in enumerate(record.turns, 1):
        asked = understand(question)
        if asked is None:
            continue
        if len(record.turns) > 1 and asked.task in ("count", "location"):
            if asked.subjects in seen:
                continue
            seen.add(asked.subjects)
        found.append(Answered(record, number, len(record.turns), asked, reply, parse(asked, reply)))
    return found


def parse(asked: Asked, reply: str) -> Any:
    """The value of a reply; None where it has none.

    Args:
        asked: What the question asks.
        reply: The reply.

    Returns:
        The value, of the task's own type.
    """
    match asked.task:
        case "binary" | "region_binary":
            return binary.parse_reply(reply)
        case "count" | "region_count":
            return count.parse_reply(reply)
        case "location":
            return location.parse_reply(reply)
        case "direction":
            return direction.parse_reply(reply)
        case "by_cell":
            return parse_by_cell(reply)
        case _:
            return reply


def _reply(asked: Asked, reply: str) -> str:
    """What is wrong with how a reply is written; "" where nothing is."""
    value = parse(asked, reply)
    match asked.task:
        case "caption":
            wanted: str | None = caption.write_reply(reply)
        case "unanswerable":
            wanted = CANNOT_TELL
        case "binary" | "region_binary":
            wanted = None if value is None else binary.write_reply(value)
        case "count" | "region_count":
            wanted = None if value is None else count.write_reply(value)
        case "location":
            wanted = None if value is None else location.write_reply(value)
        case "by_cell":
            wanted = None if value is None else write_by_cell(value)
        case _:
            wanted = value
    if wanted is None:
        return f'"{_short(reply)}" does not answer a question of kind {asked.task.replace("_", " ")}'
    return "" if reply == wanted else f'"{_short(reply)}" should be written "{_short(wanted)}"'


def _left_out(record: Read, named: str) -> str:
    """Which class of the first round is never asked about."""
    first = understand(record.turns[0][0])
    asked = {subject for question, _ in record.turns[1:] for a in [understand(question)] if a for subject in a.subjects}
    left = [subject for subject in (first.subjects if first else ()) if subject not in asked]
    return f" and never about {', '.join(left)}" if left else ""


def _image_faults(record: Read) -> list[str]:
    shown = sum(text.count("<image>") for turn in record.turns for text in turn)  # trainers count replies too
    if len(record.images) != 2:
        return [f"has {len(record.images)} images, expected two: before and after"]
    found = [] if shown == 2 else [f"has {shown} <image> for 2 images"]
    if any("<image>" in question for question, _ in record.turns[1:]):
        found.append("shows an image after the first round")
    before, after = (PurePosixPath(path.replace("\\", "/")) for path in record.images)
    if (before.parent.name, after.parent.name) == ("B", "A"):
        found.append("shows the later date first")
    elif before == after:
        found.append("shows one image twice")
    elif (before.parent.name, after.parent.name) == ("A", "B") and before.name != after.name:
        found.append(f"shows {before.name} and {after.name}, which are not of one pair")
    return found


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 90 else line[:87] + "..."
