"""The records of ChangeIMTI: captions, yes or no, counts and places of each class, and dialogues (arXiv 2509.23105, sec. III).

Corrected against the public files, unless `Settings.as_published`:

- the round of a dialogue that asks about buildings asks about buildings, also where none changed;
- yes or no follows the mask, as the counts do: Yes where any class has an object.

The counts of records are the paper's either way: one caption of an unchanged pair and five of a changed one (by its
caption flag), a dialogue for every caption, one record of every other kind for every pair.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

from chronosight.datasets.changeimti.labels import LEVIR_MCI, ChangeClass, ClassLabel
from chronosight.datasets.levir import LevirPair
from chronosight.tasks import binary, caption, count, location
from chronosight.tasks.question import Question
from chronosight.tasks.wording import vary

Turn = tuple[str, str]  # question, reply
NO_CHANGE_CAPTION = caption.NO_CHANGE_SENTENCES[0]
OFFER = ",if no change please output: No change."  # the end of a location question
COUNT_ROUND = "How many {subject} have been changed in these two images?"
LOCATION_ROUND = "Please tell me where the {subject} have changed in these two images" + OFFER
CAPTION_ROUND = caption.CHANGEIMTI_DIALOGUE
LOOK = "Look at these two images:<image> and <image>. "  # before a wording that has no place for images of its own


@dataclass(frozen=True)
class Settings:
    """What to build.

    Attributes:
        classes: In the order in which dialogues ask.
        seed: Of every draw.
        as_published: With the faults of the public files and the label rule of the released code.
        leak: As published in its other form, where the location question offers "No change" only if that is the answer.
        vary: Questions in many wordings.
        direction: Also ask: appeared or vanished (`extra_questions`, as the rest).
        by_cell: Also ask for counts in each cell.
        regions: Also ask about regions.
        unanswerable: Also ask what images cannot show.
    """

    classes: tuple[ChangeClass, ...] = LEVIR_MCI
    seed: int = 0
    as_published: bool = False
    leak: bool = False
    vary: bool = False
    direction: bool = False
    by_cell: bool = False
    regions: bool = False
    unanswerable: bool = False


@dataclass(frozen=True)
class Labelled:
    """A pair with the labels of its mask, by class name."""

    pair: LevirPair
    labels: dict[str, ClassLabel]

    def changed(self, as_published: bool = False) -> bool:
        """The answer to the yes or no question.

        Args:
            as_published: Whether it follows the caption flag, as in the public files, and not the mask.

        Returns:
            True where the pair has changed.
        """
        return self.pair.changed if as_published else any(label.count for label in self.labels.values())

    @property
    def captions(self) -> tuple[str, ...]:
        """The captions that make records: all of a changed pair, one sentence for an unchanged one."""
        return self.pair.captions if self.pair.changed else (NO_CHANGE_CAPTION,)


@dataclass(frozen=True)
class Record:
    """One instruction. kind: "caption", "count_roads", ... id: unique in a set. images: before and after."""

    id: str
    kind: str
    images: tuple[str, str]
    turns: tuple[Turn, ...]


def kinds(settings: Settings) -> list[str]:
    """Kinds of the paper, in its order.

    Args:
        settings: Settings of the set, with the classes.

    Returns:
        Names of the kinds.
    """
    names = [item.name for item in settings.classes]
    return ["caption", "binary", *(f"count_{n}" for n in names), *(f"location_{n}" for n in names), "dialogue"]


def records(item: Labelled, kind: str, settings: Settings) -> Iterator[Record]:
    """The records of one kind that a pair gives.

    Args:
        item: The pair, with its labels.
        kind: A kind of `kinds`.
        settings: Settings of the set.

    Yields:
        The records.
    """
    if kind == "caption":
        for number, text in enumerate(item.captions):
            question = worded(item, caption.ask("pair"), caption.CHANGEIMTI, settings, number)
            yield make(item, kind, [(question, text)], number)
    elif kind == "binary":
        yield make(item, kind, [(binary_question(item, settings), binary.write_reply(item.changed(settings.as_published)))])
    elif kind == "dialogue":
        yield from dialogues(item, settings)
    else:
        task, _, name = kind.partition("_")
        label = item.labels[name]
        if task == "count":
            turn = worded(item, count.ask(name), count.CHANGEIMTI.format(subject=name), settings), count.write_reply(label.count)
        else:
            turn = location_question(item, name, settings), location.write_reply(label.cells)
        yield make(item, kind, [turn])


def dialogues(item: Labelled, settings: Settings) -> Iterator[Record]:
    """A dialogue for each caption: yes or no, a round for each class (count or places, drawn once a pair), the caption.

    Args:
        item: The pair, with its labels.
        settings: Settings of the set.

    Yields:
        One record a caption.
    """
    names = [one.name for one in settings.classes]
    first = binary.CHANGEIMTI_DIALOGUE.replace("roads and buildings", joined(names, "and"))
    turns = [(first, binary.write_reply(item.changed(settings.as_published)))]
    for name in names:
        label = item.labels[name]
        # The published fault: a round about buildings that have not changed asks about roads once more.
        asked = "roads" if settings.as_published and name == "buildings" and not label.count else name
        if draw(item, settings, f"round {name}").random() < 0.5:
            turns.append((round_wording(item, count.ask(asked), COUNT_ROUND, settings), count.write_reply(label.count)))
        else:
            template = LOCATION_ROUND.replace(OFFER, "") if settings.leak else LOCATION_ROUND
            turns.append((round_wording(item, location.ask(asked), template, settings), location.write_reply(label.cells)))
    for number, text in enumerate(item.captions):
        yield make(item, "dialogue", [*turns, (CAPTION_ROUND, text)], number)


def binary_question(item: Labelled, settings: Settings) -> str:
    """The question whether anything changed.

    Args:
        item: The pair, with its labels.
        settings: Settings of the set.

    Returns:
        The text.
    """
    either = joined([one.name for one in settings.classes], "or")
    question = Question("binary", binary.ask().text, either)
    return worded(item, question, binary.CHANGEIMTI.replace(binary.ANY, either), settings)


def location_question(item: Labelled, name: str, settings: Settings) -> str:
    """The question where a class changed.

    Args:
        item: The pair, with its labels.
        name: The class, in the plural.
        settings: Settings of the set.

    Returns:
        The text.
    """
    text = location.CHANGEIMTI.format(subject=name)
    if settings.leak and item.labels[name].count:
        text = text.removesuffix(OFFER)
    return worded(item, location.ask(name), text, settings)


def worded(item: Labelled, question: Question, text: str, settings: Settings, number: int = 0) -> str:
    """The published text of a question; with `vary`, half of the time one of the task's other wordings.

    Args:
        item: The pair, with its labels.
        question: The question.
        text: Its published text.
        settings: Settings of the set.
        number: Number of the record among those of its pair and kind.

    Returns:
        The text.
    """
    if settings.vary:
        varied = vary(question, draw(item, settings, f"words {question.task} {question.subject} {number}")).text
        if varied != question.text:
            return LOOK + varied
    return text


def round_wording(item: Labelled, question: Question, template: str, settings: Settings) -> str:
    """As `worded`, for a round after the first: the images have been shown.

    Args:
        item: The pair, with its labels.
        question: The question.
        template: Its published text, with {subject} in it.
        settings: Settings of the set.

    Returns:
        The text.
    """
    text = template.format(subject=question.subject)
    if settings.vary:
        varied = vary(question, draw(item, settings, f"round words {question.task} {question.subject}")).text
        return text if varied == question.text else varied
    return text


def draw(item: Labelled, settings: Settings, what: str) -> random.Random:
    """Random numbers that depend on the seed, the pair and what is drawn alone, so no draw moves another.

    Args:
        item: The pair, with its labels.
        settings: Settings of the set, with the seed.
        what: Name of what is drawn.

    Returns:
        A generator, always the same for the same arguments.
    """
    return random.Random(f"{settings.seed}/{item.pair.key}/{what}")


def make(item: Labelled, kind: str, turns: list[Turn], number: int = 0) -> Record:
    """A record of a pair.

    Args:
        item: The pair, with its labels.
        kind: Kind of the record.
        turns: Questions with replies.
        number: Number of the record among those of its pair and kind.

    Returns:
        The record.
    """
    return Record(f"{item.pair.name}/{kind}/{number}", kind, (item.pair.before, item.pair.after), tuple(turns))


def joined(names: list[str], word: str) -> str:
    """Joins names to a list in a sentence.

    Args:
        names: The names.
        word: The word before the last one, "or" or "and".

    Returns:
        Such as "roads or buildings" or "roads, buildings or trees".
    """
    return f" {word} ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
