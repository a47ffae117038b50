"""How confident an answer is: of all answers with 0.8, eight in ten should be right. One rule for every engine and scene.

**Token probabilities.** Yes / no questions take the share of the two answers' first tokens; counts, places and classes the
product over the reply's tokens; captions their geometric mean (a caption has no single right wording, so its product
says more about its length). Each is then corrected by a logistic fitted on held-out places (Platt scaling; Guo et al.,
arXiv 1706.04599, with b = 0 and a = 1 / temperature):

    calibrated = sigmoid(a * logit(raw) + b)

For yes / no it is the probability of "yes" that is calibrated; the confidence is that of the answer given.

**Whether anything changed** is weighed from four evidence sources in one logistic: the language model, the guide, the
outlines and the captioner (`weigh_sources`). Where the latter three leave little doubt, and about buildings always, the language
model is not asked (`without_model`): about a class it adds nothing (docs/experiments.md).

A yes is no surer than its outlines permit (`permitted`): one outline of 0.6 is no ground for 0.95.

**Answers read from the objects** take the confidence of the objects they rest on (`of_objects`). Counts and places of a pair
have a calibration of their own, of the exact answer (`of_exact_answer`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from chronosight.engines.reply import Reply
from chronosight.results.changed_object import ChangedObject
from chronosight.results.wording import CONFIDENT_FROM
from chronosight.tasks.question import Value

EVEN = 0.5  # a yes or a no is at least as likely as its opposite; no setting moves it, or words and probability disagree
# From here on a yes or a no stands without the language model: in half of the val windows, in 0.84 of those that changed. As many
# answers are right as when it is always asked (docs/experiments.md).
SETTLED = 0.93
OF_CLASS = 0.5  # the same of questions about one class: as many val windows (0.931) are right without the language model
YES_NO = ("binary", "presence", "comparison")
NUMBERS = ("count", "object_count")
COVERAGE = 0.9  # of the intervals of counts


def calibrate(raw: float, settings: Mapping[str, float]) -> float:
    """Corrects one probability.

    Args:
        raw: In [0, 1].
        settings: "a" and "b", or "temperature"; raw stays as it is without any.

    Returns:
        The calibrated probability in [0, 1].
    """
    a = settings.get("a", 1.0 / settings.get("temperature", 1.0))
    b = settings.get("b", 0.0)
    if a == 1.0 and b == 0.0:
        return raw
    p = min(max(raw, 1e-6), 1 - 1e-6)
    return sigmoid(a * math.log(p / (1 - p)) + b)


def calibrate_map(raw: np.ndarray, settings: Mapping[str, float]) -> np.ndarray:
    """Calibrates an array; see `calibrate`.

    Args:
        raw: float32 probabilities in [0, 1], of any shape.
        settings: Calibration: "a" and "b".

    Returns:
        Calibrated probabilities of the same shape.
    """
    a = settings.get("a", 1.0 / settings.get("temperature", 1.0))
    b = settings.get("b", 0.0)
    if a == 1.0 and b == 0.0:
        return raw
    p = np.clip(raw, 1e-6, 1 - 1e-6)
    calibrated: np.ndarray = (1 / (1 + np.exp(-(a * np.log(p / (1 - p)) + b)))).astype(np.float32)
    return calibrated


def is_confident(confidence: float, settings: Mapping[str, float]) -> bool:
    """Whether an answer may call itself confident.

    Args:
        confidence: Calibrated confidence, in [0, 1].
        settings: Calibration of the task; its "sure" may raise the threshold above CONFIDENT_FROM.

    Returns:
        True where the confidence reaches the threshold.
    """
    return confidence >= max(settings.get("sure", 0.0), CONFIDENT_FROM)


def of_objects(task: str, chosen: Sequence[ChangedObject], every: Sequence[ChangedObject], changed: float) -> float:
    """Confidence of an answer read from objects.

    Args:
        task: "binary": one object suffices for a yes, so the most confident one decides. Else their mean.
        chosen: The objects the question is about.
        every: All objects. Where none was chosen, the map is as confident of that as of the rest: their mean.
        changed: Probability in [0, 1] that anything changed: where there are no objects at all, the answer rests on
            its opposite.

    Returns:
        In [0, 1].
    """
    if chosen and task == "binary":
        return max(item.confidence for item in chosen)
    among = chosen or every
    return sum(item.confidence for item in among) / len(among) if among else 1 - changed


def outlined_area(objects: Sequence[ChangedObject], square_metres: float = 1.0) -> float:
    """log(1 + area) of objects, each weighted by its confidence: one faint speck is little reason for a yes.

    Args:
        objects: With areas in pixels.
        square_metres: Of one pixel.
    """
    return math.log1p(sum(item.confidence * item.area_px for item in objects) * square_metres)


def weigh_sources(
    yes: float, changed: float, outlined: float, settings: Mapping[str, float], captioned: float = 0.0
) -> float:
    """Probability that the answer to a yes / no question about a pair is yes.

        yes = sigmoid(a * logit(model's yes) + guide * logit(guide's "anything changed") + outlined * log(1 + area)
                      + caption * captioned + b)

    Args:
        yes: Probability in [0, 1] of the language model.
        changed: Probability in [0, 1] of the guide.
        outlined: Of `outlined_area`, in square metres.
        settings: Calibration "binary" or "any_change"; without its weights (`chronosight calibrate`) the model decides alone.
        captioned: Of `captioned_change`.

    Returns:
        In [0, 1].
    """
    if "outlined" not in settings:
        return calibrate(yes, settings)
    weighed = settings["a"] * log_odds(yes) + settings["guide"] * log_odds(changed) + settings["outlined"] * outlined
    return sigmoid(weighed + settings.get("caption", 0.0) * captioned + settings["b"])


def without_model(
    changed: float, outlined: float, settings: Mapping[str, float], captioned: float = 0.0, least: float = SETTLED
) -> float | None:
    """Probability that the answer to a yes / no question about a pair is yes, where the other sources leave little doubt.

    As `weigh_sources`, but without the language model, by weights of their own ("alone_guide", "alone_outlined",
    "alone_caption", "alone_b").

    Args:
        changed: Probability in [0, 1] of the guide.
        outlined: Of `outlined_area`, in square metres.
        settings: Calibration "binary" or "any_change".
        captioned: Of `captioned_change`.
        least: How sure the answer must be.

    Returns:
        In [0, 1]; None where it lies between 1 - `least` and `least` or these weights are not set: then the model is asked.
    """
    if "alone_b" not in settings:
        return None
    weighed = settings["alone_guide"] * log_odds(changed) + settings["alone_outlined"] * outlined
    yes = sigmoid(weighed + settings["alone_caption"] * captioned + settings["alone_b"])
    return yes if max(yes, 1 - yes) >= least else None


def permitted(yes: float, objects: Sequence[ChangedObject]) -> float:
    """A yes about change that is no surer than what is outlined.

    Where at least one of the outlined objects is real with less than `CONFIDENT_FROM`, the other sources do not make up for it:
    of 16 such answers, given with 0.91 on average, 0.63 are right (docs/experiments.md).

    Args:
        yes: Probability in [0, 1] that something changed.
        objects: What is outlined; where nothing is, the answer rests on the other sources alone.

    Returns:
        In [0, 1]; never a no in place of a yes.
    """
    some = 1 - math.prod(1 - item.confidence for item in objects)
    return min(yes, max(EVEN, some)) if objects and some < CONFIDENT_FROM else yes


def captioned_change(says_change: bool, logprobs: Sequence[float] | np.ndarray) -> float:
    """What a caption says of "has anything changed".

    Args:
        says_change: Whether it describes a change.
        logprobs: Natural-log probability of each of its words, one or more.

    Returns:
        From -1, certainly nothing, to 1, certainly something: the geometric mean of the words' probabilities, with a sign.
    """
    probability = float(np.exp(np.mean(logprobs)))
    return probability if says_change else -probability


def exact_answer_sources(task: str, chosen: Sequence[ChangedObject], changed: float) -> tuple[float, int]:
    """What the confidence of a count or location answer of a pair rests on.

    Args:
        task: "count" or "location".
        chosen: The objects that are counted or placed.
        changed: Probability in [0, 1] that anything changed.

    Returns:
        Raw confidence in [0, 1]: the product over the counted objects, or over the named cells of each one's most
        confident object; where there is none, the probability that nothing changed. And the number of objects or cells:
        the more there are, the likelier is one too many, one missed or two taken for one.
    """
    if not chosen:
        return 1 - changed, 0
    if task == "count":
        return math.prod(item.confidence for item in chosen), len(chosen)
    best: dict[str, float] = {}
    for item in chosen:
        for cell in item.places:
            best[cell] = max(best.get(cell, 0.0), item.confidence)
    return math.prod(best.values()), len(best)


def of_exact_answer(raw: float, number: int, settings: Mapping[str, float]) -> float:
    """Probability that a count or location answer is exactly right.

    sigmoid(a * logit(raw) + number * log(1 + n) + b) where something is outlined, sigmoid(none * logit(raw) + b_none) where
    nothing is.

    Args:
        raw: In [0, 1], of `exact_answer_sources`.
        number: Of objects or cells, likewise.
        settings: Calibration of "count_objects" or "location_objects" (`chronosight calibrate`); raw as it is without. With
            "mean" the geometric mean over the objects stands for raw, so that many objects count through n alone.

    Returns:
        In [0, 1].
    """
    if "number" not in settings:
        return calibrate(raw, settings)
    z = log_odds(raw ** (1 / max(1, number)) if settings.get("mean") else raw)
    if number == 0:
        return sigmoid(settings["none"] * z + settings["b_none"])
    return sigmoid(settings["a"] * z + settings["number"] * math.log1p(number) + settings["b"])


def count_interval(number: int, confidence: float, settings: Mapping[str, float]) -> tuple[int, int] | None:
    """The numbers between which the true count lies in 90 % of all answers.

    From n + low * s to n + high * s, where s = sqrt(1 + n + (spread * n)^2): a few objects are missed or taken for two by
    chance, and a share of many in every scene.

    Args:
        number: The count that is given.
        confidence: Probability in [0, 1] that it is exactly right.
        settings: Calibration of "count_objects": "low", "high", "spread" and, where nothing is counted, "most".

    Returns:
        The least and the largest number, `number` among them; None without calibration.
    """
    if "spread" not in settings:
        return None
    if confidence >= COVERAGE:  # the number alone holds so often: "0 to 2; 99 %" would deny itself
        return number, number
    if number == 0:
        return 0, round(settings["most"])
    scale = interval_scale(number, settings["spread"])
    low, high = number + settings["low"] * scale, number + settings["high"] * scale
    return max(0, min(number, math.ceil(low))), max(number, math.floor(high))


def interval_scale(number: float, spread: float) -> float:
    """Standard error of a count up to a factor; see `count_interval`.

    Args:
        number: The count.
        spread: Share of the objects that a whole scene may be off by.

    Returns:
        sqrt(1 + number + (spread * number)^2).
    """
    return math.sqrt(1 + number + (spread * number) ** 2)


def whether(
    chosen: Sequence[ChangedObject], every: Sequence[ChangedObject], changed: float
) -> tuple[bool | None, float]:
    """Whether objects changed, read from the objects alone.

    Args:
        chosen: The objects the question is about.
        every: All objects.
        changed: Probability in [0, 1] that anything changed.

    Returns:
        Yes or no with its confidence, at least a half; None, with the confidence of the answer that was not given, where
        the objects speak for one answer and their confidence for the other.
    """
    confidence = of_objects("binary", chosen, every, changed)
    return (bool(chosen) if confidence >= EVEN else None), confidence


def sigmoid(x: float) -> float:
    """The logistic function, without overflow.

    Args:
        x: Log odds.

    Returns:
        The probability, in [0, 1].
    """
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))


def log_odds(probability: float) -> float:
    """Log odds, kept within those of 1e-3 and 1 - 1e-3: outside, one source alone would decide where several are weighed.

    Args:
        probability: A probability in [0, 1].

    Returns:
        The log odds, in [-6.91, 6.91].
    """
    p = min(max(probability, 1e-3), 1 - 1e-3)
    return math.log(p / (1 - p))


def raw_confidence(task: str, value: Value | None, reply: Reply) -> float:
    """How likely the model holds its answer to be, before calibration.

    Args:
        task: Of the question: yes or no is taken from the first token, a number digit by digit, a caption or an open reply by
            the geometric mean of its tokens, all others by their product.
        value: What was read in the reply.
        reply: The reply.

    Returns:
        Probability in [0, 1]; 0 where no probabilities are known.
    """
    if not reply.logprobs.size:
        return 0.0
    if task in YES_NO and isinstance(value, bool):
        return 0.0 if reply.yes is None else reply.yes if value else 1 - reply.yes
    if task in NUMBERS and isinstance(value, int) and reply.number is not None:
        return reply.number
    return geometric_mean(reply.logprobs) if task in ("caption", "open") else product(reply.logprobs)


def product(logprobs: np.ndarray) -> float:
    """Probability of a whole reply.

    Args:
        logprobs: (n,) log-probabilities of its tokens, its end included.

    Returns:
        The probability, in [0, 1].
    """
    return float(np.exp(logprobs.sum()))


def geometric_mean(logprobs: np.ndarray) -> float:
    """Geometric mean of the tokens' probabilities.

    Args:
        logprobs: (n,) log-probabilities.

    Returns:
        The mean, in [0, 1]; 0 for no tokens.
    """
    return float(np.exp(logprobs.mean())) if logprobs.size else 0.0
