"""The published datasets by name, with their splits: one reader each, for training and evaluation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from chronosight.datasets.cdvqa import read_cdvqa
from chronosight.datasets.crsvqa import read_crsvqa
from chronosight.datasets.era import read_era
from chronosight.datasets.geochat import read_geochat
from chronosight.datasets.levir import read_levir_cc
from chronosight.datasets.rsvqa import read_rsvqa_hr, read_rsvqa_lr
from chronosight.datasets.sample import SPLITS, Sample
from chronosight.errors import InputError
from chronosight.files import as_laid_out


@dataclass(frozen=True)
class Dataset:
    """A published dataset.

    Attributes:
        splits: Names of its splits.
        read: Folder and split -> samples.
    """

    splits: tuple[str, ...]
    read: Callable[[Path, str], list[Sample]] = field(repr=False)


# Names as training recipes and `data examples` write them.
DATASETS = {
    "geochat": Dataset(("train",), read_geochat),
    "levir_cc": Dataset(SPLITS, read_levir_cc),
    "era": Dataset(("train", "test"), read_era),
    "rsvqa_lr": Dataset(SPLITS, read_rsvqa_lr),
    "rsvqa_hr": Dataset((*SPLITS, "test_phili"), read_rsvqa_hr),
    "crsvqa": Dataset(SPLITS, read_crsvqa),
    "cdvqa": Dataset((*SPLITS, "test2"), read_cdvqa),
}


def read_dataset(name: str, root: str | Path, split: str = "train") -> list[Sample]:
    """Reads a split of a published dataset.

    Args:
        name: One of `DATASETS`.
        root: Its folder, as it unpacks.
        split: One of its splits.

    Returns:
        The samples, whose files all exist.

    Raises:
        InputError: There is no such dataset, split or folder, the layout is another, the split is empty, or a file is missing.
    """
    if name not in DATASETS:
        raise InputError(f'there is no dataset "{name}"; give one of {", ".join(DATASETS)}')
    dataset, root = DATASETS[name], Path(root)
    if split not in dataset.splits:
        raise InputError(f'{name} has no split "{split}"; give one of {", ".join(dataset.splits)}')
    if not root.is_dir():
        raise InputError(f"no folder {root} for {name}; expected the dataset as it is published, see docs/unirs.md")
    with as_laid_out(root, f"{name} as it is published, see docs/unirs.md"):
        samples = dataset.read(root, split)
        if not samples:
            raise InputError(f'{root} has no samples of {name} in split "{split}"; is it complete?')
        for path in dict.fromkeys(path for sample in samples for path in sample.paths):
            if not path.is_file():
                raise InputError(f"no file {path}, which {name} asks about; is the dataset complete?")
    return samples
