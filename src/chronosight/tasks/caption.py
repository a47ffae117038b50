"""Describe an image, or the changes of a pair. Reply and value: a sentence, without its full stop.

Scored by BLEU-4, METEOR, ROUGE-L, CIDEr-D and their mean S*m against five references; the conventions in use (`index`,
`word`, subword) do not compare, so a score is reported with its convention (arXiv 2412.20742, 2509.23105).
"""

from __future__ import annotations

import re
from typing import Literal

from chronosight.tasks.question import Question

CHANGEIMTI = "Please describe the changes in <image> and <image>"
CHANGEIMTI_DIALOGUE = "Please describe the changes."
UNIRS_PAIR = "Please briefly describe the main changes between the above two remote sensing images."

# The no-change sentences of LEVIR-CC; the first is the one that ChangeIMTI keeps.
NO_CHANGE_SENTENCES = (
    "the scene is the same as before",
    "there is no difference",
    "the two scenes seem identical",
    "no change has occurred",
    "almost nothing has changed",
)

BELOW_LIMITS = "all that changed is below the limits"  # of size and confidence that a user set

PAIR_WORDINGS = (
    "Please describe the changes",
    "Please describe the changes.",
    UNIRS_PAIR,
    "What has changed between the two images?",
    "What are the main changes?",
    "Describe the difference between the two dates in a sentence.",
    "What happened here between the two dates?",
    "Sum up what changed.",
)
IMAGE_WORDINGS = (
    "Please describe the image",
    "Please briefly describe this remote sensing image.",
    "Describe the image in a sentence.",
    "What does the image show?",
    "What can be seen here?",
    "Write a caption for this image.",
    "Sum up what is in this image.",
)

_CONNECTED = re.compile(r" (?:is |are |was |were )?(?:with|near|and|next to|beside) ")
_ALONG = re.compile(r"\bbuilt along\b(?! (?:it|them|the|a|an|both|this|these|that|each|one|some|two)\b)")
_NO_VERB = re.compile(r"\ba(?: [a-z]+)? road with [a-z ]+ built along it(?: on both sides)?(?=$| and )")
_LIGHT = {"a", "an", "the", "some", "many", "several", "piece", "pieces", "of"}


def ask(kind: Literal["image", "pair"] = "pair") -> Question:
    """Asks for a description of an image, or of the changes of a pair, in the canonical wording.

    Args:
        kind: "image" or "pair".

    Returns:
        The question.
    """
    return Question("caption", PAIR_WORDINGS[0] if kind == "pair" else IMAGE_WORDINGS[0])


def wordings(question: Question) -> tuple[str, ...]:
    """The wordings of the question's kind: those of an image if it is worded as one, else those of a pair.

    Args:
        question: A question of task caption.

    Returns:
        The wordings, the canonical one first.
    """
    return IMAGE_WORDINGS if question.text in IMAGE_WORDINGS else PAIR_WORDINGS


def says_no_change(text: str) -> bool:
    """Whether a caption of a pair is one of the no-change sentences, full stop and case aside.

    Args:
        text: The caption.

    Returns:
        True where it is one of `NO_CHANGE_SENTENCES`.
    """
    return " ".join(text.lower().replace(".", " ").split()) in NO_CHANGE_SENTENCES


def without_repeats(text: str) -> str:
    """A caption of an image without a last part that only names again what stands before it.

    Args:
        text: "a residential area with a residential area", "a building is near a building".

    Returns:
        "a residential area", "a building".
    """
    last = list(_CONNECTED.finditer(text))[-1:]
    for match in last:
        before, after = ({*text_part.lower().split()} - _LIGHT for text_part in (text[: match.start()], text[match.end() :]))
        if after and after <= before:
            return text[: match.start()]
    return text


def completed(text: str) -> str:
    """A caption of a pair without two slips of the captions that models learn from: "a road with villas built along appears".

    Args:
        text: The caption.

    Returns:
        "a road with villas built along it appears"; a verb is added too where the road has none.
    """
    return _NO_VERB.sub(r"\g<0> appears", _ALONG.sub("built along it", text))


def write_reply(value: str) -> str:
    """The reply that a model is taught to give.

    Args:
        value: A reference caption.

    Returns:
        The caption without its full stop.
    """
    return value.strip().rstrip(".").rstrip()


def parse_reply(text: str) -> str | None:
    """The sentence with single spaces and no full stop at its end; None when nothing is left.

    Args:
        text: The reply.

    Returns:
        The sentence, or None.
    """
    return " ".join(text.split()).rstrip(".").rstrip() or None
