"""What counts as a word of a caption: three conventions are in use, and scores by different ones do not compare.

- `index`: indices in a vocabulary, as strings; a word that is not in it is the one unknown index. METEOR can match equal
  indices only. RSICCformer, Chg2Cap, PromptCC, RSCaMa, Change-Agent and ChangeVG's own dual branch score so.
- `word`: lower-cased words, full stops stripped. CCExpert scores so.
- `text`: what stands between blanks, case and punctuation kept: the sentence as it was written.

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

EXACT = "METEOR 1.5, exact matches, without Java (chronosight)"
JAR = "METEOR 1.5 jar, -l en -norm (pycocoevalcap 1.2)"


def build_vocabulary(sentences: Iterable[str]) -> dict[str, int]:
    """Word -> index of the convention `index`. sentences: all references of all splits."""
    counts = Counter(word for sentence in sentences for word in to_words(sentence))
    words = sorted(word for word, n in counts.items() if n >= SEEN_OFTEN)
    return {word: i for i, word in enumerate((*MARKERS, *words))}


def tokenise(sentence: str, convention: Convention, vocabulary: dict[str, int] | None = None) -> Words:
    """Tokens of a sentence. vocabulary: needed by `index`. Raises ValueError where it is missing."""
    if convention == "text":
        return sentence.split()
    words = to_words(sentence)
    if convention == "word":
        return words
    if vocabulary is None:
        raise ValueError("convention index needs a vocabulary; build_vocabulary makes one from the references")
    unknown = vocabulary[MARKERS[1]]
    return [str(vocabulary.get(word, unknown)) for word in words]
