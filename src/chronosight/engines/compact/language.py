"""The language model of the compact engine: a scene and a clue become a prefix, questions become replies.

UniRS's way through (arXiv 2412.20742): image -> tower -> projector; pair -> tower -> change extraction with projector;
video -> tower -> projector, frame after frame. The prefix is computed once a scene, however many questions follow.
An image is seen as it is and mirrored (`image_views` in config.json): what is missed one way round is often seen the other.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np

from chronosight.engines.compact.bundle import Bundle
from chronosight.engines.compact.decoder import Decoded, Decoder, Prefix
from chronosight.engines.compact.guide import seen_frames
from chronosight.engines.confidence import YES_NO
from chronosight.engines.reply import Reply
from chronosight.errors import InputError
from chronosight.scenes.scene import Scene, SceneKind
from chronosight.tasks.event import EVENTS
from chronosight.tasks.pixels import pick_frames, resize_frames
from chronosight.tasks.prompt import EOS, IMAGE, SPECIAL_TOKENS, question_suffix, scene_prefix
from chronosight.tasks.question import Question
from chronosight.tasks.replies import write_yes_no
from chronosight.tasks.scene_class import SCENE_CLASSES

SPACE = "Ġ"  # how the tokenizer writes a space before a word
SHORTEST_WORD = 4  # letters; shorter ones are parts of words too ("as", "ing")
MAX_REPLY_TOKENS = 64  # nine places take about 45; captions learned from have up to 40


class Language:
    """The compact language model: visual tokens and questions to replies."""

    def __init__(self, bundle: Bundle) -> None:
        self.bundle = bundle
        self.tokenizer = bundle.tokenizer
        self.decoder = Decoder(bundle.session("decoder"), bundle.embedding, bundle.token_id(EOS))
        self.image_id = bundle.token_id(IMAGE)

    def features(self, scene: Scene) -> np.ndarray:
        """Runs the vision tower once.

        Args:
            scene: Image, pair or video; its frames are stretched to the size the model was trained on.

        Returns:
            (n, D, h, w) float32: both dates of a pair, the chosen frames of a video, or an image in `image_views` views
            (as it is, mirrored).
        """
        config, frames = self.bundle.config, seen_frames(scene)
        if scene.kind == "pair":
            size = int(config["pair_size"])
        elif scene.kind == "image":
            size, views = int(config["image_size"]), int(config.get("image_views", 1))
            frames = np.stack([frames[0], frames[0, :, ::-1]][:views])
        else:
            size, frames = int(config["video_size"]), pick_frames(frames, int(config["video_frames"]))
        features: np.ndarray = self.bundle.session("tower").run(["features"], {"frames": resize_frames(frames, size, size)})[0]
        return features

    def visual(self, kind: SceneKind, features: np.ndarray) -> np.ndarray:
        """Projects tower features to the visual tokens of the prompt.

        Args:
            kind: Kind of the scene.
            features: (n, D, h, w) from `features`.

        Returns:
            (views, n, d) float32.
        """
        visual: np.ndarray
        if kind == "pair":
            feeds = {"before": features[:1], "after": features[1:2]}
            visual = self.bundle.session("change").run(["visual"], feeds)[0]
            return visual
        visual = self.bundle.session("projector").run(["visual"], {"features": features})[0]  # (T, K, d)
        return visual.reshape(len(features) if kind == "image" else 1, -1, visual.shape[-1])

    def prefix(self, visual: np.ndarray, clue: str = "") -> Prefix:
        """Computes the part of the prompt that all questions of a scene share.

        Args:
            visual: (views, n, d) float32 visual tokens.
            clue: Of the guide; "" for none.

        Returns:
            Keys and values of the decoder.
        """
        tokens = np.array(self._encode(scene_prefix(visual.shape[1], clue)))
        embeds = np.tile(self.bundle.embedding[tokens].astype(np.float32), (len(visual), 1, 1))
        embeds[:, tokens == self.image_id] = visual
        return self.decoder.start(embeds)

    def replies(self, prefix: Prefix, questions: list[Question]) -> list[Reply]:
        """Answers questions that share a prefix, in one batch.

        Args:
            prefix: Of the scene.
            questions: In canonical wording.

        Returns:
            Replies in their order; those to yes / no questions with the probability of yes.

        Raises:
            InputError: The weights cannot separate Yes and No by one token.
        """
        return [
            Reply(self.text(one), one.logprobs, one.complete, self.yes(one) if question.task in YES_NO else None)
            for question, one in zip(questions, self.decode(prefix, questions), strict=True)
        ]

    def decode(self, prefix: Prefix, questions: list[Question]) -> list[Decoded]:
        """Replies to questions that share a prefix.

        Args:
            prefix: The computed part of the prompt: scene and clue.
            questions: Questions of any tasks.

        Returns:
            Tokens and their log-probabilities, in the order of the questions.
        """
        suffixes = {question: self._encode(question_suffix(plain(question))) for question in questions}
        captions = [question for question in suffixes if question.task == "caption"]
        others = [question for question in suffixes if question.task != "caption"]
        first_words = self._first_words if captions else ()
        decoded = {
            question: self.decoder.sentence(prefix, suffixes[question], MAX_REPLY_TOKENS, first_words) for question in captions
        }
        if others:
            most = 1 if all(question.task in YES_NO for question in others) else MAX_REPLY_TOKENS  # of these the first is read
            replies = self.decoder.reply(prefix, [suffixes[question] for question in others], most)
            decoded.update(zip(others, replies, strict=True))
        return [decoded[question] for question in questions]

    def text(self, reply: Decoded) -> str:
        """The words of a reply.

        Args:
            reply: The tokens.

        Returns:
            The text, without markers.
        """
        return self.tokenizer.decode(list(reply.tokens), skip_special_tokens=True).strip()

    def yes(self, reply: Decoded) -> float:
        """Probability of Yes against No as the first token.

        Args:
            reply: The reply to a yes / no question.

        Returns:
            The probability, in [0, 1], before calibration.

        Raises:
            InputError: Both words begin with the same token.
        """
        a, b = self._encode(write_yes_no(True))[0], self._encode(write_yes_no(False))[0]
        if a == b:
            raise InputError('these weights cannot tell "Yes" from "No" by one token; export them again')
        return float(1 / (1 + np.exp(np.clip(reply.first[b] - reply.first[a], -60, 60))))

    @cached_property
    def _first_words(self) -> tuple[int, ...]:
        """Tokens of whole words without a space before them: inside a sentence they would stick to the word before.

        Words that the vocabulary holds with a space too, and those that begin the reply to another task.
        """
        known = self.tokenizer.get_vocab()
        replies = {self._encode(reply)[0] for reply in (*SCENE_CLASSES, *EVENTS)}
        return tuple(
            number
            for word, number in known.items()
            if len(word) >= SHORTEST_WORD and word.isalpha() and (number in replies or f"{SPACE}{word}" in known)
        )

    def _encode(self, text: str) -> list[int]:
        return self.tokenizer.encode(text, add_special_tokens=False).ids


def plain(question: Question) -> Question:
    """Removes the prompt's own markers, which a user's text must not bring in.

    Args:
        question: A question.

    Returns:
        The question with a plain text.
    """
    text = question.text
    for marker in SPECIAL_TOKENS:
        text = text.replace(marker, " ")
    return Question(question.task, " ".join(text.split()), question.subject, question.other)
