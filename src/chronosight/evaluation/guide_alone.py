"""The vision guide without the language model, as a second system that the same code asks and scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from chronosight.datasets.places import CHANGED_PIXELS
from chronosight.datasets.sample import Sample
from chronosight.evaluation.metric import Metric, Result, difference
from chronosight.results.answer import Answer
from chronosight.scenes.scene import Scene
from chronosight.tasks.clue import ClassChange
from chronosight.tasks.question import Question, Value
from chronosight.tasks.wording import write_reply

ASKED = ("binary", "count", "location")  # tasks that the guide answers by itself, about buildings
NAME = "guide alone"
# Metrics that are compared with the whole system; errors with the sign turned, so that a gain is positive.
COMPARED = {"accuracy": 1, "example accuracy": 1, "MAE": -1}


class GuideAlone:
    """An engine that answers from the guide's mask and objects."""

    def __init__(self, engine: Any) -> None:
        """Wraps an engine.

        Args:
            engine: Has `guide_facts(scene)`.
        """
        self.engine = engine

    def answer(self, scene: Scene, question: Question) -> Answer:
        """Answers a question about changed buildings.

        Args:
            scene: A pair.
            question: Of one of the tasks `ASKED`.

        Returns:
            Yes where the mask has more than 20 pixels of changed building; count and cells by the label rule.
        """
        evidence, facts = self.engine.guide_facts(scene)
        buildings = facts.classes.get("buildings", ClassChange())
        values: dict[str, Value] = {
            "binary": bool((evidence.mask == evidence.classes.index("building")).sum() > CHANGED_PIXELS),
            "count": buildings.count,
            "location": buildings.cells,
        }
        value = values[question.task]
        confidence = max(facts.probability, 1 - facts.probability)
        return Answer(write_reply(question.task, value), question.task, value, confidence, True)


def guide_samples(samples: Sequence[Sample]) -> list[Sample]:
    """The samples that the guide answers by itself.

    Args:
        samples: Of a benchmark.

    Returns:
        Those of the whole, with ids that end in "@guide alone".
    """
    asked = [sample for sample in samples if sample.scored_as in ASKED and sample.type == "buildings" and not sample.part]
    return [replace(sample, id=f"{sample.id}@{NAME}") for sample in asked]


def gain_metrics(whole: Sequence[Metric | Result], alone: Sequence[Metric | Result]) -> list[Metric]:
    """The guide's metrics, and what the whole system gains over it.

    Args:
        whole: Metrics of the whole system.
        alone: Those of the guide alone.

    Returns:
        Metrics named "guide alone: ..." and "gain over the guide alone: ...".
    """
    by_name = {metric.name: metric for metric in whole if isinstance(metric, Metric)}
    ours = [m for m in alone if isinstance(m, Metric) and m.name.startswith(ASKED) and ", of " not in m.name]
    found = [replace(metric, name=f"{NAME}: {metric.name}") for metric in ours]
    for metric in ours:
        sign = COMPARED.get(metric.name.partition(" of buildings ")[2])
        if sign and metric.name in by_name:
            pair = (by_name[metric.name], metric) if sign > 0 else (metric, by_name[metric.name])
            found.append(difference(f"gain over the {NAME}: {metric.name}", *pair))
    return found
