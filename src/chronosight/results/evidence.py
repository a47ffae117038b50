"""The maps of a pair: in memory, or windows on files for a whole scene."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from chronosight.results.changed_object import ChangedObject
from chronosight.results.codes import NO_DATA, code_map

Rows = Callable[[int, int], np.ndarray]  # (top, bottom) -> (bottom - top, width) uint8


class ChangeMaps(Protocol):
    """The maps of a pair, read by rows, so that a whole scene never lies in memory."""

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes, background first."""
        ...

    @property
    def objects(self) -> tuple[ChangedObject, ...]:
        """The changed objects, bottom up as the label rule orders them."""
        ...

    def codes(self, top: int, bottom: int) -> np.ndarray:
        """The change map as in `results/codes.py`.

        Args:
            top: First row.
            bottom: Row after the last one.

        Returns:
            (bottom - top, W) uint8.
        """
        ...

    def percent(self, top: int, bottom: int) -> np.ndarray:
        """The probability of change, 0 to 100; 255 where there is no data.

        Args:
            top: First row.
            bottom: Row after the last one.

        Returns:
            (bottom - top, W) uint8.
        """
        ...


@dataclass(frozen=True)
class Evidence:
    """Maps in memory, behind an answer about change.

    Attributes:
        classes: names, background first.
        mask: (H, W) uint8, index into `classes`.
        probability: (H, W) float32 in [0, 1], that the pixel changed.
        appeared: (H, W) float32 in [0, 1], that a changed pixel shows something new (1) rather than something gone (0).
        objects: the changed objects.
        valid: (H, W) bool, where both dates have data; None where all pixels do.
    """

    classes: tuple[str, ...]
    mask: np.ndarray
    probability: np.ndarray
    appeared: np.ndarray
    objects: tuple[ChangedObject, ...]
    valid: np.ndarray | None = None

    def codes(self, top: int = 0, bottom: int | None = None) -> np.ndarray:
        """The change map as in `results/codes.py`; all rows by default.

        Args:
            top: First row.
            bottom: Row after the last one; None for the end.

        Returns:
            (bottom - top, W) uint8.
        """
        codes = code_map(self.mask, self.appeared, self.classes, self.objects)
        if self.valid is not None:
            codes[~self.valid] = NO_DATA
        rows: np.ndarray = codes[top:bottom]
        return rows

    def percent(self, top: int = 0, bottom: int | None = None) -> np.ndarray:
        """The probability of change, 0 to 100; 255 where there is no data. All rows by default.

        Args:
            top: First row.
            bottom: Row after the last one; None for the end.

        Returns:
            (bottom - top, W) uint8.
        """
        percent: np.ndarray = np.rint(np.clip(self.probability[top:bottom], 0.0, 1.0) * 100).astype(np.uint8)
        if self.valid is not None:
            percent[~self.valid[top:bottom]] = NO_DATA
        return percent


@dataclass(frozen=True)
class MapsOnDisk:
    """Maps of a whole scene: windows on files.

    Attributes:
        classes: names, background first.
        objects: the changed objects.
        code_rows: reads rows of codes.
        percent_rows: reads rows of the probability of change in percent.
    """

    classes: tuple[str, ...]
    objects: tuple[ChangedObject, ...]
    code_rows: Rows
    percent_rows: Rows

    def codes(self, top: int, bottom: int) -> np.ndarray:
        """The change map as in `results/codes.py`.

        Args:
            top: First row.
            bottom: Row after the last one.

        Returns:
            (bottom - top, W) uint8.
        """
        return self.code_rows(top, bottom)

    def percent(self, top: int, bottom: int) -> np.ndarray:
        """The probability of change, 0 to 100; 255 where there is no data.

        Args:
            top: First row.
            bottom: Row after the last one.

        Returns:
            (bottom - top, W) uint8.
        """
        return self.percent_rows(top, bottom)
