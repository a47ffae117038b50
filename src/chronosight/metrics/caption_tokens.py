"""Conventions for tokenizing captions: three are in use, and scores by different ones do not compare.

- `index`: indices in a vocabulary, as strings; a word that is not in it is the one unknown index. METEOR can match equal
  indices only. RSICCformer, Chg2Cap, PromptCC, RSCaMa, Change-Agent and ChangeVG's own dual branch score so.
- `word`: lower-cased words, full stops stripped. CCExpert scores so.
- `text`: tokens between blanks, case and punctuation kept.

None uses the PTB tokenizer. The vocabulary of `index` is built from the references, all splits together: words seen more
than 5 times, in alphabetical order after four markers. On LEVIR-CC that gives the 468 entries of the published one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Literal, get_args

from chronosight.metrics.captions import Words, to_words

Convention = Literal["index", "word", "text"]
CONVENTIONS: tuple[Convention, ...] = get_args(Convention)
MARKERS = ("<NULL>", "<UNK>", "<START>", "<END>")
SEEN_OFTEN = 6  # a word of the vocabulary is in the references at least this often


def build_vocabulary(sentences: Iterable[str]) -> dict[str, int]:
    """The vocabulary of the convention `index`.

    Args:
        sentences: All references of all splits.

    Returns:
        Index by word.
    """
    counts = Counter(word for sentence in sentences for word in to_words(sentence))
    words = sorted(word for word, n in counts.items() if n >= SEEN_OFTEN)
    return {word: i for i, word in enumerate((*MARKERS, *words))}


def tokenize(sentence: str, convention: Convention, vocabulary: dict[str, int] | None = None) -> Words:
    """Tokenizes a sentence.

    Args:
        sentence: A caption.
        convention: One of the three above.
        vocabulary: Of `build_vocabulary`; needed by `index`.

    Returns:
        The tokens.

    Raises:
        ValueError: The vocabulary is missing.
    """
    if convention == "text":
        return sentence.split()
    words = to_words(sentence)
    if convention == "word":
        return words
    if vocabulary is None:
        raise ValueError("convention index needs a vocabulary; build_vocabulary makes one from the references")
    unknown = vocabulary[MARKERS[1]]
    return [str(vocabulary.get(word, unknown)) for word in words]
