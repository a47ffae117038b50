"""`describe` with a language model: its answers beside the guide's map, asked in one batch."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from chronosight.engines.compact.caption import fit_caption
from chronosight.engines.compact.objects import PLURALS, tally
from chronosight.engines.confidence import EVEN
from chronosight.results.answer import Answer
from chronosight.results.description import ClassDescription, Description
from chronosight.tasks import binary, caption, count, location
from chronosight.tasks.clue import ClassChange
from chronosight.tasks.routing import Routed

if TYPE_CHECKING:
    from chronosight.engines.changevg.engine import ChangeVGEngine, SeenScene

NOT_ASKED = "follows from the number counted: the model was not asked whether any of them changed"
CLASSES = {plural: singular for singular, plural in PLURALS.items()}


def describe_pair(engine: ChangeVGEngine, seen: SeenScene) -> Description:
    """Describes a pair: the six questions are put to the language model as one batch.

    Args:
        engine: The engine.
        seen: A pair, encoded by the engine.

    Returns:
        The description; its notes say where replies contradict each other or the map.
    """
    questions = [binary.ask(), caption.ask("pair"), *map(count.ask, CLASSES), *map(location.ask, CLASSES)]
    routed = [Routed(question, True) for question in questions]
    turns = [engine.turn(seen, one, question.text) for one, question in zip(routed, questions, strict=True)]
    replies = seen.images.replies([parts for parts, _ in turns], max(limit for _, limit in turns))
    answers = [engine.read(seen, one, reply) for one, reply in zip(routed, replies, strict=True)]
    changed, captioned, *of_classes = answers
    evidence = seen.evidence
    assert evidence is not None  # a pair always has it
    notes = list(engine.notes(seen.scene))
    if isinstance(changed.value, bool):
        captioned, note = fit_caption(captioned, changed, evidence)
        notes += [note] if note else []
    classes = []
    for index, (name, class_name) in enumerate(CLASSES.items()):
        counted, placed = of_classes[index], of_classes[len(CLASSES) + index]
        outlined = tally(evidence, class_name)
        classes.append(_describe_class(name, counted, placed, outlined))
        if not isinstance(counted.value, int):
            notes.append(f'{name}: the reply "{_short(counted.text)}" is no number; the map\'s count is given')
        elif not changed.value and isinstance(changed.value, bool) and counted.value:
            notes.append(f"{name}: {counted.value} counted, although the answer is that nothing changed")
    for answer in answers:
        notes += [note for note in answer.notes if note not in notes]
    bare = [replace(answer, notes=()) for answer in (captioned, changed)]  # listed once, below
    return Description(bare[0], bare[1], tuple(classes), evidence, tuple(notes), dict(engine.facts), seen.scene)


def _describe_class(name: str, counted: Answer, placed: Answer, outlined: ClassChange) -> ClassDescription:
    """Count and places as the model says, split into new and gone as the guide's objects are.

    A count that cannot be read is the map's. Without an outline all count as new: the instruction set does not ask which.
    """
    known = isinstance(counted.value, int)
    n = counted.value if isinstance(counted.value, int) else outlined.count
    cells = placed.value if isinstance(placed.value, tuple) else outlined.cells
    sure = max(EVEN, counted.confidence if known else 0.0)
    changed = Answer("Yes" if n else "No", "binary", n > 0, sure, False, None, (NOT_ASKED,), None, counted.confidence_known)
    if n == 0:
        return ClassDescription(name, 0, 0, (), counted.confidence if known else 0.0, changed=changed)
    appeared = round(n * outlined.appeared / outlined.count) if outlined.count else n
    confidence = min(counted.confidence, placed.confidence) if known else 0.0
    return ClassDescription(name, appeared, n - appeared, cells or outlined.cells, confidence, changed=changed)


def _short(text: str, most: int = 40) -> str:
    text = " ".join(text.split())
    return text if len(text) <= most else f"{text[:most]} ..."
