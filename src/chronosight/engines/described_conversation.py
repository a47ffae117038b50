"""Many questions about a pair that has been described: answered from its objects, each leaning on the one before."""

from __future__ import annotations

from typing_extensions import override

from chronosight.engines.engine import Conversation
from chronosight.engines.router import answer_described, check_question, with_zones
from chronosight.results.answer import Answer
from chronosight.results.description import Description
from chronosight.tasks.parsing import ParsedQuestion, parse_question


class DescribedConversation(Conversation):
    """Questions about a description, such as one read from a result folder; no model is asked.

    Attributes:
        history: (question as typed, answer), oldest first.
    """

    def __init__(self, description: Description) -> None:
        """Counts by the zones of the description."""
        self.history: list[tuple[str, Answer]] = []
        self._description, self._summary = description, with_zones(description, None)
        self._zones = [row.name for row in self._summary.zones.rows] if self._summary.zones else []
        self._last: ParsedQuestion | None = None

    @override
    def ask(self, text: str) -> Answer:
        parsed = parse_question(check_question(text), "pair", self._zones, self._last)
        self._last = parsed.remembered(self._last)
        answer = answer_described(self._summary, parsed, self._description.changed, self._description.classes)
        self.history.append((text, answer))
        return answer
