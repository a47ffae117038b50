"""A user turn of ChangeVG: the guide's clue, the images in date order, the question. No torch here.

Two wordings. `changeimti`: the questions of the instruction set, images inside the sentence, for weights tuned on it.
`plain`: images first, then question and the form of its reply, for weights that never saw the instruction set. The
clue comes before both (ChangeVG, arXiv 2509.23105), so in `plain` all up to the last image is the same whatever is asked.
"""

from __future__ import annotations

from typing import Any

from chronosight.models.changevg.settings import Wording
from chronosight.tasks import binary, caption, count, location
from chronosight.tasks.cells import CELLS, NO_CHANGE
from chronosight.tasks.clue import with_clue
from chronosight.tasks.event import EVENTS
from chronosight.tasks.question import Question, Task
from chronosight.tasks.wording import wordings

IMAGE = "<image>"
Part = dict[str, str]  # {"type": "image"} or {"type": "text", "text": ...}

# The form of a reply, for weights that were not tuned on it; where the wording says it itself there is none.
REPLY_FORM: dict[Task, str] = {
    "count": "Answer with a number only.",
    "object_count": "Answer with a number only.",
    "location": f"Answer with one or more of these places, joined by commas: {', '.join(CELLS)}; or with: {NO_CHANGE}.",
    "caption": "Answer with one sentence.",
    "event": f"Answer with one of these: {', '.join(EVENTS)}.",
}


def in_words(question: Question, wording: Wording, first: bool = True, typed: str | None = None) -> str:
    """Writes a question, with IMAGE where an image goes inside it.

    Args:
        question: What is asked.
        wording: Of the weights.
        first: Whether the images come with this turn; later turns of a dialogue have none.
        typed: The user's own words, asked in place of the canonical ones.

    Returns:
        The text.
    """
    if typed is not None:
        text = typed
    elif wording == "changeimti":
        text = _changeimti(question, first)
    else:
        text = wordings(question)[0]
    if wording == "plain" and question.task in REPLY_FORM:
        text = f"{text.rstrip('.?').rstrip()}{'?' if text.rstrip().endswith('?') else '.'} {REPLY_FORM[question.task]}"
    return text


def _changeimti(question: Question, first: bool) -> str:
    """The instruction set's own words; tasks that it does not have keep the project's."""
    words = {"subject": question.subject or binary.ANY}
    if question.task == "binary" and question.subject is None:
        return binary.CHANGEIMTI if first else binary.WORDINGS[0].format(**words)
    if question.task == "count":
        return (count.CHANGEIMTI if first else count.WORDINGS[0]).format(**words)
    if question.task == "location":
        return (location.CHANGEIMTI if first else location.WORDINGS[0]).format(**words)
    if question.task == "caption" and question.text not in caption.IMAGE_WORDINGS:
        return caption.CHANGEIMTI if first else caption.CHANGEIMTI_DIALOGUE
    return wordings(question)[0]


def user_turn(text: str, clue: str = "", images: int = 0) -> list[Part]:
    """Puts a user turn together.

    Args:
        text: The question, with IMAGE where an image goes inside it.
        clue: Of the guide; "" for none.
        images: How many go with it: inside the text where it names as many, else before it.

    Returns:
        The parts of the message.
    """
    if text.count(IMAGE) != images:
        text = IMAGE * images + text.replace(IMAGE, "")
    parts: list[Part] = []
    for n, piece in enumerate(with_clue(clue, text).split(IMAGE)):
        if n:
            parts.append({"type": "image"})
        if piece:
            parts.append({"type": "text", "text": piece})
    return parts


def message(parts: list[Part]) -> dict[str, Any]:
    """The user turn as a message of a conversation.

    Args:
        parts: Texts and images, in order.

    Returns:
        The message.
    """
    return {"role": "user", "content": parts}
