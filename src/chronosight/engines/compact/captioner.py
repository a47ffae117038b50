"""The captioner of changes: a pair to a sentence, from the maps of the guide of fine imagery (ChangeVG, arXiv 2509.23105)."""

from __future__ import annotations

import numpy as np

from chronosight.engines.compact.bundle import Bundle
from chronosight.engines.compact.decoder import repeating
from chronosight.engines.compact.guide import Guide, seen_frames
from chronosight.engines.reply import Reply
from chronosight.errors import InputError
from chronosight.scenes.scene import Scene
from chronosight.tasks.change_captions import END, LEVELS, MOST_WORDS, PAD, START, UNKNOWN, caption_inputs, shown_size
from chronosight.tasks.land_cover import GUIDE_MAPS
from chronosight.tasks.pixels import resize_frames


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
        self.read = GUIDE_MAPS if bundle.config.get("land_cover") else LEVELS  # the former hold the latter

    def maps(self, scene: Scene, metres: float | None) -> dict[str, np.ndarray]:
        """What the guide of fine imagery makes of a pair, at the size at which the captioner is shown it.

        Args:
            scene: A pair.
            metres: Ground size of a pixel; None where it is not known.

        Returns:
            The guide's outputs by name: those that `describe` reads, and those that the land cover needs.
        """
        dates = resize_frames(seen_frames(scene), *shown_size(scene.height, scene.width, metres))
        return self.guide.raw_maps(dates[:, None], ("class_logits", "appeared_logit", *self.read))

    def describe(self, maps: dict[str, np.ndarray]) -> Reply:
        """Describes the change in a sentence.

        Args:
            maps: Of a pair, by `maps`.

        Returns:
            The sentence, without full stop, with the log-probability of every word and of the end.

        Raises:
            InputError: The graph does not fit the words in config.json.
        """
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
        return Reply(" ".join(self.words[token] for token in tokens[1:]), np.array(logprobs), complete)
