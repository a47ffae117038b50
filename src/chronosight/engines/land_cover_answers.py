"""Answers about land-cover change, of a scene of any size: what came, what went, what became what, and under which objects.

A yes rests on one piece of ground, a "no" on all of it: it is given only where the land cover is known of most of the scene and
no changed ground of unknown kind could be what is asked about; how much is not known is said.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from chronosight.engines.chosen_objects import NO_ZONES, TURNED, refused
from chronosight.engines.confidence import EVEN
from chronosight.engines.cover_answer import cover_answer, none_seen, pairs_words, subject_words, verb_words, was_or_were
from chronosight.engines.from_objects import CANNOT_TELL
from chronosight.engines.land_cover_scope import CoverScope, scope_of
from chronosight.engines.object_ground_answers import no_objects, under_objects, which_objects
from chronosight.figures import figures
from chronosight.results.answer import Answer
from chronosight.results.change_summary import ChangeSummary
from chronosight.results.land_cover_change import KNOWN_ENOUGH, UNKNOWN, add_flows, object_flows
from chronosight.results.land_cover_sentences import NOUNS, by_kind, kind_sentence, shares_words
from chronosight.results.sentences import objects as number_of
from chronosight.tasks.cells import whereabouts
from chronosight.tasks.question import CoverQuestion, SceneQuestion

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
        "into": _into, "out_of": _into, "most": _most, "was_before": under_objects, "came_after": under_objects,
        "objects": which_objects,
    }  # fmt: skip
    if question.cover.under and question.cover.asks not in ("was_before", "came_after") and not scope.bearers:
        return no_objects(summary, question, scope)
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


def _happened(scope: CoverScope) -> str:
    """Such as "trees disappeared"."""
    return f"{subject_words(scope.question)} {verb_words(scope.question)}"


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
        return none_seen(scope, "binary", False)
    best = max(confidence for confidence, _ in scope.confidences) if scope.confidences else 0.0
    text = f"{scope.words(scope.area)} of {_happened(scope)}{scope.where()}{_details(scope)}"
    if best < EVEN:
        return cover_answer(scope, "binary", f"{CANNOT_TELL}: {text} perhaps, but it is less likely than not.", None, best)
    return cover_answer(scope, "binary", f"yes: {text}.", True, best)


def _area(scope: CoverScope) -> Answer:
    unit = "m2" if scope.change.metric else "px"
    if not scope.area:
        return none_seen(scope, "area", 0, unit)
    text = f"{scope.words(scope.area)} of {_happened(scope)}{scope.where()}{_details(scope)}."
    return cover_answer(scope, "area", text, round(scope.area), scope.mean_confidence, unit)


def _share(scope: CoverScope) -> Answer:
    asked = scope.question
    if asked.of_ground or not (asked.before or asked.after):
        return _share_of_ground(scope)
    date, classes = (0, asked.before) if asked.before else (1, asked.after)
    whole = sum(scope.change.totals.get(name, (0.0, 0.0))[date] for name in classes)
    if scope.place or not classes:
        return refused("shares of land cover are of the whole scene")
    if not scope.area:
        return none_seen(scope, "share", 0.0, "%")
    whole = max(whole, scope.area)
    value = float(f"{100 * scope.area / whole:.2g}")
    then = "before" if asked.before else "now"
    amount = f"{scope.words(scope.area)} of {_happened(scope)}"
    text = f"about {figures(value)} %: {amount}, of {scope.words(whole)} seen {then}."
    answer = cover_answer(scope, "share", text, value, scope.mean_confidence, "%")
    return replace(answer, confident=False) if scope.change.known < KNOWN_ENOUGH else answer  # the whole is not known


def _share_of_ground(scope: CoverScope) -> Answer:
    if not scope.all_ground:
        return refused(NO_GROUND_SIZE)
    if not scope.area:
        return none_seen(scope, "share", 0.0, "%")
    value = float(f"{100 * scope.area / scope.all_ground:.2g}")
    amount = f"{scope.words(scope.area)} of {_happened(scope)}{scope.place}"
    return cover_answer(scope, "share", f"about {figures(value)} % of the ground: {amount}.", value, scope.mean_confidence, "%")


def _count(scope: CoverScope) -> Answer:
    found = scope.found
    if not scope.area:
        return none_seen(scope, "count", 0)
    area = sum(item.area for item in found)
    under = scope.area - area if scope.under else 0.0
    if not found:
        amount = f"{scope.words(under)} of {_happened(scope)}{scope.place}"
        text = f"{amount}, all of it where buildings or roads changed, which is not counted in pieces."
        return cover_answer(scope, "count", text, None, scope.mean_confidence)
    text = f"{number_of(len(found), 'piece').text} of {_happened(scope)}{scope.where()}: "
    rest = f", and {scope.words(under)} where buildings or roads changed" if under else ""
    text = f"{text}{scope.words(area)}{rest}."
    return cover_answer(scope, "count", text, len(found), scope.mean_confidence, None, "pieces that touch count as one")


def _where(scope: CoverScope) -> Answer:
    cells = scope.cells()
    if not cells:
        return none_seen(scope, "location", ())
    amount = f"{scope.words(scope.area)} of {subject_words(scope.question)}"
    text = f"{amount} {verb_words(scope.question)} {whereabouts(cells, scope.north_up)}."
    return cover_answer(scope, "location", text, cells, scope.mean_confidence)


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
        return none_seen(replace(scope, question=replace(asked, before=(), either=asked.before)), "binary", False)
    value = lost > gained if asked.least else gained > lost
    words = [scope.words(area) if area else "none" for area in (gained, lost)]
    first = f"{words[0]} of {subject_words(asked)}" if gained else f"no {subject_words(asked)}"
    text = f"{'yes' if value else 'no'}: {first} appeared{scope.place} and {words[1]} disappeared."
    weighted = [
        (item.confidence, item.area)
        for item in scope.objects
        if (item.class_from in asked.before) != (item.class_to in asked.before)
    ]
    area = sum(weight for _, weight in weighted)
    confidence = sum(of_one * weight for of_one, weight in weighted) / area if area else scope.none_confidence
    return cover_answer(scope, "binary", text, value, _of_difference(scope, lost, gained, confidence))


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
    text = f"{_lost_and_gained_words(scope, lost, gained, subject_words(asked))}: {scope.words(abs(net))} {more} in all."
    return cover_answer(scope, "area", text, round(net), _of_difference(scope, lost, gained, scope.mean_confidence), unit)


def _change(scope: CoverScope) -> Answer:
    found = scope.found
    if not found and not scope.area:
        return none_seen(scope, "caption", f"no {subject_words(scope.question)} changed")
    classes = scope.question.either
    whole = _lost_and_gained_words(scope, *_lost_and_gained(scope, classes), subject_words(scope.question)) if classes else ""
    sentences = [f"{whole[:1].upper()}{whole[1:]}."] if classes else []
    sentences += [kind_sentence(kind, scope.change.metric, scope.north_up).text for kind in by_kind(found)]
    grounds = add_flows(one.flows for one in scope.grounds)
    under = {pair: value for pair, value in grounds.items() if scope.chosen(pair)}
    if under:
        sentences.append(f"Under changed buildings and roads: {pairs_words(under, scope)}.")
    text = " ".join(sentences)
    return cover_answer(scope, "caption", text, text, scope.mean_confidence)


def _into(scope: CoverScope) -> Answer:
    asked, sums = scope.question, scope.sums
    after = asked.asks == "into"
    if not sums:
        return none_seen(scope, "land_cover", ())
    amount = scope.words(scope.area)
    text = f"the {subject_words(asked)} that {verb_words(asked)}{scope.where()} ({amount}) {'became' if after else 'replaced'} "
    value = tuple(dict.fromkeys(pair[1 if after else 0] for pair in sums))
    confidence = scope.mean_confidence
    words = _kinds_words(scope, after)
    return cover_answer(scope, "land_cover", f"{text}{words}.", None if value == (UNKNOWN,) else value, confidence)


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
        return none_seen(scope, "land_cover", "none")
    gone, new = sums[name]
    parts = [f"{scope.words(area)} {word}" for area, word in ((gone, "disappeared"), (new, "appeared")) if area]
    was = was_or_were(NOUNS[name])
    verb = {"gone": f"{was} lost", "new": f"{was} gained", "": "changed"}[way]
    weighted = [(item.confidence, item.area) for item in scope.objects if name in item.key]
    weighted += [(one.confidence, sum(v.area for p, v in one.flows.items() if name in p)) for one in scope.grounds]
    area = sum(weight for _, weight in weighted)
    confidence = sum(of_one * weight for of_one, weight in weighted) / area if area else 0.0
    return cover_answer(scope, "land_cover", f"{NOUNS[name]} {verb} most{scope.place}: {' and '.join(parts)}.", name, confidence)


