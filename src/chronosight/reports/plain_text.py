"""A description in plain sentences, for the terminal and the page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from chronosight.results.answer import Answer
from chronosight.results.change_summary import ChangeSummary, change_summary
from chronosight.results.changed_object import ChangedObject
from chronosight.results.description import ClassDescription, Description
from chronosight.results.land_cover_sentences import cover_sentences
from chronosight.results.sentences import sums_sentence
from chronosight.results.wording import (
    CONFIDENT_FROM,
    about,
    all_below_limits,
    between,
    confidence_words,
    percent,
    sentence,
    size_words,
)
from chronosight.tasks.caption import BELOW_LIMITS
from chronosight.tasks.cells import places

EVEN = 0.5  # an answer less likely than its opposite is not given


def summary_lines(description: Description) -> list[str]:
    """Sentences, one a line: the caption, whether anything changed, each class, then the notes.

    For example "Changed: yes (97 % confident)." and "Buildings: 12 new, none gone; at the top and on the left (91 % confident).
    New: about 2,310 m²."

    Args:
        description: The description of a pair.

    Returns:
        The lines.
    """
    lines = [caption_line(description.caption), changed_line(description.changed, cover_changed(description))]
    lines += [class_line(description, change) for change in description.classes]
    lines += [f"Land cover: {sentence.text}" for sentence in cover_sentences(change_summary(description))]
    return lines + [f"Note: {note}" for note in notes(description)]


def caption_line(caption: Answer) -> str:
    """The caption as a sentence, with a remark where it is uncertain.

    Args:
        caption: The caption.

    Returns:
        The line.
    """
    text = sentence(caption.text) or "No caption."
    certain = caption.confident or caption.text == BELOW_LIMITS  # which is no sentence of the model
    return text if certain else f"{text} (The caption is uncertain.)"


def cover_changed(description: Description) -> bool:
    """Whether land cover changed.

    Args:
        description: The description of a pair.

    Returns:
        True where there are land-cover objects.
    """
    return description.land_cover is not None and bool(description.land_cover.objects)


def changed_line(changed: Answer, cover: bool = False) -> str:
    """Whether anything changed; "probably" only for what is more likely than its opposite.

    Args:
        changed: The answer to "has anything changed".
        cover: Whether land cover changed, so that "no" is said of buildings and roads alone.

    Returns:
        Such as "Changed: yes (97 % confident)."
    """
    if not isinstance(changed.value, bool):
        return "Changed: cannot tell."
    word = "yes" if changed.value else "no building or road" if cover else "no"
    if not changed.confidence_known:
        return f"Changed: {word} (how likely is not known)."
    if changed.confidence < EVEN or (not changed.confident and changed.confidence == EVEN):
        return f"Changed: cannot tell, perhaps {word}."
    if changed.confident:
        return f"Changed: {word} ({confidence_words(changed.confidence, True)})."
    if changed.confidence >= CONFIDENT_FROM:  # doubted for another reason
        return f"Changed: probably {word} (not confident)."
    return f"Changed: probably {word} (only {percent(changed.confidence)} confident)."


def class_line(description: Description, change: ClassDescription) -> str:
    """One class: how many new and gone, where, how confident, and the ground they cover.

    Args:
        description: The description of a pair.
        change: The class.

    Returns:
        Such as "Buildings: 12 new, none gone; at the top (91 % confident). New: about 2,310 m²."
    """
    name = change.name.capitalize()
    confidence = confidence_words(change.confidence, change.confidence > EVEN)
    left_out = sum(n for (class_name, _), n in description.left_out.items() if change.name in (f"{class_name}s", class_name))
    if change.appeared == change.vanished == 0 and left_out:
        return f"{name}: {all_below_limits(left_out)}."
    if change.appeared == change.vanished == 0 and change.confidence < EVEN:
        return f"{name}: none outlined, but some may have changed."
    if change.appeared == change.vanished == 0:
        return f"{name}: no change ({confidence})."
    if change.interval and change.interval[0] < change.interval[1]:
        total = f"{between(change.interval)} in all" if change.appeared and change.vanished else between(change.interval)
        exact = confidence if change.confidence >= EVEN else "the exact number is uncertain"
        confidence = f"{total}; {exact}"
    where = f"; {places(change.cells)}" if change.cells else ""
    line = f"{name}: {counts(change.appeared, change.vanished)}{where} ({confidence})."
    area = area_words([item for item in description.objects if change.name in (f"{item.class_name}s", item.class_name)])
    return f"{line} {area}" if area else line


def answer_line(answer: Answer) -> str:
    """The text of an answer as people read it: a count with its interval, places with spaces between them.

    Args:
        answer: The answer.

    Returns:
        Such as "154 (about 140 to 170)".
    """
    if isinstance(answer.value, tuple) and answer.text == ",".join(map(str, answer.value)):
        return ", ".join(map(str, answer.value))
    if answer.interval is None or answer.interval[0] == answer.interval[1]:
        return answer.text
    text = answer.text.rstrip()
    end = "." if text.endswith(".") else ""
    return f"{text.removesuffix('.')} ({between(answer.interval)}){end}"


def counts(appeared: int, vanished: int) -> str:
    """Numbers of objects of one class.

    Args:
        appeared: How many appeared.
        vanished: How many vanished.

    Returns:
        Such as "12 new, none gone".
    """
    return f"{appeared or 'none'} new, {vanished or 'none'} gone"


def area_words(objects: Sequence[ChangedObject]) -> str:
    """Areas of objects by direction.

    Args:
        objects: The objects.

    Returns:
        Such as "New: about 2,310 m². Gone: about 120 m²."; in pixels where the ground size is unknown, "" for no objects.
    """
    parts = []
    for direction, word in (("appeared", "New"), ("vanished", "Gone")):
        chosen = [item for item in objects if item.direction == direction]
        if chosen:
            known = chosen[0].area_m2 is not None
            parts.append(f"{word}: {about(size_words(sum(item.area for item in chosen), known))}.")
    return " ".join(parts)


def notes(description: Description) -> list[str]:
    """Everything the reader should know of how the pair was compared, as sentences and without repeats.

    Args:
        description: The description of a pair.

    Returns:
        The notes.
    """
    found = [*description.scene.notes, *description.notes]
    return list(dict.fromkeys(sentence(note) for note in found if note.strip()))


def date_words(time: datetime | None) -> str:
    """A date, with the hour where one is known.

    Args:
        time: The time; None for an unknown one.

    Returns:
        Such as "2018-07-05"; "" for an unknown one.
    """
    if time is None:
        return ""
    return f"{time:%Y-%m-%d %H:%M}" if (time.hour or time.minute) else f"{time:%Y-%m-%d}"


def zone_lines(summary: ChangeSummary) -> list[str]:
    """Changes by zone, one line a zone, for the terminal.

    Args:
        summary: The change summary.

    Returns:
        Such as "Riverside: 3 buildings appeared (about 420 m²)."; no line where there are no zones.
    """
    if summary.zones is None:
        return []
    rest = summary.zones.outside
    rows = [*summary.zones.rows, *([rest] if rest.all.count else [])]
    return [f"{row.name}: {sums_sentence(row.tallies, summary.metric, 'no change').text}" for row in rows]
