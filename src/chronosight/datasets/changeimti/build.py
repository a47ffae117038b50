"""Builds the set: labels of all masks, then the records of every kind, written as LLaMA-Factory and as messages read them.

By default OUT/SPLIT/KIND.json (ShareGPT layout, as LLaMA-Factory reads it), OUT/SPLIT.jsonl (all kinds as messages, one
record a line), OUT/dataset_info.json (LLaMA-Factory's list) and OUT/README.md, the data card. As published: the folders,
file names and layout of the public files, train and val together.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from chronosight.datasets.changeimti import card, extra_questions
from chronosight.datasets.changeimti import records as paper
from chronosight.datasets.changeimti.labels import LEVIR_MCI, label_mask, read_mask, unnamed_values
from chronosight.datasets.changeimti.records import Labelled, Record, Settings
from chronosight.datasets.levir import LevirPair
from chronosight.datasets.sample import SPLITS
from chronosight.errors import InputError

# Folder and file names of the public files.
_PUBLISHED_FOLDERS = {"train": "train_task_data", "val": "train_task_data", "test": "test_task_data"}
_PUBLISHED_NAMES = {
    "caption": "caption", "binary": "binary_class", "count_roads": "count_road", "count_buildings": "count_build",
    "location_roads": "loc_road", "location_buildings": "loc_build", "dialogue": "mul",
}  # fmt: skip

Counts = dict[str, dict[str, int]]
"""Records by split (or published folder), then by kind."""


def label_pairs(
    pairs: Sequence[LevirPair], settings: Settings, track: Callable[[Iterable[LevirPair]], Iterable[LevirPair]] = iter
) -> list[Labelled]:
    """Labels every pair's mask by the label rule (ChangeIMTI, arXiv 2509.23105).

    Args:
        pairs: The pairs.
        settings: Settings of the set, with the classes.
        track: Wraps the pairs, for a progress bar.

    Returns:
        The pairs with labels, in their order.
    """
    labelled = []
    for pair in track(pairs):
        mask = read_mask(pair.mask)
        other = unnamed_values(mask, settings.classes) if settings.classes == LEVIR_MCI else []
        if other:
            raise InputError(
                f"{pair.mask} holds the value {other[0]}, expected 0, 128 (roads) and 255 (buildings); name the classes of "
                "other masks with --classes NAME=VALUE,..."
            )
        labelled.append(Labelled(pair, label_mask(mask, settings.classes, settings.as_published)))
    return labelled


def kinds_of(settings: Settings) -> list[str]:
    """All kinds of records that the settings ask for.

    Args:
        settings: Settings of the set.

    Returns:
        Names of the kinds, those of the paper first.
    """
    return [*paper.kinds(settings), *extra_questions.kinds(settings)]


def all_records(items: Iterable[Labelled], kind: str, settings: Settings) -> Iterator[Record]:
    """Records of one kind for all pairs, in their order.

    Args:
        items: The pairs, with their labels.
        kind: A kind of `kinds_of`.
        settings: Settings of the set.

    Yields:
        The records.
    """
    make = paper.records if kind in paper.kinds(settings) else extra_questions.records
    for item in items:
        yield from make(item, kind, settings)


def write_set(items: Sequence[Labelled], out: str | Path, settings: Settings) -> Counts:
    """Writes the files named above. The same pairs and settings give the same bytes.

    A file is written beside its place and then renamed.

    Args:
        items: The pairs, with their labels.
        out: The folder to write into.
        settings: Settings of the set.

    Returns:
        How many records each file holds, by folder and kind.
    """
    out = Path(out)
    chosen = kinds_of(settings)
    folders = _PUBLISHED_FOLDERS if settings.as_published else {split: split for split in SPLITS}
    present = {item.pair.split for item in items}
    counts: Counts = {}
    info: dict[str, Any] = {}
    for folder in dict.fromkeys(folders[split] for split in SPLITS if split in present):
        of_folder = [item for item in items if folders[item.pair.split] == folder]
        counts[folder] = {}
        for kind in chosen:
            name = _PUBLISHED_NAMES.get(kind, kind) if settings.as_published else kind
            rows = (sharegpt(record, settings.as_published) for record in all_records(of_folder, kind, settings))
            counts[folder][kind] = _write_list(out / folder / f"{name}.json", rows, 4 if settings.as_published else None)
            info[f"changeimti_{folder}_{kind}"] = {
                "file_name": f"{folder}/{name}.json",
                "formatting": "sharegpt",
                "columns": {"messages": "conversations", "images": "images"},
            }
        if not settings.as_published:
            lines = (
                json.dumps(messages(r), ensure_ascii=False) for kind in chosen for r in all_records(of_folder, kind, settings)
            )
            _write(out / f"{folder}.jsonl", (line + "\n" for line in lines))
    _write(out / "dataset_info.json", [json.dumps(info, indent=2) + "\n"])
    _write(out / "README.md", [card.write_card(items, settings, counts)])
    return counts


def sharegpt(record: Record, as_published: bool = False) -> dict[str, Any]:
    """A record in the ShareGPT layout; as published without its id and kind.

    Args:
        record: The record.
        as_published: Whether the id and kind are left out.

    Returns:
        The row, as JSON types.
    """
    turns = [{"from": who, "value": text} for turn in record.turns for who, text in zip(("human", "gpt"), turn, strict=True)]
    row = {"conversations": turns, "images": list(record.images)}
    return row if as_published else {"id": record.id, "kind": record.kind, **row}


def messages(record: Record) -> dict[str, Any]:
    """A record as plain messages; `<image>` stands for an image, in the order of `images`.

    Args:
        record: The record.

    Returns:
        The row, as JSON types.
    """
    turns = [
        {"role": who, "content": text} for turn in record.turns for who, text in zip(("user", "assistant"), turn, strict=True)
    ]
    return {"id": record.id, "kind": record.kind, "images": list(record.images), "messages": turns}


def _write_list(path: Path, rows: Iterable[dict[str, Any]], indent: int | None) -> int:
    """Writes rows as one JSON list, a row a line where there is no indent; returns how many."""
    count = 0

    def parts() -> Iterator[str]:
        nonlocal count
        for row in rows:
            text = json.dumps(row, ensure_ascii=False, indent=indent)
            if indent:
                text = "\n".join(" " * indent + line for line in text.split("\n"))
            yield ("[\n" if count == 0 else ",\n") + text
            count += 1
        yield "\n]\n" if count else "[]\n"

    _write(path, parts())
    return count


def _write(path: Path, parts: Iterable[str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    with part.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(parts)
    part.replace(path)
