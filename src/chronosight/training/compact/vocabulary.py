"""The vocabulary of the compact form, made again from the texts it is trained on."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from tokenizers import normalizers
from transformers import PreTrainedTokenizerFast

from chronosight.models.unirs.vocabulary import train_tokenizer
from chronosight.training.samples.texts import training_texts


def build_tokenizer(data: str | Path, rendered_captions: Iterable[str] = (), vocab_size: int = 4096) -> PreTrainedTokenizerFast:
    """Learned from the captions of the training splits, rendered captions, and our own wordings and clues.

    Text is lower-cased before anything else, so that case never matters; digits stand alone.

    Args:
        data: Folder of the training data.
        rendered_captions: Captions of rendered scenes.
        vocab_size: Largest number of tokens.

    Returns:
        The tokenizer.
    """
    tokenizer = train_tokenizer((text.lower() for text in training_texts(data, rendered_captions)), vocab_size)
    tokenizer.backend_tokenizer.normalizer = normalizers.Lowercase()
    return tokenizer
