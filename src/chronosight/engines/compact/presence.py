"""Whether one image shows a thing, read from the features of the vision tower.

The language model learned presence from captions, which rarely say what is absent, and so says "No" of water at a beach and
"Yes" of tanks at a crossroads. A linear classifier on the pooled tower features, trained on real images whose scene class
says what is and what cannot be there (`chronosight.datasets.scene_nouns`), is the second evidence source. Both are
weighed by a logistic fitted on held-out images in which every noun is present as often as it is absent:

    P(yes) = sigmoid(classifier * c + model * m + bias)

An answer is confident only for a noun whose confident answers were measured to be right on held-out images.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np

from chronosight.engines.compact.bundle import Bundle
from chronosight.engines.confidence import calibrate, log_odds, sigmoid
from chronosight.results.answer import Answer
from chronosight.scenes.scene import Scene
from chronosight.tasks.question import Question
from chronosight.tasks.replies import write_yes_no

LARGE_IMAGE = 2.0  # times the trained size: a larger image is also seen in tiles, or small things vanish
TILE = 4 / 3  # side of a tile in trained sizes, so that a tile is shrunk as little as the images trained on
MOST_TILES = 36  # of an image; a larger image gets larger tiles
MANY = 6  # from this count on, a number means no more than "many"


def pool(features: np.ndarray) -> np.ndarray:
    """What the classifier reads of an image.

    Args:
        features: (views, D, h, w) float32, the tower's features of the image as it is and mirrored.

    Returns:
        (2 D,) float32: the mean and the maximum over the grid, averaged over the views.
    """
    return np.concatenate([features.mean(axis=(0, 2, 3)), features.max(axis=(2, 3)).mean(axis=0)])


class PresenceClassifier:
    """A logistic classifier for each noun.

    Args:
        weights: (nouns, F + 1) float32; the last column is the bias.
        settings: `presence` of config.json: "nouns", "classifier", "model", "bias", "by_noun", "confident" and "one".
    """

    def __init__(self, weights: np.ndarray, settings: Mapping[str, Any]) -> None:
        self.weights = weights
        self.rows = {noun: row for row, noun in enumerate(settings["nouns"])}
        self.settings = settings

    def probability(self, noun: str, pooled: np.ndarray, model: float) -> float | None:
        """Calibrated probability that the image shows the noun, whole or in any of its tiles.

        Args:
            noun: Plural noun.
            pooled: (1 + tiles, F), see `EncodedScene.pooled`.
            model: Probability of "Yes" in [0, 1] by the language model, before calibration.

        Returns:
            Probability in [0, 1], or None for a noun that the classifier was not trained on.
        """
        row = self.rows.get(noun)
        if row is None:
            return None
        seen = float((pooled @ self.weights[row, :-1] + self.weights[row, -1]).max())
        s = self.settings
        weights = s.get("by_noun", {}).get(noun) or (s["classifier"], s["model"], s["bias"])
        return sigmoid(float(weights[0]) * seen + float(weights[1]) * log_odds(model) + float(weights[2]))

    def is_confident(self, noun: str, value: bool, confidence: float, tiles: int) -> bool:
        """Whether a "Yes" or "No" about a noun may be relied on.

        Args:
            noun: Plural noun.
            value: True for "Yes".
            confidence: Of the answer, in [0, 1].
            tiles: Tiles that were seen beside the whole image. Each is one more chance of a false "Yes".
        """
        lowest: float | None = self.settings["confident"].get(noun, {}).get("yes" if value else "no")
        if lowest is None:
            return False
        return confidence >= (1 - (1 - lowest) / (1 + tiles) if value else lowest)


    def measured(self, question: Question, answer: Answer) -> Answer:
        """Marks an answer about things in an image unsure where no held-out image shows how reliable the model is on them.

        Args:
            question: The question.
            answer: The language model's answer.

        Returns:
            The answer; not confident, with a note, where a noun was never measured.
        """
        named = [question.subject, question.other] if question.task in ("presence", "object_count", "comparison") else []
        unknown = [noun for noun in named if noun is not None and noun not in self.rows]
        if not unknown:
            return answer
        note = f"how well the model sees {' and '.join(unknown)} was never measured"
        return replace(answer, confident=False, notes=(*answer.notes, note))


def tile_images(scene: Scene, trained: int) -> list[Scene]:
    """The tiles of an image that is much larger than the model was trained on; none of a smaller one.

    Args:
        scene: An image.
        trained: Side in pixels that images are stretched to (`image_size` of config.json).

    Returns:
        Scenes that cover the image without overlap, row by row.
    """
    if scene.kind != "image" or max(scene.height, scene.width) <= LARGE_IMAGE * trained:
        return []
    side = TILE * trained
    rows, columns = (max(1, round(length / side)) for length in (scene.height, scene.width))
    while rows * columns > MOST_TILES:
        rows, columns = max(1, rows - (rows >= columns)), max(1, columns - (columns > rows))
    y, x = (np.linspace(0, n, parts + 1).round().astype(int) for n, parts in ((scene.height, rows), (scene.width, columns)))
    return [
        replace(scene, frames=scene.frames[:, y0:y1, x0:x1], valid=scene.valid[y0:y1, x0:x1])
        for y0, y1 in pairwise(y)
        for x0, x1 in pairwise(x)
    ]


def answer_presence(classifier: PresenceClassifier, question: Question, pooled: np.ndarray, model: float) -> Answer | None:
    """Answers "Is there ...?" of an image.

    Args:
        classifier: The trained classifier.
        question: Of task "presence".
        pooled: (1 + tiles, F) of the image.
        model: Probability of "Yes" by the language model, before calibration.

    Returns:
        The answer; None for a noun that the classifier does not know.
    """
    noun = str(question.subject)
    yes = classifier.probability(noun, pooled, model)
    if yes is None:
        return None
    value = yes >= 0.5
    confidence = yes if value else 1 - yes
    confident = classifier.is_confident(noun, value, confidence, len(pooled) - 1)
    return Answer(write_yes_no(value), question.task, value, confidence, confident)


def beside_count(there: Answer, noun: str, counted: Answer) -> Answer:
    """That a thing is there, as it may be said beside the model's count of it.

    Args:
        there: Yes to whether it is there.
        noun: The thing.
        counted: The language model's count.

    Returns:
        The answer; not confident, with a note, where none is counted.
    """
    if counted.value != 0:
        return there
    return replace(there, confident=False, notes=(*there.notes, f"asked how many {noun} there are, the model says none"))


def answer_count(
    bundle: Bundle, classifier: PresenceClassifier, question: Question, pooled: np.ndarray, there: Answer, counted: Answer
) -> Answer:
    """Answers "How many ...?" of an image.

    What is not there counts none. "1" is calibrated on held-out images. Higher counts of the language model were measured
    to be rough, so they are never confident, and from `MANY` on the words say "many".

    Args:
        bundle: Has the calibration.
        classifier: The trained classifier.
        question: Of task "object_count".
        pooled: (1 + tiles, F) of the image.
        there: Answer to whether the thing is there at all.
        counted: The language model's count, its confidence uncalibrated.
    """
    noun = str(question.subject)
    if there.value is False:
        return Answer("0", question.task, 0, there.confidence, there.confident, notes=there.notes)
    if len(pooled) > 1:
        note = "the image is larger than the model sees at once, so it cannot count in it; crop it to the part in question"
        return replace(counted, confident=False, notes=(*counted.notes, note))
    one = classifier.settings["one"]
    confidence = calibrate(counted.confidence, one) * there.confidence
    if counted.value == 1:
        confident = noun in one["nouns"] and there.confident and confidence >= 0.8
        return replace(counted, confidence=confidence, confident=confident)
    note = "counts above 1 in a single image are estimates of this model, not to be relied on"
    text = "many" if isinstance(counted.value, int) and counted.value >= MANY else counted.text
    if counted.value == 0:
        note = f"the model counts none, although the image seems to show {noun}"
    settings = bundle.calibration(question.task)
    doubtful = min(0.5, calibrate(counted.confidence, settings))
    return replace(counted, text=text, confidence=doubtful, confident=False, notes=(note,))
