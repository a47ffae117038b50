"""Many questions about one scene, where a short one leans on the question before it: "And the roads?", "Where?"."""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

from chronosight.engines.engine import Engine, Progress
from chronosight.engines.router import answer_by_objects
from chronosight.results.answer import Answer
from chronosight.scenes.scene import Scene
from chronosight.tasks.nouns import change_subject
from chronosight.tasks.reading import read
from chronosight.tasks.routing import Routed, route
from chronosight.tasks.wording import TASKS


class RoutedEngine(Engine, Protocol):
    """An engine that also answers questions that were routed before."""

    def answer_routed(self, scene: Scene, routed: Routed, progress: Progress | None = None) -> Answer:
        """Answers a routed question; one of no task gets an answer of task "open"."""
        ...


OF_CHANGE = ("binary", "count", "location", "direction")
SHORT = 4  # words: longer questions say themselves what they are about


class CompactConversation:
    """Questions about one scene, which is encoded once.

    Attributes:
        history: (question as typed, answer), oldest first.
    """

    def __init__(self, engine: RoutedEngine, scene: Scene) -> None:
        """The engine keeps what it computes of the scene."""
        self.engine, self.scene = engine, scene
        self.history: list[tuple[str, Answer]] = []
        self._last: Routed | None = None

    def ask(self, text: str) -> Answer:
        """Answers the next question. Raises InputError for one that is too long."""
        answer = answer_by_objects(self.engine, self.scene, text)
        if answer is None:
            routed = follow_up(text, self.scene, self._last)
            answer = self.engine.answer_routed(self.scene, routed)
            if routed.question is not None:
                self._last = routed
        self.history.append((text, answer))
        return answer


def follow_up(text: str, scene: Scene, last: Routed | None) -> Routed:
    """The question as routed, completed from the last one where it is short and leaves its subject or its task out."""
    routed = route(text, scene.kind)
    if last is None or last.question is None or scene.kind != "pair" or last.question.task not in OF_CHANGE:
        return routed
    said = read(text)
    if len(said.words) > SHORT or said.unknown:
        return routed
    before = last.question
    if routed.question is None and not said.subjects:  # "Where?"
        routed = route(f"{text} changed", scene.kind)
    if routed.question is None:  # "And the roads?"
        subjects = {change_subject(name) for name in said.subjects}
        if len(subjects) != 1 or None in subjects:
            return routed
        question = TASKS[before.task].ask(subjects.pop())
        return Routed(question, True, f"Taken as: {question.text}", last.direction, last.cells)
    if routed.question.task in OF_CHANGE and not said.subjects and before.subject:
        question = TASKS[routed.question.task].ask(before.subject)
        way, cells = routed.direction or last.direction, routed.cells or last.cells
        return replace(routed, question=question, note=f"Taken as: {question.text}", direction=way, cells=cells)
    return routed
