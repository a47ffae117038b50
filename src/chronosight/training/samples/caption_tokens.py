"""Captions as the guide's decoder learns them."""

from __future__ import annotations

import numpy as np
from tokenizers import Tokenizer

from chronosight.tasks.prompt import BOS, EOS, PAD


def caption_tokens(caption: str, tokenizer: Tokenizer, max_caption: int) -> np.ndarray:
    """Start marker, words, end marker, then padding; a longer caption is cut.

    Args:
        caption: A sentence.
        tokenizer: With the markers of `tasks.prompt`.
        max_caption: Tokens at most, the start marker included.

    Returns:
        (max_caption + 1,) int64.
    """
    start, end, padding = (tokenizer.token_to_id(marker) for marker in (BOS, EOS, PAD))
    ids = [start, *tokenizer.encode(caption, add_special_tokens=False).ids[: max_caption - 1], end]
    return np.array(ids + [padding] * (max_caption + 1 - len(ids)), np.int64)
