"""Questions about a timeline: when the first building was built, when most changed, what was built between two dates."""

from __future__ import annotations

import re
from collections.abc import Sequence
from math import prod

from chronosight.results.answer import Answer, open_answer
from chronosight.results.changed_object import Direction
from chronosight.results.wording import size_words
from chronosight.tasks.land_cover_questions import NOUNS as COVER
from chronosight.tasks.nouns import singular
from chronosight.tasks.parsing import parse_question
from chronosight.tasks.reading import tokenise
from chronosight.tasks.relations import RELATIVE, is_relative
from chronosight.timeline.dates import Date, parse_date
from chronosight.timeline.follow import Event, Track
from chronosight.timeline.timeline import CLASSES, Timeline

NO_COVER = "Only buildings and roads are followed through many dates; to ask about land cover, give two of the dates."
CAN_ASK = (
    'This cannot be answered from a timeline; ask such as "when was the first building built", "in which year did most change", '
    '"what was built between 2015 and 2018" or "how many buildings are there in 2015"'
)
_DATE = re.compile(r"(?<!\d)(?:19|20)\d{2}(?:-\d{2}(?:-\d{2})?)?(?!\d)")
_NEW = re.compile(r"\b(built|build|new|appear\w*|construct\w*|added)\b")
_GONE = re.compile(r"\b(demolish\w*|gone|vanish\w*|disappear\w*|removed|torn down|lost)\b")
_CHANGED = re.compile(r"\b(chang\w*|happen\w*)\b")
CONFIDENT = 0.7

Change = tuple[Track, Event]
Found = tuple[Answer, tuple[int, ...]]  # an answer, and numbers of the objects that it rests on


def answer_question(timeline: Timeline, question: str) -> Answer:
    """Answers a question from the followed objects.

    Args:
        timeline: The dates and their objects.
        question: In free wording.

    Returns:
        The answer, of task "timeline"; one of task "open" that says what can be asked where the question fits nothing, and
        where objects could not be followed.
    """
    return answer_with_objects(timeline, question)[0]


def answer_with_objects(timeline: Timeline, question: str) -> Found:
    """Answers a question, and names the objects that the answer rests on.

    Args:
        timeline: The dates and their objects.
        question: In free wording.

    Returns:
        The answer as `answer_question` gives it, and the numbers of the objects, rising.
    """
    if timeline.stack.too_coarse:
        return open_answer(timeline.stack.too_coarse), ()
    read = parse_question(question, "pair").of_objects
    if read is not None and read.without_cover is not None:
        return open_answer(NO_COVER), ()
    if is_relative(tokenise(question)):
        return open_answer(RELATIVE), ()
    text = question.lower()
    name = next((one for one in CLASSES if one in text or (one == "building" and re.search(r"\bhouses?\b", text))), None)
    if name is None and COVER & set(map(singular, tokenise(question))):
        return open_answer(NO_COVER), ()
    way: Direction | None = "appeared" if _NEW.search(text) else "vanished" if _GONE.search(text) else None
    changes = _changes(timeline, name, way)
    if re.search(r"\b(which|what) (year|period|date|time)s?\b|\bwhen\b", text) and re.search(r"\b(most|fastest|largest)\b", text):
        return _busiest(timeline, changes)
    if re.search(r"\bwhen\b|\b(which|what) (year|date)\b", text) and way is not None:
        return _when(timeline, changes, name, way, last=bool(re.search(r"\b(last|latest|newest)\b", text)))
    span = _span(timeline, text)
    if isinstance(span, Answer):
        return span, ()
    if re.search(r"\bhow many\b", text) and way is None and name is not None and not _CHANGED.search(text):
        return _present(timeline, name, text)
    if way is not None or _CHANGED.search(text):
        return _between(timeline, changes, name, way, *span, counted=re.search(r"\b(how many|number of)\b", text) is not None)
    return open_answer(CAN_ASK), ()


def _changes(timeline: Timeline, name: str | None, way: Direction | None) -> list[Change]:
    found = [
        (track, event)
        for track in timeline.tracks
        for event in track.events
        if name in (None, track.item.class_name) and way in (None, event.direction)
    ]
    return sorted(found, key=lambda one: (one[1].after, one[1].before))


def _when(timeline: Timeline, changes: Sequence[Change], name: str | None, way: Direction, last: bool) -> Found:
    noun, verb = name or "object", "built" if way == "appeared" else "gone"
    if not changes:
        return _answer(timeline, f"No {noun} is {'new' if verb == 'built' else verb} in these dates", (), [])
    at = changes[-1 if last else 0][1]
    same = [change for change in changes if change[1].after == at.after]
    before, after = (timeline.stack.dates[index].text for index in (at.before, at.after))
    many = f" ({len(same)} {noun}s in that time)" if len(same) > 1 else ""
    which, was = "last" if last else "first", "was built" if way == "appeared" else "disappeared"
    return _answer(timeline, f"The {which} {noun} {was} between {before} and {after}{many}", (before, after), same)


