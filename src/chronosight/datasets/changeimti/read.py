"""Reads files of records, these or the public ones, and finds what each question asks.

Layouts: a JSON list of {"conversations": [{"from", "value"}], "images"} (ShareGPT, LLaMA-Factory), or of {"messages":
[{"role", "content"}], "images"}; either also as JSON lines. A record in any other form is kept with its problem.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from chronosight.datasets.changeimti import extra_questions
from chronosight.datasets.changeimti.records import COUNT_ROUND, LOCATION_ROUND, LOOK, OFFER, Turn
from chronosight.errors import InputError
from chronosight.files import read_json, read_json_lines
from chronosight.tasks import binary, caption, count, direction, location

_USER, _REPLY = ("human", "user"), ("gpt", "assistant")
# The auxiliary prompt of ChangeVG stands before a caption question.
_GUIDE = re.compile(r"^Please refer to this description:.*?\.Modify or correct it\.", re.DOTALL)

_WITHOUT_OFFER = (location.CHANGEIMTI.removesuffix(OFFER), LOCATION_ROUND.removesuffix(OFFER))
# Regions stand before plain counts, whose subject would take them in: "buildings in the left third".
_TEMPLATES = (
    ("region_count", (extra_questions.REGION_COUNT,)),
    ("region_binary", (extra_questions.REGION_BINARY,)),
    ("by_cell", (extra_questions.BY_CELL,)),
    ("unanswerable", extra_questions.UNANSWERABLE),
    ("caption", (caption.CHANGEIMTI, *caption.PAIR_WORDINGS)),
    ("direction", direction.WORDINGS),
    ("location", (location.CHANGEIMTI, LOCATION_ROUND, *_WITHOUT_OFFER, *location.WORDINGS)),
    ("count", (count.CHANGEIMTI, COUNT_ROUND, *count.WORDINGS)),
    ("binary", tuple(text.replace("roads or buildings", "{subject}").replace("roads and buildings", "{subject}")
                     for text in (binary.CHANGEIMTI, binary.CHANGEIMTI_DIALOGUE)) + binary.WORDINGS),
)  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """What a question asks.

    Attributes:
        task: "caption", "count", ...
        subjects: Class names.
        place: Of a region: "in the left third".
        offers: Whether "No change" is offered as a reply.
        published: Whether it is a location question as published, with the offer or without.
    """

    task: str
    subjects: tuple[str, ...] = ()
    place: str | None = None
    offers: bool = False
    published: bool = False


@dataclass(frozen=True)
class Read:
    """A record of a file. number: its place in the file, from 1. problem: why it is no record; "" where it is one."""

    file: str
    number: int
    id: str
    images: tuple[str, ...]
    turns: tuple[Turn, ...]
    problem: str = ""


def read_files(paths: Iterable[str | Path]) -> Iterator[Read]:
    """Records of files and folders. Of a folder: all its JSON lists of records, or, where it has none, its JSON lines.

    Args:
        paths: Files and folders.

    Yields:
        The records, in the order of the files.

    Raises:
        InputError: a file is missing, is not JSON, or nothing to read was given.
    """
    files = [file for path in paths for file in _files(Path(path))]
    if not files:
        raise InputError("no file of records was found; give .json or .jsonl files, or a folder that holds some")
    for file in files:
        for number, row in enumerate(_rows(file), 1):
            yield _read(str(file), number, row)


def _files(path: Path) -> list[Path]:
    if not path.exists():
        raise InputError(f"no file {path}; expected a .json or .jsonl file of records, or a folder of them")
    if path.is_file():
        return [path]
    lists = sorted(file for file in path.rglob("*.json") if file.name != "dataset_info.json")
    return lists or sorted(path.rglob("*.jsonl"))


def _rows(file: Path) -> list[Any]:
    expected = "a list of records, or one a line in .jsonl"
    if file.suffix == ".jsonl":
        return [row for _, row in read_json_lines(file, expected)]
    rows = read_json(file, expected)
    if not isinstance(rows, list):
        raise InputError(f"{file} holds no list of records; expected [{{...}}, ...], as LLaMA-Factory reads it")
    return rows


def _read(file: str, number: int, row: Any) -> Read:
    name = ""
    images: tuple[str, ...] = ()
    turns: list[Turn] = []
    try:
        name = str(row.get("id", ""))
        images = tuple(str(path) for path in row.get("images") or ())
        key, who, what = ("messages", "role", "content") if "messages" in row else ("conversations", "from", "value")
        spoken = [(turn[who], turn[what]) for turn in row[key]]
    except (AttributeError, KeyError, TypeError):
        return Read(file, number, name, images, (), 'is no record: expected "conversations" or "messages", and "images"')
    spoken = spoken[1:] if spoken and spoken[0][0] == "system" else spoken
    if not spoken or len(spoken) % 2 or not all(isinstance(text, str) and text.strip() for _, text in spoken):
        return Read(file, number, name, images, (), "does not pair every question with a reply, both of them text")
    for (asks, question), (answers, reply) in zip(spoken[::2], spoken[1::2], strict=True):
        if asks not in _USER or answers not in _REPLY:
            return Read(
                file, number, name, images, (), f"has turns of {asks} and {answers}, expected a user's and a model's in turn"
            )
        turns.append((question, reply))
    return Read(file, number, name, images, tuple(turns))


@lru_cache(maxsize=4096)
def understand(question: str) -> Asked | None:
    """What a question asks, by the wordings that ChangeIMTI and this project use; None for any other wording.

    Args:
        question: The question, with or without a clue before it.

    Returns:
        Task, subjects and place; None.
    """
    text = _GUIDE.sub("", question).rpartition("\n")[2].removeprefix(LOOK)  # a guide has a line of its own
    for task, pattern, published in _patterns():
        match = pattern.fullmatch(text)
        if match:
            named = match.groupdict()
            subjects = tuple(part.strip() for part in re.split(r",|\bor\b|\band\b", named.get("subject") or "") if part.strip())
            return Asked(task, subjects, named.get("place"), "no change" in text.lower(), published)
    return None


@lru_cache(maxsize=1)
def _patterns() -> list[tuple[str, re.Pattern[str], bool]]:
    places = "|".join(re.escape(place) for place in sorted(extra_questions.REGIONS, key=len, reverse=True))
    found = []
    for task, templates in _TEMPLATES:
        for template in dict.fromkeys(templates):
            text = re.escape(template).replace(r"\{place\}", f"(?P<place>{places})")
            text = text.replace(r"\{subject\}", r"(?P<subject>[a-z][a-z ,-]*?)", 1).replace(r"\{subject\}", "(?P=subject)")
            published = template in (location.CHANGEIMTI, LOCATION_ROUND, *_WITHOUT_OFFER)
            found.append((task, re.compile(text), published))
    return found
