"""The caption of a pair whose buildings and roads stayed while its land cover changed: never "the same as before"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from chronosight.engines.confidence import is_confident
from chronosight.results.answer import Answer
from chronosight.results.change_summary import ChangeSummary, change_summary
from chronosight.results.description import Description
from chronosight.results.land_cover_change import KNOWN_ENOUGH, UNKNOWN, CoverObject
from chronosight.results.land_cover_sentences import by_kind, kind_caption
from chronosight.tasks import caption

MOST_KINDS = 2  # kinds of change in a caption
LARGE_SHARE, LARGE_AREA = 0.06, 1000.0  # of the scene; square metres: less is no subject of a caption (docs/experiments.md)
LARGE_SHARE_OF_OTHERS = 0.25  # where trees grew, or a class is unknown and no trees are lost: people seldom write of it
LARGE_SHARE_OF_FIELDS = 0.4  # open ground and a class that is unknown: fields change from season to season
OPEN_GROUND = ("bare ground", "low vegetation and crops")
LITTLE = "almost nothing has changed"
NOTE = "the land cover changed although no building or road did"
LEFT_OUT = "the land cover changed, which this answer leaves out"


def with_land_cover_caption(description: Description) -> Description:
    """The description, whose caption describes the land-cover change where it would say that nothing changed.

    Args:
        description: Of a pair, with its land-cover change or None.

    Returns:
        The description; the same where buildings or roads changed, or no land cover did.
    """
    captioned = cover_caption(description.caption, change_summary(description))
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
    made = cover_caption(same, change_summary(description))
    return made is not same and made.text == description.caption.text


def cover_caption(captioned: Answer, summary: ChangeSummary) -> Answer:
    """A caption that describes the land-cover change where it would say that nothing changed.

    Where little ground changed, or ground whose kind is unknown, as fields do from season to season, people write that
    nothing changed; the caption then says that almost nothing has.

    Args:
        captioned: The caption.
        summary: With the land-cover change, or None.

    Returns:
        The caption; the same where it describes a change, or no land cover changed.
    """
    change = summary.land_cover
    if change is None or not change.objects or not caption.says_no_change(captioned.text):
        return captioned
    pixels = summary.width * summary.height
    kinds = [found for found in by_kind(change.objects) if _large(found, pixels, change.metric)][:MOST_KINDS]
    if not kinds:
        confident = captioned.confident and change.known >= KNOWN_ENOUGH
        return replace(captioned, text=LITTLE, value=LITTLE, confident=confident)
    text = " and ".join(kind_caption(found, pixels, bool(summary.north_up)) for found in kinds)
    area = sum(item.area for found in kinds for item in found)
    mean = sum(item.confidence * item.area for found in kinds for item in found) / area
    confidence = min(captioned.confidence, mean)
    confident = captioned.confident and is_confident(confidence, {})
    return replace(captioned, text=text, value=text, confidence=confidence, confident=confident)


def beside_land_cover(answer: Answer, ground: Sequence[CoverObject]) -> Answer:
    """A "no" to "has anything changed" as it may be given where land cover changed: not confident, with a note.

    Args:
        answer: Of task binary, about buildings and roads together.
        ground: The land-cover objects in the part of the scene that is asked about.

    Returns:
        The answer; the same where it is no "no", or no land cover changed.
    """
    if answer.value is not False or not ground:
        return answer
    return replace(answer, confident=False, notes=tuple(dict.fromkeys((*answer.notes, LEFT_OUT))))


def _large(found: Sequence[CoverObject], pixels: int, metric: bool) -> bool:
    """Whether a change of one kind is the subject of a caption of a scene of so many pixels."""
    share = sum(item.area_px for item in found) / pixels
    before, after = found[0].key
    if UNKNOWN in (before, after) and {before, after} <= {UNKNOWN, *OPEN_GROUND}:
        return share >= LARGE_SHARE_OF_FIELDS
    if after == "trees" or (before != "trees" and UNKNOWN in (before, after)):
        return share >= LARGE_SHARE_OF_OTHERS
    return share >= LARGE_SHARE or (metric and sum(item.area for item in found) >= LARGE_AREA)
