"""A reply of the language model -> a typed answer with a calibrated confidence."""

from __future__ import annotations

from collections.abc import Mapping

from chronosight.engines.compact.bundle import Bundle
from chronosight.engines.confidence import (
    EVEN,
    YES_NO,
    calibrate,
    is_confident,
    product,
    raw_confidence,
)
from chronosight.engines.reply import Reply
from chronosight.results.answer import Answer
from chronosight.scenes.scene import SceneKind
from chronosight.tasks.question import Question, Value
from chronosight.tasks.replies import write_yes_no
from chronosight.tasks.wording import parse_reply


def yes_probability(reply: Reply) -> float:
    """Probability of Yes against No in the reply to a yes / no question.

    Args:
        reply: The reply.

    Returns:
        The probability, in [0, 1], before calibration.
    """
    assert reply.yes is not None, "not the reply to a yes / no question"
    return reply.yes


def read_reply(bundle: Bundle, kind: SceneKind, question: Question, reply: Reply) -> Answer:
    """The answer to any task, as the language model gives it.

    A reply that cannot be parsed keeps its text, has no value, and is not confident.

    Args:
        bundle: The weights, with their calibration.
        kind: Kind of the scene.
        question: The question.
        reply: The language model's reply.

    Returns:
        The answer, its confidence calibrated.
    """
    settings = bundle.calibration(question.task, kind)
    if question.task in YES_NO:
        return answer_yes_no(question, calibrate(yes_probability(reply), settings), settings)
    value: Value | None = parse_reply(question.task, reply.text)
    confidence = calibrate(raw_confidence(question.task, value, reply), settings)
    understood = value is not None and reply.complete
    return Answer(reply.text, question.task, value, confidence, understood and is_confident(confidence, settings))


def read_raw(question: Question, reply: Reply) -> Answer:
    """The language model's reply as an answer without calibration; it is never confident.

    Args:
        question: The question.
        reply: The language model's reply.

    Returns:
        The answer, its confidence the probability of the whole reply.
    """
    return Answer(reply.text, question.task, parse_reply(question.task, reply.text), product(reply.logprobs), False)


def answer_yes_no(question: Question, yes: float, settings: Mapping[str, float]) -> Answer:
    """Makes the answer to a yes / no question.

    Args:
        question: The question.
        yes: Calibrated probability of yes, in [0, 1].
        settings: Calibration of the question's task.

    Returns:
        The answer: yes where it is at least as likely as no.
    """
    value = yes >= EVEN
    confidence = yes if value else 1 - yes
    return Answer(write_yes_no(value), question.task, value, confidence, is_confident(confidence, settings))
