"""From token probabilities to a confidence that holds: of all answers with 0.8, eight in ten should be right.

Raw confidence: yes / no questions take the share of the two answers' first tokens; counts, places and classes the
product over the reply's tokens; captions their geometric mean (a caption has no single right wording, so its product
says more about its length). Each is then set right by a logistic fitted on held-out places (Platt scaling; Guo et al.,
arXiv 1706.04599, with b = 0 and a = 1 / temperature):

    calibrated = sigmoid(a * logit(raw) + b)

For yes / no it is the probability of "yes" that is calibrated; the confidence is that of the answer given.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

SURE = 0.6  # below it an answer says of itself that it is not sure


def calibrate(raw: float, settings: Mapping[str, float]) -> float:
    """raw in [0, 1]; settings: "a" and "b", or "temperature"; unchanged without any."""
    a = settings.get("a", 1.0 / settings.get("temperature", 1.0))
    b = settings.get("b", 0.0)
    if a == 1.0 and b == 0.0:
        return raw
    p = min(max(raw, 1e-6), 1 - 1e-6)
    return sigmoid(a * math.log(p / (1 - p)) + b)


def calibrate_map(raw: np.ndarray, settings: Mapping[str, float]) -> np.ndarray:
    """`calibrate` for a float32 array of any shape."""
    a = settings.get("a", 1.0 / settings.get("temperature", 1.0))
    b = settings.get("b", 0.0)
    if a == 1.0 and b == 0.0:
        return raw
    p = np.clip(raw, 1e-6, 1 - 1e-6)
    return (1 / (1 + np.exp(-(a * np.log(p / (1 - p)) + b)))).astype(np.float32)


def is_confident(confidence: float, settings: Mapping[str, float]) -> bool:
    return confidence >= settings.get("sure", SURE)


def sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))


def log_odds(probability: float) -> float:
    """Kept within 1e-3 of 0 and 1: beyond, one source alone would decide where several are weighed."""
    p = min(max(probability, 1e-3), 1 - 1e-3)
    return math.log(p / (1 - p))


def product(logprobs: np.ndarray) -> float:
    """logprobs: (n,) of the reply's tokens, its end included -> probability of the whole reply."""
    return float(np.exp(logprobs.sum()))


def geometric_mean(logprobs: np.ndarray) -> float:
    return float(np.exp(logprobs.mean())) if logprobs.size else 0.0
