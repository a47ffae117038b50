"""A description without the objects that a user does not want reported (`--min-area`, `--min-confidence`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from chronosight.engines.compact.caption import fit_caption, of_objects
from chronosight.engines.compact.objects import tally, unpainted
from chronosight.engines.from_objects import answer_task, counts_and_places
from chronosight.engines.generalise import ObjectLimits
from chronosight.engines.land_cover_caption import describes_land_cover, with_land_cover_caption
from chronosight.results.change_summary import probability_of_change
from chronosight.results.changed_object import ChangedObject, Key, Tally
from chronosight.results.changed_object import tally as tally_objects
from chronosight.results.description import ClassDescription, Description
from chronosight.results.evidence import Evidence
from chronosight.results.land_cover_change import LandCoverChange
from chronosight.tasks import caption, count, location

NOTE = "objects below the limits are left out"


def limited(description: Description, limits: ObjectLimits) -> Description:
    """The description with counts, places, caption and map of the objects that the limits allow.

    Args:
        description: Of a pair of any size.
        limits: What is left out.

    Returns:
        The same description where nothing is left out. Objects keep their numbers.
    """
    description = _limited_cover(description, limits)
    objects = tuple(item for item in description.objects if limits.allow(item))
    left_out = len(description.objects) - len(objects)
    if not left_out:
        return description
    kept = {item.number for item in objects}
    evidence = description.evidence
    changed = description.changed
    if isinstance(evidence, Evidence):
        dropped = [item for item in evidence.objects if item.number not in kept]
        evidence = replace(evidence, mask=unpainted(evidence, dropped), objects=objects)
        changed = replace(changed, evidence=None if changed.evidence is None else evidence)
    else:
        evidence = replace(evidence, objects=objects)
    yes = probability_of_change(changed, bool(description.objects))
    if changed.value is None and not objects:  # it could not tell, for what is left out now
        changed = replace(changed, text="No", value=False, confidence=1 - yes, confident=False)
    exact = description.model.get("exact_answers", {})
    changed_by_guide = yes if description.guide_changed is None else description.guide_changed
    classes = []
    for one in description.classes:
        name = one.name.removesuffix("s")
        if not any(item.class_name == name for item in description.objects):
            classes.append(one)
            continue
        outlined = tally(evidence, name)
        counted, placed = (
            answer_task(ask(one.name), evidence, changed_by_guide if exact.get(task) else yes, exact=exact)
            for task, ask in (("count", count.ask), ("location", location.ask))
        )
        lower = min(counted.confidence, placed.confidence)
        whole = not any(item.class_name == name and item.number not in kept for item in description.objects)
        counts = outlined.appeared, outlined.vanished, outlined.cells
        classes.append(ClassDescription(one.name, *counts, lower, counted.interval, one.changed if whole else None))
    captioned = description.caption
    if objects and changed.value:  # the model's words are about all that changed
        captioned = of_objects(captioned, changed, objects)
    elif objects:
        captioned = fit_caption(captioned, changed, evidence)[0]
    elif not caption.says_no_change(captioned.text):
        text = caption.BELOW_LIMITS if changed.value else counts_and_places(())
        captioned = replace(captioned, text=text, value=None, confident=False)
    note = f"{NOTE}: {left_out} of {len(description.objects)}"
    described = replace(
        description, caption=captioned, changed=changed, classes=tuple(classes), evidence=evidence,
        notes=(*description.notes, note), left_out=left_out_of(description.objects, objects),
        land_cover=_without_grounds(description.land_cover, kept),
    )  # fmt: skip
    return with_land_cover_caption(described)


def left_out_of(every: Sequence[ChangedObject], kept: Sequence[ChangedObject]) -> dict[Key, int]:
    """Number of objects that limits leave out.

    Args:
        every: All changed objects.
        kept: Those that are reported.

    Returns:
        Numbers by class and direction; keys without any are left out.
    """
    reported = tally_objects(kept)
    numbers = {key: one.count - reported.get(key, Tally()).count for key, one in tally_objects(every).items()}
    return {key: number for key, number in numbers.items() if number}


def _without_grounds(change: LandCoverChange | None, kept: set[int]) -> LandCoverChange | None:
    """The land-cover change without the ground of changed objects that are left out."""
    if change is None:
        return None
    grounds = tuple(one for one in change.grounds if one.number in kept)
    return replace(change, grounds=grounds, left_out=change.left_out + len(change.grounds) - len(grounds))


def _limited_cover(description: Description, limits: ObjectLimits) -> Description:
    """The description without the land-cover objects that the limits leave out; its caption describes the others."""
    change = description.land_cover
    if change is None or all(limits.allow(item) for item in change.objects):
        return description
    allowed = tuple(item for item in change.objects if limits.allow(item))
    change = replace(change, objects=allowed, left_out=change.left_out + len(change.objects) - len(allowed))
    captioned = description.caption
    if describes_land_cover(description):
        captioned = replace(captioned, text=caption.NO_CHANGE_SENTENCES[0], value=caption.NO_CHANGE_SENTENCES[0])
    return with_land_cover_caption(replace(description, land_cover=change, caption=captioned))
