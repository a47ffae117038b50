"""The page's text: verdict and story, counts, places, objects, questions, notes, and how it was made."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from chronosight.reports.codes import short_label
from chronosight.reports.findings import Findings
from chronosight.reports.page.content import PageContent, PagePlace
from chronosight.reports.page.markup import card, jpeg, kind, swatch, text
from chronosight.reports.summary import percent, sentence, size_words
from chronosight.results.answer import Answer
from chronosight.results.description import ClassDescription
from chronosight.tasks.cells import CELLS, places

MOST_ROWS = 300  # objects listed on the page; the vector file holds all of them


def story_card(content: PageContent) -> str:
    """The verdict, then sentences composed from the objects."""
    lines = "".join(f"<li>{text(line)}</li>" for line in content.sentences)
    told = f"<ul>{lines}</ul>" if lines else ""
    return f'<section class="card story"><p class="verdict">{text(content.verdict)}</p>{told}</section>'


def counts_card(classes: Sequence[ClassDescription]) -> str:
    rows = "".join(map(_class_row, classes))
    return card(
        "Counts and places",
        '<table><thead><tr><th>Class</th><th class="n">New</th><th class="n">Gone</th><th>Where</th><th class="n">Sure</th>'
        f"</tr></thead><tbody>{rows}</tbody></table>",
    )


def _class_row(change: ClassDescription) -> str:
    words = places(change.cells) or "nowhere"
    squares = "".join('<i class="on"></i>' if cell in change.cells else "<i></i>" for cell in CELLS)
    return (
        f"<tr><td>{escape(change.name.capitalize())}</td>"
        f'<td class="n">{change.appeared:,}</td><td class="n">{change.vanished:,}</td>'
        f'<td><span class="cells" role="img" aria-label="{escape(words)}" title="{escape(words)}">{squares}</span></td>'
        f'<td class="n">{text(percent(change.confidence))}</td></tr>'
    )


def places_card(items: Sequence[PagePlace]) -> str:
    """The most changed places: a picture at each date, what the model says, and what is counted there."""
    return card("Most changed places", f'<div class="places">{"".join(map(_place, items))}</div>' if items else "", "told")


def _place(item: PagePlace) -> str:
    place = item.place
    caption = ""
    if place.caption is not None:
        doubt = "" if place.caption.confident else ' <span class="soft">The model is unsure.</span>'
        caption = f'<p><span class="says">{text(sentence(place.caption.text) or "No caption.")}</span>{doubt}</p>'
    at = "" if place.lonlat is None else f"{place.lonlat[1]:.5f}, {place.lonlat[0]:.5f}"
    window = " ".join(map(str, place.window))
    return (
        f'<article><div class="two"><img src="{jpeg(item.before, 80)}" alt="Before">'
        f'<img src="{jpeg(item.after, 80)}" alt="After"></div>'
        f'{caption}<p>{text(place.fact.text)}</p><p class="soft">{at} '
        f'<button type="button" class="link" data-window="{window}">Show in the picture</button></p></article>'
    )


def objects_card(findings: Findings) -> str:
    """The largest objects, each a button that finds it in the picture."""
    found = findings.found
    if not found:
        return ""
    rows = []
    for item in sorted(found, key=lambda item: -item.area)[:MOST_ROWS]:
        size = size_words(item.area, findings.metric).replace("pixels", "px").replace("pixel", "px")
        box = " ".join(f"{value:.0f}" for value in (*item.ring.min(axis=0).tolist(), *item.ring.max(axis=0).tolist()))
        at = "" if item.lonlat is None else f"{item.lonlat[1]:.5f}, {item.lonlat[0]:.5f}"
        label = short_label(item.class_name, item.direction)
        rows.append(
            f'<tr class="{kind(item.key)}" data-object="{item.number}" data-way="{item.direction}" data-box="{box}" '
            f'data-at="{at}">'
            f'<td class="n"><button type="button" aria-label="Object {item.number}, {escape(label)}: find it in the picture">'
            f"{item.number}</button></td>"
            f'<td class="what">{swatch(item.key)}{escape(label)}</td>'
            f'<td>{escape(item.cell.removesuffix(" corner").capitalize())}</td><td class="n">{text(size)}</td>'
            f'<td class="n">{text(percent(item.confidence))}</td></tr>'
        )
    more = len(found) - MOST_ROWS
    rest = f'<p class="soft">The {MOST_ROWS} largest; {more:,} more are in the vector file.</p>' if more > 0 else ""
    return card(
        f"Changed objects ({len(found):,})",
        '<div class="scroll" tabindex="0" role="region" aria-label="Changed objects"><table><thead><tr>'
        '<th class="n">No.</th><th>What</th><th>Where</th><th class="n">Area</th><th class="n">Sure</th></tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>{rest}",
        "objects",
    )


def questions_card(answers: Sequence[tuple[str, Answer]]) -> str:
    items = []
    for question, answer in answers:
        sure = f'<span class="soft">({text(percent(answer.confidence))} sure{"" if answer.confident else ", a guess"})</span>'
        remarks = "".join(f'<br><span class="soft">{text(note)}</span>' for note in answer.notes)
        items.append(f"<dt>{text(question)}</dt><dd>{text(answer.text)} {sure if answer.task != 'open' else ''}{remarks}</dd>")
    return card("Questions", f"<dl>{''.join(items)}</dl>" if items else "", "asked")


def notes_card(lines: Sequence[str]) -> str:
    return card("Notes", f"<ul>{''.join(f'<li>{text(line)}</li>' for line in lines)}</ul>" if lines else "")


def facts_card(facts: Sequence[tuple[str, str]]) -> str:
    rows = "".join(f"<dt>{escape(name)}</dt><dd>{text(words)}</dd>" for name, words in facts)
    return card("How this was made", f"<dl>{rows}</dl>")
