"""What the model saw of a large scene, on disk while the work goes on, and the journal by which a killed run goes on.

Maps lie row by row in plain files, so that finished rows are appended and any window is read back without the rest:

    probability.u16  probability of change, 0 to 65535     appeared.u8  of something new, 0 to 255
    classes.u8       bits 0-5 index of class, bit 6 core, bit 7 both dates have data
    cover_before.u8, cover_after.u8    land cover of the dates (`results.land_cover`), where it was asked for

A row of tiles is finished when its rows are written, what it hands to the next row (`carry`) is written, and the journal
names both; each file is complete before the journal names it. So whatever moment a run is killed at, the next one starts
at the last finished row of tiles and writes the same bytes.
"""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from chronosight.errors import InputError

FILES = {
    "probability": ("probability.u16", np.uint16),
    "appeared": ("appeared.u8", np.uint8),
    "classes": ("classes.u8", np.uint8),
}
COVER_FILES = ("cover_before.u8", "cover_after.u8")
CLASS, CORE, VALID = 0x3F, 0x40, 0x80


@dataclass(frozen=True)
class Maps:
    """A window. probability: (h, w) uint16. appeared: (h, w) uint8. classes, core, valid: (h, w)."""

    probability: np.ndarray
    appeared: np.ndarray
    packed: np.ndarray

    @property
    def classes(self) -> np.ndarray:
        """(h, w) uint8, class of each pixel."""
        return self.packed & CLASS

    @property
    def core(self) -> np.ndarray:
        """(h, w) bool, inside of buildings."""
        return (self.packed & CORE) > 0

    @property
    def valid(self) -> np.ndarray:
        """(h, w) bool, where both dates have data."""
        return (self.packed & VALID) > 0


class Store:
    """Results of tiled inference on disk, and the journal that lets a killed run continue."""

    def __init__(self, folder: Path, width: int, height: int, key: str, cover: bool = False) -> None:
        """Goes on with what lies in `folder` where its journal has the same key, else starts afresh.

        key: everything the maps depend on (files, grid, weights, version), as text. cover: whether it holds land cover too.
        """
        self.folder, self.width, self.height, self.cover = folder, width, height, cover
        names = [*(name for name, _ in FILES.values()), *(COVER_FILES if cover else ())]
        self.rows_done, self.changed = 0, 0.0
        self._key = {"key": key, "width": width, "height": height, "cover": cover}
        try:
            journal = json.loads((folder / "journal.json").read_text(encoding="utf-8"))
            same = {name: journal.get(name) for name in self._key} == self._key
        except (OSError, ValueError, AttributeError):
            same = False
        if same and all((folder / name).is_file() for name in names):
            self.rows_done, self.changed = int(journal["rows_done"]), float(journal["changed"])
        else:
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            self._need_room()
            for name in names:
                (folder / name).touch()
            self._write_journal()

    def write(self, top: int, probability: np.ndarray, appeared: np.ndarray, packed: np.ndarray) -> None:
        """Writes rows of the maps.

        Args:
            top: First row.
            probability: (h, width) uint16, 0 to 65535: probability that something changed.
            appeared: (h, width) uint8, 0 to 255: probability that it appeared.
            packed: (h, width) uint8: class, interior and whether there is data.
        """
        values = {"probability": probability, "appeared": appeared, "classes": packed}
        for key, (name, dtype) in FILES.items():
            with (self.folder / name).open("r+b") as file:
                file.seek(top * self.width * np.dtype(dtype).itemsize)
                np.ascontiguousarray(values[key]).tofile(file)

    def write_cover(self, top: int, cover: np.ndarray) -> None:
        """Writes rows of the land cover.

        Args:
            top: First row.
            cover: (2, h, width) uint8, as `LandCover.packed`.
        """
        for name, of_date in zip(COVER_FILES, cover, strict=True):
            with (self.folder / name).open("r+b") as file:
                file.seek(top * self.width)
                np.ascontiguousarray(of_date).tofile(file)

    def read_cover(self, top: int, bottom: int, left: int = 0, right: int | None = None) -> np.ndarray:
        """Reads a window of the land cover.

        Args:
            top: First row.
            bottom: Row after the last.
            left: First column.
            right: Column after the last; None for the width.

        Returns:
            (2, bottom - top, right - left) uint8, as `LandCover.packed`, copied into memory.
        """
        window = np.s_[top:bottom, left : self.width if right is None else right]
        dates = [np.memmap(self.folder / name, np.uint8, "r", shape=(self.height, self.width)) for name in COVER_FILES]
        return np.stack([date[window] for date in dates])

    def finish_row(self, carry: np.ndarray, changed: float) -> None:
        """Notes in the journal that the next row of tiles is done.

        Args:
            carry: What the row adds to the rows below.
            changed: Highest probability of change of a tile so far, in [0, 1].
        """
        before = self._carry_path()
        self.rows_done, self.changed = self.rows_done + 1, changed
        with self._carry_path().open("wb") as file:
            np.save(file, carry, allow_pickle=False)
        self._write_journal()
        before.unlink(missing_ok=True)

    def carry(self) -> np.ndarray | None:
        """What the last finished row of tiles left for the next."""
        return np.load(self._carry_path(), allow_pickle=False) if self.rows_done else None

    def read(self, top: int, bottom: int, left: int = 0, right: int | None = None) -> Maps:
        """Reads a window of the maps.

        Args:
            top: First row.
            bottom: Row after the last.
            left: First column.
            right: Column after the last; None for the width.

        Returns:
            The maps (bottom - top, right - left), copied into memory.
        """
        window = np.s_[top:bottom, left : self.width if right is None else right]
        parts = []
        for name, dtype in FILES.values():
            whole = np.memmap(self.folder / name, dtype, "r", shape=(self.height, self.width))
            parts.append(np.array(whole[window]))
            del whole
        return Maps(*parts)

    def remove(self) -> None:
        """Deletes the folder."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _carry_path(self) -> Path:
        return self.folder / f"carry-{self.rows_done}.npy"

    def _write_journal(self) -> None:
        journal: dict[str, Any] = {**self._key, "rows_done": self.rows_done, "changed": self.changed}
        path = self.folder / "journal.json"
        path.with_suffix(".new").write_text(json.dumps(journal), encoding="utf-8")
        os.replace(path.with_suffix(".new"), path)

    def _need_room(self) -> None:
        """Maps, codes and what is made of them; compressed results are small beside the maps."""
        needed = (8 + 2 * self.cover) * self.width * self.height
        free = shutil.disk_usage(self.folder).free
        if free < needed:
            self.remove()
            raise InputError(
                f"the disk of {self.folder.parent} has {free / 1e9:.1f} GB free, expected {needed / 1e9:.1f} GB for this scene: "
                "give a folder on another disk"
            )
