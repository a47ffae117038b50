"""The scene class of one image, read from the features of the vision tower by a linear classifier.

The language model writes the class word by word, and of images held out of training it names the right one less often
(docs/experiments.md). It has to agree, though, for the answer to be confident: of imagery unlike that of training both often
differ.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from chronosight.engines.confidence import calibrate, is_confident
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
            settings: Calibration of the task "scene_class".

        Returns:
            The likeliest class, its confidence calibrated; not confident where the language model names another one.
        """
        name, probability = self.best(pooled)
        confidence = calibrate(probability, settings)
        if name == model:
            return Answer(write_reply(name), "scene_class", name, confidence, is_confident(confidence, settings))
        notes = () if model is None else (f"the language model takes it for another class: {model}",)
        return Answer(write_reply(name), "scene_class", name, confidence, False, notes=notes)
