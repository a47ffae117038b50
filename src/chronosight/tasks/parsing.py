"""The one reader of questions: the text of a question -> the task for a model, and what to read off the changed objects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from chronosight.tasks.nouns import change_subject
from chronosight.tasks.reading import read
from chronosight.tasks.routing import Kind, Routed, TypedQuestion, read_typed, route, route_reading
from chronosight.tasks.scene_questions import only_objects_answer, read_scene_question
from chronosight.tasks.scene_reading import ReadScene
from chronosight.tasks.wording import TASKS

OF_CHANGE = ("binary", "count", "location", "direction")
SHORT = 4  # words: longer questions say themselves what they are about


@dataclass(frozen=True)
class ParsedQuestion:
    """All that was read in a question, once, for every way of answering it.

    Attributes:
        text: As typed.
        routed: The task that a model is asked, or why there is none.
        of_objects: Of two dates: what to read off the changed objects, or why they cannot answer; None for other scenes.
    """

    text: str
    routed: Routed
    of_objects: ReadScene | None = None

    @property
    def only_objects(self) -> bool:
        """Whether only the list of changed objects can answer."""
        return self.of_objects is not None and only_objects_answer(self.of_objects)


def parse_question(text: str, kind: Kind, zones: Sequence[str] = (), last: Routed | None = None) -> ParsedQuestion:
    """Reads a question in free wording; never raises on a text.

    Args:
        text: As typed; the time taken grows with its length, up to `routing.MAX_CHARACTERS`.
        kind: Of the scene that it is about.
        zones: Names of zones that it may use.
        last: In a conversation, the question before it, which a short one leans on: "And the roads?", "Where?".

    Returns:
        The task for a model and, of two dates, what to read off the objects.
    """
    typed = read_typed(text, kind)
    alone = route(typed, kind)
    of_objects = read_scene_question(typed, alone, zones) if kind == "pair" else None
    without = None if of_objects is None else of_objects.without_cover
    if without is not None:
        return ParsedQuestion(text, Routed(None, False, without.note), of_objects)
    return ParsedQuestion(text, _follow_up(typed, kind, alone, last), of_objects)


def _follow_up(typed: TypedQuestion, kind: Kind, routed: Routed, last: Routed | None) -> Routed:
    """The question completed from the last one where it is short and leaves its subject or its task out."""
    if last is None or last.question is None or kind != "pair" or last.question.task not in OF_CHANGE:
        return routed
    words = typed.reading
    if len(words.words) > SHORT or words.unknown:
        return routed
    before = last.question
    if routed.question is None and not words.subjects and not typed.unanswerable:  # "Where?"
        routed = route_reading(read([*typed.words, "changed"]), kind)
    if routed.question is None:  # "And the roads?"
        subjects = {change_subject(name) for name in words.subjects}
        if len(subjects) != 1 or None in subjects:
            return routed
        question = TASKS[before.task].ask(subjects.pop())
        return Routed(question, True, f"Taken as: {question.text}", last.direction, last.cells)
    if routed.question.task in OF_CHANGE and not words.subjects and before.subject:
        question = TASKS[routed.question.task].ask(before.subject)
        way, cells = routed.direction or last.direction, routed.cells or last.cells
        return replace(routed, question=question, note=f"Taken as: {question.text}", direction=way, cells=cells)
    return routed
