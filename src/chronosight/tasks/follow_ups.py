"""Questions that lean on the one before: "Where?", "And the roads?", "Which of them is the largest?".

Such a question is written out in full ("Which of the new buildings in the north is the largest?") and then read as any other, so
that the answer, the note that says how it was taken and the objects that a map lights up agree.
"""

from __future__ import annotations

import re
from dataclasses import replace

from chronosight.tasks import word_lists as lists
from chronosight.tasks.cells import PLACES, places
from chronosight.tasks.cover_follow_ups import written_out_of_cover
from chronosight.tasks.land_cover_questions import named_things
from chronosight.tasks.lengths import take_length_unit, take_lengths
from chronosight.tasks.nouns import change_subject, singular
from chronosight.tasks.question import Question, SceneQuestion, superlative
from chronosight.tasks.reading import Reading, read, tokenise
from chronosight.tasks.replies import NUMBER_WORDS
from chronosight.tasks.scene_phrases import LEAST, MOST, take_limits, take_unit
from chronosight.tasks.swapped_things import swapped

UNCLEAR = "unclear"
SHORT = 5  # words: longer questions without "they" or "them" say themselves what they are about
_ENDS = r"is|are|was|were|have|has|did|do|lie|in|on|at|cover|vanished|appeared|disappeared|changed|larger|bigger|smaller"
_THESE = rf"(?:these|those)(?=\s*$|\s*\?|\s+(?:{_ENDS})\b)"  # "which of these is", not "which of these buildings"
_THEY = re.compile(rf"\b(?P<of>of|among|amongst) (?:them|{_THESE})\b|\bthe[ym]\b", re.IGNORECASE)
# Where a question leaves the things out: "which half has the most", "are there more than 3", "is the largest in the north".
_OPEN = r"(?=\s*$|\s*\?|\s+(?:ones?\b|in\b|on\b|at\b|now\b|than\b|is\b|are\b|lies?\b|appear|vanish))"
_NUMBER = rf"\b(?:at least|at most|more than|fewer than|less than|exactly|only|just) (?:\d[\d,]*|{'|'.join(NUMBER_WORDS)}){_OPEN}"
_GAPS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        _NUMBER,
        rf"\b(?:share|percentage|proportion|fraction){_OPEN}",
        rf"\b(?:largest|biggest|smallest|longest|shortest){_OPEN}",
        rf"\b(?:most|more|fewer|fewest|all){_OPEN}(?<!changed most)",
    )
)
_GAPPED = ("rank", "compare", "number_is", "grown", "largest_in", "lie_in", "share")  # asks of what may leave them out
_ANYBODY = re.compile(r"\b(?:did|do|have|had) they\b(?! (?:replace|replaced|appear|vanish|take)\b)", re.IGNORECASE)
_IT = re.compile(r"^(?:and )?(?:where|how (?:large|big|long))\b.*?\b(?P<it>it)\b", re.IGNORECASE)
_OF_IT = re.compile(r"\b(?:its|their) (?P<what>(?:total )?(?:area|size|length|location|position|place)s?)\b", re.IGNORECASE)
_BEFORE = ("count", "area", "length", "whether", "where", "direction", "largest", "share", "number_is", "area_is", "grown",
           "largest_in", "lie_in", "describe")  # fmt: skip
_MOVED = ("share", "number_is", "area_is", "grown", "largest_in", "lie_in")  # what "and in the south?" asks again
_IN_ALL = frozenset(("total", "overall", "altogether", "everywhere", "all", "whole"))  # "and in all?": the whole scene
_BESIDE_ALL = frozenset(("and", "in", "the", "scene", "of"))
_LEANS = ("count", "area", "length", "whether", "where", "direction", "largest")
_ITSELF = frozenset((  # a question with one of these says what it is about
    "anything", "something", "everything", "nothing", "object", "objects", "thing", "things", "change", "changes", "difference",
    "differences", "scene", "image", "images", "picture", "pictures", "photo", "photos", "date", "dates", "place", "site", "land",
    "ground", "this", "summary",
))  # fmt: skip
_ASKING = (*lists.COUNT, *lists.WHERE, *lists.YES_NO, *lists.DESCRIBE, *lists.HAPPENED, "which", "how", "what")
_VERB = {"appeared": ("appeared", "appear"), "vanished": ("vanished", "vanish"), None: ("changed", "change")}
_KIND = {"appeared": "new ", "vanished": "vanished ", None: "changed "}
_UNITS = {"m2": "square metres", "ha": "hectares", "km2": "square kilometres", "m": "metres", "km": "kilometres"}


