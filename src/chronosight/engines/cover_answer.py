"""How an answer about land cover is made: its words, what is not known, and whether it may be confident."""

from __future__ import annotations

from dataclasses import replace

from chronosight.engines.confidence import EVEN, is_confident
from chronosight.engines.from_objects import CANNOT_TELL
from chronosight.engines.land_cover_scope import CoverScope
from chronosight.results.answer import Answer
from chronosight.results.land_cover_change import KNOWN_ENOUGH, PAVED, UNKNOWN, Flows
from chronosight.results.land_cover_sentences import LITTLE_UNKNOWN, NOUNS
from chronosight.results.sentences import objects as number_of
from chronosight.results.wording import percent
from chronosight.tasks.cells import listed
from chronosight.tasks.land_cover_questions import KINDS
from chronosight.tasks.nouns import CHANGE_WORDS
from chronosight.tasks.question import CoverQuestion, Value

MOSTLY = 0.5  # more of what is asked about than this from or to ground of unknown kind: no confident answer
SEASONS = "open ground that is bare at one date and green at the other is not reported as changed: the season does that too"


def cover_answer(
    scope: CoverScope, task: str, text: str, value: Value | None, confidence: float, unit: str | None = None, *notes: str
) -> Answer:
    """An answer, with what is not known of the ground; confident only where that leaves no doubt.

    Args:
        scope: What is asked about.
        task: Of the answer.
        text: Its words; a capital is set at their start.
        value: Its value; None where there is none.
        confidence: In [0, 1].
        unit: Of the value.
        notes: For the user.

    Returns:
        The answer.
    """
    known = scope.change.known
    rest = (f"the land cover of {percent(1 - known)} of the ground is not known",) if known < KNOWN_ENOUGH else ()
    text = text[:1].upper() + text[1:]
    areas = {pair: flow.area for pair, flow in scope.sums.items()}
    unknown = sum(area for pair, area in areas.items() if UNKNOWN in pair)  # seen at one date alone: it may have been there
    grounds = scope.bearers if scope.question.under else scope.grounds
    hidden = 0.0 if task == "binary" else sum(one.shares.get(UNKNOWN, 0.0) for one in grounds)
    if areas and hidden > LITTLE_UNKNOWN * sum(areas.values()):
        rest = (*rest, f"of {scope.words(hidden)} under changed buildings and roads it is not known what was or came there")
        unknown, areas = unknown + hidden, {**areas, (UNKNOWN, UNKNOWN): hidden}
    left_out = scope.change.left_out
    if left_out:
        rest = (*rest, f"{number_of(left_out, 'piece').text} of changed ground left out: below the limits")
    known_kinds = unknown <= MOSTLY * sum(areas.values()) and not (left_out and not areas)
    confident = value is not None and is_confident(confidence, {}) and known_kinds
    asked = scope.question
    kinds = bool({asked.word, asked.other} & KINDS) or (asked.word in CHANGE_WORDS and PAVED in asked.before)  # a road
    confident = confident and not (value and kinds)
    return Answer(text, task, value, confidence, confident, None, (*scope.notes, *notes, *rest), unit)


def none_seen(scope: CoverScope, task: str, value: Value, unit: str | None = None) -> Answer:
    """Nothing of what is asked about was seen: whether that can be said, and how surely.

    Args:
        scope: What is asked about.
        task: Of the answer.
        value: That stands for nothing.
        unit: Of the value.

    Returns:
        The answer; without a value where too little is known.
    """
    asked, confidence = scope.question, scope.none_confidence
    seen = f"no {subject_words(asked)} {was_or_were(subject_words(asked))} seen"
    text = f"{seen} to have {_seen_verb(asked)}{scope.place}"
    if asked.under:
        kind, verb = ("vanished", "were") if asked.former else ("new", "are" if asked.under == "roads" else "stand")
        text = f"{seen} where the {kind} {objects_words(asked)} {verb}{scope.place}"
    unsure = scope.unsure
    if unsure or confidence < EVEN:
        why = (
            f"{scope.words(unsure)} of ground changed{scope.place} in a way that is not known"
            if unsure
            else f"the land cover of {percent(1 - scope.change.known)} of the ground is not known"
        )
        return cover_answer(scope, task, f"{CANNOT_TELL}: {text}, but {why}.", None, min(confidence, EVEN))
    prefix = "no: " if task == "binary" else ""
    amount = ": 0 " + ("m²" if scope.change.metric else "pixels") if task == "area" else ""
    known = scope.change.known
    rest = f" (the land cover of {percent(known)} of the ground is known)" if known < 1 - 1e-3 else ""
    answer = cover_answer(scope, task, f"{prefix}{text}{rest}{amount}.", value, confidence, unit)
    if scope.seasonal and (asked.before or asked.after or asked.either):
        answer = replace(answer, confident=False, notes=(*answer.notes, SEASONS))
    perhaps = scope.perhaps
    if perhaps:
        note = f"{scope.words(perhaps)} of ground may have changed that way, which is not known well enough"
        answer = replace(answer, confident=False, notes=(*answer.notes, note))
    return replace(answer, confident=False) if known < KNOWN_ENOUGH else answer


def verb_words(asked: CoverQuestion) -> str:
    """What happened to the ground.

    Args:
        asked: The question.

    Returns:
        Such as "disappeared" or "became bare ground".
    """
    if asked.former:
        return f"replaced {objects_words(asked)}"
    if asked.under and not asked.after:
        return f"{was_or_were(subject_words(asked))} built over"
    if asked.before and asked.after:
        return f"became {class_words(asked.after)}"
    return "disappeared" if asked.before else "appeared" if asked.after else "changed"


def class_words(classes: tuple[str, ...]) -> str:
    """Classes of land cover in words.

    Args:
        classes: Of `LAND_COVER_CLASSES`.

    Returns:
        Such as "trees or water".
    """
    return " or ".join(NOUNS[name] for name in classes)


def subject_words(asked: CoverQuestion) -> str:
    """The ground that is asked about.

    Args:
        asked: The question.

    Returns:
        Such as "trees"; "land cover" where no class is named.
    """
    classes = asked.before or asked.after or asked.either
    return class_words(classes) if classes else "land cover"


def was_or_were(noun: str) -> str:
    """The verb that goes with a noun: trees and crops are several.

    Args:
        noun: A noun.

    Returns:
        "was" or "were".
    """
    return "were" if noun.endswith("s") else "was"


def _seen_verb(asked: CoverQuestion) -> str:
    if asked.before and asked.after:
        return f"become {class_words(asked.after)}"
    return "disappeared" if asked.before else "appeared" if asked.after else "changed"


def objects_words(asked: CoverQuestion) -> str:
    """The changed objects that a question names.

    Args:
        asked: The question.

    Returns:
        "buildings", "roads" or "buildings and roads".
    """
    return "buildings and roads" if asked.under == "objects" else asked.under


def pairs_words(flows: Flows, scope: CoverScope) -> str:
    """What became what, with areas.

    Args:
        flows: Area by class before and class after.
        scope: Has the unit.

    Returns:
        Such as "trees became bare ground (about 1,200 m²)".
    """
    return listed([f"{NOUNS[a]} became {NOUNS[b]} ({scope.words(value.area)})" for (a, b), value in flows.items()])
