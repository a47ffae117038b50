"""The one place where a prompt is put together: visual tokens, clue, markers, task tag, instruction (arXiv 2412.20742).

    <s> <image>*n <clue> clue text </clue> [task] instruction <reply> answer </s>

The part up to </clue> depends on the scene alone, so it is computed once however many questions are asked about it.
UniRS did not publish its marker strings; these are ours.
"""

from __future__ import annotations

from typing import get_args

from chronosight.tasks.question import Question, Task

PAD, BOS, EOS, UNK = "<pad>", "<s>", "</s>", "<unk>"
IMAGE, CLUE_OPEN, CLUE_CLOSE, REPLY = "<image>", "<clue>", "</clue>", "<reply>"
# The compact form is never asked in free words: its vocabulary has no tag for "vqa".
TAGS = {task: f"[{task}]" for task in get_args(Task) if task != "vqa"}
SPECIAL_TOKENS = (PAD, BOS, EOS, UNK, IMAGE, CLUE_OPEN, CLUE_CLOSE, REPLY, *TAGS.values())


def scene_prefix(n_visual: int, clue: str = "") -> str:
    """The part of a prompt that every question about a scene shares.

    Args:
        n_visual: Number of visual tokens; 0 leaves the slot out.
        clue: Of the guide.

    Returns:
        The text.
    """
    return f"{BOS}{IMAGE * n_visual}{CLUE_OPEN}{plain(clue)}{CLUE_CLOSE}"


def question_suffix(question: Question) -> str:
    """The part of the prompt that belongs to one question: task tag, instruction, and the marker that a reply follows.

    Args:
        question: The question.

    Returns:
        The text.
    """
    return f"{TAGS[question.task]}{plain(question.text)}{REPLY}"


def plain(text: str) -> str:
    """Removes special tokens: what a user types must not pass for a marker or a visual token.

    Args:
        text: What the user typed.

    Returns:
        The text.
    """
    for token in SPECIAL_TOKENS:
        text = text.replace(token, " ")
    return text