def written_out_of_pair(
    text: str, reading: Reading, own: SceneQuestion | None, before: SceneQuestion | None, asked: str
) -> str:
    """Writes out a question about two dates that leans on the one before.

    Args:
        text: The question as typed.
        reading: What its words say.
        own: What it asks by itself, or with "changed" added to it; None where that is not understood either.
        before: What the question before it asked of the objects; None where it was not understood.
        asked: The question before it, in full.

    Returns:
        The question in full; "" where it stands alone, `UNCLEAR` where nothing says what it leans on.
    """
    reading = read(take_unit([*reading.words])[1])  # "in square metres" names no squares
    gapped = own is not None and own.asks in _GAPPED
    named = {at for thing in named_things(reading.words) for at in range(thing.start, thing.stop)}
    beside = {word for at, word in enumerate(reading.words) if at not in named}  # "bare ground" is a thing
    short = (gapped or _length(text, reading) <= SHORT) and not _ITSELF & beside
    they = _THEY.search(text)
    if they is not None and reading.subjects and _ANYBODY.search(text):
        they = None
    if before is not None and before.cover is not None and short:
        full = _of_cover(text, reading, own, before, asked)
        leans = not (_asks(reading) or reading.unknown or reading.subjects)
        return full or (UNCLEAR if they or leans else "")
    if before is not None and short and not _asks(reading):
        full = _asked_again(text, reading, own, before, asked)
        if full:
            return full
    leant_on = before is not None and (before.asks in _BEFORE or (gapped and before.asks in ("rank", "compare")))
    if before is None or not leant_on:
        return UNCLEAR if they or (_IT.search(text) and not reading.subjects) else ""
    if before.asks in ("lie_in", "largest_in") or before.share_of == "region":
        before = replace(before, region=None)
    with_noun = _with_noun(text, reading, before, they)
    if own is None and reading.words in (("how", "much"), ("and", "how", "much")):
        own = SceneQuestion("area")
    if before.asks == "whether" and {*reading.words} <= {"what", "exactly", "like", "and"} and "what" in reading.words:
        return f"What {_VERB[before.direction][0]}{_place(before)}?" if before.subject is None else ""
    if with_noun or not short or own is None:
        return with_noun
    subjects = {change_subject(name) for name in reading.subjects}
    if len(subjects) > 1 or None in subjects or reading.narrow or own.zone or own.per:
        return ""
    asks = own.asks
    if not _asks(reading):  # "And the roads?", "And in the south?", "In hectares?"
        if own == SceneQuestion(own.asks) and asks != "largest":  # "Really?"
            return ""
        asks = own.asks if own.asks == "largest" else "area" if own.unit and before.asks != "largest" else before.asks
    elif subjects and not reading.starts("and"):
        return ""
    if gapped and not subjects:
        return _filled(text, own, before)
    if asks not in _LEANS:
        return ""
    like = before if asks == before.asks else SceneQuestion(asks)
    limits = own if _size(own) else before
    return in_full(
        SceneQuestion(
            asks, own.subject or before.subject, own.direction or before.direction, own.region or before.region, before.zone,
            by=own.by if asks == own.asks else like.by, least=own.least if asks == own.asks else like.least,
            unit=own.unit or like.unit, min_area=limits.min_area, max_area=limits.max_area, min_length=limits.min_length,
            max_length=limits.max_length, top=max(own.top, like.top), sized=own.sized or like.sized or own.unit != "",
            per=like.per,
        )
    )  # fmt: skip


