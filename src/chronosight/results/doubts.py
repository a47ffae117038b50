"""Answers about a scene that gives reasons for doubt (`Scene.doubts`): never confident, and they say why."""

from __future__ import annotations

from dataclasses import replace

from chronosight.results.answer import Answer
from chronosight.results.description import Description
from chronosight.scenes.scene import Scene

MOST = 0.5  # confidence that an answer about such a scene has at most


def doubted(answer: Answer, scene: Scene) -> Answer:
    """The answer as it may be given about a scene.

    Args:
        answer: what the engine would say.
        scene: what it was asked about.

    Returns:
        The same answer where the scene gives no reason for doubt; else one that is not confident, with the reasons as notes.
    """
    if not scene.doubts:
        return answer
    notes = (*answer.notes, *(doubt for doubt in scene.doubts if doubt not in answer.notes))
    return replace(answer, confident=False, confidence=min(MOST, answer.confidence), notes=notes)


def doubted_description(description: Description, scene: Scene) -> Description:
    """The same of a description: its answers and its counts."""
    if not scene.doubts:
        return description
    classes = tuple(replace(one, confidence=min(MOST, one.confidence)) for one in description.classes)
    return replace(
        description,
        caption=doubted(description.caption, scene),
        changed=doubted(description.changed, scene),
        classes=classes,
        notes=(*description.notes, *scene.doubts),
    )
