"""A description in plain sentences, for the terminal and the page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from chronosight.reports.ground import areas_m2
from chronosight.results.answer import Answer
from chronosight.results.changed_object import ChangedObject
from chronosight.results.description import ClassDescription, Description
from chronosight.scenes.scene import Scene
from chronosight.tasks.cells import places


def summary_lines(scene: Scene, description: Description) -> list[str]:
    """Sentences, one a line: the caption, whether anything changed, each class, then the notes.

    For example "Changed: yes (97 % sure)." and "Buildings: 12 new, none gone; at the top and on the left (91 % sure).
    New: about 2,310 m²."
    """
    lines = [caption_line(description.caption), changed_line(description.changed)]
    lines += [class_line(scene, description, change) for change in description.classes]
    return lines + [f"Note: {note}" for note in notes(scene, description)]


def caption_line(caption: Answer) -> str:
    text = sentence(caption.text) or "No caption."
    return text if caption.confident else f"{text} (The caption is unsure.)"


def changed_line(changed: Answer) -> str:
    if not isinstance(changed.value, bool):
        return "Changed: cannot be told."
    word = "yes" if changed.value else "no"
    if changed.confident:
        return f"Changed: {word} ({how_sure(changed.confidence)})."
    return f"Changed: probably {word} (only {percent(changed.confidence)} sure)."


def class_line(scene: Scene, description: Description, change: ClassDescription) -> str:
    """One class: how many new and gone, where, how sure, and the ground they cover."""
    name = change.name.capitalize()
    sure = how_sure(change.confidence)
    if change.appeared == change.vanished == 0:
        return f"{name}: no change ({sure})."
    where = f"; {places(change.cells)}" if change.cells else ""
    line = f"{name}: {counts(change.appeared, change.vanished)}{where} ({sure})."
    area = area_words(scene, _objects_of(description, change.name))
    return f"{line} {area}" if area else line


def counts(appeared: int, vanished: int) -> str:
    return f"{appeared or 'none'} new, {vanished or 'none'} gone"


def how_sure(confidence: float) -> str:
    """ "97 % sure"; "unsure, 41 %" for what is more likely wrong than right."""
    return f"{percent(confidence)} sure" if confidence >= 0.5 else f"unsure, {percent(confidence)}"


def percent(confidence: float) -> str:
    """A probability as a whole percentage, but never a flat 100 %, which no model can promise."""
    value = round(confidence * 100)
    return "over 99 %" if value > 99 else f"{max(value, 0)} %"


def area_words(scene: Scene, objects: Sequence[ChangedObject]) -> str:
    """ "New: about 2,310 m². Gone: about 120 m².": in pixels where the ground size is unknown, "" for no objects."""
    areas = areas_m2(scene, objects)
    known = areas is not None
    parts = []
    for direction, word in (("appeared", "New"), ("vanished", "Gone")):
        values = areas if areas is not None else [item.area for item in objects]
        chosen = [value for item, value in zip(objects, values, strict=True) if item.direction == direction]
        if chosen:
            parts.append(f"{word}: about {size_words(sum(chosen), known)}.")
    return " ".join(parts)


def size_words(area: float, square_metres: bool) -> str:
    """An area to three figures: "2,310 m²", "1.25 km²", "870 pixels".

    Of the area to a tenth, as the files give it: 1365.0 and a sum of floats that is 1365.0000001 are told alike.
    """
    area = round(area, 1)
    if not square_metres:
        area = round(float(f"{area:.3g}"))
        return f"{area:,} pixel{'s' * (area != 1)}"
    if area >= 1e6:
        return f"{float(f'{area / 1e6:.3g}'):,g} km²"
    return f"{float(f'{area:.3g}'):,.0f} m²" if area >= 10 or area == 0 else f"{area:.1f} m²"


def notes(scene: Scene, description: Description) -> list[str]:
    """Everything the reader should know of how the pair was compared, as sentences and without repeats."""
    found = [*scene.notes, *description.notes]
    return list(dict.fromkeys(sentence(note) for note in found if note.strip()))


def date_words(time: datetime | None) -> str:
    """ "2018-07-05", with the hour where one is known; "" for an unknown date."""
    if time is None:
        return ""
    return f"{time:%Y-%m-%d %H:%M}" if (time.hour or time.minute) else f"{time:%Y-%m-%d}"


def sentence(text: str) -> str:
    """The text with a full stop at its end and a capital at its start, unless it starts with a file's name."""
    text = " ".join(text.split())
    if not text:
        return ""
    start = text[0].upper() if text.split()[0].rstrip(",:;").isalpha() else text[0]
    return start + text[1:] + ("" if text[-1] in ".!?" else ".")


def _objects_of(description: Description, plural: str) -> list[ChangedObject]:
    return [item for item in description.evidence.objects if plural in (f"{item.class_name}s", item.class_name)]
