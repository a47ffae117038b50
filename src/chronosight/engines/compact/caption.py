"""Captions of pairs, held against what was outlined, and captions of pairs larger than the model sees at once.

Of the sentences that the model finds likely the first one that needs no correction is taken. A caption that says a thing twice,
or names a class, a direction or a place that no object has, loses that clause; where nothing is left the objects themselves are
described. No caption is more certain than the facts in it. A larger pair is cut into views: the model writes a caption for each
one that changed, and they are joined with their places.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from math import ceil

import numpy as np

from chronosight.engines.confidence import is_confident
from chronosight.engines.from_objects import counts_and_places
from chronosight.results.answer import Answer
from chronosight.results.change_summary import ChangeSummary
from chronosight.results.changed_object import ChangedObject, tally
from chronosight.results.evidence import Evidence, MapsOnDisk
from chronosight.scenes.lonlat import scene_corners
from chronosight.scenes.scene import Scene
from chronosight.tasks import caption
from chronosight.tasks.caption import NO_CHANGE_SENTENCES
from chronosight.tasks.caption_claims import (
    FaultKind,
    clauses,
    place_of_scene,
    supported_confidence,
    without_faults,
    without_places,
    without_settings,
)
from chronosight.tasks.cells import cell_at, halves_and_quarters, listed, whereabouts
from chronosight.tasks.nouns import singular

REMOVED: tuple[FaultKind, ...] = ("repeated clause", "repeated noun", "class", "direction", "place", "unmapped")
NEVER_RIGHT = ("desert",)  # of val captions that name one, people do in 0.28, however probable the word
BEGINNINGS = tuple(" ".join(sentence.split()[:3]) for sentence in NO_CHANGE_SENTENCES)
"""So a caption of change does not begin: "the two scenes seem roads" is a sentence of no change with another end."""
MANY = 5  # objects from which on they are called many
ONE_BUILDING = re.compile(
    r"\b(?:a|an|one|the|another)(?: (?!road|street|path|with|and)[a-z-]+)? (?:house|building|villa|residence|roof)\b"
)
_KIND = r"(?: (?!road|street|path|with|and)[a-z-]+)? (?:houses|buildings|villas|residences)\b"
TWO_BUILDINGS = re.compile(rf"\btwo{_KIND}")
MANY_BUILDINGS = re.compile(rf"\b(?:many|massive|a lot of|lots of|rows of){_KIND}")
MOST_VIEWS = 9  # that are captioned, those with the largest changed area


def of_objects(captioned: Answer, changed: Answer, objects: Sequence[ChangedObject]) -> Answer:
    """A caption of the objects, in place of the model's own.

    Args:
        captioned: The model's caption.
        changed: Whether anything changed.
        objects: The objects; none for a caption that says that nothing changed.

    Returns:
        The caption.
    """
    text = in_words(objects) if objects else NO_CHANGE_SENTENCES[0]
    confidence = supported_confidence(changed.confidence, fact_confidences(text, objects) if objects else [])
    confident = changed.confident and is_confident(confidence, {})
    return replace(captioned, text=text, value=text, confidence=confidence, confident=confident)


def fit_caption(captioned: Answer, changed: Answer, evidence: Evidence | MapsOnDisk) -> tuple[Answer, str]:
    """The caption as it may stand beside the answer to "has anything changed" and the map.

    Args:
        captioned: The model's caption.
        changed: Whether anything changed.
        evidence: The objects.

    Returns:
        The caption and a note, "" where there is nothing to remark.
    """
    text = without_settings(captioned.text, NEVER_RIGHT)
    captioned = replace(captioned, text=text, value=None if captioned.value is None else text)
    broken = text.startswith(BEGINNINGS) and not caption.says_no_change(text)
    if broken:
        captioned = replace(captioned, text=NO_CHANGE_SENTENCES[0], value=NO_CHANGE_SENTENCES[0])
    if broken or caption.says_no_change(captioned.text) == bool(changed.value):
        word = "yes" if changed.value else "no"
        note = f'the caption follows the answer "{word}": the model\'s own sentence said otherwise'
        if changed.value and not evidence.objects:
            note = f'the caption and the answer "{word}" do not agree; the answer is the better guess'
            return replace(captioned, confident=False, confidence=min(captioned.confidence, 1 - changed.confidence)), note
        return of_objects(captioned, changed, evidence.objects if changed.value else ()), note
    facts = fact_confidences(captioned.text, evidence.objects)
    confidence = supported_confidence(captioned.confidence, [changed.confidence, *facts])
    if not changed.value or not evidence.objects:
        return replace(captioned, confidence=confidence, confident=captioned.confident and is_confident(confidence, {})), ""
    text = without_faults(_with_houses(captioned.text, evidence.objects), evidence.objects, REMOVED)
    if text == captioned.text and facts:
        return replace(captioned, confidence=confidence, confident=captioned.confident and is_confident(confidence, {})), ""
    note = "the caption was corrected: the map does not show all of what it said"
    own = captioned.confidence
    if not fact_confidences(text, evidence.objects):  # nothing is left, or no words that mean an object
        text, own = in_words(evidence.objects), 1.0
        note = "the caption describes the outlined objects: the map does not show what the model's own sentence said"
    confidence = supported_confidence(own, [changed.confidence, *fact_confidences(text, evidence.objects)])
    return replace(captioned, text=text, value=text, confidence=confidence, confident=is_confident(confidence, {})), note


def choose_caption(captions: Sequence[Answer], changed: Answer, evidence: Evidence | MapsOnDisk) -> tuple[Answer, str]:
    """The likeliest caption that may stand as it is and leaves nothing out; where none does, the likeliest one, corrected.

    What it leaves out is added (`left_out`); one with another number of buildings than the map is not confident (`miscounted`).

    Args:
        captions: The model's captions of one pair, the likeliest first.
        changed: Whether anything changed.
        evidence: The objects.

    Returns:
        As of `fit_caption`.
    """
    fitted = [fit_caption(captioned, changed, evidence) for captioned in captions]
    standing = [found for found in fitted if not found[1]]
    if not changed.value or not evidence.objects:
        return (standing or fitted)[0]
    whole = [found for found in standing if not left_out(found[0].text, evidence.objects)]
    chosen, note = (whole or standing or fitted)[0]
    missing = left_out(chosen.text, evidence.objects)
    if not missing:
        return replace(chosen, confident=chosen.confident and not miscounted(chosen.text, evidence.objects)), note
    return _with_objects(chosen, missing), "the caption leaves out most of what the map shows: the outlined objects are added"


def completed(captioned: Answer) -> Answer:
    """The caption as it is read, without slips of grammar that the captions to learn from have (`tasks.caption.completed`).

    The engine's answer to its own task keeps the model's sentence, which is held against such captions where it is scored.

    Args:
        captioned: The caption of a pair.

    Returns:
        The caption.
    """
    text = caption.completed(captioned.text)
    return captioned if text == captioned.text else replace(captioned, text=text, value=text)


def left_out(text: str, objects: Sequence[ChangedObject]) -> list[ChangedObject]:
    """Objects of a class and direction that the map shows many times and a caption does not name, or names as one.

    Args:
        text: The caption.
        objects: The changed objects.

    Returns:
        The objects; [] where the caption names every class of which there are many.
    """
    found: list[ChangedObject] = []
    said = clauses(text)
    for (class_name, direction), value in tally(objects).items():
        if value.count < MANY:
            continue
        named = [clause for clause in said if f"{class_name}s" in clause.subjects and clause.direction in (None, direction)]
        if not named or (class_name == "building" and all(_says_few(clause.text) for clause in named)):
            found += [item for item in objects if (item.class_name, item.direction) == (class_name, direction)]
    return found


def miscounted(text: str, objects: Sequence[ChangedObject]) -> bool:
    """Whether a caption speaks of another number of buildings than the map shows.

    Args:
        text: The caption.
        objects: The changed objects.

    Returns:
        True for one where there are more, two where there are not two, and many where there are fewer than `MANY`.
    """
    buildings = sum(item.class_name == "building" for item in objects)
    if ONE_BUILDING.search(text) and buildings > 1:
        return True
    if TWO_BUILDINGS.search(text):
        return buildings != 2
    return bool(MANY_BUILDINGS.search(text)) and 0 < buildings < MANY


def _says_few(text: str) -> bool:
    return bool(ONE_BUILDING.search(text) or TWO_BUILDINGS.search(text))


def _with_objects(captioned: Answer, objects: Sequence[ChangedObject]) -> Answer:
    """The caption with a clause more, in place of those that say the same of too few."""
    said = (None, *(item.direction for item in objects))
    kept = [clause.text for clause in clauses(captioned.text) if clause.direction not in said or not _says_few(clause.text)]
    text = " and ".join([*kept, in_words(objects, placed=False)])
    confidence = supported_confidence(captioned.confidence, fact_confidences(text, objects))
    confident = captioned.confident and is_confident(confidence, {})
    return replace(captioned, text=text, value=text, confidence=confidence, confident=confident)


def fact_confidences(text: str, objects: Sequence[ChangedObject]) -> list[float]:
    """The confidence of each change that a caption states: that of the most certain object which shows it.

    Args:
        text: The caption.
        objects: The changed objects.

    Returns:
        Confidences in [0, 1]; changes that no object shows are left out.
    """
    found = []
    for clause in clauses(text):
        for subject in clause.subjects:
            shown = [
                item.confidence
                for item in objects
                if item.class_name == singular(subject) and clause.direction in (None, item.direction)
            ]
            found += [max(shown)] if shown else []
    return found


def in_words(objects: Sequence[ChangedObject], placed: bool = True) -> str:
    """Describes objects in the words that people use for them.

    Args:
        objects: The changed objects.
        placed: Whether to say where in the scene objects of one kind are.

    Returns:
        Such as "many houses are built and a road is removed", or of one kind "a house is built at the top of the scene", where
        a few words say the place.
    """
    clauses_of = []
    kinds = sorted(tally(objects).items(), key=lambda row: (row[0][1] == "vanished", row[0][0]))
    for (class_name, direction), value in kinds:
        verb = "built" if direction == "appeared" else "removed"
        if value.count == 1:
            clauses_of.append(f"a {class_name} is {verb}")
            continue
        plural = "houses" if class_name == "building" else f"{class_name}s"
        clauses_of.append(f"{'some' if value.count < MANY else 'many'} {plural} are {verb}")
    if placed and len(clauses_of) == 1 and (place := place_of_scene(objects)):
        return f"{clauses_of[0]} {place}"
    return listed(clauses_of)


def _with_houses(text: str, objects: Sequence[ChangedObject]) -> str:
    """Where the map shows buildings too, they are what goes with the road of "a road with a road" or "with a parking lot".

    A building with a parking lot stays: of the 13 captions of val cells that say so, people name a parking lot in 10.
    """
    if not any(item.class_name == "building" for item in objects):
        return text
    for other in ("a road", "a parking lot"):
        text = text.replace(f"a road with {other}", "a road with some houses")
    return text


def joined_caption(
    scene: Scene, evidence: Evidence, changed: Answer, side: float, caption_of: Callable[[Scene], Answer]
) -> Answer:
    """The caption of a pair larger than the model sees at once.

    Args:
        scene: The pair.
        evidence: Its objects.
        changed: Whether anything changed.
        side: Pixels a side that the model sees at once.
        caption_of: Writes the caption of a part, held against what is outlined in it.

    Returns:
        One sentence: "In the north-west, several houses are built; in the south, a road is built", of two parts a side "in the
        north-western quarter". Compass directions where north is at the top, else places in the image.
    """
    views = _views(scene, evidence.objects, side)[:MOST_VIEWS]
    in_two = ceil(max(scene.width, scene.height) / side) == 2
    if not views or not changed.value:
        text = counts_and_places(evidence.objects)
        return Answer(text, "caption", text, changed.confidence, changed.confident, evidence)
    by_cell: dict[str, list[str]] = {}
    answers = []
    for box, cell, found in views:
        answer = caption_of(part(scene, box))
        sentence = caption.completed(without_places(answer.text))
        if caption.says_no_change(sentence) or not sentence:
            sentence = in_words(found, placed=False)
            answer = replace(answer, confidence=min(fact_confidences(sentence, found), default=0.0), confident=False)
        texts = by_cell.setdefault(cell, [])
        texts += [sentence] if sentence not in texts else []
        answers.append(answer)
    north_up = ChangeSummary((), scene.width, scene.height, True, 0.0, scene_corners(scene)).north_up
    sentences: dict[str, list[str]] = {}
    for cell, texts in by_cell.items():
        sentences.setdefault(" and ".join(texts), []).append(cell)
    named = halves_and_quarters if in_two else whereabouts
    text = "; ".join(f"{named(cells, bool(north_up))}, {sentence}" for sentence, cells in sentences.items())
    confidence = min(changed.confidence, *(answer.confidence for answer in answers))
    confident = changed.confident and all(answer.confident for answer in answers)
    return Answer(text, "caption", text, confidence, confident, evidence)


def part(scene: Scene, box: tuple[int, int, int, int]) -> Scene:
    """Cuts out a part of a scene, without its place on the Earth.

    Args:
        scene: The scene.
        box: (left, top, right, bottom) in pixels.

    Returns:
        The part, as a scene of the same kind.
    """
    left, top, right, bottom = box
    return Scene(
        scene.kind, np.ascontiguousarray(scene.frames[:, top:bottom, left:right]), scene.valid[top:bottom, left:right],
        scene.sources, metres_per_pixel=scene.metres_per_pixel, times=scene.times, doubts=scene.doubts,
    )  # fmt: skip


def _views(
    scene: Scene, objects: Sequence[ChangedObject], side: float
) -> list[tuple[tuple[int, int, int, int], str, list[ChangedObject]]]:
    """Windows that hold changed objects, each with the cell of its middle and its objects; the most changed first."""
    across, down = max(1, ceil(scene.width / side)), max(1, ceil(scene.height / side))
    of_view: dict[tuple[int, int], list[ChangedObject]] = {}
    for item in objects:
        x, y = item.centroid
        place = min(down - 1, int(y * down / scene.height)), min(across - 1, int(x * across / scene.width))
        of_view.setdefault(place, []).append(item)
    views = []
    for (row, column), found in of_view.items():
        wide, high = min(scene.width, ceil(side)), min(scene.height, ceil(side))
        middle = (column + 0.5) * scene.width / across, (row + 0.5) * scene.height / down
        left = round(min(max(0.0, middle[0] - wide / 2), scene.width - wide))
        top = round(min(max(0.0, middle[1] - high / 2), scene.height - high))
        cell = cell_at(*middle, scene.width, scene.height)
        views.append(((left, top, left + wide, top + high), cell, found))
    return sorted(views, key=lambda view: -sum(item.area_px for item in view[2]))
