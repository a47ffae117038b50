"""The captioner of changes: a pair to a sentence, from the maps of the guide of fine imagery (ChangeVG, arXiv 2509.23105)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from chronosight.engines.compact.bundle import Bundle
from chronosight.engines.compact.decoder import repeating
from chronosight.engines.compact.guide import Guide, seen_frames
from chronosight.engines.reply import Reply
from chronosight.errors import InputError
from chronosight.scenes.scene import Scene
from chronosight.tasks.caption_claims import SETTINGS, without_settings
from chronosight.tasks.change_captions import END, LEVELS, MOST_WORDS, PAD, START, UNKNOWN, caption_inputs, shown_size
from chronosight.tasks.pixels import resize_frames

# Surroundings stay where their word has this probability: of val captions, people then name them too in 0.87 (deserts left out).
LEAST = 0.45


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

    def describe(self, scene: Scene, metres: float | None, maps: dict[str, np.ndarray] | None = None) -> Reply:
        """Describes the change in a sentence.

        Args:
            scene: A pair.
            metres: Ground size of a pixel; None where it is not known.
            maps: What the guide of fine imagery gave of the whole pair, by name; used where it saw the pair at the size of here.

        Returns:
            The sentence, without full stop and without surroundings that are doubtful, with the log-probability of every word
            that was written and of the end.

        Raises:
            InputError: The graph does not fit the words in config.json.
        """
        size = shown_size(scene.height, scene.width, metres)
        seen = maps["class_logits"].shape[2:] if maps else (0, 0)
        if maps is None or seen != size or scene.height % seen[0] or scene.width % seen[1]:  # the latter two: not padded
            maps = self.guide.raw_maps(
                resize_frames(seen_frames(scene), *size)[:, None], ("class_logits", "appeared_logit", *LEVELS)
            )
        memory = self.bundle.session("captioner").run(["memory"], caption_inputs(maps))[0]
        session = self.bundle.session("captioner_words")
        tokens, logprobs = [START], []
        complete = False
        while not complete and len(tokens) <= MOST_WORDS:
            scores = session.run(["logits"], {"memory": memory, "tokens": np.array([tokens], np.int64)})[0][0]
            if len(scores) != len(self.words):
                raise InputError(
                    f"config.json of {self.bundle.folder} lists {len(self.words)} words, its captioner has {len(scores)}; "
                    "copy the weights folder again"
                )
            scores = scores.astype(float) - np.logaddexp.reduce(scores.astype(float))
            allowed = scores.copy()
            allowed[[PAD, START, UNKNOWN, *repeating(tokens[1:])]] = -np.inf
            token = int(allowed.argmax())
            logprobs.append(float(scores[token]))
            complete = token == END
            if not complete:
                tokens.append(token)
        words = [self.words[token] for token in tokens[1:]]
        return Reply(without_settings(" ".join(words), doubtful(words, logprobs)), np.array(logprobs), complete)


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
