"""From a question in free wording to a task and its subjects, by word lists and the rules below; no model is asked."""

from __future__ import annotations

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
from chronosight.tasks.language import foreign_language
from chronosight.tasks.nouns import change_subject
from chronosight.tasks.question import Question
from chronosight.tasks.reading import Reading, read, tokenise
from chronosight.tasks.unanswerable import negated, unanswerable

Kind = Literal["image", "pair", "video"]
MAX_CHARACTERS = 2000  # of a question

HELP: dict[Kind, str] = {
    "pair": "Of two dates you can ask whether anything changed, how many buildings or roads changed, appeared or "
    "vanished, where they did, or for a description of the changes.",
    "image": "Of one image you can ask for a description, what kind of place it is, whether it is rural or urban, "
    "whether a thing is there, how many there are, or whether there are more of one thing than of another.",
    "video": "Of a video you can ask what event it shows.",
}
ONE_IMAGE = "One image cannot show a change: give the same place at two dates."
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


def unreadable(text: str) -> str:
    """Why a text cannot be read as a question at all: its length, or its language. Empty where it can be.

    Args:
        text: As typed.

    Returns:
        One line for the user, or "".
    """
    if len(text) > MAX_CHARACTERS:
        return f"The question has {len(text):,} characters; at most {MAX_CHARACTERS:,} are read: ask a shorter one."
    language = foreign_language(text)
    if language and (not tokenise(text) or read(text).unknown):
        return f"The question seems to be in {language}; questions are understood in English only."
    return ""


def route(text: str, kind: Kind) -> Routed:
    """Maps a question in free wording to a task; never raises on a text.

    Args:
        text: As typed; the time taken grows with its length, up to `MAX_CHARACTERS`.
        kind: Of the scene.

    Returns:
        The task and its subjects, or why there is none.
    """
    reason = unreadable(text)
    if reason:
        return Routed(None, False, reason)
    said = read(text)
    if not said.words:
        return _refuse("The question is empty.", kind)
    reason = unanswerable(said.words, text, kind == "pair")
    if reason:
        return _refuse(reason, kind)
    if said.unknown:
        return _refuse(f"Not understood: {', '.join(said.unknown)}.", kind)
    if said.region.uneven:
        return _refuse("Name parts of the scene by thirds here, such as the north or the top left, not by halves.", kind)
    if kind == "pair":
        return _route_pair(said)
    if kind == "image":
        return _route_image(said)
    return _route_video(said)


def _refuse(reason: str, kind: Kind) -> Routed:
    return Routed(None, False, f"{reason} {HELP[kind]}".strip())


def _route_pair(said: Reading) -> Routed:
    others = [*(name for name in said.subjects if change_subject(name) is None), *said.narrow]
    if others:
        return _refuse(f"Changes are known of buildings and roads, not of {' or '.join(others)}.", "pair")
    classes = {change_subject(name) for name in said.subjects}
    subject = classes.pop() if len(classes) == 1 else None
    appeared, vanished = said.says(lists.APPEARED), said.says(lists.VANISHED)
    changed = said.says(lists.CHANGED) or appeared or vanished
    way: Literal["appeared", "vanished"] | None = None
    if appeared != vanished:
        way = "appeared" if appeared else "vanished"

    def found(question: Question, note: str = "", denied: bool = False) -> Routed:
        restricted = way if question.task != "direction" else None
        return Routed(question, True, note, restricted, said.region.cells or None, denied)

    reason = _unfit_for_a_pair(said, changed)
    if reason:
        return _refuse(reason, "pair")
    stays, denies = said.says(lists.SAME), negated(said.words)
    if stays or denies:
        some = {"any", "anything", "some", "something", "all", "everything", "not"} & set(said.words)
        if not _asks_yes_no(said) or not (changed or stays) or (stays and some):
            return _refuse("Only what changed is known, not what stayed.", "pair")
        if "not" in said.words:
            return _refuse("Ask it without a negation, such as: has anything changed?", "pair")
        return found(binary.ask(subject), "Yes means that nothing of that kind has changed.", denied=True)
    if _compares_dates(said):
        return found(direction.ask(subject), "Answered with whether they appeared or vanished.")
    if said.says(lists.COUNT):
        return found(count.ask(subject))
    if said.says(lists.WHERE) and changed:
        return found(location.ask(subject))
    if appeared and vanished and (said.subjects or _asks_yes_no(said)):
        return found(direction.ask(subject))
    if changed and _asks_yes_no(said):
        return found(binary.ask(subject))
    if said.subjects and not said.says(lists.DESCRIBE):
        if changed and said.says(lists.WHICH) and (way or said.asks_which()):
            return found(location.ask(subject), "Answered with the places of what changed.")
        if said.says(lists.HAPPENED) or (said.says(lists.CHANGED) and not _is_fragment(said)):
            return found(direction.ask(subject))
    asks_what = said.says(lists.DESCRIBE) or said.says(lists.HAPPENED) or (changed and said.says(lists.WHICH))
    if asks_what or (changed and said.starts("how")):
        if said.region.cells:
            return found(binary.ask(subject), "A description covers the whole scene; for a part of it the answer is yes or no.")
        return found(caption.ask("pair"), "The description covers every change." if way or said.subjects else "")
    return found(binary.ask(subject)) if changed else _refuse("", "pair")


