"""The page of a whole scene and the files beside it, for `describe`: zones, story, places with captions, questions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from chronosight.cli.asking import answer_all, caption_places

if TYPE_CHECKING:
    from chronosight.engines.compact.engine import CompactEngine
    from chronosight.reports.findings import Findings
    from chronosight.reports.page.content import PagePlace
    from chronosight.reports.zones import Zone
    from chronosight.results.answer import Answer
    from chronosight.results.description import Survey
    from chronosight.scenes.image import ImageFile


def tell_survey(
    survey: Survey,
    folder: Path,
    engine: CompactEngine,
    headers: tuple[ImageFile, ImageFile],
    zones: Sequence[Zone] | None = None,
    questions: Sequence[str] = (),
    force: bool = False,
) -> list[tuple[str, Answer]]:
    """Writes report.html, story.json and, with zones, zones.json and zones.csv into the folder; -> the answers."""
    from chronosight.reports.findings import findings_of_survey
    from chronosight.reports.narrative_files import write_told
    from chronosight.reports.page.content import content_of_survey
    from chronosight.reports.page.make import write_page

    findings = findings_of_survey(survey).with_zones(zones)
    places = look_at_places(survey, findings, engine, headers, force)
    write_told(findings, [item.place for item in places], folder)
    answers = answer_all(findings, questions)
    write_page(content_of_survey(survey, findings, places, answers), folder / "report.html")
    return answers


def look_at_places(
    survey: Survey, findings: Findings, engine: CompactEngine, headers: tuple[ImageFile, ImageFile], force: bool
) -> list[PagePlace]:
    """The most changed places, captioned by the model and pictured at both dates."""
    from chronosight.reports.narrative import most_changed
    from chronosight.reports.page.places import picture_place
    from chronosight.scenes.large.pair import open_pair

    places = most_changed(findings, int(engine.bundle.config["pair_size"]))
    if not places:
        return []
    known = float(engine.bundle.config["metres_per_pixel"])
    with open_pair(*headers, known, force, overview=False) as pair:
        shift = survey.scene.shift
        if shift is not None and shift.corrected:
            pair.moved = (shift.dx, shift.dy)
        told = caption_places(engine, pair, [place.window for place in places])
    return [
        picture_place(replace(place, caption=answer), scene, findings)
        for place, (scene, answer) in zip(places, told, strict=True)
    ]