def written_out_of_image(text: str, reading: Reading, before: Question) -> str:
    """Writes out a question about one image that leans on the one before.

    Args:
        text: The question as typed.
        reading: What its words say.
        before: The question before it.

    Returns:
        The question in full; "" where it stands alone.
    """
    if before.subject is None or before.task not in ("presence", "object_count"):
        return ""
    things = before.subject
    if not reading.subjects:
        found = _THEY.search(text) or _IT.search(text)
        if found:
            start, stop = found.span("it") if "it" in found.groupdict() else found.span()
            lead = f"{found['of']} " if found.groupdict().get("of") else ""
            return f"{text[:start]}{lead}the {things}{text[stop:]}"
    if len(reading.words) > SHORT or reading.unknown or _ITSELF & {*reading.words}:
        return ""
    task = before.task
    if not reading.subjects and reading.says(lists.COUNT):
        task = "object_count"
    elif not reading.subjects and reading.says(("where",)):
        return f"Where are the {things}?"
    elif len(reading.subjects) == 1 and not _asks(reading):
        things = reading.subjects[0]
    else:
        return ""
    return f"How many {things} are there?" if task == "object_count" else f"Are there any {things}?"


def in_full(question: SceneQuestion) -> str:
    """A question about changed objects in words that the reader understands.

    Args:
        question: Of kind count, area, length, whether, where, direction or largest.

    Returns:
        The question.
    """
    things = question.subject or "buildings or roads"
    verb, infinitive = _VERB[question.direction]
    size, place = _size(question), _place(question)
    kind = _KIND[question.direction]
    unit = f" in {_UNITS[question.unit]}" if question.unit else ""
    match question.asks:
        case "count":
            per = f" per {_UNITS[question.per].removesuffix('s')}" if question.per else ""
            return f"How many {things}{size} {verb}{place}{per}?"
        case "where":
            return f"Where did {things}{size} {infinitive}{place}?"
        case "whether":
            return f"Did any {things}{size} {infinitive}{place}?"
        case "direction":
            return f"Did {things}{size} appear or vanish{place}?"
        case "area":
            return f"What is the total area of {kind}{things}{size}{place}{unit}?"
        case "length":
            return f"What is the total length of {kind}{things}{size}{place}{unit}?"
        case _ if question.sized and question.by == "length":
            return f"How long {'are' if question.top > 1 else 'is'} {_largest(question)}?"
        case _ if question.sized:
            return f"What is the area of {_largest(question)}{unit}?"
        case _:
            return f"Which {'are' if question.top > 1 else 'is'} {_largest(question)}?"


def _with_noun(text: str, reading: Reading, before: SceneQuestion, they: re.Match[str] | None) -> str:
    """The question with the things that "they" (where it was found), "it" or "its" stand for; "" where it has none of these."""
    own_direction = reading.says(lists.APPEARED) or reading.says(lists.VANISHED)
    known = replace(
        before,
        direction=None if own_direction else before.direction,
        region=None if reading.region.cells or reading.region.uneven else before.region,
    )
    if (take_limits(text)[0], take_lengths(text)[0]) != ((None, None), (None, None)):
        known = replace(known, min_area=None, max_area=None, min_length=None, max_length=None)
    kind = "" if own_direction else _KIND[known.direction]
    several = f"the {kind}{known.subject or 'objects'}{_size(known)}{_place(known)}"
    one = f"the {kind}{singular(known.subject or 'objects')}{_size(known)}{_place(known)}"
    if before.asks == "largest":
        one = _largest(known)
        several = one if before.top > 1 and reading.starts("where", "how") else several
    if they:
        objects = any(thing.subject for thing in named_things(reading.words)) or not named_things(reading.words)
        if reading.subjects and objects and not they["of"]:  # "compare them with the new roads", not "were they built on grass"
            return UNCLEAR
        if reading.subjects and objects:  # "how many of them are roads"
            several = several.replace(known.subject or "objects", "objects", 1)
        lead = f"{'of' if they['of'].lower() in ('among', 'amongst') else they['of']} " if they["of"] else ""
        return f"{text[: they.start()]}{lead}{several}{text[they.end() :]}"
    if reading.subjects:
        return ""
    it = _IT.search(text)
    if it:
        return f"{text[: it.start('it')]}{one}{text[it.end('it') :]}"
    of_it = _OF_IT.search(text)
    if of_it:
        things = one if of_it[0].lower().startswith("its") or before.top > 1 else several
        return f"{text[: of_it.start()]}the {of_it['what']} of {things}{text[of_it.end() :]}"
    return ""


