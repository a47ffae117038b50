"""Questions about a single image, with their answers, made from its captions (rule: `chronosight.datasets.caption_nouns`).

presence: yes for a noun that two captions name, no for one that none names or implies; as many no as yes.
comparison: of coarse counts, many > several > two > one; a noun that is not there counts none.
object_count: only numbers that captions state and agree on.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np

from chronosight.datasets.caption_nouns import ASKED, FREQUENCY, exact, present, quantities, rank, surely_absent
from chronosight.tasks import comparison, object_count, presence
from chronosight.tasks.question import Question, Value

Asked = tuple[Question, Value]
_UNCOUNTED = ("trees", "buildings", "roads", "meadows", "waves", "houses", "cars")  # "a" does not mean one of these


def questions_of(name: str, captions: Sequence[str], most: int = 2) -> list[Asked]:
    """The questions that evaluation asks of an image; the same at every call.

    Args:
        name: Its id, which seeds every draw.
        captions: Its captions.
        most: Presence questions with each of the replies yes and no, at most.

    Returns:
        Questions of presence and comparison with their values.
    """
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    return [*presence_questions(captions, rng, most), *comparison_questions(captions, rng, 1)]


def presence_questions(captions: Sequence[str], rng: np.random.Generator, most: int = 2) -> list[Asked]:
    """Is there any of a noun?

    Args:
        captions: Of one image.
        rng: Draws the nouns.
        most: Questions with each reply, at most; as many "no" as "yes".

    Returns:
        Questions with their values.
    """
    yes = [noun for noun in present(captions) if noun in ASKED]
    no = list(surely_absent(captions))
    number = min(most, len(yes), len(no))
    if not number:
        return []
    weights = np.array([FREQUENCY[noun] for noun in no], float)
    chosen = [(yes[i], True) for i in rng.permutation(len(yes))[:number]]
    chosen += [(no[i], False) for i in rng.choice(len(no), number, replace=False, p=weights / weights.sum())]
    return [(presence.ask(noun), value) for noun, value in chosen]


def comparison_questions(captions: Sequence[str], rng: np.random.Generator, most: int = 1) -> list[Asked]:
    """Are there more of one noun than of another?

    Args:
        captions: Of one image.
        rng: Draws the nouns and their order.
        most: Questions at most.

    Returns:
        Questions with their values.
    """
    ranks = {noun: rank(word) for noun, word in quantities(captions).items() if noun in ASKED}
    pairs = [(a, b) for a in ranks for b in ranks if ranks[a] > ranks[b]]
    if not pairs and ranks and max(ranks.values()) >= 3:
        no = surely_absent(captions)
        if no:
            weights = np.array([FREQUENCY[noun] for noun in no], float)
            pairs = [(max(ranks, key=ranks.__getitem__), str(rng.choice(no, p=weights / weights.sum())))]
    asked: list[Asked] = []
    for i in rng.permutation(len(pairs))[:most]:
        more, less = pairs[i]
        asked.append((comparison.ask(more, less), True) if rng.random() < 0.5 else (comparison.ask(less, more), False))
    return asked


def count_questions(captions: Sequence[str]) -> list[Asked]:
    """How many of a noun are there?

    Args:
        captions: Of one image.

    Returns:
        Questions about every noun whose number the captions state.
    """
    asked: list[Asked] = []
    for noun, word in quantities(captions).items():
        number = exact(word)
        if number is not None and noun in ASKED and (number > 1 or noun not in _UNCOUNTED):
            asked.append((object_count.ask(noun), number))
    return asked
