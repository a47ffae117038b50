"""The captioner of changes: a pair to a sentence, from the maps of the guide of fine imagery (ChangeVG, arXiv 2509.23105)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from chronosight.engines.compact.beam_search import Sentence, beam_search
from chronosight.engines.compact.bundle import Bundle
from chronosight.engines.compact.guide import Guide, seen_frames
from chronosight.engines.compact.guide_outputs import mixed_at
from chronosight.engines.reply import Reply
from chronosight.errors import InputError
from chronosight.scenes.scene import Scene
from chronosight.tasks.caption_claims import SETTINGS, without_settings
from chronosight.tasks.change_captions import END, LEVELS, MOST_WORDS, PAD, START, UNKNOWN, caption_inputs, shown_size
from chronosight.tasks.pixels import resize_frames

# Surroundings stay where their word has this probability: of val captions, people then name them too in 0.78 (deserts left out).
LEAST = 0.7
LENGTH_EXPONENT = 0.2  # sentences of no change are short: 0 finds too much unchanged, 0.5 too little (docs/experiments.md)


class Captioner:
    """Writes what changed in a pair."""

    def __init__(self, bundle: Bundle) -> None:
        """Makes the captioner; its graphs are opened when first needed.

        Args:
            bundle: Weights with "captioner" in config.json.
        """
        self.bundle = bundle
        self.words = tuple(bundle.config["captioner"]["words"])
        self.guide = Guide(bundle, fine=True)
        self.enlarged = mixed_at(bundle.config)[1]

    def describe(self, scene: Scene, metres: float | None, maps: dict[str, np.ndarray] | None = None) -> Reply:
        """Describes the change in a sentence.

        Args:
            scene: A pair.
            metres: Ground size of a pixel; None where it is not known.
            maps: What the guide of fine imagery gave of the whole pair, by name; used where it saw the pair at the size of
                here, or enlarged from it as pairs at 1 m are.

        Returns:
            The sentence, without full stop and without surroundings that are doubtful, with the log-probability of every word
            that was written and of the end; less likely sentences are its `others`.

        Raises:
            InputError: The graph does not fit the words in config.json.
        """
        size = shown_size(scene.height, scene.width, metres)
        if maps is None or not self._suit(maps["class_logits"].shape[2:], size, scene):
            maps = self.guide.raw_maps(
                resize_frames(seen_frames(scene), *size)[:, None], ("class_logits", "appeared_logit", *LEVELS)
            )
        memory = self.bundle.session("captioner").run(["memory"], caption_inputs(maps))[0]
        session = self.bundle.session("captioner_words")
        written = np.array([[START]])

        def follow(rows: np.ndarray, tokens: np.ndarray) -> np.ndarray:
            nonlocal written
            written = np.concatenate([written[rows], tokens[:, None]], axis=1)
            return next_word()

        def next_word() -> np.ndarray:
            feeds = {"memory": np.repeat(memory, len(written), axis=0), "tokens": written}
            scores = session.run(["logits"], feeds)[0].astype(float)
            if scores.shape[1] != len(self.words):
                raise InputError(
                    f"config.json of {self.bundle.folder} lists {len(self.words)} words, its captioner has {scores.shape[1]}; "
                    "copy the weights folder again"
                )
            logprobs: np.ndarray = scores - np.logaddexp.reduce(scores, axis=1, keepdims=True)
            return logprobs

        found = beam_search(next_word()[0], follow, END, MOST_WORDS, LENGTH_EXPONENT, forbidden=(PAD, START, UNKNOWN))
        first, *others = [self._reply(sentence) for sentence in found]
        return replace(first, others=tuple(others))

    def _suit(self, seen: tuple[int, ...], size: tuple[int, int], scene: Scene) -> bool:
        """Whether the maps of a pair seen at a size serve: they are of the size of here or enlarged from it, and not padded."""
        for times in (1.0, self.enlarged):
            if seen == tuple(times * side for side in size):
                return not any(side % (now / times) for side, now in zip((scene.height, scene.width), seen, strict=True))
        return False

    def _reply(self, found: Sentence) -> Reply:
        words = [self.words[token] for token in found.tokens]
        text = without_settings(" ".join(words), doubtful(words, found.logprobs))
        return Reply(text, np.array(found.logprobs), found.complete)


def doubtful(words: Sequence[str], logprobs: Sequence[float]) -> list[str]:
    """Surroundings that a caption should not name: their word was not probable enough.

    Args:
        words: Of the caption.
        logprobs: Natural-log probability of each word; one more for the end may follow.

    Returns:
        Of `tasks.caption_claims.SETTINGS`.
    """
    return [
        setting
        for word, logprob in zip(words, logprobs, strict=False)
        for setting in SETTINGS
        if word in (setting, f"{setting}s") and np.exp(logprob) < LEAST
    ]
