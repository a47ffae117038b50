"""The compact form's own vocabulary: byte-level BPE, learned from the texts of its instruction set."""

from __future__ import annotations

from collections.abc import Iterable

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from chronosight.tasks.prompt import BOS, EOS, PAD, SPECIAL_TOKENS, UNK


def train_tokenizer(texts: Iterable[str], vocab_size: int = 4096) -> PreTrainedTokenizerFast:
    """Learns a tokenizer by byte pairs. Any text can be encoded.

    Special tokens come first, in the order of `SPECIAL_TOKENS`, so their ids never change. Digits stand alone: numbers are read
    and written by digit.

    Args:
        texts: Texts to learn from.
        vocab_size: Largest number of tokens; few texts give fewer.

    Returns:
        The tokenizer, which pads on the left.
    """
    tokenizer = Tokenizer(models.BPE())
    words = Regex(r" ?[^\s\p{L}\p{N}]+| ?\p{L}+|\p{N}|\s+")
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Split(words, "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size,
        special_tokens=list(SPECIAL_TOKENS),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return wrap_tokenizer(tokenizer)


def load_tokenizer(path: str) -> PreTrainedTokenizerFast:
    """Reads a tokenizer whose vocabulary holds `SPECIAL_TOKENS`.

    Args:
        path: A tokenizer.json file.

    Returns:
        The tokenizer, which pads on the left.
    """
    return wrap_tokenizer(Tokenizer.from_file(path))


def wrap_tokenizer(tokenizer: Tokenizer) -> PreTrainedTokenizerFast:
    """The tokenizer with the special tokens named, padding on the left.

    Args:
        tokenizer: The tokenizer.

    Returns:
        The same, as transformers uses it.
    """
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token=PAD,
        bos_token=BOS,
        eos_token=EOS,
        unk_token=UNK,
        padding_side="left",
        clean_up_tokenization_spaces=False,
    )
