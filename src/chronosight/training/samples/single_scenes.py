"""Sources of single images and of videos."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from chronosight.datasets.aid_ucm import StillImage
from chronosight.datasets.image_questions import comparison_questions, count_questions, presence_questions
from chronosight.tasks import caption, event, rural_urban, scene_class
from chronosight.tasks.question import Question, Value
from chronosight.tasks.wording import vary
from chronosight.training.samples.rendered import read_store
from chronosight.training.samples.source import Exercise, Kind, question_of, worded
from chronosight.training.samples.views import shine

CAPTIONED = 0.8  # share of exercises about an image with captions that ask for one


class Stills:
    """Real images. pixels: (n, S, S, 3) uint8 of the images, in order. views: of each image."""

    kind: Kind = "image"

    def __init__(self, images: Sequence[StillImage], pixels: np.ndarray, views: int, seed: int = 0) -> None:
        self.images, self.pixels, self.views, self.seed = images, pixels, views, seed
        self.rows = len(images) * views

    def frames(self, row: int) -> np.ndarray:
        """(T, H, W, 3) uint8, the view of a row.

        Args:
            row: Row of the source, from 0.

        Returns:
            (T, H, W, 3) uint8: one frame for an image, two for a pair, more for a video; earliest first.
        """
        item, view = divmod(row, self.views)
        pixels = np.asarray(self.pixels[item])
        if view:
            rng = np.random.default_rng((self.seed, row))
            height, width = pixels.shape[:2]
            h, w = (int(side * rng.uniform(0.75, 1.0)) for side in (height, width))
            y, x = int(rng.integers(height - h + 1)), int(rng.integers(width - w + 1))
            pixels = shine(np.rot90(pixels[y : y + h, x : x + w], int(rng.integers(4))), rng)
            pixels = pixels[:, ::-1] if rng.random() < 0.5 else pixels
        return np.ascontiguousarray(pixels)[None]

    def ask(self, row: int, rng: np.random.Generator) -> Exercise:
        """Questions about a row with the replies to learn.

        Args:
            row: Row of the source, from 0.
            rng: Draws the questions, their wording and, for a pair, the order of the dates.

        Returns:
            The exercise: questions with the replies to learn, and for a pair the clue.
        """
        image = self.images[row // self.views]
        asked: list[tuple[Question, Value]] = []
        if rng.random() < 0.85 or not image.captions:
            asked.append((scene_class.ask(), image.name))
        if image.captions:
            if rng.random() < CAPTIONED:
                asked.append((caption.ask("image"), image.captions[int(rng.integers(len(image.captions)))]))
            asked += presence_questions(image.captions, rng, int(rng.integers(1, 3)))
            asked += comparison_questions(image.captions, rng, 1)
            if rng.random() < 0.3:
                asked += count_questions(image.captions)[:1]
        return Exercise(worded(asked, rng))


class RenderedImages:
    """Rendered images of a store (`samples.rendered`)."""

    kind: Kind = "image"

    def __init__(self, folder: str | Path) -> None:
        arrays, self.truth = read_store(folder)
        self.pixels, self.rows = arrays["pixels"], len(self.truth)

    def frames(self, row: int) -> np.ndarray:
        """(T, H, W, 3) uint8, the view of a row.

        Args:
            row: Row of the source, from 0.

        Returns:
            (T, H, W, 3) uint8: one frame for an image, two for a pair, more for a video; earliest first.
        """
        return np.asarray(self.pixels[row])[None]

    def ask(self, row: int, rng: np.random.Generator) -> Exercise:
        """Questions about a row with the replies to learn.

        Args:
            row: Row of the source, from 0.
            rng: Draws the questions, their wording and, for a pair, the order of the dates.

        Returns:
            The exercise: questions with the replies to learn, and for a pair the clue.
        """
        truth = self.truth[row]
        questions = [q for q in truth["questions"] if q[0] != "rural_urban"]
        chosen = [questions[i] for i in rng.permutation(len(questions))[: int(rng.integers(3, 6))]]
        asked = [(question_of(*question[:3]), question[3]) for question in chosen]
        if rng.random() < 0.5:
            asked.append((rural_urban.ask(), truth["rural_urban"]))
        if rng.random() < 0.35:
            asked.append((caption.ask("image"), truth["captions"][int(rng.integers(5))]))
        return Exercise([(vary(question, rng), reply) for question, reply in asked])


class RenderedVideos:
    """Rendered videos of a store."""

    kind: Kind = "video"

    def __init__(self, folder: str | Path) -> None:
        arrays, self.lines = read_store(folder)
        self.pixels, self.rows = arrays["pixels"], len(self.lines)

    def frames(self, row: int) -> np.ndarray:
        """(T, H, W, 3) uint8, the view of a row.

        Args:
            row: Row of the source, from 0.

        Returns:
            (T, H, W, 3) uint8: one frame for an image, two for a pair, more for a video; earliest first.
        """
        return np.asarray(self.pixels[row])

    def ask(self, row: int, rng: np.random.Generator) -> Exercise:
        """Questions about a row with the replies to learn.

        Args:
            row: Row of the source, from 0.
            rng: Draws the questions, their wording and, for a pair, the order of the dates.

        Returns:
            The exercise: questions with the replies to learn, and for a pair the clue.
        """
        return Exercise(worded([(event.ask(), self.lines[row]["event"])], rng))
