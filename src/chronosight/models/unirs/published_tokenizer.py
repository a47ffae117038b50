"""The tokenizer of a published checkpoint: `tokenizer.json`, or a `tokenizer.model` file (sentencepiece, BPE).

VILA-1.5 and UniRS ship Llama's vocabulary as tokenizer.model only. The sentencepiece library reads the pieces; the fast tokenizer
merges a pair of pieces where their union is a piece, better scores first, which is sentencepiece's own rule.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sentencepiece import SentencePieceProcessor
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers
from transformers import PreTrainedTokenizerFast

from chronosight.errors import InputError
from chronosight.files import check_regular_file
from chronosight.models.weight_files import MAX_TOKENIZER_BYTES, check_tokenizer, library_errors

SPECIAL = ("<s>", "</s>", "<unk>")
MAX_PIECE = 512  # characters


def read_tokenizer(folder: Path) -> PreTrainedTokenizerFast:
    """Reads tokenizer.json where there is one, else tokenizer.model.

    Args:
        folder: The language model's folder.

    Returns:
        The tokenizer, padding on the left.

    Raises:
        InputError: There is neither, or it is not the tokenizer of a Llama.
    """
    path = folder / "tokenizer.json"
    if path.is_file():
        check_tokenizer(path)
        make: Any = PreTrainedTokenizerFast
        with library_errors(str(path), "download it again"):
            tokenizer: PreTrainedTokenizerFast = make(
                tokenizer_file=str(path), bos_token="<s>", eos_token="</s>", unk_token="<unk>", pad_token="<unk>",
                padding_side="left", clean_up_tokenization_spaces=False,
            )  # fmt: skip
            known = tokenizer.get_vocab()
        absent = [token for token in SPECIAL if token not in known]
        if absent:
            raise InputError(f"{path} has no {absent[0]}; expected the tokenizer of a Llama")
        return tokenizer
    if (folder / "tokenizer.model").is_file():
        return read_sentencepiece(folder / "tokenizer.model")
    raise InputError(f"{folder} has neither tokenizer.json nor tokenizer.model; download the folder again, whole")


def read_sentencepiece(path: str | Path) -> PreTrainedTokenizerFast:
    """Reads a sentencepiece BPE model.

    Args:
        path: The `tokenizer.model` file.

    Returns:
        A tokenizer with <s>, </s> and <unk>; <unk> also pads, as in VILA. A text gets a space before it.

    Raises:
        InputError: The file is no sentencepiece BPE model with these three tokens.
    """
    path = check_regular_file(Path(path), "a sentencepiece model", MAX_TOKENIZER_BYTES)
    try:
        model: Any = SentencePieceProcessor(model_proto=path.read_bytes())
    except (RuntimeError, ValueError, TypeError):
        raise InputError(f"{path} is damaged or no sentencepiece model; copy it again") from None
    with library_errors(str(path), "copy it again"):
        numbers = range(model.get_piece_size())
        pieces = [str(model.id_to_piece(number)) for number in numbers]
        scores = [float(model.get_score(number)) for number in numbers]
        control = [bool(model.is_control(number) or model.is_unknown(number)) for number in numbers]
        whole = [not (control[number] or model.is_byte(number)) for number in numbers]
    vocabulary = {piece: number for number, piece in enumerate(pieces)}
    # BPE scores are the ranks of merges, 0, -1, -2, ...; those of the other kinds of models are log-probabilities.
    ranked = all(score == round(score) for score, merges in zip(scores, whole, strict=True) if merges)
    ranked = ranked and all(len(piece) <= MAX_PIECE for piece in pieces)
    if not ranked or len(vocabulary) != len(pieces) or not set(SPECIAL) <= set(vocabulary):
        raise InputError(f"{path} has {len(pieces)} pieces, expected a BPE model with {', '.join(SPECIAL)}; copy it again")
    mergeable = {piece: scores[number] for piece, number in vocabulary.items() if whole[number]}
    merges = _merges(mergeable, vocabulary)
    tokenizer = Tokenizer(models.BPE(vocabulary, merges, unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    # Not Metaspace: that leaves the space before a text out where the text has one of its own.
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    steps = [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(content=" ", left=1)]
    tokenizer.decoder = decoders.Sequence(steps)
    tokenizer.add_special_tokens([AddedToken(piece, special=True) for piece, number in vocabulary.items() if control[number]])
    make: Any = PreTrainedTokenizerFast
    return make(
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
