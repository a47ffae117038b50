"""Whether one image shows more of one thing than of another, as it may stand beside what is said of each of the two.

There cannot be more of what is not there, and there is more of what is there than of what is not. Where both are there the
language model compares; an answer against its own counts is not confident.
"""

from __future__ import annotations

from dataclasses import replace

from chronosight.results.answer import Answer
from chronosight.tasks.replies import write_yes_no


def beside_presence(answer: Answer, things: tuple[str, str], there: tuple[Answer | None, Answer | None]) -> Answer:
    """The comparison beside whether each thing is there.

    Args:
        answer: The language model's answer.
        things: Plural nouns; yes means more of the first.
        there: The answers to "is there", None for things that nothing is known of.

    Returns:
        The same answer where it agrees. Where the first is not there, or surely is and the second surely is not, what is surer
        holds: the answer turned round, or the same one, which is then not confident.
    """
    first, second = there
    if first is None or (second is None and first.value):
        return answer
    if first.value is False:
        if answer.value is False:
            return answer
        notes = (*answer.notes, said(things[0], first))
        if first.confidence > answer.confidence:
            return replace(
                answer, text=write_yes_no(False), value=False, confidence=first.confidence, confident=first.confident, notes=notes
            )
        return replace(answer, confident=False, notes=notes)
    assert second is not None
    if answer.value or second.value:
        return answer
    notes = (*answer.notes, said(things[1], second))
    confidence = min(first.confidence, second.confidence)
    if first.confident and second.confident and confidence > answer.confidence:
        return replace(answer, text=write_yes_no(True), value=True, confidence=confidence, confident=True, notes=notes)
    return replace(answer, confident=False, notes=notes)


def beside_counts(answer: Answer, things: tuple[str, str], counts: tuple[Answer, Answer]) -> Answer:
    """The comparison beside how many of each thing are counted.

    Args:
        answer: Whether there is more of the first.
        things: Plural nouns.
        counts: The answers to "how many".

    Returns:
        The answer; not confident where the counts say the opposite. Equal ones say little: "2" stands for several.
    """
    one, other = (count.value for count in counts)
    if not (isinstance(one, int) and isinstance(other, int)) or one == other or (one > other) is answer.value:
        return answer
    note = f"asked how many there are, the model says {counts[0].text} of {things[0]} and {counts[1].text} of {things[1]}"
    return replace(answer, confident=False, notes=(*answer.notes, note))


def said(thing: str, there: Answer) -> str:
    """What the model says of a thing by itself, as a note.

    Args:
        thing: A plural noun.
        there: The answer to "is there".

    Returns:
        Such as "asked whether there are boats, the model says no".
    """
    return f"asked whether there are {thing}, the model says {'yes' if there.value else 'no'}"
