"""Many questions about one scene, which lean on the one before: "And the roads?", "Where?", "Which of them is the largest?"."""

from __future__ import annotations

from typing_extensions import override

from chronosight.engines.engine import Conversation, Engine
from chronosight.engines.router import answer_by_objects, by_model, parse_for
from chronosight.results.answer import Answer
from chronosight.scenes.scene import Scene
from chronosight.tasks.parsing import ParsedQuestion


class CompactConversation(Conversation):
    """Questions about one scene, which is encoded once.

    Attributes:
        history: (question as typed, answer), oldest first.
    """

    def __init__(self, engine: Engine, scene: Scene) -> None:
        """The engine keeps what it computes of the scene."""
        self.engine, self.scene = engine, scene
        self.history: list[tuple[str, Answer]] = []
        self._last: ParsedQuestion | None = None

    @override
    def ask(self, text: str) -> Answer:
        parsed = parse_for(self.scene, text, last=self._last)
        self._last = parsed.remembered(self._last)
        answer = answer_by_objects(self.engine, self.scene, parsed)
        if answer is None:
            answer = by_model(self.engine, self.scene, parsed)
        self.history.append((text, answer))
        return answer
