"""The scene class of one image, read from the features of the vision tower by a linear classifier.

The language model writes the class word by word, and of images held out of training it names the right one less often
(docs/results.md). It is the second source of the confidence: where both name the same class it is mostly right, and of imagery
unlike that of training they often do not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from chronosight.engines.confidence import is_confident, log_odds, sigmoid
from chronosight.results.answer import Answer
from chronosight.tasks.scene_class import write_reply


class SceneClassifier:
    """A multinomial logistic classifier of scene classes.

    Args:
        weights: (classes, F + 1) float32; the last column is the bias.
        classes: Names of the classes, by row.
    """

    def __init__(self, weights: np.ndarray, classes: Sequence[str]) -> None:
        self.weights, self.classes = weights, tuple(classes)

    def best(self, pooled: np.ndarray) -> tuple[str, float]:
        """The likeliest class.

        Args:
            pooled: (F,) features of the whole image, as `presence.pool` gives them.

        Returns:
            Its name, and its probability in [0, 1] before calibration.
        """
        scores = (pooled @ self.weights[:, :-1].T + self.weights[:, -1]).astype(float)
        row = int(scores.argmax())
        return self.classes[row], float(np.exp(scores[row] - np.logaddexp.reduce(scores)))

    def answer(self, pooled: np.ndarray, model: object, settings: Mapping[str, float]) -> Answer:
        """Answers "What kind of place is this?".

        Args:
            pooled: (F,) features of the whole image.
            model: The class that the language model names; None where it names none.
            settings: Calibration of the task "scene_class": "a", "b" and "agrees", the weight of the language model's agreement.

        Returns:
            The likeliest class, its confidence calibrated.
        """
        name, probability = self.best(pooled)
        confidence = self.confidence(probability, name == model, settings)
        return Answer(write_reply(name), "scene_class", name, confidence, is_confident(confidence, settings))

    @staticmethod
    def confidence(probability: float, agrees: bool, settings: Mapping[str, float]) -> float:
        """Probability that the likeliest class is right: sigmoid(a * log odds + agrees * (1 or -1) + b).

        Args:
            probability: Of the class, in [0, 1], before calibration.
            agrees: Whether the language model names the same class.
            settings: Calibration of the task "scene_class".

        Returns:
            In [0, 1].
        """
        agreement = settings.get("agrees", 0.0) * (1 if agrees else -1)
        return sigmoid(settings.get("a", 1.0) * log_odds(probability) + agreement + settings.get("b", 0.0))
