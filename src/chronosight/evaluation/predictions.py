"""What is asked, what came back, and where it is kept: one JSON line per answer, written as it comes."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, TextIO

from chronosight.results.answer import Answer
from chronosight.results.evidence import Evidence
from chronosight.scenes.scene import Scene
from chronosight.tasks.clue import GuideFacts
from chronosight.tasks.question import Question, Value


class Engine(Protocol):
    """What the benchmarks need of an engine. Questions about one scene come in a row, with the same `Scene` object."""

    def answer(self, scene: Scene, question: Question) -> Answer: ...

    def guide_facts(self, scene: Scene) -> tuple[Evidence, GuideFacts]: ...


@dataclass(frozen=True)
class Prediction:
    """One answer beside its truth.

    item: what was asked about. place: the group that bootstrap draws. source: "model", or "guide" for the vision guide
    without the language model. truth: a value; for captions the reference sentences.
    """

    item: str
    place: str
    source: str
    question: Question
    answer: Answer
    truth: Value

    def to_dict(self) -> dict[str, Any]:
        truth = list(self.truth) if isinstance(self.truth, tuple) else self.truth
        question = {"task": self.question.task, "text": self.question.text, "subject": self.question.subject}
        return {
            "item": self.item,
            "place": self.place,
            "source": self.source,
            "question": question,
            "answer": self.answer.to_dict(),
            "truth": truth,
        }


@dataclass
class PredictionLog:
    """Keeps predictions and appends each to a JSONL file at once, so a run that stops leaves what it had.

    path: None keeps them in memory only. The file is begun anew on entering.
    """

    path: Path | None = None
    predictions: list[Prediction] = field(default_factory=list)
    _file: TextIO | None = field(default=None, repr=False)

    def __enter__(self) -> PredictionLog:
        if self.path is not None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self.path.open("w", encoding="utf-8")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._file is not None:
            self._file.close()

    def add(self, prediction: Prediction) -> None:
        self.predictions.append(prediction)
        if self._file is not None:
            self._file.write(json.dumps(prediction.to_dict(), ensure_ascii=False) + "\n")
            self._file.flush()

    def ask(self, engine: Engine, scene: Scene, question: Question, truth: Value, item: str, place: str) -> Answer:
        """Asks the model and keeps its answer."""
        answer = engine.answer(scene, question)
        self.add(Prediction(item, place, "model", question, answer, truth))
        return answer
