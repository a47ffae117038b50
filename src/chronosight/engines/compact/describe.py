"""`describe`: everything that changed in a pair, in words and on a map."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import ceil
from typing import Any

from chronosight.engines.compact.any_size import class_at_any_size
from chronosight.engines.compact.caption import completed, joined_caption
from chronosight.engines.compact.encoded import EncodedScene
from chronosight.engines.compact.objects import PLURALS, tally, without_objects
from chronosight.engines.compact.reconcile import outlined_otherwise
from chronosight.engines.compact.replies import read_reply
from chronosight.engines.from_objects import answer_task, beside_undecided
from chronosight.results.answer import Answer
from chronosight.results.description import ClassDescription, Description
from chronosight.results.evidence import Evidence, MapsOnDisk
from chronosight.scenes.scene import Scene
from chronosight.tasks import binary, caption, count, direction, location
from chronosight.tasks.clue import ClassChange

SINGULARS = {plural: singular for singular, plural in PLURALS.items()}
CLASSES = ("buildings", "roads")
FROM_OBJECTS = "the scene is larger than the model sees at once: its description is read from the outlined objects"
PARTS = "the scene is larger than the model sees at once: the caption joins those of its parts, the rest is read from the objects"


def describe_pair(encoded: EncodedScene) -> Description:
    """Describes a pair: the language model's answers and the guide's map, reconciled (`reconcile`).

    Args:
        encoded: The pair, encoded.

    Returns:
        The description; its notes say where words and map disagree.
    """
    counts, places = [count.ask(name) for name in CLASSES], [location.ask(name) for name in CLASSES]
    exact_tasks = encoded.bundle.from_objects
    asked = [question for question in (*counts, *places) if question.task not in exact_tasks]
    read = {
        question: read_reply(encoded.bundle, "pair", question, reply)
        for question, reply in zip(asked, encoded.replies(asked), strict=True)
    }
    reconciled = encoded.reconciled
    notes = list(reconciled.notes)
    captioned, note = completed(encoded.chosen_caption[0]), encoded.chosen_caption[1]
    notes += [note] if note else []
    classes = []
    for index, name in enumerate(CLASSES):
        outlined = tally(reconciled.evidence, SINGULARS[name])
        if not reconciled.changed.value:
            classes.append(ClassDescription(name, 0, 0, (), reconciled.changed.confidence, changed=_class_changed(encoded, name)))
            continue
        counted, placed = (
            read[question] if question in read else encoded.read_off(question) for question in (counts[index], places[index])
        )
        described = replace(_describe_class(encoded, name, counted, placed, outlined), changed=_class_changed(encoded, name))
        classes.append(described)
        note = outlined_otherwise(counts[index], described.appeared + described.vanished, reconciled.evidence)
        notes += [note] if note else []
    facts, evidence = encoded.guide.facts, reconciled.evidence
    return Description(
        captioned, reconciled.changed, tuple(classes), evidence, tuple(notes), facts, encoded.scene, guide_changed=encoded.changed
    )


def describe_large(encoded: EncodedScene, caption_of: Callable[[Scene], Answer]) -> Description:
    """A pair larger than the language model sees at once: its parts are captioned, all else is read from the objects.

    Args:
        encoded: The pair.
        caption_of: Writes the caption of a part.
    """
    evidence, bundle = encoded.reported_evidence, encoded.bundle
    described = describe_objects(evidence, encoded.changed, encoded.guide.facts, encoded.scene)
    side = float(bundle.config["pair_size"]) / encoded.networks.guide.resampling(encoded.scene)
    if not described.changed.value:
        return described
    captioned = joined_caption(encoded.scene, evidence, described.changed, side, caption_of)
    notes = tuple(PARTS if note == FROM_OBJECTS else note for note in described.notes)
    return replace(described, caption=captioned, notes=notes)


def at_finer_size(description: Description, encoded: EncodedScene) -> Description:
    """A description as it may be given where the pair may be finer than was taken (`any_size`).

    Args:
        description: At the estimated ground size.
        encoded: The pair, which may be finer.

    Returns:
        The description; its scene has a doubt where whether anything changed depends on the ground size.
    """
    finer = encoded.finer
    if finer is None:
        return description
    scene = replace(encoded.scene, doubts=encoded.doubts) if encoded.doubts != tuple(encoded.scene.doubts) else encoded.scene
    evidence = finer.reported_evidence if finer.large else finer.reconciled.evidence
    unchanged = finer.something.value is False
    classes = []
    for one in description.classes:
        other = tally(without_objects(evidence) if unchanged else evidence, SINGULARS[one.name])
        interval, changed = finer.read_off(count.ask(one.name)).interval, _class_changed(finer, one.name)
        found = ClassDescription(one.name, other.appeared, other.vanished, other.cells, 0.0, interval, changed)
        classes.append(class_at_any_size(one, found, finer.size))
    return replace(description, scene=scene, classes=tuple(classes))


def describe_objects(evidence: Evidence | MapsOnDisk, changed: float, model: dict[str, Any], scene: Scene) -> Description:
    """Describes a pair from its objects alone.

    Args:
        evidence: The maps and the objects.
        changed: Probability in [0, 1] that anything changed.
        model: Facts of the weights, the calibration of exact answers among them.
        scene: What was compared.
    """
    exact = model.get("exact_answers", {})
    whether = answer_task(binary.ask(), evidence, changed)
    classes = []
    for name in CLASSES:
        outlined = tally(evidence, SINGULARS[name])
        counted, placed = (
            beside_undecided(answer_task(asked, evidence, changed, exact=exact), whether)
            for asked in (count.ask(name), location.ask(name))
        )
        confidence = min(counted.confidence, placed.confidence)
        classes.append(ClassDescription(name, outlined.appeared, outlined.vanished, outlined.cells, confidence, counted.interval))
    return Description(
        answer_task(caption.ask("pair"), evidence, changed),
        replace(whether, notes=()),
        tuple(classes),
        evidence,
        (FROM_OBJECTS, *whether.notes),
        model,
        scene,
        guide_changed=changed,
    )


def _class_changed(encoded: EncodedScene, name: str) -> Answer:
    """Whether any object of a class changed, without the map, which the description holds."""
    return replace(encoded.class_changed(binary.ask(name)), evidence=None)


def _describe_class(encoded: EncodedScene, name: str, counted: Answer, placed: Answer, outlined: ClassChange) -> ClassDescription:
    """Count and places as the language model says, split into new and gone as the guide's objects are."""
    n = counted.value if isinstance(counted.value, int) else outlined.count
    cells = placed.value if isinstance(placed.value, tuple) else outlined.cells
    confidence = min(counted.confidence, placed.confidence)
    if n == 0:
        return ClassDescription(name, 0, 0, (), counted.confidence, counted.interval)
    if outlined.count:
        appeared = round(n * outlined.appeared / outlined.count)
    else:
        question = direction.ask(name)
        reply = encoded.replies([question])[0]
        way = read_reply(encoded.bundle, "pair", question, reply).value
        appeared = {"vanished": 0, "both": ceil(n / 2)}.get(str(way), n)
    return ClassDescription(name, appeared, n - appeared, cells or outlined.cells, confidence, counted.interval)
