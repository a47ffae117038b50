"""The caption of a pair whose buildings and roads stayed while its land cover changed: never "the same as before"."""

from __future__ import annotations

from dataclasses import replace

from chronosight.engines.confidence import is_confident
from chronosight.results.answer import Answer
from chronosight.results.change_summary import ChangeSummary, change_summary
from chronosight.results.description import Description
from chronosight.results.land_cover_sentences import by_kind, kind_sentence
from chronosight.tasks import caption

UNBUILT = "no building or road changed"
MOST_KINDS = 2  # kinds of change in a caption
NOTE = "the land cover changed although no building or road did"


def with_land_cover_caption(description: Description) -> Description:
    """The description, whose caption describes the land-cover change where it would say that nothing changed.

    Args:
        description: Of a pair, with its land-cover change or None.

    Returns:
        The description; the same where buildings or roads changed, or no land cover did.
    """
    captioned = cover_caption(description.caption, description.changed, change_summary(description))
    if captioned is description.caption:
        return description
    changed, notes = description.changed, description.notes
    if changed.value is False:
        changed = replace(changed, notes=(*changed.notes, NOTE))
    return replace(description, caption=captioned, changed=changed, notes=tuple(dict.fromkeys((*notes, NOTE))))


def describes_land_cover(description: Description) -> bool:
    """Whether the caption of a description is one that `cover_caption` made.

    Args:
        description: Of a pair.

    Returns:
        True where it is.
    """
    same = replace(description.caption, text=caption.NO_CHANGE_SENTENCES[0])
    made = cover_caption(same, description.changed, change_summary(description))
    return made is not same and made.text == description.caption.text


def cover_caption(captioned: Answer, changed: Answer, summary: ChangeSummary) -> Answer:
    """A caption that describes the land-cover change where it would say that nothing changed.

    Args:
        captioned: The caption.
        changed: Whether buildings or roads changed.
        summary: With the land-cover change, or None.

    Returns:
        The caption; the same where it describes a change, or no land cover changed.
    """
    change = summary.land_cover
    if change is None or not change.objects or not caption.says_no_change(captioned.text):
        return captioned
    kinds = by_kind(change.objects)[:MOST_KINDS]
    sentences = [kind_sentence(found, change.metric, bool(summary.north_up)).text.rstrip(".") for found in kinds]
    text = "; ".join([*([UNBUILT] if changed.value is False else []), *(one[0].lower() + one[1:] for one in sentences)])
    area = sum(item.area for found in kinds for item in found)
    mean = sum(item.confidence * item.area for found in kinds for item in found) / area
    confidence = min(captioned.confidence, mean)
    confident = captioned.confident and is_confident(confidence, {})
    return replace(captioned, text=text, value=text, confidence=confidence, confident=confident)