def _filled(text: str, own: SceneQuestion, before: SceneQuestion) -> str:
    """The question with the things that it leaves out; "" where no place for them is found."""
    kind = "" if own.direction or own.asks == "grown" else _KIND[before.direction]
    things = before.subject or "objects"
    for gap in _GAPS:
        found = gap.search(text)
        if found is not None:
            share = gap is _GAPS[1]
            one = own.asks == "largest_in" or found[0].split()[-1].lower() in ("1", "one")
            noun = f"{' of the' if share else ''} {kind}{singular(things) if one else things}"
            rest = re.sub(r"^\s+ones?\b", "", text[found.end() :])
            return f"{text[: found.end()]}{noun}{rest}"
    return ""


def _of_cover(text: str, reading: Reading, own: SceneQuestion | None, before: SceneQuestion, asked: str) -> str:
    """What "Where?", "How much?", "And the water?" or "What replaced it?" asks after a question about land cover."""
    assert before.cover is not None
    moved = (own is not None and own.region is not None) or (_means_all(reading) and before.region is not None)
    place = _place(own or SceneQuestion("describe")) if moved else _place(before)
    unit = f" in {_UNITS[own.unit]}" if own is not None and own.unit else ""
    if before.cover.asks == "most" and (reading.says(LEAST) or reading.says(MOST)):
        return UNCLEAR  # by itself it would be about the smallest object
    return written_out_of_cover(text, reading, before.cover, asked, place, unit, moved)


def _asked_again(text: str, reading: Reading, own: SceneQuestion | None, before: SceneQuestion, asked: str) -> str:
    """The question before, of another thing or part of the scene, where no other words for it are kept here; "" for others."""
    ground = any(not thing.subject for thing in named_things(reading.words))
    if before.asks not in _LEANS or ground:
        other = swapped(text, asked)
        if other:
            return other
    if _means_all(reading) and before.region is not None and before.asks in _LEANS:
        return in_full(replace(before, region=None))
    unit = take_length_unit([*reading.words])[0]
    if unit and before.asks == "length" and len(reading.words) <= 4:  # "in km", "and in metres"
        return in_full(replace(before, unit=unit))
    place_alone = own is not None and own.region is not None and own == SceneQuestion(own.asks, region=own.region)
    return _moved(asked, own, before) if own is not None and place_alone and before.asks in _MOVED else ""


def _means_all(reading: Reading) -> bool:
    return bool(_IN_ALL & {*reading.words}) and {*reading.words} <= _IN_ALL | _BESIDE_ALL


def _moved(asked: str, own: SceneQuestion, before: SceneQuestion) -> str:
    """The question before in another part of the scene: "and in the south?"; "" where it cannot be said."""
    assert own.region is not None
    place = f" {own.region.words}"
    if before.region is None:
        return f"{asked.rstrip(' ?')}{place}?" if before.asks != "share" or before.share_of == "ground" else ""
    found = re.search(rf" {re.escape(before.region.words)}\b", asked, re.IGNORECASE)
    return "" if found is None else f"{asked[: found.start()]}{place}{asked[found.end() :]}"


def _length(text: str, reading: Reading) -> int:
    """Number of words beside limits of size and places."""
    return len(tokenise(take_lengths(take_limits(text)[1])[1])) - len(reading.region.used)


def _asks(reading: Reading) -> bool:
    """Whether it has a word that asks, beside the "what about" of "what about the roads"."""
    if reading.starts("what about", "how about", "and what about", "and how about"):
        return False
    return reading.says(_ASKING)


def _largest(question: SceneQuestion) -> str:
    """Such as "the largest new building in the north"."""
    things = question.subject or "objects"
    word = superlative(question)
    number = f"{question.top} " if question.top > 1 else ""
    return (
        f"the {number}{word} {_KIND[question.direction]}{things if question.top > 1 else singular(things)}"
        f"{_size(question)}{_place(question)}"
    )


def _size(question: SceneQuestion) -> str:
    limits = (("larger", question.min_area), ("smaller", question.max_area))
    areas = "".join(f" {word} than {limit:g} m2" for word, limit in limits if limit is not None)
    limits = (("longer", question.min_length), ("shorter", question.max_length))
    return areas + "".join(f" {word} than {limit:g} m" for word, limit in limits if limit is not None)


def _place(question: SceneQuestion) -> str:
    region = question.region
    if question.zone:
        return f" in zone {question.zone}"
    if region is None:
        return ""
    several = region.words == places(region.cells)  # "at the top and on the left", which no single phrase names
    return f" {' and '.join(PLACES[cell] for cell in region.cells) if several else region.words}"
