"""Answers about a scene that gives reasons for doubt (`Scene.doubts`): never confident, and they say why.

A caption of a scene of which an image shows nothing says that alone: words for houses that nobody can see would be read as found.

The same for images, pairs in memory, whole scenes and result folders read back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from chronosight.results.answer import Answer
from chronosight.results.description import Description
from chronosight.scenes.doubts import blank
from chronosight.tasks.cells import listed

MOST = 0.5  # confidence that an answer about such a scene has at most


class Doubtful(Protocol):
    """What is needed of a scene or a change summary."""

    @property
    def doubts(self) -> Sequence[str]:
        """Why no confident answer can be given; see `Scene.doubts`."""
        ...

    @property
    def kind(self) -> str:
        """Kind of the scene."""
        ...


def doubted(answer: Answer, scene: Doubtful) -> Answer:
    """The answer as it may be given about a scene.

    Args:
        answer: what the engine would say.
        scene: what it was asked about, or the summary of its changes.

    Returns:
        The same answer where the scene gives no reason for doubt; else one that is not confident, with the reasons as notes, and
        with other words where it is a caption of what shows nothing.
    """
    if not scene.doubts:
        return answer
    notes = (*answer.notes, *(doubt for doubt in scene.doubts if doubt not in answer.notes))
    empty = blank(scene.doubts)
    if answer.task == "caption" and empty:
        text = f"Nothing can be {'compared' if scene.kind == 'pair' else 'described'}: {listed(empty)}"
        answer = replace(answer, text=text, value=text)
    return replace(answer, confident=False, confidence=min(MOST, answer.confidence), notes=notes)


def doubted_description(description: Description) -> Description:
    """Marks a description as not confident where its scene gives reason for doubt: its answers and its counts.

    Args:
        description: The description of a pair.

    Returns:
        The description; the same where there is no doubt.
    """
    scene = description.scene
    if not scene.doubts:
        return description
    classes = tuple(
        replace(one, confidence=min(MOST, one.confidence), changed=one.changed and doubted(one.changed, scene))
        for one in description.classes
    )
    return replace(
        description,
        caption=doubted(description.caption, scene),
        changed=doubted(description.changed, scene),
        classes=classes,
        notes=tuple(dict.fromkeys((*description.notes, *scene.doubts))),
    )
