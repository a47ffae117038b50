"""Which objects a question is about: what a map lights up beside the answer."""

from __future__ import annotations

from dataclasses import replace

from chronosight.engines.chosen_objects import choose, extent
from chronosight.engines.from_objects import select
from chronosight.results.change_summary import ChangeSummary
from chronosight.results.changed_object import ChangedObject
from chronosight.tasks.parsing import parse_question
from chronosight.tasks.question import CoverQuestion


def objects_asked_about(summary: ChangeSummary, text: str) -> list[ChangedObject]:
    """The objects that a question in free wording is about; none where it is about no part of them.

    Args:
        summary: Of the pair.
        text: The question.

    Returns:
        Objects of the class, direction, size and place that the question names; of "the five largest" those five.
    """
    parsed = parse_question(text, "pair", [row.name for row in summary.zones.rows] if summary.zones else [])
    question = parsed.of_objects.question if parsed.of_objects is not None else None
    if question is None:
        routed = parsed.routed
        if routed.question is None:
            return []
        return select(summary.objects, routed.question.subject, routed.direction, routed.cells or ())
    if question.cover is not None:
        return _on_ground_asked_about(summary, question.cover)
    sides = [question]
    if question.asks == "compare":
        alone = replace(question, regions=(), zones=())
        sides = [replace(alone, zone=zone) for zone in question.zones] or [
            replace(alone, region=region) for region in question.regions
        ]
    found = {item.number: item for side in sides for item in choose(summary, side).found}
    if question.asks == "largest":
        in_order = sorted(found.values(), key=lambda item: extent(question, item), reverse=not question.least)
        return in_order[: question.top]
    return [found[number] for number in sorted(found)]


def _on_ground_asked_about(summary: ChangeSummary, asked: CoverQuestion) -> list[ChangedObject]:
    """The changed buildings or roads whose ground a question about land cover is about."""
    if not asked.under:
        return []
    subject = None if asked.under == "objects" else asked.under
    return select(summary.objects, subject, "vanished" if asked.asks == "came_after" else "appeared", ())
