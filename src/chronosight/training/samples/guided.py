"""Guided instructions: what the vision guide finds in a pair, as a clue before the first question of its records.

ChangeVG (arXiv 2509.23105) trains with guides of the very images that the guide was trained on; they are better than guides
will be in use, and a language model learns to trust them too much. So by default a pair's guide comes from a guide of
another fold, which never saw it, or, where there is none, is simulated: the truth of the pair's own records with a guide's
kinds of error (`samples.clues`; a stand-in and no measurement).
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from chronosight.datasets.changeimti.read import understand
from chronosight.datasets.pair_questions import PairTruth
from chronosight.errors import InputError
from chronosight.tasks import caption, count, location
from chronosight.tasks.clue import CHANGE_CLASSES, ClassChange, GuideFacts, GuideForm, with_clue, write_clue
from chronosight.training.samples.clues import simulate_facts
from chronosight.training.samples.guide_store import GuideStore, content_key
from chronosight.training.samples.levir import levir_fold

PairKey = tuple[str, str]  # paths of both images as the records have them
Row = dict[str, Any]


class Guide(Protocol):
    """A guide. name: of its weights, a hash in it, so that other weights have another name."""

    name: str

    def facts(self, before: Path, after: Path) -> GuideFacts:
        """What the guide finds between two image files.

        Args:
            before: Image file of the earlier date.
            after: Image file of the later date.

        Returns:
            Probability of change, caption, and counts and cells by class.
        """


@dataclass
class PairRecords:
    """What the records of one pair say. captions: replies of its caption questions, without repeats."""

    captions: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    cells: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def truth(self) -> PairTruth | None:
        """None where counts or places of a class are not given. New or gone is not in the records: all count as new."""
        if not all(name in self.counts and name in self.cells for name in CHANGE_CLASSES):
            return None
        return PairTruth({name: ClassChange(self.counts[name], 0, self.cells[name]) for name in CHANGE_CLASSES})


def read_rows(path: str | Path) -> list[Row]:
    """Reads the rows of a messages JSONL file as they stand.

    Args:
        path: The file, as `chronosight data build` writes it.

    Returns:
        The rows, in the order of the file.

    Raises:
        InputError: The file is missing, a line is no record or has a clue already (the line is named), or no record has two
            images.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"no file {path}: expected messages JSONL, as chronosight data build writes it")
    rows = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            if not all(isinstance(turn["content"], str) and turn["role"] for turn in row["messages"]):
                raise TypeError
        except (ValueError, KeyError, TypeError):
            raise InputError(
                f"{path.name} line {number} is no record of messages with text and <image>; give SPLIT.jsonl"
            ) from None
        if "guide" in row:
            raise InputError(f"{path.name} line {number} is guided already; give the file that it was made from")
        rows.append(row)
    if not any(pair_of(row) for row in rows):
        raise InputError(f"{path} has no record with two images; expected instructions about pairs of dates")
    return rows


def pair_of(row: Row) -> PairKey | None:
    """Paths of the two images of a record.

    Args:
        row: A record.

    Returns:
        (earlier, later), or None where it has another number of images.
    """
    images = row.get("images") or []
    return (str(images[0]), str(images[1])) if len(images) == 2 else None


def read_pairs_of_records(rows: Iterable[Row]) -> dict[PairKey, PairRecords]:
    """Collects what the records say of each pair, in the order in which pairs first come.

    The first record that gives a value decides: single questions stand before dialogues.

    Args:
        rows: Records of a messages JSONL file.

    Returns:
        Captions, counts and cells, by pair.
    """
    records: dict[PairKey, PairRecords] = {}
    for row in rows:
        pair = pair_of(row)
        if pair is None:
            continue
        about = records.setdefault(pair, PairRecords())
        for question, reply in _turns(row):
            asked = understand(question)
            if asked is None:
                continue
            if asked.task == "caption" and reply not in about.captions:
                about.captions.append(reply)
            elif asked.task == "count" and len(asked.subjects) == 1:
                about.counts.setdefault(asked.subjects[0], count.parse_reply(reply) or 0)
            elif asked.task == "location" and len(asked.subjects) == 1:
                about.cells.setdefault(asked.subjects[0], location.parse_reply(reply) or ())
    return records


