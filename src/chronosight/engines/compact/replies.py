"""A reply of the language model -> a typed answer with a calibrated confidence."""

from __future__ import annotations

from collections.abc import Mapping

from chronosight.engines.compact.bundle import Bundle
from chronosight.engines.compact.decoder import Reply
from chronosight.engines.compact.language import Language
from chronosight.engines.confidence import (
    EVEN,
    calibrate,
    geometric_mean,
    is_confident,
    product,
)
from chronosight.results.answer import Answer
from chronosight.scenes.scene import SceneKind
from chronosight.tasks.question import Question, Value
from chronosight.tasks.replies import write_yes_no
from chronosight.tasks.wording import parse_reply

YES_NO = ("binary", "presence", "comparison")


def yes_probability(language: Language, reply: Reply) -> float:
    """Probability in [0, 1] of Yes against No, before calibration."""
    return language.choice(reply, write_yes_no(True), write_yes_no(False))


def read_reply(bundle: Bundle, language: Language, kind: SceneKind, question: Question, reply: Reply) -> Answer:
    """The answer to any task, as the language model gives it.

    A reply that cannot be parsed keeps its text, has no value, and is not sure.
    """
    settings = bundle.calibration(question.task, kind)
    if question.task in YES_NO:
        return answer_yes_no(question, calibrate(yes_probability(language, reply), settings), settings)
    text = language.text(reply)
    value: Value | None = parse_reply(question.task, text)
    raw = geometric_mean(reply.logprobs) if question.task == "caption" else product(reply.logprobs)
    confidence = calibrate(raw, settings)
    understood = value is not None and reply.complete
    return Answer(text, question.task, value, confidence, understood and is_confident(confidence, settings))


def read_raw(language: Language, question: Question, reply: Reply) -> Answer:
    """The language model's reply with its confidence as it is, before any calibration; never confident."""
    text = language.text(reply)
    return Answer(text, question.task, parse_reply(question.task, text), product(reply.logprobs), False)


def answer_yes_no(question: Question, yes: float, settings: Mapping[str, float]) -> Answer:
    """yes: calibrated probability of yes in [0, 1]. settings: calibration of the question's task."""
    value = yes >= EVEN
    confidence = yes if value else 1 - yes
    return Answer(write_yes_no(value), question.task, value, confidence, is_confident(confidence, settings))
