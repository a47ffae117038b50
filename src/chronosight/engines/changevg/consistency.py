"""Words against the map: where a reply and the guide's outlines contradict each other, a note shows both.

Neither is taken to be right. What is compared: yes or no with whether anything is outlined; a count with the number of
outlines; named places with theirs; appeared or vanished; and in free sentences whether they mention a change at all, and
numbers of buildings or roads in them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from chronosight.engines.compact.reconcile import outlines
from chronosight.engines.from_objects import select
from chronosight.results.changed_object import Direction
from chronosight.results.evidence import Evidence
from chronosight.tasks.caption import NO_CHANGE_SENTENCES, says_no_change
from chronosight.tasks.cells import join_cells
from chronosight.tasks.direction import direction_of
from chronosight.tasks.nouns import SUBJECTS, change_subject, singular
from chronosight.tasks.question import Value
from chronosight.tasks.replies import NUMBER_WORDS


@dataclass(frozen=True)
class About:
    """What a question is about: a task, a class of objects, and the part of them that it asks for."""

    task: str
    subject: str | None = None
    direction: Direction | None = None
    cells: tuple[str, ...] = ()


@dataclass(frozen=True)
class Disagreement:
    """note: one line with both sides. outright: one says that something changed and the other that nothing did."""

    note: str
    outright: bool


def compare(about: About, text: str, value: Value | None, evidence: Evidence) -> Disagreement | None:
    """Compares a reply with the guide's outlines that it is about.

    Args:
        about: Task, subject, direction and cells of the question.
        text: The reply.
        value: Its typed value; None where it has none.
        evidence: The guide's maps and objects.

    Returns:
        The disagreement; None where they agree or nothing can be compared.
    """
    found = select(evidence.objects, about.subject, about.direction, about.cells)
    n, name = len(found), about.subject or "buildings or roads"
    match about.task:
        case "binary" if isinstance(value, bool) and value != bool(n):
            shown = f"{outlines(n) if n else 'no outline'} of {name}"
            return Disagreement(f"the words say {'yes' if value else 'no'}, the map shows {shown}", True)
        case "count" if isinstance(value, int) and not isinstance(value, bool) and value != n:
            return Disagreement(f"the words count {value} {name}, the map shows {n}", not value or not n)
        case "location" if isinstance(value, tuple):
            shown_cells = tuple(dict.fromkeys(item.cell for item in found))
            if set(value) != set(shown_cells):
                both = f"{name}: the words say {join_cells(value)}, the map shows {join_cells(shown_cells)}"
                return Disagreement(both, not value or not shown_cells)
        case "direction" if isinstance(value, str):
            appeared = sum(item.direction == "appeared" for item in found)
            shown_way = direction_of(appeared, n - appeared)
            if value != shown_way:
                return Disagreement(f"{name}: the words say {value}, the map shows {shown_way}", "none" in (value, shown_way))
        case "caption" | "open":
            return _compare_sentence(text, evidence)
    return None


def _compare_sentence(text: str, evidence: Evidence) -> Disagreement | None:
    n = len(evidence.objects)
    if _denies_change(text) and n:
        return Disagreement(f"the words report no change, the map shows {outlines(n)}", True)
    for number, subject in numbers_named(text):
        shown = len(select(evidence.objects, subject))
        if number != shown:
            return Disagreement(f"the words count {number} {subject}, the map shows {shown}", not number or not shown)
    return None


def _denies_change(text: str) -> bool:
    plain = " ".join(re.findall(r"[a-z]+", text.lower()))
    return says_no_change(text) or any(f" {sentence} " in f" {plain} " for sentence in NO_CHANGE_SENTENCES)


def numbers_named(text: str) -> list[tuple[int, str]]:
    """Numbers of buildings or roads in a sentence: "three new houses and a road" -> [(3, "buildings")].

    Up to two words may stand between a number and its noun; "a", "some" and "several" are no numbers.

    Args:
        text: A sentence in English.

    Returns:
        (number, "buildings" or "roads") in the order of the sentence.
    """
    words = re.findall(r"[a-z]+|\d+", text.lower())
    found = []
    for at, word in enumerate(words):
        number = int(word) if word.isdecimal() else NUMBER_WORDS.index(word) if word in NUMBER_WORDS else None
        if number is None:
            continue
        for noun in words[at + 1 : at + 4]:
            if noun.isdecimal() or noun in NUMBER_WORDS or noun in ("of", "to", "and", "or", "in", "at", "the"):
                break
            subject = change_subject(SUBJECTS.get(singular(noun), ""))
            if subject:
                found.append((number, subject))
                break
    return found