def make_guides(
    records: Mapping[PairKey, PairRecords],
    guides: Sequence[Guide | None],
    store: GuideStore,
    root: Path,
    seed: int = 0,
    track: Callable[[Iterable[PairKey]], Iterable[PairKey]] = iter,
) -> dict[PairKey, tuple[str, GuideFacts]]:
    """Makes the facts of every pair by the guide of its fold, or simulates them where there is none.

    Args:
        records: What the records say of each pair.
        guides: One a fold; None has the fold simulated. A single one is used for all pairs.
        store: Facts that are known already; new ones are added.
        root: Folder that image paths start from.
        seed: Seed of the simulation.
        track: Yields the pairs while it shows progress.

    Returns:
        (source, facts) by pair.

    Raises:
        InputError: An image is missing, or the records of a pair to be simulated do not give counts and places of both classes.
    """
    made = {}
    for pair in track(list(records)):
        guide = guides[levir_fold(Path(pair[0]).name, len(guides))]
        if guide is None:
            made[pair] = ("simulated", _simulated(pair, records[pair], store, seed))
            continue
        files = root / pair[0], root / pair[1]
        try:
            key = content_key(guide.name, *files)
        except OSError:
            raise InputError(f"image {pair[0]} or {pair[1]} is not in {root}; give their folder as --images DIR") from None
        if key not in store:
            store.add(key, pair, f"guide {guide.name}", guide.facts(*files))
        made[pair] = (f"guide {guide.name}", store[key])
    return made


def _simulated(pair: PairKey, records: PairRecords, store: GuideStore, seed: int) -> GuideFacts:
    truth = records.truth()
    if truth is None:
        raise InputError(
            f"the records of {pair[0]} do not give counts and places of roads and buildings, from which its guide is "
            "simulated; give all kinds of records, or the guides of the folds with --guide, or --plain"
        )
    changed = [text for text in records.captions if not caption.says_no_change(text)]
    key = content_key(json.dumps(["simulated", seed, pair, records.captions, records.counts, records.cells]))
    if key not in store:
        rng = np.random.default_rng((seed, zlib.crc32("\n".join(pair).encode())))
        store.add(key, pair, "simulated", simulate_facts(truth, tuple(changed), rng))
    return store[key]


def join(
    rows: Iterable[Row],
    guides: Mapping[PairKey, tuple[str, GuideFacts]],
    form: GuideForm,
    closeness: Callable[[str, str], float] | None = None,
    captions_only: bool = False,
) -> list[Row]:
    """Puts the clue before the first question of every record of a pair; other records stay as they are.

    Args:
        rows: Records of a messages JSONL file.
        guides: (source, facts) by pair.
        form: Form of the clue.
        closeness: Scores (the guide's caption, a reference). Of the records that differ in their caption alone only the one with
            the closest caption is kept, as published (arXiv 2509.23105). None keeps all.
        captions_only: Whether the clue stands before caption questions alone, as the released code has it; the engine gives it
            before every first question.

    Returns:
        New rows, with the entries "guide" and "guide_form" where there is a clue.
    """
    rows = list(rows)
    kept = _closest(rows, guides, closeness) if closeness else set(range(len(rows)))
    joined = []
    for number, row in enumerate(rows):
        pair = pair_of(row)
        if number not in kept:
            continue
        first = next((i for i, turn in enumerate(row["messages"]) if turn["role"] == "user"), None)
        if pair is None or first is None or (captions_only and _asks(row) != ["caption"]):
            joined.append(row)
            continue
        source, facts = guides[pair]
        messages = list(row["messages"])
        messages[first] = {**messages[first], "content": with_clue(write_clue(facts, form), messages[first]["content"])}
        joined.append({**row, "messages": messages, "guide": source, "guide_form": form})
    return joined


def _closest(
    rows: list[Row], guides: Mapping[PairKey, tuple[str, GuideFacts]], closeness: Callable[[str, str], float]
) -> set[int]:
    """Numbers of the rows to keep: all that do not end in a caption, and of those that do the closest of its kind and pair."""
    kept: set[int] = set()
    best: dict[tuple[PairKey, str], tuple[float, int]] = {}
    for number, row in enumerate(rows):
        pair, asks = pair_of(row), _asks(row)
        if pair is None or asks[-1:] != ["caption"]:
            kept.add(number)
            continue
        sentence = guides[pair][1].caption or caption.NO_CHANGE_SENTENCES[0]
        score = closeness(sentence, _turns(row)[-1][1])
        group = (pair, str(row.get("kind", len(asks))))
        if group not in best or score > best[group][0]:
            best[group] = (score, number)
    return kept | {number for _, number in best.values()}


def _turns(row: Row) -> list[tuple[str, str]]:
    turns = [turn for turn in row["messages"] if turn["role"] != "system"]
    return [(a["content"], b["content"]) for a, b in zip(turns[::2], turns[1::2], strict=False)]


def _asks(row: Row) -> list[str]:
    asked = [understand(question) for question, _ in _turns(row)]
    return [one.task if one else "" for one in asked]
