"""From a question in free wording to a task and its subjects, by word lists and the rules below; no model is asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from chronosight.tasks import (
    binary,
    caption,
    comparison,
    count,
    direction,
    event,
    location,
    object_count,
    presence,
    rural_urban,
    scene_class,
)
from chronosight.tasks import word_lists as lists
from chronosight.tasks.land_cover_questions import NOUNS as COVER_NOUNS
from chronosight.tasks.language import foreign_language
from chronosight.tasks.nouns import change_subject, singular
from chronosight.tasks.question import Question
from chronosight.tasks.reading import NOTHING, Reading, read, tokenise
from chronosight.tasks.unanswerable import negated, unanswerable

Kind = Literal["image", "pair", "video"]
MAX_CHARACTERS = 2000  # of a question

_NAMES = ("image", "picture", "photo", "date", "scene", "one")
_ONE_DATE = tuple(f"{which} {name}" for which in ("first", "second", "before", "after", "earlier", "later") for name in _NAMES)
_BOTH_DATES = ("between", "difference", "differences", "compare", "both")

HELP: dict[Kind, str] = {
    "pair": "Of two dates you can ask whether anything changed, how many buildings or roads changed, appeared or "
    "vanished, where they did, or for a description of the changes.",
    "image": "Of one image you can ask for a description, what kind of place it is, whether it is rural or urban, "
    "whether a thing is there, how many there are, or whether there are more of one thing than of another.",
    "video": "Of a video you can ask what event it shows.",
}
ONE_IMAGE = "One image cannot show a change: give the same place at two dates."
KIND_OF_PLACE = "The kind of place is a question for one image."
ONE_THING = "Ask about one kind of thing at a time."


@dataclass(frozen=True)
class Routed:
    """What a free-wording question asks.

    Attributes:
        question: In its task's canonical wording; None when it fits no task of the kind of scene. A subject of None in a
            binary, count, location or direction question means buildings and roads together.
        understood: Whether there is a question.
        note: A sentence or two for the user, or empty.
        direction: Only what appeared, or only what vanished; None for both.
        cells: Only objects in these cells of the 3x3 grid; None for the whole scene.
        negated: The answer to `question` is yes where that to the text is no: "has nothing changed?".
    """

    question: Question | None
    understood: bool
    note: str = ""
    direction: Literal["appeared", "vanished"] | None = None
    cells: tuple[str, ...] | None = None
    negated: bool = False


@dataclass(frozen=True)
class TypedQuestion:
    """A question before it is known what it asks.

    Attributes:
        text: As typed.
        words: All of its words.
        reading: What they say.
        unreadable: Why it cannot be read at all, its length or its language; or "".
        unanswerable: Why it cannot be answered as it was meant; or "".
    """

    text: str
    words: tuple[str, ...] = ()
    reading: Reading = NOTHING
    unreadable: str = ""
    unanswerable: str = ""


def read_typed(text: str, kind: Kind, zones: Sequence[str] = ()) -> TypedQuestion:
    """Reads what was typed; never raises.

    Args:
        text: As typed; the time taken grows with its length, up to `MAX_CHARACTERS`.
        kind: Of the scene.
        zones: Names of zones that it may use.

    Returns:
        Words and what they say, or why they cannot be answered.
    """
    if len(text) > MAX_CHARACTERS:
        reason = f"The question has {len(text):,} characters; at most {MAX_CHARACTERS:,} are read: ask a shorter one."
        return TypedQuestion(text, unreadable=reason)
    words = tuple(tokenise(text))
    reading = read(words)
    language = foreign_language(text)
    if language and (not words or reading.unknown):
        reason = f"The question seems to be in {language}; questions are understood in English only."
        return TypedQuestion(text, words, reading, reason)
    return TypedQuestion(text, words, reading, unanswerable=unanswerable(words, text, kind == "pair", zones))


def route(typed: TypedQuestion | str, kind: Kind) -> Routed:
    """Maps a question in free wording to a task; never raises on a text.

    Args:
        typed: The question, or its text.
        kind: Of the scene.

    Returns:
        The task and its subjects, or why there is none.
    """
    if isinstance(typed, str):
        typed = read_typed(typed, kind)
    if typed.unreadable:
        return Routed(None, False, typed.unreadable)
    return _refuse(typed.unanswerable, kind) if typed.unanswerable else route_reading(typed.reading, kind)


def route_reading(reading: Reading, kind: Kind) -> Routed:
    """Maps what a question says to a task.

    Args:
        reading: The question, or what is left of it without the parts that were read otherwise.
        kind: Of the scene.

    Returns:
        The task and its subjects, or why there is none.
    """
    if not reading.words:
        return _refuse("The question is empty.", kind)
    if reading.unknown:
        return _refuse(f"Not understood: {', '.join(reading.unknown)}.", kind)
    if reading.region.uneven:
        return _refuse("Name parts of the scene by thirds here, such as the north or the top left, not by halves.", kind)
    if kind == "pair":
        return _route_pair(reading)
    if kind == "image":
        return _route_image(reading)
    return _route_video(reading)


def _refuse(reason: str, kind: Kind) -> Routed:
    return Routed(None, False, f"{reason} {HELP[kind]}".strip())


def not_mapped(reading: Reading) -> str:
    """Why the changes of what a question names are not known; "" where they are.

    Args:
        reading: Of a question about two dates.

    Returns:
        One sentence, or "".
    """
    others = [*(name for name in reading.subjects if change_subject(name) is None), *reading.narrow]
    if others and all(singular(name) in COVER_NOUNS for name in others):
        return f"Of {' and '.join(others)} only what was lost or gained is known, where the land cover is mapped."
    return f"Changes are known of buildings and roads, not of {' or '.join(others)}." if others else ""


def _route_pair(reading: Reading) -> Routed:
    others = not_mapped(reading)
    if others:
        return _refuse(others, "pair")
    classes = {change_subject(name) for name in reading.subjects}
    subject = classes.pop() if len(classes) == 1 else None
    appeared, vanished = reading.says(lists.APPEARED), reading.says(lists.VANISHED)
    changed = reading.says(lists.CHANGED) or appeared or vanished
    way: Literal["appeared", "vanished"] | None = None
    if appeared != vanished:
        way = "appeared" if appeared else "vanished"

    def found(question: Question, note: str = "", denied: bool = False) -> Routed:
        restricted = way if question.task != "direction" else None
        return Routed(question, True, note, restricted, reading.region.cells or None, denied)

    reason = _unfit_for_a_pair(reading, changed)
    if reason:
        return _refuse(reason, "pair")
    stays, denies = reading.says(lists.SAME), negated(reading.words)
    if stays or denies:
        some = {"any", "anything", "some", "something", "all", "everything", "not"} & set(reading.words)
        if not _asks_yes_no(reading) or not (changed or stays) or (stays and some):
            return _refuse("Only what changed is known, not what stayed.", "pair")
        if "not" in reading.words:
            return _refuse("Ask it without a negation, such as: has anything changed?", "pair")
        return found(binary.ask(subject), "Yes means that nothing of that kind has changed.", denied=True)
    if _compares_dates(reading):
        return found(direction.ask(subject), "Answered with whether they appeared or vanished.")
    if reading.says(lists.COUNT):
        return found(count.ask(subject))
    if reading.says(lists.WHERE) and changed:
        return found(location.ask(subject))
    if appeared and vanished and (reading.subjects or _asks_yes_no(reading)):
        return found(direction.ask(subject))
    if changed and _asks_yes_no(reading):
        return found(binary.ask(subject))
    if reading.subjects and not reading.says(lists.DESCRIBE):
        if changed and reading.says(lists.WHICH) and (way or reading.asks_which()):
            return found(location.ask(subject), "Answered with the places of what changed.")
        if reading.says(lists.HAPPENED) or (reading.says(lists.CHANGED) and not _is_fragment(reading)):
            return found(direction.ask(subject))
    asks_what = reading.says(lists.DESCRIBE) or reading.says(lists.HAPPENED) or (changed and reading.says(lists.WHICH))
    if asks_what or (changed and reading.starts("how")):
        if reading.region.cells:
            return found(binary.ask(subject), "A description covers the whole scene; for a part of it the answer is yes or no.")
        return found(caption.ask("pair"), "The description covers every change." if way or reading.subjects else "")
    return found(binary.ask(subject)) if changed else _refuse("", "pair")


def _unfit_for_a_pair(reading: Reading, changed: bool) -> str:
    """Why a question cannot be asked of two dates; empty when it may be."""
    if reading.says(lists.SAME_PLACE):
        return "Both images are taken to show the same place."
    if reading.says(lists.RURAL_URBAN) or (reading.says(lists.KIND_OF) and not changed):
        return KIND_OF_PLACE
    if reading.says(("kind", "type", "sort", "category")) and reading.subjects:
        return "Kinds of buildings and roads are not distinguished."
    if reading.says(("cleared", "cleared away")) and not reading.subjects:
        return "Say what was cleared: buildings, roads, or forest where the land cover is mapped."
    if reading.says(lists.DESCRIBE) and not changed and reading.says(_ONE_DATE) and not reading.says(_BOTH_DATES):
        return "Of two dates the changes are described; to describe one date, give it alone."
    if reading.says(lists.SIZED) and not reading.says(lists.COUNT):
        return "Sizes of objects are not known here."
    if reading.says(lists.COUNT) and not changed and not _compares_dates(reading):
        return "Of two dates only changed objects are counted; for all of them give one image."
    if reading.says(lists.COMPARED) and not changed and not _compares_dates(reading):
        return "More or fewer of two things is a question for one image."
    return ""


def _compares_dates(reading: Reading) -> bool:
    """Such as "are there more houses than before", "has the number of houses grown"; not "how many more", a count."""
    if reading.says(("how many",)):
        return False
    if _asks_yes_no(reading) and reading.says(("the number",)) and reading.says(lists.CHANGED):
        return True  # "did the number of buildings change"
    if reading.says(lists.COUNT) or reading.says(lists.COMPARED):
        compares = reading.says(lists.COMPARED) or reading.says(lists.SIZED)
        return reading.says(lists.GROWN) or (compares and reading.says(lists.BEFORE))
    return False


def _route_image(reading: Reading) -> Routed:
    subjects = reading.subjects
    if any(reading.says(words) for words in (lists.APPEARED, lists.VANISHED, lists.CHANGED, lists.SAME, lists.ANOTHER)):
        return _refuse(ONE_IMAGE, "image")
    if reading.region.cells:
        return _refuse("Places within one image are not known.", "image")
    rural_or_urban = reading.says(lists.RURAL_URBAN) and not subjects
    if (reading.says(lists.COMPARED) or reading.says(lists.SIZED)) and not rural_or_urban:
        return _route_comparison(reading)
    if reading.says(lists.RURAL_URBAN):
        fits = not subjects and not reading.says(lists.COUNT) and (reading.says(("rural", "urban")) or _asks_yes_no(reading))
        return Routed(rural_urban.ask(), True) if fits else _refuse("", "image")
    if len(subjects) > 1:
        return _refuse(ONE_THING, "image")
    if reading.says(lists.COUNT):
        return Routed(object_count.ask(subjects[0]), True) if subjects else _refuse("Say what to count.", "image")
    if subjects:
        return _route_presence(reading)
    if reading.says(lists.NEGATED):
        return _refuse("", "image")
    if reading.says(lists.KIND_OF) or reading.says(lists.WHICH_PLACE):
        return Routed(scene_class.ask(), True)
    if reading.says(lists.HAPPENED):
        return Routed(caption.ask("image"), True, "One image cannot show what happened: this describes it.")
    if reading.starts("where"):
        return _refuse("Where on Earth an image was taken is not known.", "image")
    return Routed(caption.ask("image"), True) if reading.says(lists.DESCRIBE) else _refuse("", "image")


def _route_presence(reading: Reading) -> Routed:
    subject = reading.subjects[0]
    if reading.says(lists.WHERE):
        return _refuse("Places within one image are not known.", "image")
    if reading.says(lists.DESCRIBE):
        return _refuse("A description covers the whole image.", "image")
    if reading.starts(*lists.WHICH, "how") or not (reading.says(lists.PRESENT) or _is_fragment(reading)):
        return _refuse("", "image")
    if "not" in reading.words:
        return _refuse(f"Ask it without a negation, such as: are there any {subject}?", "image")
    denied = reading.says(lists.NEGATED)
    return Routed(presence.ask(subject), True, f"Yes means that there are no {subject}." if denied else "", negated=denied)


def _route_comparison(reading: Reading) -> Routed:
    if len(reading.subjects) != 2 or reading.says(lists.NEGATED):
        return _refuse("Name two kinds of things to compare.", "image")
    if reading.says(lists.SIZED) and not reading.says(lists.COUNT):
        return _refuse("Numbers are compared, not sizes.", "image")
    if reading.starts("how"):
        return _refuse("Differences are not computed: ask for the two numbers.", "image")
    if not reading.says(("than", "outnumber", "exceed", "exceeds")):
        return _refuse("Ask whether there are more of one thing than of another.", "image")
    first, second = reading.subjects
    if reading.says(lists.FEWER):
        first, second = second, first
    return Routed(comparison.ask(first, second), True)


def _route_video(reading: Reading) -> Routed:
    asks = reading.says(lists.HAPPENED) or reading.says(lists.DESCRIBE) or reading.says(("about",))
    fits = asks and not reading.subjects and not reading.says(lists.COUNT) and not reading.says(lists.NEGATED)
    return Routed(event.ask(), True) if fits else _refuse("", "video")


def _asks_yes_no(reading: Reading) -> bool:
    return reading.says(("whether",)) or reading.starts(*lists.YES_NO)


def _is_fragment(reading: Reading) -> bool:
    """Such as a bare "new roads?" or "any planes"."""
    return len(reading.words) <= 3 and not reading.says((*lists.WHICH, "where", "how"))