def _unfit_for_a_pair(said: Reading, changed: bool) -> str:
    """Why a question cannot be asked of two dates; empty when it may be."""
    if said.says(lists.SAME_PLACE):
        return "Both images are taken to show the same place."
    if said.says(lists.RURAL_URBAN) or (said.says(lists.KIND_OF) and not changed):
        return "The kind of place is a question for one image."
    if said.says(lists.SIZED) and not said.says(lists.COUNT):
        return "Sizes of objects are not known here."
    if said.says(lists.COUNT) and not changed and not _compares_dates(said):
        return "Of two dates only changed objects are counted; for all of them give one image."
    if said.says(lists.COMPARED) and not changed and not _compares_dates(said):
        return "More or fewer of two things is a question for one image."
    return ""


def _compares_dates(said: Reading) -> bool:
    """Such as "are there more houses than before", "has the number of houses grown"; not "how many more", a count."""
    if said.says(("how many",)):
        return False
    if said.says(lists.COUNT) or said.says(lists.COMPARED):
        return said.says(lists.GROWN) or ((said.says(lists.COMPARED) or said.says(lists.SIZED)) and said.says(lists.BEFORE))
    return False


def _route_image(said: Reading) -> Routed:
    subjects = said.subjects
    if any(said.says(words) for words in (lists.APPEARED, lists.VANISHED, lists.CHANGED, lists.SAME, lists.ANOTHER)):
        return _refuse(ONE_IMAGE, "image")
    if said.region.cells:
        return _refuse("Places within one image are not known.", "image")
    if said.says(lists.COMPARED) or said.says(lists.SIZED):
        return _route_comparison(said)
    if said.says(lists.RURAL_URBAN):
        fits = not subjects and not said.says(lists.COUNT) and (said.says(("rural", "urban")) or _asks_yes_no(said))
        return Routed(rural_urban.ask(), True) if fits else _refuse("", "image")
    if len(subjects) > 1:
        return _refuse(ONE_THING, "image")
    if said.says(lists.COUNT):
        return Routed(object_count.ask(subjects[0]), True) if subjects else _refuse("Say what to count.", "image")
    if subjects:
        return _route_presence(said)
    if said.says(lists.NEGATED):
        return _refuse("", "image")
    if said.says(lists.KIND_OF) or said.says(lists.WHICH_PLACE):
        return Routed(scene_class.ask(), True)
    if said.says(lists.HAPPENED):
        return Routed(caption.ask("image"), True, "One image cannot show what happened: this describes it.")
    if said.starts("where"):
        return _refuse("Where on Earth an image was taken is not known.", "image")
    return Routed(caption.ask("image"), True) if said.says(lists.DESCRIBE) else _refuse("", "image")


def _route_presence(said: Reading) -> Routed:
    subject = said.subjects[0]
    if said.says(lists.WHERE):
        return _refuse("Places within one image are not known.", "image")
    if said.says(lists.DESCRIBE):
        return _refuse("A description covers the whole image.", "image")
    if said.starts(*lists.WHICH, "how") or not (said.says(lists.PRESENT) or _is_fragment(said)):
        return _refuse("", "image")
    note = f"Answered as: are there any {subject}?" if said.says(lists.NEGATED) else ""
    return Routed(presence.ask(subject), True, note)


def _route_comparison(said: Reading) -> Routed:
    if len(said.subjects) != 2 or said.says(lists.NEGATED):
        return _refuse("Name two kinds of things to compare.", "image")
    if said.says(lists.SIZED) and not said.says(lists.COUNT):
        return _refuse("Numbers are compared, not sizes.", "image")
    if not said.says(("than", "outnumber", "exceed", "exceeds")):
        return _refuse("Ask whether there are more of one thing than of another.", "image")
    first, second = said.subjects
    if said.says(lists.FEWER):
        first, second = second, first
    return Routed(comparison.ask(first, second), True)


def _route_video(said: Reading) -> Routed:
    asks = said.says(lists.HAPPENED) or said.says(lists.DESCRIBE) or said.says(("about",))
    fits = asks and not said.subjects and not said.says(lists.COUNT) and not said.says(lists.NEGATED)
    return Routed(event.ask(), True) if fits else _refuse("", "video")


def _asks_yes_no(said: Reading) -> bool:
    return said.says(("whether",)) or said.starts(*lists.YES_NO)


def _is_fragment(said: Reading) -> bool:
    """Such as a bare "new roads?" or "any planes"."""
    return len(said.words) <= 3 and not said.says((*lists.WHICH, "where", "how"))
