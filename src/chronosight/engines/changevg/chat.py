"""Many questions about one scene. The model has the whole history; the guide and the images are computed once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import override

from chronosight.engines.engine import Conversation
from chronosight.engines.router import answer_by_objects, parse_for, placeless
from chronosight.results.answer import Answer
from chronosight.results.doubts import doubted
from chronosight.scenes.scene import Scene
from chronosight.tasks.parsing import ParsedQuestion

if TYPE_CHECKING:
    from chronosight.engines.changevg.engine import ChangeVGEngine


class ChangeVGChat(Conversation):
    """history: (question as typed, answer), oldest first."""

    def __init__(self, engine: ChangeVGEngine, scene: Scene) -> None:
        self.engine, self.scene = engine, scene
        self.history: list[tuple[str, Answer]] = []
        self._seen = engine.see(scene)  # kept here too: the engine may forget it during the conversation
        self._dialogue = self._seen.images.dialogue()
        self._last: ParsedQuestion | None = None
        self._begun = False  # whether the model has been asked

    @override
    def ask(self, text: str) -> Answer:
        parsed = parse_for(self.scene, text, last=self._last)
        self._last = parsed.remembered(self._last)
        answer = answer_by_objects(self.engine, self.scene, parsed)
        if answer is not None:
            self.history.append((text, answer))
            return answer
        first, self._begun = not self._begun, True
        routed = parsed.routed
        turn, limit = self.engine.turn(self._seen, routed, text, first)
        reply = self._dialogue.ask(turn, limit)
        notes = self.engine.notes(self.scene) if first else ()
        answer = placeless(doubted(self.engine.read(self._seen, routed, reply, notes), self.scene), parsed)
        self.history.append((text, answer))
        return answer
