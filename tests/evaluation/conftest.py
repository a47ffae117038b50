"""Small deterministic engines whose scores are known: one that knows the truth, one that always says the same."""

from __future__ import annotations

import numpy as np
import pytest

from chronosight.datasets.places import CHANGED_PIXELS
from chronosight.results.answer import Answer
from chronosight.results.evidence import Evidence
from chronosight.scenes.scene import Scene
from chronosight.tasks.cells import join_cells
from chronosight.tasks.clue import ClassChange, GuideFacts
from chronosight.tasks.objects import count_and_cells
from chronosight.tasks.question import Question, Value

CLASSES = ("background", "road", "building")


def reply(question: Question, value: Value, confidence: float = 1.0) -> Answer:
    text = join_cells(value) if isinstance(value, tuple) else str(value)
    return Answer(text, question.task, value, confidence, True)


def evidence_of(building: np.ndarray) -> Evidence:
    mask = np.where(building, np.uint8(2), np.uint8(0))
    return Evidence(CLASSES, mask, building.astype(np.float32), np.ones(building.shape, np.float32), ())


class OracleEngine:
    """Knows every scene by its name. truths: name -> (mask of changed buildings, task -> value of other questions)."""

    def __init__(self, truths: dict[str, tuple[np.ndarray, dict[str, Value]]]):
        self.truths = truths

    def answer(self, scene: Scene, question: Question) -> Answer:
        building, known = self.truths[scene.sources[0].removesuffix(" before")]
        if question.task in known:
            return reply(question, known[question.task])
        count, cells = count_and_cells(building)
        values: dict[str, Value] = {"binary": bool(building.sum() > CHANGED_PIXELS), "count": count, "location": cells}
        return reply(question, values[question.task])

    def guide_facts(self, scene: Scene) -> tuple[Evidence, GuideFacts]:
        building, _ = self.truths[scene.sources[0].removesuffix(" before")]
        count, cells = count_and_cells(building)
        return evidence_of(building), GuideFacts(float(count > 0), None, {"buildings": ClassChange(count, 0, cells)})


class ConstantEngine:
    """Says the same of everything: task -> value, all with one confidence; its guide sees `building` in every scene."""

    def __init__(self, values: dict[str, Value | None], confidence: float = 1.0, building: np.ndarray | None = None):
        self.values, self.confidence, self.building = values, confidence, building
        self.asked: list[tuple[str, Question]] = []

    def answer(self, scene: Scene, question: Question) -> Answer:
        self.asked.append((scene.sources[0], question))
        value = self.values.get(question.task)
        if value is None:
            return Answer("mumble", question.task, None, self.confidence, False)
        return reply(question, value, self.confidence)

    def guide_facts(self, scene: Scene) -> tuple[Evidence, GuideFacts]:
        building = np.zeros(scene.valid.shape, bool) if self.building is None else self.building
        count, cells = count_and_cells(building)
        return evidence_of(building), GuideFacts(0.0, None, {"buildings": ClassChange(count, 0, cells)})


@pytest.fixture
def oracle() -> type[OracleEngine]:
    return OracleEngine


@pytest.fixture
def constant() -> type[ConstantEngine]:
    return ConstantEngine
