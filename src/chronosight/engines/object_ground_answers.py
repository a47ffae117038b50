"""Answers about the ground under changed buildings and roads: what was there before, what came after, which stand on what."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from chronosight.engines.chosen_objects import choose
from chronosight.engines.confidence import EVEN
from chronosight.engines.cover_answer import class_words, cover_answer, none_seen, objects_words, pairs_words
from chronosight.engines.from_objects import CANNOT_TELL
from chronosight.engines.land_cover_scope import CoverScope, object_names
from chronosight.results.answer import Answer
from chronosight.results.change_summary import ChangeSummary
from chronosight.results.changed_object import Tally
from chronosight.results.land_cover_change import CLASS_OF_OBJECT, UNKNOWN, Flows, add_flows
from chronosight.results.land_cover_sentences import shares_words
from chronosight.results.sentences import objects as number_of
from chronosight.tasks.cells import listed
from chronosight.tasks.question import CoverAsks, SceneQuestion, Value
from chronosight.tasks.replaced_objects import GROUND_OF

MOST_LISTED = 20  # of the objects on one kind of ground
# What each question is answered with where there is nothing of what it asks about: task, value, unit.
_NOTHING: dict[CoverAsks, tuple[str, Value, str | None]] = {
    "whether": ("binary", False, None), "area": ("area", 0, "m2"), "share": ("share", 0.0, "%"), "count": ("count", 0, None),
    "where": ("location", (), None), "objects": ("count", 0, None),
}  # fmt: skip


def no_objects(summary: ChangeSummary, question: SceneQuestion, scope: CoverScope) -> Answer:
    """There are no such buildings or roads at all: that is a no, however little of the land cover is known.

    Args:
        summary: The change summary.
        question: The question.
        scope: What it asks of land cover.

    Returns:
        The answer.
    """
    asked = scope.question
    ways: dict[str, Literal["appeared", "vanished"]] = {asked.under: "vanished" if asked.former else "appeared"}
    other: Literal["appeared", "vanished"] = "appeared" if asked.former else "vanished"
    ways |= {name: other for name in ("buildings", "roads") if GROUND_OF[name] == (asked.after if asked.former else asked.before)}
    found, confidence = [], 1.0
    for subject, way in ways.items():
        of_class = None if subject == "objects" else subject
        chosen = choose(summary, SceneQuestion("whether", of_class, way, question.region, question.zone))
        found += chosen.found
        confidence = min(confidence, chosen.confidence)
    task, value, unit = _NOTHING[asked.asks]
    if found or confidence < EVEN or summary.left_out:  # there are some, whose ground is not known
        return none_seen(scope, task, value, unit)
    what = listed([f"no {'buildings or roads' if subject == 'objects' else subject} {way}" for subject, way in ways.items()])
    return cover_answer(scope, task, f"{'no: ' if task == 'binary' else ''}{what}{scope.place}.", value, confidence, unit)


def under_objects(scope: CoverScope) -> Answer:
    """What was there before new buildings or roads, or came after those that are gone.

    Args:
        scope: What is asked about.

    Returns:
        The answer.
    """
    asked = scope.question
    appeared = asked.asks == "was_before"
    names = object_names(asked)
    noun = names[0] if len(names) == 1 else "building or road"
    grounds = [
        one for one in scope.grounds if one.class_name in names and one.direction == ("appeared" if appeared else "vanished")
    ]
    if not grounds:
        text = f"no {objects_words(asked)} were seen to have {'appeared' if appeared else 'vanished'}{scope.place}"
        return cover_answer(scope, "land_cover", f"{text}{_built_over(scope, appeared)}.", (), EVEN)
    sums: dict[str, float] = {}
    for one in grounds:
        for class_name, area in one.shares.items():
            sums[class_name] = sums.get(class_name, 0.0) + area
    sums = dict(sorted(sums.items(), key=lambda item: -item[1]))
    total = sum(sums.values())
    real = {class_name: area for class_name, area in sums.items() if area >= 0.02 * total}
    flows: Flows = {(class_name, class_name): Tally(0, area) for class_name, area in real.items()}
    words = shares_words(flows, scope.change.metric)
    number = number_of(len(grounds), f"{'new' if appeared else 'former'} {noun}").text.removeprefix("1 ")
    number = number.replace("building or roads", "buildings and roads")
    text = f"the {number}{scope.place} {'stands' if len(grounds) == 1 else 'stand'} on what was {words}"
    if not appeared:
        text = f"the {number}{scope.place} gave way to {words}{_built_over(scope, appeared)}"
    area = sum(one.confidence * sum(one.shares.values()) for one in grounds)
    value = tuple(class_name for class_name in real if class_name != UNKNOWN)
    largest = next(iter(sums))
    own = next((name for name in names if CLASS_OF_OBJECT[name] in value), "")
    old = f"ground that was {CLASS_OF_OBJECT[own]} before may be an older {own}, or a fault of the map" if own else ""
    notes = (old,) if old and appeared else ()
    confidence = area / total if total else 0.0
    return cover_answer(scope, "land_cover", f"{text}.", None if largest == UNKNOWN else value, confidence, None, *notes)


def _built_over(scope: CoverScope, appeared: bool) -> str:
    """What of the ground of buildings or roads was built over without their being seen to vanish: new objects hide that."""
    own = {CLASS_OF_OBJECT[name] for name in object_names(scope.question)}
    flows = add_flows(one.flows for one in scope.grounds if one.direction == "appeared")
    over = {pair: value for pair, value in flows.items() if pair[0] in own}
    return f"; {pairs_words(over, scope)} under new buildings and roads" if over and not appeared else ""


def which_objects(scope: CoverScope) -> Answer:
    """Which changed buildings or roads stand, or stood, mostly on the ground that is asked about.

    Args:
        scope: What is asked about.

    Returns:
        The answer, with their number as its value.
    """
    asked = scope.question
    wanted = asked.after if asked.former else asked.before
    names, direction = object_names(asked), "vanished" if asked.former else "appeared"
    bearers = [one for one in scope.bearers if one.class_name in names and one.direction == direction]
    found = sorted((one for one in bearers if one.class_of in wanted), key=lambda one: one.number)
    not_known = sum(one.class_of == UNKNOWN for one in bearers)
    noun = names[0] if len(names) == 1 else "object"
    number = number_of(len(found), f"{'former' if asked.former else 'new'} {noun}").text
    verb = "gave way" if asked.former else "stands" if len(found) == 1 else "stand"
    on = "to what is mostly" if asked.former else "on what was mostly"
    text = f"{number}{scope.place} {verb} {on} {class_words(wanted)}"
    if found:
        listing = listed([str(one.number) for one in found[:MOST_LISTED]])
        more = f" and {len(found) - MOST_LISTED} more" if len(found) > MOST_LISTED else ""
        text += f": object{'s' if len(found) > 1 else ''} {listing}{more}"
    if not_known and not found:
        unseen = f"{CANNOT_TELL}: of {number_of(not_known, noun).text}{scope.place} the ground is not known."
        return cover_answer(scope, "count", unseen, None, min(EVEN, scope.none_confidence))
    rest = f"; of {number_of(not_known, 'other').text} the ground is not known" if not_known else ""
    confidence = sum(one.confidence for one in found) / len(found) if found else scope.none_confidence
    answer = cover_answer(scope, "count", f"{text}{rest}.", len(found), confidence)
    return replace(answer, confident=answer.confident and not not_known)
