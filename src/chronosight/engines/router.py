"""The way of a question in free wording: to the objects of a pair, or to the engine's model. The same for every engine.

What only objects can answer (an area, a length, the largest, a zone, a half) is read from the objects of the description;
everything else goes to the engine, with the task that `tasks/routing.py` found.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from chronosight.engines.scene_answers import answer_scene_question
from chronosight.errors import InputError
from chronosight.results.change_summary import change_summary
from chronosight.results.doubts import doubted
from chronosight.tasks.routing import MAX_CHARACTERS
from chronosight.tasks.scene_questions import only_objects_answer, read_scene_question

if TYPE_CHECKING:
    from chronosight.engines.engine import Engine, Progress
    from chronosight.results.answer import Answer
    from chronosight.results.change_summary import ChangeSummary
    from chronosight.results.description import Description
    from chronosight.results.zones import Zone
    from chronosight.scenes.scene import Scene


def check_question(text: str) -> str:
    """The question without spaces around it. Raises InputError for one longer than `MAX_CHARACTERS`."""
    text = text.strip()
    if len(text) > MAX_CHARACTERS:
        raise InputError(f"the question has {len(text):,} characters, expected at most {MAX_CHARACTERS:,}: shorten it")
    return text


def answer_by_objects(
    engine: Engine, scene: Scene, text: str, progress: Progress | None = None, zones: Sequence[Zone] | None = None
) -> Answer | None:
    """Answers a question about a pair that only its objects can answer.

    Args:
        engine: Describes the pair.
        scene: Any scene.
        text: The question.
        progress: Called with (tiles done, tiles in all).
        zones: Districts that the question may name.

    Returns:
        The answer; None where the engine's model is to be asked.

    Raises:
        InputError: The question is too long, or zones were given with something other than a pair.
    """
    check_question(text)
    if scene.kind != "pair":
        if zones is not None:
            raise InputError(f"--zones goes with two dates of a place, but one {scene.kind} was given: leave it out")
        return None
    read = read_scene_question(text, [zone.name for zone in zones or ()])
    if not only_objects_answer(read):
        return None
    return doubted(answer_scene_question(with_zones(engine.describe(scene, progress), zones), read), scene)


def answer_description(summary: ChangeSummary, text: str) -> Answer:
    """Answers any question about a pair that has been described, from its objects. Raises InputError as above."""
    names = [row.name for row in summary.zones.rows] if summary.zones else []
    return answer_scene_question(summary, read_scene_question(check_question(text), names))


def with_zones(description: Description, zones: Sequence[Zone] | None) -> ChangeSummary:
    """The change summary of a description, counted by zones. Raises InputError where zones and scene do not meet."""
    from dataclasses import replace

    from chronosight.engines.zones import count_zones

    summary = change_summary(description)
    if zones is None:
        return summary
    return replace(summary, zones=count_zones(summary.objects, zones, summary.footprint))
