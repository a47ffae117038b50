"""The data sets by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from chronosight.datasets.crsvqa import read_crsvqa
from chronosight.datasets.era import read_era
from chronosight.datasets.geochat import read_geochat
from chronosight.datasets.levir import read_levir_cc
from chronosight.datasets.rsvqa import read_rsvqa_hr, read_rsvqa_lr
from chronosight.datasets.sample import Example
from chronosight.errors import InputError

READERS: dict[str, Callable[[Path, str], Iterator[Example]]] = {
    "geochat": read_geochat,
    "levir_cc": read_levir_cc,
    "era": read_era,
    "rsvqa_lr": read_rsvqa_lr,
    "rsvqa_hr": read_rsvqa_hr,
    "crsvqa": read_crsvqa,
}


def read_dataset(name: str, root: str | Path, split: str = "train") -> list[Example]:
    """All examples of a split. Raises InputError for an unknown set, a missing folder, another layout, or an empty split."""
    if name not in READERS:
        raise InputError(f'there is no data set "{name}"; give one of {", ".join(READERS)}')
    root = Path(root)
    if not root.is_dir():
        raise InputError(f"no folder {root} for {name}; expected the data set as it is published, see docs/unirs.md")
    try:
        examples = list(READERS[name](root, split))
    except (KeyError, TypeError) as error:
        raise InputError(f"{root}: an entry of {name} lacks {error}; expected the data set as it is published") from None
    if not examples:
        raise InputError(f'{root} has no examples of {name} in split "{split}"; is it whole?')
    return examples
