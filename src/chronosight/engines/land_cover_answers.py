"""Answers about land-cover change, of a scene of any size: what came, what went, what became what, and under which objects.

A yes rests on one piece of ground, a "no" on all of it: it is given only where the land cover is known of most of the scene and
no changed ground of unknown kind could be what is asked about; how much is not known is said.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Literal

from chronosight.engines.chosen_objects import NO_ZONES, TURNED, choose, refused
from chronosight.engines.confidence import EVEN, is_confident
from chronosight.engines.from_objects import CANNOT_TELL
from chronosight.engines.land_cover_scope import CoverScope, object_names, scope_of
from chronosight.figures import figures
from chronosight.results.answer import Answer
from chronosight.results.change_summary import ChangeSummary
from chronosight.results.changed_object import Tally
from chronosight.results.land_cover_change import (
    CLASS_OF_OBJECT,
    KNOWN_ENOUGH,
    PAVED,
    UNKNOWN,
    Flows,
    add_flows,
    object_flows,
)
from chronosight.results.land_cover_sentences import LITTLE_UNKNOWN, NOUNS, by_kind, kind_sentence, shares_words
from chronosight.results.sentences import objects as number_of
from chronosight.results.wording import percent
from chronosight.tasks.cells import listed, whereabouts
from chronosight.tasks.land_cover_questions import KINDS
from chronosight.tasks.nouns import CHANGE_WORDS
from chronosight.tasks.question import CoverAsks, CoverQuestion, SceneQuestion, Value
from chronosight.tasks.replaced_objects import GROUND_OF

MOSTLY = 0.5  # more of what is asked about than this from or to ground of unknown kind: no confident answer
MOST_LISTED = 20  # of the objects on one kind of ground
SEASONS = "open ground that is bare at one date and green at the other is not reported as changed: the season does that too"
NO_GROUND_SIZE = "the ground size of a pixel is not known"


# What each question is answered with where there is nothing of what it asks about: task, value, unit.
_NOTHING: dict[CoverAsks, tuple[str, Value, str | None]] = {
    "whether": ("binary", False, None), "area": ("area", 0, "m2"), "share": ("share", 0.0, "%"), "count": ("count", 0, None),
    "where": ("location", (), None), "objects": ("count", 0, None),
}  # fmt: skip


def answer_cover_question(summary: ChangeSummary, question: SceneQuestion) -> Answer:
    """Answers a question about land cover.

    Args:
        summary: The change summary, with its land-cover change.
        question: The question, with what it asks of land cover.

    Returns:
        The answer; task "open", without a value, where it cannot be given.
    """
    assert summary.land_cover is not None and question.cover is not None
    if question.zone and (summary.zones is None or not summary.land_cover.zones):
        return refused(NO_ZONES)
    if question.region is not None and question.region.compass and summary.north_up is False:
        return refused(TURNED)
    if question.unit and question.unit != "%" and not summary.land_cover.metric:
        return refused(NO_GROUND_SIZE)
    scope = scope_of(summary, question, question.cover)
    how: dict[str, Callable[[CoverScope], Answer]] = {
        "whether": _whether, "area": _area, "share": _share, "count": _count, "where": _where, "net": _net,
        "net_area": _net_area, "change": _change,
        "into": _into, "out_of": _into, "most": _most, "was_before": _under_objects, "came_after": _under_objects,
        "objects": _which_objects,
    }  # fmt: skip
    if question.cover.under and question.cover.asks not in ("was_before", "came_after") and not scope.bearers:
        return _no_objects(summary, question, scope)
    return how[question.cover.asks](scope)


def came_or_went(summary: ChangeSummary, question: SceneQuestion) -> list[str]:
    """What ground appeared or vanished beside the objects: part of the answer to "what vanished".

    Args:
        summary: The change summary.
        question: Its direction and its part of the scene.

    Returns:
        One sentence; none where the land cover is not mapped or nothing did.
    """
    if summary.land_cover is None or (question.zone and not summary.land_cover.zones):
        return []
    scope = scope_of(summary, question, CoverQuestion("change"))
    gone = question.direction == "vanished"
    # Ground under new objects is lost with them; that there is built-up ground now is said by the objects.
    beside = (one.flows for one in scope.grounds if gone == (one.direction == "appeared"))
    flows = add_flows([object_flows(scope.objects), *beside])
    flows = {pair: value for pair, value in flows.items() if pair[0] != pair[1] and pair[0 if gone else 1] != UNKNOWN}
    words = shares_words(flows, scope.change.metric, after=not gone)
    return [f"Of the ground, {words} {'disappeared' if gone else 'appeared'}."] if flows else []


def _made(
    scope: CoverScope, task: str, text: str, value: Value | None, confidence: float, unit: str | None = None, *notes: str
) -> Answer:
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


def _verb(asked: CoverQuestion) -> str:
    if asked.former:
        return f"replaced {_objects_words(asked)}"
    if asked.under and not asked.after:
        return f"{_was(_subject(asked))} built over"
    if asked.before and asked.after:
        return f"became {_class_words(asked.after)}"
    return "disappeared" if asked.before else "appeared" if asked.after else "changed"


def _class_words(classes: tuple[str, ...]) -> str:
    return " or ".join(NOUNS[name] for name in classes)


def _subject(asked: CoverQuestion) -> str:
    classes = asked.before or asked.after or asked.either
    return _class_words(classes) if classes else "land cover"


def _none(scope: CoverScope, task: str, value: Value, unit: str | None = None) -> Answer:
    """Nothing of what is asked about was seen: whether that can be said, and how surely."""
    asked, confidence = scope.question, scope.none_confidence
    seen = f"no {_subject(asked)} {_was(_subject(asked))} seen"
    text = f"{seen} to have {_seen_verb(asked)}{scope.place}"
    if asked.under:
        kind, verb = ("vanished", "were") if asked.former else ("new", "are" if asked.under == "roads" else "stand")
        text = f"{seen} where the {kind} {_objects_words(asked)} {verb}{scope.place}"
    unsure = scope.unsure
    if unsure or confidence < EVEN:
        why = (
            f"{scope.words(unsure)} of ground changed{scope.place} in a way that is not known"
            if unsure
            else f"the land cover of {percent(1 - scope.change.known)} of the ground is not known"
        )
        return _made(scope, task, f"{CANNOT_TELL}: {text}, but {why}.", None, min(confidence, EVEN))
    prefix = "no: " if task == "binary" else ""
    amount = ": 0 " + ("m²" if scope.change.metric else "pixels") if task == "area" else ""
    known = scope.change.known
    rest = f" (the land cover of {percent(known)} of the ground is known)" if known < 1 - 1e-3 else ""
    answer = _made(scope, task, f"{prefix}{text}{rest}{amount}.", value, confidence, unit)
    if scope.seasonal and (asked.before or asked.after or asked.either):
        answer = replace(answer, confident=False, notes=(*answer.notes, SEASONS))
    perhaps = scope.perhaps
    if perhaps:
        note = f"{scope.words(perhaps)} of ground may have changed that way, which is not known well enough"
        answer = replace(answer, confident=False, notes=(*answer.notes, note))
    return replace(answer, confident=False) if known < KNOWN_ENOUGH else answer


def _no_objects(summary: ChangeSummary, question: SceneQuestion, scope: CoverScope) -> Answer:
    """There are no such buildings or roads at all: that is a no, however little of the land cover is known."""
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
        return _none(scope, task, value, unit)
    what = listed([f"no {'buildings or roads' if subject == 'objects' else subject} {way}" for subject, way in ways.items()])
    return _made(scope, task, f"{'no: ' if task == 'binary' else ''}{what}{scope.place}.", value, confidence, unit)


def _was(noun: str) -> str:
    """The verb that goes with a noun: trees and crops are several."""
    return "were" if noun.endswith("s") else "was"


def _seen_verb(asked: CoverQuestion) -> str:
    if asked.before and asked.after:
        return f"become {_class_words(asked.after)}"
    return "disappeared" if asked.before else "appeared" if asked.after else "changed"


def _objects_words(asked: CoverQuestion) -> str:
    return "buildings and roads" if asked.under == "objects" else asked.under


def _details(scope: CoverScope) -> str:
    """What it became, or was: " and became bare ground", with areas where it is of several kinds."""
    asked = scope.question
    if (asked.before and asked.after) or asked.under or not (asked.before or asked.after):
        return ""
    return f" and {'became' if asked.before else 'replaced'} {_kinds_words(scope, after=bool(asked.before))}"


def _kinds_words(scope: CoverScope, after: bool) -> str:
    """Classes that it became, or was; their areas where there are several."""
    names = dict.fromkeys(pair[1 if after else 0] for pair in scope.sums)
    return NOUNS[next(iter(names))] if len(names) == 1 else shares_words(scope.sums, scope.change.metric, after)


def _whether(scope: CoverScope) -> Answer:
    if not scope.area:
        return _none(scope, "binary", False)
    best = max(confidence for confidence, _ in scope.confidences) if scope.confidences else 0.0
    text = f"{scope.words(scope.area)} of {_subject(scope.question)} {_verb(scope.question)}{scope.where()}{_details(scope)}"
    if best < EVEN:
        return _made(scope, "binary", f"{CANNOT_TELL}: {text} perhaps, but it is less likely than not.", None, best)
    return _made(scope, "binary", f"yes: {text}.", True, best)


def _area(scope: CoverScope) -> Answer:
    unit = "m2" if scope.change.metric else "px"
    if not scope.area:
        return _none(scope, "area", 0, unit)
    text = f"{scope.words(scope.area)} of {_subject(scope.question)} {_verb(scope.question)}{scope.where()}{_details(scope)}."
    return _made(scope, "area", text, round(scope.area), scope.mean_confidence, unit)


def _share(scope: CoverScope) -> Answer:
    asked = scope.question
    if asked.of_ground or not (asked.before or asked.after):
        return _share_of_ground(scope)
    date, classes = (0, asked.before) if asked.before else (1, asked.after)
    whole = sum(scope.change.totals.get(name, (0.0, 0.0))[date] for name in classes)
    if scope.place or not classes:
        return refused("shares of land cover are of the whole scene")
    if not scope.area:
        return _none(scope, "share", 0.0, "%")
    whole = max(whole, scope.area)
    value = float(f"{100 * scope.area / whole:.2g}")
    then = "before" if asked.before else "now"
    amount = f"{scope.words(scope.area)} of {_subject(asked)} {_verb(asked)}"
    text = f"about {figures(value)} %: {amount}, of {scope.words(whole)} seen {then}."
    answer = _made(scope, "share", text, value, scope.mean_confidence, "%")
    return replace(answer, confident=False) if scope.change.known < KNOWN_ENOUGH else answer  # the whole is not known


def _share_of_ground(scope: CoverScope) -> Answer:
    if not scope.all_ground:
        return refused(NO_GROUND_SIZE)
    if not scope.area:
        return _none(scope, "share", 0.0, "%")
    value = float(f"{100 * scope.area / scope.all_ground:.2g}")
    amount = f"{scope.words(scope.area)} of {_subject(scope.question)} {_verb(scope.question)}{scope.place}"
    return _made(scope, "share", f"about {figures(value)} % of the ground: {amount}.", value, scope.mean_confidence, "%")


def _count(scope: CoverScope) -> Answer:
    found = scope.found
    if not scope.area:
        return _none(scope, "count", 0)
    area = sum(item.area for item in found)
    under = scope.area - area if scope.under else 0.0
    if not found:
        amount = f"{scope.words(under)} of {_subject(scope.question)} {_verb(scope.question)}{scope.place}"
        text = f"{amount}, all of it where buildings or roads changed, which is not counted in pieces."
        return _made(scope, "count", text, None, scope.mean_confidence)
    text = f"{number_of(len(found), 'piece').text} of {_subject(scope.question)} {_verb(scope.question)}{scope.where()}: "
    rest = f", and {scope.words(under)} where buildings or roads changed" if under else ""
    text = f"{text}{scope.words(area)}{rest}."
    return _made(scope, "count", text, len(found), scope.mean_confidence, None, "pieces that touch count as one")


def _where(scope: CoverScope) -> Answer:
    cells = scope.cells()
    if not cells:
        return _none(scope, "location", ())
    amount = f"{scope.words(scope.area)} of {_subject(scope.question)}"
    text = f"{amount} {_verb(scope.question)} {whereabouts(cells, scope.north_up)}."
    return _made(scope, "location", text, cells, scope.mean_confidence)


def _lost_and_gained(scope: CoverScope, classes: tuple[str, ...]) -> tuple[float, float]:
    lost = sum(value.area for (a, b), value in scope.flows.items() if a in classes and b not in classes)
    gained = sum(value.area for (a, b), value in scope.flows.items() if b in classes and a not in classes)
    return lost, gained


def _lost_and_gained_words(scope: CoverScope, lost: float, gained: float, noun: str) -> str:
    """Such as "about 300 m² of trees disappeared and about 80 m² appeared"; the larger first."""
    parts = sorted(((lost, "disappeared"), (gained, "appeared")), reverse=True)
    words = [scope.words(area) if area else "none" for area, _ in parts]
    return f"{words[0]} of {noun} {parts[0][1]}{scope.place} and {words[1]} {parts[1][1]}"


def _net(scope: CoverScope) -> Answer:
    asked = scope.question
    lost, gained = _lost_and_gained(scope, asked.before)
    if not lost and not gained:
        return _none(replace(scope, question=replace(asked, before=(), either=asked.before)), "binary", False)
    value = lost > gained if asked.least else gained > lost
    words = [scope.words(area) if area else "none" for area in (gained, lost)]
    first = f"{words[0]} of {_subject(asked)}" if gained else f"no {_subject(asked)}"
    text = f"{'yes' if value else 'no'}: {first} appeared{scope.place} and {words[1]} disappeared."
    weighted = [
        (item.confidence, item.area)
        for item in scope.objects
        if (item.class_from in asked.before) != (item.class_to in asked.before)
    ]
    area = sum(weight for _, weight in weighted)
    confidence = sum(of_one * weight for of_one, weight in weighted) / area if area else scope.none_confidence
    return _made(scope, "binary", text, value, _of_difference(scope, lost, gained, confidence))


def _of_difference(scope: CoverScope, lost: float, gained: float, confidence: float) -> float:
    """Confidence of what is more, and by how much: even where what is doubtful or not known could reverse it."""
    classes = scope.question.before or scope.question.either
    more = gained > lost  # then what is not known of the loss could reverse it: under new buildings, for example
    hidden = sum(one.shares.get(UNKNOWN, 0.0) for one in scope.grounds if (one.direction == "appeared") == more)
    perhaps = sum(value.area for (a, b), value in scope.change.perhaps.items() if (a if more else b) in classes)
    close = abs(gained - lost) <= (1 - confidence) * max(gained, lost) + scope.unsure + hidden + perhaps
    return min(EVEN, confidence) if close else confidence


def _net_area(scope: CoverScope) -> Answer:
    """By how much it has grown or shrunk: where it only did the one, what appeared or disappeared."""
    asked = scope.question
    lost, gained = _lost_and_gained(scope, asked.before)
    one_way = replace(asked, asks="area") if asked.least else replace(asked, asks="area", before=(), after=asked.before)
    if not (gained if asked.least else lost):
        return _area(replace(scope, question=one_way))
    scope = replace(scope, question=replace(asked, before=(), either=asked.before))
    net = lost - gained if asked.least else gained - lost
    more = "more" if (net < 0) == asked.least else "less"
    unit = "m2" if scope.change.metric else "px"
    text = f"{_lost_and_gained_words(scope, lost, gained, _subject(asked))}: {scope.words(abs(net))} {more} in all."
    return _made(scope, "area", text, round(net), _of_difference(scope, lost, gained, scope.mean_confidence), unit)


def _change(scope: CoverScope) -> Answer:
    found = scope.found
    if not found and not scope.area:
        return _none(scope, "caption", f"no {_subject(scope.question)} changed")
    classes = scope.question.either
    whole = _lost_and_gained_words(scope, *_lost_and_gained(scope, classes), _subject(scope.question)) if classes else ""
    sentences = [f"{whole[:1].upper()}{whole[1:]}."] if classes else []
    sentences += [kind_sentence(kind, scope.change.metric, scope.north_up).text for kind in by_kind(found)]
    grounds = add_flows(one.flows for one in scope.grounds)
    under = {pair: value for pair, value in grounds.items() if scope.chosen(pair)}
    if under:
        sentences.append(f"Under changed buildings and roads: {_pairs_words(under, scope)}.")
    text = " ".join(sentences)
    return _made(scope, "caption", text, text, scope.mean_confidence)


def _pairs_words(flows: Flows, scope: CoverScope) -> str:
    return listed([f"{NOUNS[a]} became {NOUNS[b]} ({scope.words(value.area)})" for (a, b), value in flows.items()])


def _into(scope: CoverScope) -> Answer:
    asked, sums = scope.question, scope.sums
    after = asked.asks == "into"
    if not sums:
        return _none(scope, "land_cover", ())
    amount = scope.words(scope.area)
    text = f"the {_subject(asked)} that {_verb(asked)}{scope.where()} ({amount}) {'became' if after else 'replaced'} "
    value = tuple(dict.fromkeys(pair[1 if after else 0] for pair in sums))
    confidence = scope.mean_confidence
    words = _kinds_words(scope, after)
    return _made(scope, "land_cover", f"{text}{words}.", None if value == (UNKNOWN,) else value, confidence)


def _most(scope: CoverScope) -> Answer:
    sums: dict[str, list[float]] = {}
    for (before, after), value in scope.flows.items():
        sums.setdefault(before, [0.0, 0.0])[0] += value.area
        sums.setdefault(after, [0.0, 0.0])[1] += value.area
    sums.pop(UNKNOWN, None)
    way = scope.question.way
    measure = {name: gone * (way != "new") + new * (way != "gone") for name, (gone, new) in sums.items()}
    name = max(measure, key=lambda one: measure[one], default="")
    if not name or not measure[name]:
        return _none(scope, "land_cover", "none")
    gone, new = sums[name]
    parts = [f"{scope.words(area)} {word}" for area, word in ((gone, "disappeared"), (new, "appeared")) if area]
    was = _was(NOUNS[name])
    verb = {"gone": f"{was} lost", "new": f"{was} gained", "": "changed"}[way]
    weighted = [(item.confidence, item.area) for item in scope.objects if name in item.key]
    weighted += [(one.confidence, sum(v.area for p, v in one.flows.items() if name in p)) for one in scope.grounds]
    area = sum(weight for _, weight in weighted)
    confidence = sum(of_one * weight for of_one, weight in weighted) / area if area else 0.0
    return _made(scope, "land_cover", f"{NOUNS[name]} {verb} most{scope.place}: {' and '.join(parts)}.", name, confidence)


def _under_objects(scope: CoverScope) -> Answer:
    """What was there before new buildings or roads, or came after those that are gone."""
    asked = scope.question
    appeared = asked.asks == "was_before"
    names = object_names(asked)
    noun = names[0] if len(names) == 1 else "building or road"
    grounds = [
        one for one in scope.grounds if one.class_name in names and one.direction == ("appeared" if appeared else "vanished")
    ]
    if not grounds:
        text = f"no {_objects_words(asked)} were seen to have {'appeared' if appeared else 'vanished'}{scope.place}"
        return _made(scope, "land_cover", f"{text}{_built_over(scope, appeared)}.", (), EVEN)
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
    return _made(scope, "land_cover", f"{text}.", None if largest == UNKNOWN else value, confidence, None, *notes)


def _built_over(scope: CoverScope, appeared: bool) -> str:
    """What of the ground of buildings or roads was built over without their being seen to vanish: new objects hide that."""
    own = {CLASS_OF_OBJECT[name] for name in object_names(scope.question)}
    flows = add_flows(one.flows for one in scope.grounds if one.direction == "appeared")
    over = {pair: value for pair, value in flows.items() if pair[0] in own}
    return f"; {_pairs_words(over, scope)} under new buildings and roads" if over and not appeared else ""


def _which_objects(scope: CoverScope) -> Answer:
    """Which changed buildings or roads stand, or stood, mostly on the ground that is asked about."""
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
    text = f"{number}{scope.place} {verb} {on} {_class_words(wanted)}"
    if found:
        listing = listed([str(one.number) for one in found[:MOST_LISTED]])
        more = f" and {len(found) - MOST_LISTED} more" if len(found) > MOST_LISTED else ""
        text += f": object{'s' if len(found) > 1 else ''} {listing}{more}"
    if not_known and not found:
        unseen = f"{CANNOT_TELL}: of {number_of(not_known, noun).text}{scope.place} the ground is not known."
        return _made(scope, "count", unseen, None, min(EVEN, scope.none_confidence))
    rest = f"; of {number_of(not_known, 'other').text} the ground is not known" if not_known else ""
    confidence = sum(one.confidence for one in found) / len(found) if found else scope.none_confidence
    answer = _made(scope, "count", f"{text}{rest}.", len(found), confidence)
    return replace(answer, confident=answer.confident and not not_known)
