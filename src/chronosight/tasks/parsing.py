"""The one reader of questions: the text of a question -> the task for a model, and what to read off the changed objects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from chronosight.tasks.follow_ups import SHORT, UNCLEAR, written_out_of_image, written_out_of_pair
from chronosight.tasks.land_cover_questions import NOUNS as COVER_NOUNS
from chronosight.tasks.nouns import singular
from chronosight.tasks.reading import read, tokenise
from chronosight.tasks.routing import HELP, Kind, Routed, TypedQuestion, read_typed, route
from chronosight.tasks.scene_questions import only_objects_answer, read_scene_question
from chronosight.tasks.scene_reading import HELP as SCENE_HELP
from chronosight.tasks.scene_reading import ReadScene, refuse

NOT_SAID = "It is not clear what the question refers to: ask it in full."
TAKEN = "Taken as: "  # how the note begins that says how a question was written out


@dataclass(frozen=True)
class ParsedQuestion:
    """All that was read in a question, once, for every way of answering it.

    Attributes:
        text: As typed; of a question that leans on the one before, written out in full.
        routed: The task that a model is asked, or why there is none.
        of_objects: Of two dates: what to read off the changed objects, or why they cannot answer; None for other scenes.
    """

    text: str
    routed: Routed
    of_objects: ReadScene | None = None

    @property
    def only_objects(self) -> bool:
        """Whether only the list of changed objects can answer."""
        return self.of_objects is not None and only_objects_answer(self.of_objects)

    @property
    def understood(self) -> bool:
        """Whether there is an answer to it."""
        return self.routed.question is not None or (self.of_objects is not None and self.of_objects.question is not None)

    def remembered(self, last: ParsedQuestion | None) -> ParsedQuestion | None:
        """What the next question of a conversation leans on.

        Args:
            last: What this one could lean on.

        Returns:
            This question; the one before it where this was not understood and names nothing that the next could be about.
        """
        if self.understood:
            return self
        words = tokenise(self.text)
        named = bool(read(words).subjects) or any(singular(word) in COVER_NOUNS for word in words)
        return self if named else last


def parse_question(text: str, kind: Kind, zones: Sequence[str] = (), last: ParsedQuestion | None = None) -> ParsedQuestion:
    """Reads a question in free wording; never raises on a text.

    Args:
        text: As typed; the time taken grows with its length, up to `routing.MAX_CHARACTERS`.
        kind: Of the scene that it is about.
        zones: Names of zones that it may use.
        last: In a conversation, the question that it may lean on: "And the roads?", "Where?", "Which of them is the largest?".

    Returns:
        The task for a model and, of two dates, what to read off the objects.
    """
    typed = read_typed(text, kind, zones)
    parsed = _read(typed, kind, zones)
    full = "" if last is None or typed.unreadable or typed.unanswerable else _written_out(typed, parsed, kind, last)
    if not full:
        return parsed
    if full == UNCLEAR:
        return ParsedQuestion(text, Routed(None, False, f"{NOT_SAID} {HELP[kind]}"), refuse(NOT_SAID))
    parsed = _read(read_typed(full, kind, zones), kind, zones)
    routed, of_objects, note = parsed.routed, parsed.of_objects, TAKEN + full
    if routed.question is not None:
        routed = replace(routed, note=note)
    if of_objects is not None and of_objects.question is not None:
        of_objects = replace(of_objects, note=note)
    return replace(parsed, routed=routed, of_objects=of_objects)


def in_conversation(questions: Sequence[str], kind: Kind, zones: Sequence[str] = ()) -> str:
    """The last question of a conversation, written out in full where it leans on those before it.

    Args:
        questions: Oldest first, at least one.
        kind: Of the scene that they are about.
        zones: Names of zones that they may use.

    Returns:
        The question; as typed where it stands alone.
    """
    last: ParsedQuestion | None = None
    for question in questions[:-1]:
        last = parse_question(question, kind, zones, last).remembered(last)
    return parse_question(questions[-1], kind, zones, last).text


def _read(typed: TypedQuestion, kind: Kind, zones: Sequence[str]) -> ParsedQuestion:
    """The question read by itself."""
    alone = route(typed, kind)
    of_objects = read_scene_question(typed, alone, zones) if kind == "pair" else None
    without = None if of_objects is None else of_objects.without_cover
    if without is not None:
        return ParsedQuestion(typed.text, Routed(None, False, without.note), of_objects)
    if of_objects is not None and of_objects.question is None and not typed.unreadable:
        # What objects cannot answer, a model asked for one of its tasks would answer as another question.
        reason = of_objects.note.replace(SCENE_HELP, "").strip()
        alone = Routed(None, False, f"{reason} {HELP['pair']}".strip())
    return ParsedQuestion(typed.text, alone, of_objects)


def _written_out(typed: TypedQuestion, parsed: ParsedQuestion, kind: Kind, last: ParsedQuestion) -> str:
    """The question completed from the last one; "" where it stands alone."""
    if kind == "image" and last.routed.question is not None:
        return written_out_of_image(typed.text, typed.reading, last.routed.question)
    if kind != "pair" or last.of_objects is None or not typed.words:
        return ""
    short = len(typed.words) <= SHORT and not typed.reading.unknown
    if short and not (last.understood or parsed.understood or typed.reading.subjects):  # "Where?" after a refusal
        return UNCLEAR
    own = None if parsed.of_objects is None else parsed.of_objects.question
    if own is None:  # "Where?", "How many?", "In the south?"
        own_parsed = _read(read_typed(f"{' '.join(typed.words)} changed", kind), kind, ())
        own = None if own_parsed.of_objects is None else own_parsed.of_objects.question
    return written_out_of_pair(typed.text, typed.reading, own, last.of_objects.question, last.text)
