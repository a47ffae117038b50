"""The data card of a set: what it was made of and how, counts of records and answers, where the sources disagree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from importlib.metadata import version

from chronosight.datasets.changeimti.labels import ChangeClass
from chronosight.datasets.changeimti.records import Labelled, Settings, joined
from chronosight.datasets.sample import SPLITS
from chronosight.tasks.cells import CELLS

NAMED = 20  # pairs listed by name at most


def write_card(items: Sequence[Labelled], settings: Settings, counts: Mapping[str, Mapping[str, int]]) -> str:
    """Writes the dataset card; the same pairs and settings give the same text.

    Args:
        items: The pairs, with their labels.
        settings: Settings of the set.
        counts: How many records each file holds, by folder and kind.

    Returns:
        The card as Markdown.
    """
    splits = {split: [item for item in items if item.pair.split == split] for split in SPLITS}
    present = {split: of_split for split, of_split in splits.items() if of_split}
    return "\n".join([*_head(settings), *_records(counts), *_answers(present, settings), *_disagreements(present), *_rights()])


def _head(settings: Settings) -> list[str]:
    names = [item.name for item in settings.classes]
    values = ", ".join(_values(item) for item in settings.classes)
    rule = (
        "As published: the faults of the public files are in (a dialogue round on buildings that have not changed asks about "
        "roads; yes or no follows the caption flag"
        + ("; the question for places offers No change only where that is the answer" if settings.leak else "")
        + "), and objects are simplified as the authors' released code does it."
        if settings.as_published
        else "Corrected: dialogue rounds ask about the class they answer for; yes or no follows the mask, as the counts do; the "
        "question for places always offers No change."
    )
    more = [name for name in ("vary", "direction", "by_cell", "regions", "unanswerable") if getattr(settings, name)]
    return [
        "# ChangeIMTI",
        "",
        f"Instructions about pairs of dates and the change of {joined(names, 'and')} (ChangeIMTI, arXiv 2509.23105), made of "
        f"LEVIR-CC captions and change masks by Chronosight {version('chronosight')}.",
        "",
        f"- Seed {settings.seed}; the same sources, seed and settings give the same bytes.",
        f"- Grey values of the masks: {values}.",
        f"- {rule}",
        f"- Beyond the paper: {', '.join(more).replace('_', ' ') or 'nothing'}.",
        "- Paths of images are relative to the folder of LEVIR-CC or LEVIR-MCI; nothing is copied.",
        "",
    ]


def _values(item: ChangeClass) -> str:
    values = [*map(str, item.values), *(f"{v} (appeared)" for v in item.appeared), *(f"{v} (vanished)" for v in item.vanished)]
    return f"{item.name} {' and '.join(values)}"


def _records(counts: Mapping[str, Mapping[str, int]]) -> list[str]:
    folders = list(counts)
    kinds = list(dict.fromkeys(kind for of_folder in counts.values() for kind in of_folder))
    rows = [[kind.replace("_", " "), *(counts[folder].get(kind, 0) for folder in folders)] for kind in kinds]
    rows.append(["all", *(sum(counts[folder].values()) for folder in folders)])
    lines = ["## Records", "", *_table(["kind", *folders], rows), ""]
    if "train" in counts and "val" in counts:
        both = sum(sum(counts[folder].values()) for folder in ("train", "val"))
        lines += [f"Train and val together, as the paper trains: {both:,}.", ""]
    return lines


def _answers(splits: Mapping[str, Sequence[Labelled]], settings: Settings) -> list[str]:
    rows: list[list[object]] = [["pairs", *(len(items) for items in splits.values())]]
    rows.append(["yes or no: Yes", *(sum(item.changed(settings.as_published) for item in items) for items in splits.values())])
    rows.append(["changed by the caption flag", *(sum(item.pair.changed for item in items) for items in splits.values())])
    for one in settings.classes:
        labels = {split: [item.labels[one.name] for item in items] for split, items in splits.items()}
        rows.append([f"{one.name}: pairs with any", *(sum(label.count > 0 for label in of) for of in labels.values())])
        rows.append([f"{one.name}: objects", *(sum(label.count for label in of) for of in labels.values())])
        rows.append([f"{one.name}: most in a pair", *(max(label.count for label in of) for of in labels.values())])
        if one.directed:
            rows.append(
                [f"{one.name}: objects that appeared", *(sum(label.appeared or 0 for label in of) for of in labels.values())]
            )
    lines = ["## Answers", "", *_table(["", *splits], rows), "", "Pairs in which a cell of the 3x3 grid is named:", ""]
    named = {
        one.name: Counter(c for items in splits.values() for i in items for c in i.labels[one.name].cells)
        for one in settings.classes
    }
    return [*lines, *_table(["cell", *named], [[cell, *(of[cell] for of in named.values())] for cell in CELLS]), ""]


def _disagreements(splits: Mapping[str, Sequence[Labelled]]) -> list[str]:
    """Pairs whose captions and masks do not say the same; their captions stand as they are."""
    rows, names = [], []
    for split, items in splits.items():
        more = [item for item in items if item.changed() and not item.pair.changed]
        less = [item for item in items if not item.changed() and item.pair.changed]
        rows.append([split, len(more), len(less)])
        names += [item.pair.key for item in (*more, *less)]
    lines = ["## Captions against masks", "", *_table(["split", "mask alone says change", "captions alone say change"], rows), ""]
    if names:
        rest = f" and {len(names) - NAMED:,} more" if len(names) > NAMED else ""
        lines += [f"These pairs keep the captions people gave them: {', '.join(names[:NAMED])}{rest}.", ""]
    return lines


def _rights() -> list[str]:
    return [
        "## Rights",
        "",
        "LEVIR-CC and LEVIR-MCI are for academic use; their imagery is from Google Earth. This set holds their captions and what "
        "follows from their masks, so the same terms hold for it.",
        "",
    ]


def _table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> list[str]:
    cells = [[f"{value:,}" if isinstance(value, int) else str(value) for value in row] for row in rows]
    return [f"| {' | '.join(row)} |" for row in [list(head), ["---"] * len(head), *cells]]
