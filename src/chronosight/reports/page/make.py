"""report.html: one file that holds everything, opens without a network, and reads well on a desk and on a phone."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from importlib.resources import files
from pathlib import Path
from string import Template

import numpy as np

from chronosight.reports.findings import Findings, findings_of_pair
from chronosight.reports.page.charts import charts
from chronosight.reports.page.content import PageContent, content_of_pair
from chronosight.reports.page.markup import text
from chronosight.reports.page.sections import (
    counts_card,
    facts_card,
    notes_card,
    objects_card,
    places_card,
    questions_card,
    story_card,
)
from chronosight.reports.page.viewer import kinds_style, stage
from chronosight.results.answer import Answer
from chronosight.results.description import Description
from chronosight.scenes.scene import Scene


def write_page(content: PageContent, path: Path) -> None:
    path.write_text(page(content), encoding="utf-8")


def make_page(
    scene: Scene,
    description: Description,
    codes: np.ndarray,
    answers: Sequence[tuple[str, Answer]] = (),
    findings: Findings | None = None,
) -> str:
    """The page of a pair that was described whole. codes: the change map as `codes.code_map` gives it."""
    return page(content_of_pair(scene, description, codes, findings or findings_of_pair(scene, description), answers))


def page(content: PageContent) -> str:
    """The whole document. Nothing in it points outside, and its security policy lets nothing in."""
    findings = content.findings
    return _read("page.html").substitute(
        title=escape(content.title),
        style=_read("page.css").template + kinds_style(findings.found),
        script=_read("page.js").template,
        headline=text(content.headline),
        where=text(content.where),
        stage=stage(content),
        story=story_card(content),
        counts=counts_card(content.classes),
        charts=charts(findings, content.grid),
        places=places_card(content.places),
        objects=objects_card(findings),
        answers=questions_card(content.answers),
        notes=notes_card(content.notes),
        facts=facts_card(content.facts),
    )


def _read(name: str) -> Template:
    return Template((files("chronosight.reports.page") / name).read_text(encoding="utf-8"))
