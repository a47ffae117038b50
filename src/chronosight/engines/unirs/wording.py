"""How the full-size model is asked: each task in the wording it was trained with, and how its reply is read.

    image   GeoChat's and RSVQA's questions, with "Answer the question using a single word or phrase."
    pair    LEVIR-CC: "Please briefly describe the main changes between the above two remote sensing images."
    video   ERA: "What is the event in the video?" -> "This is a video about LABEL."
Anything else keeps the user's own words: the language model is open, unlike the compact form's closed tasks.
"""

from __future__ import annotations

from chronosight.tasks import caption, comparison, event, presence, rural_urban, vqa
from chronosight.tasks.event import EVENTS
from chronosight.tasks.label_set import Outside, read_label
from chronosight.tasks.nouns import singular, with_article
from chronosight.tasks.parsing import ParsedQuestion
from chronosight.tasks.question import Question, Value
from chronosight.tasks.replies import SHORT_ANSWER
from chronosight.tasks.routing import Kind
from chronosight.tasks.scene_class import SCENE_CLASSES
from chronosight.tasks.wording import parse_reply

LABELS: dict[str, tuple[str, ...]] = {
    "event": EVENTS,
    "scene_class": SCENE_CLASSES,
    "rural_urban": ("rural", "urban"),
    "presence": ("yes", "no"),
    "comparison": ("yes", "no"),
    "binary": ("yes", "no"),
}


def trained_wording(question: Question, kind: Kind) -> Question:
    """The question as UniRS's training data words it; questions of other tasks ask for a short answer.

    Args:
        question: The question.
        kind: Kind of the scene.

    Returns:
        The question, of the same task and subject.
    """
    match question.task:
        case "caption":
            text = caption.UNIRS_PAIR if kind == "pair" else caption.IMAGE_WORDINGS[1]
        case "event":
            text = event.UNIRS
        case "presence":
            text = presence.UNIRS.format(one=with_article(singular(question.subject or "")))
        case "comparison":
            text = comparison.UNIRS.format(subject=question.subject, other=question.other)
        case "rural_urban":
            text = rural_urban.UNIRS
        case "vqa":
            text = question.text
        case _:
            text = question.text if SHORT_ANSWER in question.text else f"{question.text} {SHORT_ANSWER}"
    return Question(question.task, text, question.subject, question.other)


def question_of(parsed: ParsedQuestion, kind: Kind) -> Question:
    """The question to put to the model: worded as trained where it is one of the tasks, else the user's own words.

    Args:
        parsed: The parsed question.
        kind: Kind of the scene.

    Returns:
        The question; of task "vqa" for the user's own words.
    """
    routed = parsed.routed
    if routed.question is None or routed.direction is not None or routed.cells:
        return Question("vqa", " ".join(parsed.text.split()))
    return trained_wording(routed.question, kind)


def read_value(task: str, text: str, outside: Outside | None = None) -> Value | None:
    """Reads a reply as a typed value. Tasks with a set of labels always get one of it (`tasks.label_set`).

    Args:
        task: The task.
        text: The reply.
        outside: Counts replies outside the label set; None for no counting.

    Returns:
        The value; None where the reply has none.
    """
    if task == "vqa":
        return vqa.parse_reply(text)
    if task in LABELS:
        first = text.strip().lower().split(maxsplit=1)
        word = first[0].strip(".,;:!") if first else ""
        reply = word if LABELS[task] == ("yes", "no") and word in ("yes", "no") else text
        label = read_label(reply, LABELS[task], outside)
        return label == "yes" if LABELS[task] == ("yes", "no") and label is not None else label
    return parse_reply(task, text)  # type: ignore[arg-type]  # one of the tasks
