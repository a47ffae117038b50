"""Answers about land-cover change, of a scene of any size: what came, what went, what became what, and under which objects.

A yes rests on one piece of ground, a "no" on all of it: it is given only where the land cover is known of most of the scene and
no changed ground of unknown kind could be what is asked about; how much is not known is said.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from chronosight.engines.chosen_objects import NO_ZONES, TURNED, refused
from chronosight.engines.confidence import EVEN, is_confident
from chronosight.engines.from_objects import CANNOT_TELL
from chronosight.engines.land_cover_scope import CoverScope, scope_of
from chronosight.figures import figures
from chronosight.results.answer import Answer
from chronosight.results.change_summary import ChangeSummary
from chronosight.results.changed_object import Tally
from chronosight.results.land_cover_change import (
    CLASS_OF_OBJECT,
    KNOWN_ENOUGH,
    UNKNOWN,
    Flows,
    add_flows,
)
from chronosight.results.land_cover_sentences import LITTLE_UNKNOWN, NOUNS, by_kind, kind_sentence, shares_words
from chronosight.results.sentences import objects as number_of
from chronosight.results.wording import percent
from chronosight.tasks.cells import listed, whereabouts
from chronosight.tasks.land_cover_questions import KINDS
from chronosight.tasks.question import CoverQuestion, SceneQuestion, Value

MOSTLY = 0.5  # more of what is asked about than this from or to ground of unknown kind: no confident answer
NO_GROUND_SIZE = "the ground size of a pixel is not known"


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
    }  # fmt: skip
    return how[question.cover.asks](scope)


def _made(
    scope: CoverScope, task: str, text: str, value: Value | None, confidence: float, unit: str | None = None, *notes: str
) -> Answer:
    known = scope.change.known
    rest = (f"the land cover of {percent(1 - known)} of the ground is not known",) if known < KNOWN_ENOUGH else ()
    text = text[:1].upper() + text[1:]
    areas = {pair: flow.area for pair, flow in scope.sums.items()}
    unknown = sum(area for pair, area in areas.items() if UNKNOWN in pair)  # seen at one date alone: it may have been there
    hidden = 0.0 if task == "binary" else sum(one.shares.get(UNKNOWN, 0.0) for one in scope.grounds)
    if areas and hidden > LITTLE_UNKNOWN * sum(areas.values()):
        rest = (*rest, f"of {scope.words(hidden)} under changed buildings and roads it is not known what was or came there")
        unknown, areas = unknown + hidden, {**areas, (UNKNOWN, UNKNOWN): hidden}
    left_out = scope.change.left_out
    if left_out:
        rest = (*rest, f"{number_of(left_out, 'piece').text} of changed ground left out: below the limits")
    known_kinds = unknown <= MOSTLY * sum(areas.values()) and not (left_out and not areas)
    confident = value is not None and is_confident(confidence, {}) and known_kinds
    confident = confident and not (value and {scope.question.word, scope.question.other} & KINDS)
    return Answer(text, task, value, confidence, confident, None, (*scope.notes, *notes, *rest), unit)


def _verb(asked: CoverQuestion) -> str:
    if asked.under:
        return "was built on"
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
        text = f"{seen} where the new {_objects_words(asked)} {'are' if asked.under == 'roads' else 'stand'}{scope.place}"
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
    return replace(answer, confident=False) if known < KNOWN_ENOUGH else answer


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
    return _made(scope, "share", text, value, scope.mean_confidence, "%")


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
        return _none(scope, "binary", False)
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
    close = abs(gained - lost) <= (1 - confidence) * max(gained, lost) + scope.unsure
    return _made(scope, "binary", text, value, min(EVEN, confidence) if close else confidence)


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
    return _made(scope, "area", text, round(net), scope.mean_confidence, unit)


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
    name = asked.under.removesuffix("s")
    grounds = [
        one
        for one in (scope.grounds if appeared else scope.change.grounds)
        if one.class_name == name and one.direction == ("appeared" if appeared else "vanished")
    ]
    number = number_of(len(grounds), f"{'new' if appeared else 'former'} {name}").text
    if not grounds:
        return _made(scope, "land_cover", f"{number}{scope.place} were found.", (), EVEN)
    own = CLASS_OF_OBJECT[name]
    sums: dict[str, float] = {}
    for one in grounds:
        for class_name, area in one.shares.items():
            sums[class_name] = sums.get(class_name, 0.0) + area
    sums = dict(sorted(sums.items(), key=lambda item: -item[1]))
    total = sum(sums.values())
    real = {class_name: area for class_name, area in sums.items() if area >= 0.02 * total}
    flows: Flows = {(class_name, class_name): Tally(0, area) for class_name, area in real.items()}
    words = shares_words(flows, scope.change.metric)
    number = number.removeprefix("1 ")
    text = f"the {number}{scope.place} {'stands' if len(grounds) == 1 else 'stand'} on what was {words}"
    if not appeared:
        text = f"the {number}{scope.place} gave way to {words}"
    area = sum(one.confidence * sum(one.shares.values()) for one in grounds)
    value = tuple(class_name for class_name in real if class_name != UNKNOWN)
    largest = next(iter(sums))
    notes = (f"ground that was {own} before may be an older {name}, or a fault of the map",) if own in value and appeared else ()
    confidence = area / total if total else 0.0
    return _made(scope, "land_cover", f"{text}.", None if largest == UNKNOWN else value, confidence, None, *notes)
