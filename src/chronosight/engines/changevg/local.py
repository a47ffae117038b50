"""A Qwen-VL on this machine. Images are computed once a scene; text before a question that was read is not read again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from chronosight.engines.changevg.language_model import Step, make_reply
from chronosight.engines.reply import Reply
from chronosight.models.changevg import generation
from chronosight.models.changevg.generation import Context, Generated
from chronosight.models.changevg.loading import Precision, load_model
from chronosight.models.changevg.processing import ChangeVGProcessor
from chronosight.models.changevg.prompt import Part, message
from chronosight.models.changevg.settings import Settings

REMEMBERED = 4  # beginnings of prompts whose keys and values are kept for a scene
LAST_IMAGE = "<|vision_end|>"
PLACEHOLDER = "\x02reply\x02"  # stands for a reply where the template is asked what follows one


class LocalModel:
    """A Qwen-VL on this machine, with torch."""

    def __init__(self, folder: Path, settings: Settings, adapter: Path | None = None, precision: Precision = "auto") -> None:
        """Raises InputError as `load_model` and `ChangeVGProcessor.from_pretrained` do."""
        self.name = folder.name
        self.processor = ChangeVGProcessor.from_pretrained(folder, settings)
        self.model = load_model(folder, adapter, precision)
        self.network = self.model.get_base_model() if hasattr(self.model, "peft_config") else self.model
        self.ends = _ends(self.network, self.processor)
        self.groups = _groups(self.processor)

    def encode(self, frames: list[np.ndarray]) -> LocalImages:
        """Takes the frames of a scene; they are encoded with the first question.

        Args:
            frames: (H, W, 3) uint8 each, earliest first.

        Returns:
            The images.
        """
        return LocalImages(self, frames)

    def plain(self, text: str) -> str:
        """The text without what the processor would read as a marker.

        Args:
            text: The user's text.

        Returns:
            The text without markers.
        """
        return self.processor.plain(text)

    def to_reply(self, generated: Generated) -> Reply:
        """Turns generated tokens into text, with their probabilities.

        Args:
            generated: The tokens of one reply.

        Returns:
            The reply.
        """
        tokenizer = self.processor.tokenizer
        words = [tokenizer.decode([token]) for token in generated.tokens]
        if generated.complete:
            words.append("")  # the end
        rows = generated.probabilities.tolist()
        steps = [Step(word, own, *masses) for word, (own, *masses) in zip(words, rows, strict=True)]
        return make_reply(self.processor.decode_reply(generated.tokens), steps, generated.complete)

    def generate(self, context: Context, limit: int) -> tuple[list[Generated], Context, list[int]]:
        """Replies to every row of a context.

        Args:
            context: What the model has read, one row a reply.
            limit: Largest number of tokens of a reply.

        Returns:
            The replies; the context, which has read all tokens but the last of each row; and those last tokens.
        """
        groups = [self.groups[name] for name in ("yes", "no", "digits")]
        return generation.reply(self.network, context, self.ends, limit, groups)


class LocalImages:
    """The frames of one scene; their visual tokens are computed once."""

    def __init__(self, owner: LocalModel, frames: list[np.ndarray]) -> None:
        self.owner, self.frames = owner, frames
        self._features: Any = None
        self._begun: dict[tuple[str, ...], Context] = {}

    def replies(self, turns: list[list[Part]], limit: int) -> list[Reply]:
        """Replies to turns as one batch. Turns that begin alike, up to the last image, share that beginning.

        Args:
            turns: Texts and images of each turn, in order.
            limit: Largest number of tokens of a reply.

        Returns:
            The replies, in the order of the turns.
        """
        cut = [self.split(turn) for turn in turns]
        heads = tuple(dict.fromkeys(head for head, _ in cut))
        context = self.begin(heads).rows([heads.index(head) for head, _ in cut])
        processor, network = self.owner.processor, self.owner.network
        context = generation.extend(network, context, [processor.encode_text(tail) for _, tail in cut])
        done, _, _ = self.owner.generate(context, limit)
        return [self.owner.to_reply(one) for one in done]

    def dialogue(self) -> LocalDialogue:
        """A dialogue about these frames."""
        return LocalDialogue(self)

    def split(self, turn: list[Part]) -> tuple[str, str]:
        """Splits the text of the first turn of a conversation.

        Args:
            turn: Texts and images of the turn, in order.

        Returns:
            All up to the last image, and the rest up to the reply.
        """
        text = self.owner.processor.render([message(turn)])
        cut = text.rindex(LAST_IMAGE) + len(LAST_IMAGE)
        return text[:cut], text[cut:]

    def begin(self, heads: tuple[str, ...]) -> Context:
        """Reads beginnings of conversations; the last ones are kept.

        Args:
            heads: The beginnings, each with all images of the scene.

        Returns:
            The context, one row each.
        """
        if heads not in self._begun:
            processor, network = self.owner.processor, self.owner.network
            batch = processor.batch_texts(heads, [self.frames] * len(heads))
            if self._features is None and generation.takes_features(network):
                patches = len(batch["pixel_values"]) // len(heads)
                grid = batch["image_grid_thw"][: len(self.frames)]
                self._features = generation.image_features(network, batch["pixel_values"][:patches], grid)
            while len(self._begun) >= REMEMBERED:
                del self._begun[next(iter(self._begun))]
            self._begun[heads] = generation.read(network, dict(batch), self._features)
        return self._begun[heads]


class LocalDialogue:
    """Turn after turn on one context: a turn costs its own text and its reply, whatever came before."""

    def __init__(self, images: LocalImages) -> None:
        self.images = images
        self._context: Context | None = None
        self._pending: list[int] = []

    def ask(self, parts: list[Part], limit: int) -> Reply:
        """Puts the next turn to the model.

        Args:
            parts: Texts and images of the turn, in order.
            limit: Largest number of tokens of the reply.

        Returns:
            The reply.
        """
        owner = self.images.owner
        if self._context is None:
            head, text = self.images.split(parts)
            context = self.images.begin((head,))
        else:
            context, text = self._context, self.following(parts)
        tokens = [*self._pending, *owner.processor.encode_text(text)]
        context = generation.extend(owner.network, context, [tokens])
        (done,), self._context, last = owner.generate(context, limit)
        self._pending = [] if done.complete else last  # the template writes the end of a reply itself
        return owner.to_reply(done)

    def following(self, parts: list[Part]) -> str:
        """What the template writes between the end of a reply and the next one: its end marker and this turn.

        Args:
            parts: Texts and images of the turn, in order.

        Returns:
            The text.
        """
        before = message([{"type": "text", "text": "."}])
        reply = {"role": "assistant", "content": [{"type": "text", "text": PLACEHOLDER}]}
        return self.images.owner.processor.render([before, reply, message(parts)]).partition(PLACEHOLDER)[2]


def _ends(network: Any, processor: ChangeVGProcessor) -> list[int]:
    """Tokens that end a reply: the turn's end, and what the model's own settings name."""
    named = network.generation_config.eos_token_id
    return sorted({processor.end_id, *([named] if isinstance(named, int) else named or [])})


def _groups(processor: ChangeVGProcessor) -> dict[str, list[int]]:
    """Tokens that are the word yes or no, in any case and with or without a space before it, or a number."""
    groups: dict[str, list[int]] = {"yes": [], "no": [], "digits": []}
    for token, number in processor.tokenizer.get_vocab().items():
        word = token.removeprefix("Ġ").lower()
        if word in ("yes", "no"):
            groups[word].append(number)
        elif word.isdecimal():
            groups["digits"].append(number)
    for word in ("yes", "no"):  # a vocabulary without the whole word: its beginning
        groups[word] = groups[word] or [processor.encode_text(word.capitalize())[0]]
    return groups
