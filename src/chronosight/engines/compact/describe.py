"""`describe`: everything that changed in a pair, in words and on a map."""

from __future__ import annotations

from dataclasses import replace
from math import ceil
from typing import Any

from chronosight.engines.compact.encoded import EncodedScene
from chronosight.engines.compact.objects import PLURALS, tally
from chronosight.engines.compact.reconcile import outlined_otherwise
from chronosight.engines.compact.replies import read_exact, read_reply
from chronosight.engines.from_objects import answer_task
from chronosight.results.answer import Answer
from chronosight.results.description import ClassDescription, Description
from chronosight.results.evidence import Evidence, MapsOnDisk
from chronosight.scenes.scene import Scene
from chronosight.tasks import binary, caption, count, direction, location
from chronosight.tasks.clue import ClassChange

SINGULARS = {plural: singular for singular, plural in PLURALS.items()}
CLASSES = ("buildings", "roads")


def describe_pair(encoded: EncodedScene) -> Description:
    """The language model's answers beside the guide's map, made to fit each other (`reconcile`)."""
    counts, places = [count.ask(name) for name in CLASSES], [location.ask(name) for name in CLASSES]
    exact_tasks = encoded.bundle.from_objects
    said = [question for question in (*counts, *places) if question.task not in exact_tasks]
    questions = [binary.ask(), caption.ask("pair"), *said]
    read = {
        question: read_reply(encoded.bundle, encoded.networks.language, "pair", question, reply)
        for question, reply in zip(questions, encoded.replies(questions), strict=True)
    }
    reconciled = encoded.reconciled
    notes = list(reconciled.notes)
    told, note = fit_caption(read[questions[1]], bool(reconciled.changed.value))
    notes += [note] if note else []
    classes = []
    for index, name in enumerate(CLASSES):
        outlined = tally(reconciled.evidence, SINGULARS[name])
        if not reconciled.changed.value:
            classes.append(ClassDescription(name, 0, 0, (), reconciled.changed.confidence))
            continue
        counted, placed = (
            read[question] if question in read else read_exact(encoded.bundle, question, reconciled.evidence, encoded.changed)
            for question in (counts[index], places[index])
        )
        described = _describe_class(encoded, name, counted, placed, outlined)
        classes.append(described)
        note = outlined_otherwise(counts[index], described.appeared + described.vanished, reconciled.evidence)
        notes += [note] if note else []
    facts, evidence = dict(encoded.bundle.facts), reconciled.evidence
    return Description(told, reconciled.changed, tuple(classes), evidence, tuple(notes), facts, encoded.scene)


def describe_large(encoded: EncodedScene) -> Description:
    """A scene too large for one look of the language model: all words are read off the objects."""
    return describe_objects(encoded.guide_evidence, encoded.changed, dict(encoded.bundle.facts), encoded.scene)


def describe_objects(
    evidence: Evidence | MapsOnDisk, changed: float, model: dict[str, Any], scene: Scene
) -> Description:
    """Describes a pair from its objects alone.

    Args:
        evidence: The maps and the objects.
        changed: Probability in [0, 1] that anything changed.
        model: Facts of the weights.
        scene: What was compared.
    """
    classes = []
    for name in CLASSES:
        outlined = tally(evidence, SINGULARS[name])
        sure = answer_task(count.ask(name), evidence, changed).confidence
        classes.append(ClassDescription(name, outlined.appeared, outlined.vanished, outlined.cells, sure))
    return Description(
        answer_task(caption.ask("pair"), evidence, changed),
        answer_task(binary.ask(), evidence, changed),
        tuple(classes),
        evidence,
        ("the scene is larger than the language model's view: words, counts and places are those of the outlines",),
        model,
        scene,
    )


def fit_caption(told: Answer, changed: bool) -> tuple[Answer, str]:
    """A caption that speaks against the answer to "has anything changed" is marked as unsure; -> (caption, note)."""
    if caption.says_no_change(told.text) != changed:
        return told, ""
    note = f'the caption and the answer "{"yes" if changed else "no"}" do not agree; the answer is the better guess'
    return replace(told, confident=False), note


def _describe_class(encoded: EncodedScene, name: str, counted: Answer, placed: Answer, outlined: ClassChange) -> ClassDescription:
    """Count and places as the language model says, split into new and gone as the guide's objects are."""
    n = counted.value if isinstance(counted.value, int) else outlined.count
    cells = placed.value if isinstance(placed.value, tuple) else outlined.cells
    confidence = min(counted.confidence, placed.confidence)
    if n == 0:
        return ClassDescription(name, 0, 0, (), counted.confidence)
    if outlined.count:
        appeared = round(n * outlined.appeared / outlined.count)
    else:
        question = direction.ask(name)
        reply = encoded.replies([question])[0]
        way = read_reply(encoded.bundle, encoded.networks.language, "pair", question, reply).value
        appeared = {"vanished": 0, "both": ceil(n / 2)}.get(str(way), n)
    return ClassDescription(name, appeared, n - appeared, cells or outlined.cells, confidence)
