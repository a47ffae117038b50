"""A `tokenizer.model` file (sentencepiece, BPE) -> a fast tokenizer, without sentencepiece or protobuf.

VILA-1.5 and UniRS ship Llama's vocabulary in that format only. Read are the fields needed: pieces with score and kind. A
pair of pieces merges where their union is a piece, better scores first, which is sentencepiece's own rule.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from struct import unpack

from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers
from transformers import PreTrainedTokenizerFast

from chronosight.errors import InputError

NORMAL, UNKNOWN, CONTROL, USER, UNUSED, BYTE = 1, 2, 3, 4, 5, 6  # kinds of pieces
UNIGRAM, BPE = 1, 2  # kinds of models


def read_sentencepiece(path: str | Path) -> PreTrainedTokenizerFast:
    """The tokenizer with <s>, </s> and <unk>; <unk> also pads, as in VILA. A text gets a space before it.

    Raises InputError for a file that is not a sentencepiece BPE model with these three tokens.
    """
    path = Path(path)
    pieces: list[tuple[str, float, int]] = []
    kind = UNIGRAM
    try:
        for number, value in _fields(path.read_bytes()):
            if number == 1 and isinstance(value, bytes):
                pieces.append(_piece(value))
            elif number == 2 and isinstance(value, bytes):
                kind = next((int(v) for n, v in _fields(value) if n == 3 and isinstance(v, int)), UNIGRAM)
    except (IndexError, ValueError):
        raise InputError(f"{path} is damaged or no sentencepiece model: copy it again") from None
    vocabulary = {text: number for number, (text, _, _) in enumerate(pieces)}
    if kind != BPE or len(vocabulary) != len(pieces) or not {"<s>", "</s>", "<unk>"} <= set(vocabulary):
        raise InputError(f"{path} has {len(pieces)} pieces of kind {kind}, expected a BPE model with <s>, </s> and <unk>")
    mergeable = {text: score for text, score, kind in pieces if kind in (NORMAL, USER, UNUSED)}
    model = models.BPE(vocabulary, _merges(mergeable, vocabulary), unk_token="<unk>", fuse_unk=True, byte_fallback=True)
    tokenizer = Tokenizer(model)
    # Not Metaspace: that leaves the space before a text out where the text has one of its own.
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    steps = [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(content=" ", left=1)]
    tokenizer.decoder = decoders.Sequence(steps)
    tokenizer.add_special_tokens([AddedToken(text, special=True) for text, _, kind in pieces if kind in (UNKNOWN, CONTROL)])
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token="<s>", eos_token="</s>", unk_token="<unk>", pad_token="<unk>",
        padding_side="left", clean_up_tokenization_spaces=False,
    )  # fmt: skip


def _merges(scores: dict[str, float], vocabulary: dict[str, int]) -> list[tuple[str, str]]:
    """Pairs of pieces in the order in which they merge: by the score of their union, then by their own places."""
    found = []
    for text, score in scores.items():
        splits = [(text[:i], text[i:]) for i in range(1, len(text))]
        pairs = [(left, right) for left, right in splits if left in scores and right in scores]
        found += [(-score, vocabulary[left], vocabulary[right], left, right) for left, right in pairs]
    return [(left, right) for *_, left, right in sorted(found)]


def _piece(value: bytes) -> tuple[str, float, int]:
    text, score, kind = "", 0.0, NORMAL
    for number, field in _fields(value):
        if number == 1 and isinstance(field, bytes):
            text = field.decode("utf-8")
        elif number == 2 and isinstance(field, bytes):
            score = unpack("<f", field)[0]
        elif number == 3 and isinstance(field, int):
            kind = field
    return text, score, kind


def _fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """(number, value) of a protobuf message: whole numbers as int, everything else as bytes."""
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        match key & 7:
            case 0:
                value, at = _varint(data, at)
                yield key >> 3, value
                continue
            case 1:
                size = 8
            case 2:
                size, at = _varint(data, at)
            case 5:
                size = 4
            case other:
                raise ValueError(f"wire type {other}")
        if at + size > len(data):
            raise ValueError("cut short")
        yield key >> 3, data[at : at + size]
        at += size


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at
