"""Pairs as PyTorch datasets, with samples as torchgeo's change detection datasets have them.

A sample is a dictionary: `image1` and `image2`, float32 tensors (3, H, W) from 0 to 255; `mask`, an int64 tensor (H, W) of class
indices; texts. The default collate function of a DataLoader makes batches of them, where the images of a batch are of one size.

    >>> dataset = LevirMCI("LEVIR-MCI", split="train")
    >>> loader = torch.utils.data.DataLoader(dataset, batch_size=8, shuffle=True)
    >>> next(iter(loader))["image1"].shape
    torch.Size([8, 3, 256, 256])

torch is imported when the first sample is read. The classes have `__len__` and `__getitem__`, which is all that torch.utils.data
asks of a dataset; so that this module needs no torch, they inherit nothing of it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from chronosight.datasets.changeimti.read import read_files, understand
from chronosight.datasets.levir import CLASSES, read_label, read_pairs
from chronosight.datasets.sample import SPLITS, read_rgb
from chronosight.errors import InputError
from chronosight.scenes.boundary import decoding
from chronosight.scenes.pair_names import bare_name, images_in, pairs_in_folder

if TYPE_CHECKING:
    from torch.utils.data import DataLoader

Transform = Callable[[dict[str, Any]], dict[str, Any]]
CAPTIONS = 5  # of a pair of LEVIR-MCI
MASK_FOLDERS = ("label", "labels", "mask", "masks")


@dataclass(frozen=True)
class PairFiles:
    """The files of one pair, and what is known of it.

    Attributes:
        before: The earlier image.
        after: The later image.
        mask: Reads its mask, (H, W) uint8; None where it has none.
        facts: Further entries of the sample: texts, lists of texts of one length, or bools.
    """

    before: Path
    after: Path
    mask: Callable[[], np.ndarray] | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


class ChangePairs:
    """A map-style dataset of pairs; the classes below find its files.

    Attributes:
        pairs: One a sample.
        classes: Names of the mask's classes, background first; () where they are not known.
        transforms: Takes a sample and gives one; None for none.
    """

    def __init__(self, pairs: Sequence[PairFiles], classes: tuple[str, ...] = (), transforms: Transform | None = None) -> None:
        self.pairs, self.classes, self.transforms = list(pairs), classes, transforms

    def __len__(self) -> int:
        return len(self.pairs)

    def __getitem__(self, index: int) -> dict[str, Any]:
        """Reads a sample.

        Args:
            index: From 0; from the end where it is negative.

        Returns:
            `image1`, `image2`, `mask` where there is one, and the facts of the pair.

        Raises:
            IndexError: There is no such sample.
            InputError: A file is missing or damaged, or its sizes differ.
        """
        torch = _torch()
        pair = self.pairs[index]
        frames = self.read(pair)
        first, second = (torch.from_numpy(np.ascontiguousarray(frame.transpose(2, 0, 1))).float() for frame in frames)
        sample: dict[str, Any] = {"image1": first, "image2": second}
        if pair.mask is not None:
            mask = pair.mask()
            if mask.shape != frames[0].shape[:2]:
                sizes = f"{mask.shape[1]} x {mask.shape[0]}, its image {frames[0].shape[1]} x {frames[0].shape[0]}"
                raise InputError(f"the mask of {pair.before.name} has {sizes} pixels, expected one size")
            sample["mask"] = torch.from_numpy(mask.astype(np.int64))
        for name, value in pair.facts.items():
            sample[name] = torch.tensor(value) if isinstance(value, bool) else value
        return sample if self.transforms is None else self.transforms(sample)

    def read(self, pair: PairFiles) -> Sequence[np.ndarray]:
        """Reads the images of a pair.

        Args:
            pair: Its files.

        Returns:
            Both, (H, W, 3) uint8, of one size.

        Raises:
            InputError: A file is missing or damaged, or their sizes differ.
        """
        frames = read_rgb(pair.before), read_rgb(pair.after)
        if frames[0].shape != frames[1].shape:
            first, second = (f"{frame.shape[1]} x {frame.shape[0]}" for frame in frames)
            raise InputError(f"{pair.before.name} has {first} pixels and {pair.after.name} {second}, expected one size")
        return frames


class LevirMCI(ChangePairs):
    """LEVIR-MCI: masks 0 background, 1 road, 2 building; five `captions`; whether the pair `changed`.

    A batch has `captions` as five tuples, one for each caption, as PyTorch collates lists of texts.

    Args:
        root: Folder of the dataset (`chronosight.datasets.levir`).
        split: "train", "val" or "test".
        transforms: Takes a sample and gives one.

    Raises:
        InputError: The folder is laid out otherwise, or has no such split.
    """

    def __init__(self, root: str | os.PathLike[str], split: str = "train", transforms: Transform | None = None) -> None:
        _check_split(split)
        pairs = [
            PairFiles(
                pair.root / pair.before, pair.root / pair.after, partial(read_label, pair.mask),
                {"captions": _repeated(pair.captions, CAPTIONS), "changed": pair.changed},
            )
            for pair in read_pairs(os.fspath(root), split)
        ]  # fmt: skip
        if not pairs:
            raise InputError(f"{root} has no pairs of LEVIR-MCI in split {split}; is the dataset complete?")
        super().__init__(pairs, CLASSES, transforms)


class ChangeIMTI(ChangePairs):
    """Instructions of ChangeIMTI: `question` and `reply`, the `task`, and in dialogues the earlier rounds as `history`.

    Every round of a dialogue is a sample; `history` holds its earlier questions and replies, one a line, and is "" for the first.

    Args:
        records: File or folder of records (`chronosight data build`, or the public files).
        images: Folder that the records' image paths start from; the folder of the records when None.
        masks: Whether to read the masks of LEVIR-MCI, which lie in `label` beside the images' folders `A` and `B`.
        transforms: Takes a sample and gives one.

    Raises:
        InputError: The records cannot be read, one of them is no instruction about two images, or a mask is missing.
    """

    def __init__(
        self, records: str | os.PathLike[str], images: str | os.PathLike[str] | None = None, masks: bool = False,
        transforms: Transform | None = None,
    ) -> None:  # fmt: skip
        place = Path(records)
        root = Path(images) if images is not None else place if place.is_dir() else place.parent
        pairs: list[PairFiles] = []
        for record in read_files([place]):
            if record.problem or len(record.images) != 2:
                reason = record.problem or f"has {len(record.images)} images, expected two"
                raise InputError(f"{record.file}, record {record.number}: {reason}; check it with chronosight data check")
            before, after = (root / name for name in record.images)
            mask = _mask_beside(before) if masks else None
            for number, (question, reply) in enumerate(record.turns):
                asked = understand(question)
                earlier = "\n".join(text for turn in record.turns[:number] for text in turn)
                facts = {"question": question, "reply": reply, "history": earlier, "task": asked.task if asked else "other"}
                pairs.append(PairFiles(before, after, mask, facts))
        super().__init__(pairs, CLASSES if masks else (), transforms)


class PairFolder(ChangePairs):
    """A folder of pairs: NAME_before and NAME_after, or subfolders `A` and `B`, `before` and `after` with the same names.

    Images of any format that Chronosight opens; the later date is brought onto the grid of the earlier one. Masks lie in a
    subfolder `label` or `mask` under the names of the pairs: class indices, or 0 and 255 for 0 and 1.

    Args:
        root: The folder; with `split`, the folder that holds those of the splits.
        split: "train", "val" or "test"; None where the folder itself holds the pairs.
        classes: Names of the mask's classes, background first.
        transforms: Takes a sample and gives one.

    Raises:
        InputError: There is no such folder, it holds no pairs, or only some of them have masks.
    """

    def __init__(
        self, root: str | os.PathLike[str], split: str | None = None, classes: tuple[str, ...] = (),
        transforms: Transform | None = None,
    ) -> None:  # fmt: skip
        if split is not None:
            _check_split(split)
        folder = Path(root) if split is None else Path(root) / split
        if not folder.is_dir():
            raise InputError(f"no folder {folder}; expected one of pairs" + (f", {split} of them" if split else ""))
        found = pairs_in_folder(folder)
        if not found:
            expected = "NAME_before and NAME_after, or folders A and B of the same names"
            raise InputError(f"{folder} holds no pairs; expected {expected}")
        masks = _masks_in(folder)
        without = [name for name, _, _ in found if name not in masks]
        if masks and without:
            raise InputError(f"{len(without)} of {len(found)} pairs in {folder} have no mask, the first is {without[0]}")
        pairs = [
            PairFiles(before, after, partial(_read_mask, masks[name]) if masks else None, {"name": name})
            for name, before, after in found
        ]
        super().__init__(pairs, classes, transforms)

    def read(self, pair: PairFiles) -> Sequence[np.ndarray]:
        """Reads the images of a pair on the grid of the earlier one.

        Args:
            pair: Its files.

        Returns:
            Both, (H, W, 3) uint8.

        Raises:
            InputError: They cannot be used.
        """
        from chronosight.scenes.open import open_scene

        scene = open_scene(pair.before, pair.after, register=False, force=True)
        return scene.frames[0], scene.frames[1]


@dataclass(frozen=True)
class PairLoaders:
    """The loaders of a training: what a LightningDataModule holds, in a plain class.

    Training loops of PyTorch, Accelerate and the Hugging Face Trainer take its loaders as they are, and so does Lightning:
    `trainer.fit(model, loaders.train_dataloader(), loaders.val_dataloader())`. Nothing of Lightning is needed.

    Attributes:
        train: Dataset to train on, shuffled.
        val: Dataset to choose by; None for none.
        test: Dataset to report on; None for none.
        batch_size: Samples a batch.
        workers: Processes that read.
        seed: Of the order in training; None for another one each time.
    """

    train: ChangePairs
    val: ChangePairs | None = None
    test: ChangePairs | None = None
    batch_size: int = 8
    workers: int = 0
    seed: int | None = None

    def train_dataloader(self) -> DataLoader[Any]:
        """A loader of `train`, in random order."""
        return self._loader(self.train, "train", shuffle=True)

    def val_dataloader(self) -> DataLoader[Any]:
        """A loader of `val`.

        Returns:
            The loader, in order.

        Raises:
            InputError: There is none.
        """
        return self._loader(self.val, "val", shuffle=False)

    def test_dataloader(self) -> DataLoader[Any]:
        """A loader of `test`.

        Returns:
            The loader, in order.

        Raises:
            InputError: There is none.
        """
        return self._loader(self.test, "test", shuffle=False)

    def _loader(self, dataset: ChangePairs | None, name: str, shuffle: bool) -> DataLoader[Any]:
        torch = _torch()
        if dataset is None:
            raise InputError(f"there is no {name} dataset; give one to PairLoaders")
        order = None if self.seed is None else torch.Generator().manual_seed(self.seed)
        loader: DataLoader[Any] = torch.utils.data.DataLoader(
            dataset, batch_size=self.batch_size, shuffle=shuffle, num_workers=self.workers, generator=order
        )
        return loader


def _torch() -> Any:
    try:
        import torch.utils.data
    except ImportError:
        raise InputError("datasets give torch tensors, and torch is not installed: pip install 'chronosight[models]'") from None
    return torch


def _check_split(split: str) -> None:
    if split not in SPLITS:
        raise InputError(f'there is no split "{split}"; give one of {", ".join(SPLITS)}')


def _repeated(texts: Sequence[str], count: int) -> list[str]:
    """Exactly so many texts, so that lists of several pairs can be collated: the first ones again where there are fewer."""
    return [texts[number % len(texts)] for number in range(count)]


def _mask_beside(before: Path) -> Callable[[], np.ndarray]:
    path = before.parent.parent / "label" / before.name
    if not path.is_file():
        raise InputError(f"no mask {path}; expected the label folder of LEVIR-MCI beside A and B, or masks=False")
    return partial(read_label, path)


def _masks_in(folder: Path) -> dict[str, Path]:
    """Masks by the name of their pair."""
    inside = {path.name.lower(): path for path in folder.iterdir() if path.is_dir()}
    place = next((inside[name] for name in MASK_FOLDERS if name in inside), None)
    return {} if place is None else {bare_name(path.stem): path for path in images_in(place)}


def _read_mask(path: Path) -> np.ndarray:
    with decoding(path, "a mask"), Image.open(path) as image:
        if image.mode not in ("1", "L", "P"):
            raise InputError(f"{path.name} is in mode {image.mode}, expected one band of class indices, or of 0 and 255")
        values = np.asarray(image.convert("L") if image.mode == "1" else image)
    return np.asarray(values > 0, np.uint8) if set(np.unique(values).tolist()) <= {0, 255} else values