def _busiest(timeline: Timeline, changes: Sequence[Change]) -> Found:
    if not changes:
        return _answer(timeline, "Nothing that is followed changed in these dates", (), [])
    by_date: dict[int, list[Change]] = {}
    for change in changes:
        by_date.setdefault(change[1].after, []).append(change)
    after, most = max(by_date.items(), key=lambda one: sum(track.item.area for track, _ in one[1]))
    dates = timeline.stack.dates
    area = sum(track.item.area for track, _ in most)
    text = (
        f"Most changed between {dates[after - 1].text} and {dates[after].text}: {_counts(most)}, "
        f"{size_words(area, timeline.unit == 'm2')}"
    )
    return _answer(timeline, text, (dates[after - 1].text, dates[after].text), most)


def _present(timeline: Timeline, name: str, text: str) -> Found:
    match = _DATE.search(text)
    date = parse_date(match[0]) if match else timeline.stack.dates[-1]
    assert date is not None
    index, note = _nearest(timeline, date)
    count = sum(track.present[index] for track in timeline.tracks if track.item.class_name == name)
    are = "is" if count == 1 else "are"
    words = f"{count} of the {name}s that appear or vanish in these dates {are} there in {timeline.stack.dates[index].text}"
    only = f"{name}s that never change are not counted"
    tracks = [(track, event) for track in timeline.tracks if track.item.class_name == name for event in track.events[:1]]
    return _answer(timeline, words, count, tracks, [only, *note], counted=True)


def _between(
    timeline: Timeline, changes: Sequence[Change], name: str | None, way: Direction | None, first: int, last: int,
    notes: list[str], counted: bool,
) -> Found:  # fmt: skip
    dates = timeline.stack.dates
    chosen = [change for change in changes if first < change[1].after <= last]
    verb = {"appeared": "was built", "vanished": "disappeared", None: "changed"}[way]
    span = f"between {dates[first].text} and {dates[last].text}"
    if not chosen:
        return _answer(timeline, f"No {name or 'object'} {verb} {span}", 0, [], notes)
    area = size_words(sum(track.item.area for track, _ in chosen), timeline.unit == "m2")
    return _answer(timeline, f"{_counts(chosen)} {span}, {area} in all", len(chosen), chosen, notes, counted)


def _counts(changes: Sequence[Change]) -> str:
    """Such as "3 buildings built, 1 road gone"."""
    parts = []
    for name in CLASSES:
        for way, verb in (("appeared", "built"), ("vanished", "gone")):
            count = sum(track.item.class_name == name and event.direction == way for track, event in changes)
            if count:
                parts.append(f"{count} {name}{'s' * (count != 1)} {verb}")
    return ", ".join(parts)


def _span(timeline: Timeline, text: str) -> tuple[int, int, list[str]] | Answer:
    """Indices of the dates that a question speaks of, the whole series where it names none, and remarks."""
    dates = [date for match in _DATE.finditer(text) if (date := parse_date(match[0]))]
    last = len(timeline.stack.dates) - 1
    if not dates:
        return 0, last, []
    if len(dates) > 2:
        return open_answer(f"{len(dates)} dates are named, expected one or two")
    found = [_nearest(timeline, date) for date in sorted(dates)]
    notes = [note for _, one in found for note in one]
    if len(found) == 2:
        first, second = found[0][0], found[1][0]
        if first == second:
            return open_answer(f"both dates are nearest to the image of {timeline.stack.dates[first].text}: nothing lies between")
        return first, second, notes
    index = found[0][0]
    if re.search(r"\b(since|after|from)\b", text):
        return index, last, notes
    if re.search(r"\b(before|until|till|up to)\b", text):
        return 0, index, notes
    return max(0, index - 1), index, [*notes, f"counted from the image before it, {timeline.stack.dates[max(0, index - 1)].text}"]


def _nearest(timeline: Timeline, date: Date) -> tuple[int, list[str]]:
    """The image that a named date means: the one of that date or year, else the nearest, with a remark."""
    dates = timeline.stack.dates
    same = [index for index, one in enumerate(dates) if one.text.startswith(date.text)]
    if same:
        return same[-1], []
    index = min(range(len(dates)), key=lambda one: abs((dates[one].time - date.time).days))
    return index, [f"there is no image of {date.text}: {dates[index].text} was taken"]


def _answer(
    timeline: Timeline, text: str, value: int | tuple[str, ...], changes: Sequence[Change], notes: Sequence[str] = (),
    counted: bool = False,
) -> Found:  # fmt: skip
    """With the mean probability of the histories that it rests on; a number that is asked for is right where all of them are."""
    known = [track.confidence for track, _ in changes]
    confidence = prod(known) if known and counted else sum(known) / len(known) if known else 0.5
    doubts = timeline.stack.doubts
    if doubts:
        confidence = min(confidence, 0.5)
    sentence = text[:1].upper() + text[1:]
    answer = Answer(sentence, "timeline", value, confidence, confidence >= CONFIDENT and not doubts, notes=(*notes, *doubts))
    return answer, tuple(sorted({track.item.number for track, _ in changes}))
