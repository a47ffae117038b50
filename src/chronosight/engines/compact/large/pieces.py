"""Connected components of a mask too large for memory, band by band: what crosses a border between bands is one.

A component is handed out as soon as the band in which it ends has been read; only components still open are kept, as
bits. 8-connected, as the label rule has it (chronosight.tasks.objects).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

EIGHT = np.ones((3, 3), bool)


@dataclass(frozen=True)
class Piece:
    """The pixels of a component within one band: bits of a (height, width) mask whose corner is at (top, left)."""

    top: int
    left: int
    height: int
    width: int
    bits: np.ndarray

    @staticmethod
    def of(inside: np.ndarray, top: int, left: int) -> Piece:
        """Makes a piece from its pixels.

        Args:
            inside: (h, w) bool.
            top: First row in the whole scene.
            left: First column in the whole scene.

        Returns:
            The piece, its pixels packed to bits.
        """
        return Piece(top, left, inside.shape[0], inside.shape[1], np.packbits(inside))

    @property
    def inside(self) -> np.ndarray:
        """(height, width) bool."""
        flat = np.unpackbits(self.bits, count=self.height * self.width)
        return flat.reshape(self.height, self.width).astype(bool)


def box(pieces: list[Piece]) -> tuple[int, int, int, int]:
    """The box around pieces.

    Args:
        pieces: One or more pieces.

    Returns:
        (top, left, bottom, right) in pixels.
    """
    return (
        min(one.top for one in pieces),
        min(one.left for one in pieces),
        max(one.top + one.height for one in pieces),
        max(one.left + one.width for one in pieces),
    )


def paste(pieces: list[Piece], top: int, left: int, bottom: int, right: int) -> np.ndarray:
    """Puts pieces into one mask.

    Args:
        pieces: Pieces within the window.
        top: First row of the window.
        left: First column of the window.
        bottom: Row after the last one.
        right: Column after the last one.

    Returns:
        (bottom - top, right - left) bool.
    """
    out = np.zeros((bottom - top, right - left), bool)
    for one in pieces:
        out[one.top - top :, one.left - left :][: one.height, : one.width] |= one.inside
    return out


def components(bands: Iterable[tuple[int, np.ndarray]], smallest: float = 0) -> Iterator[list[Piece]]:
    """Connected components (8-neighbours) of a mask that comes in bands, in the order in which they end.

    Args:
        bands: (top row, (h, W) bool), from the top down without gaps.
        smallest: Components within one band whose box, between pixel centres, is smaller are left out: most of what noise
            leaves, and no polygon in such a box is larger.

    Yields:
        The pieces of one component.
    """
    open_pieces: dict[int, list[Piece]] = {}  # by label of the last row
    last_row: np.ndarray | None = None
    for top, mask in bands:
        labels, count = ndimage.label(mask, EIGHT)
        groups = _join(last_row, labels[0])
        ends_here = np.ones(count + 1, bool)
        ends_here[labels[-1]] = False
        windows = ndimage.find_objects(labels)
        still_open: dict[int, list[Piece]] = {}
        lower = np.zeros(count + 1, np.int64)  # label -> the one that stands for its component in the next band
        taken: set[int] = set()
        for old, members in groups:
            pieces = [piece for label in old for piece in open_pieces.pop(label)]
            pieces += [_cut(labels, windows, label, top) for label in members]
            taken.update(members)
            going_on = [label for label in members if not ends_here[label]]
            if going_on:
                still_open[going_on[0]] = pieces
                lower[going_on] = going_on[0]
            else:
                yield pieces
        yield from open_pieces.values()  # nothing below touches them
        for label, (rows, columns) in enumerate(windows, start=1):
            if label in taken:
                continue
            if ends_here[label] and (rows.stop - rows.start - 1) * (columns.stop - columns.start - 1) < smallest:
                continue
            if not ends_here[label]:
                still_open[label] = [_cut(labels, windows, label, top)]
                lower[label] = label
            else:
                yield [_cut(labels, windows, label, top)]
        open_pieces, last_row = still_open, lower[labels[-1]]
    yield from open_pieces.values()


def _cut(labels: np.ndarray, windows: list[tuple[slice, slice]], label: int, top: int) -> Piece:
    rows, columns = windows[label - 1]
    return Piece.of(labels[rows, columns] == label, top + rows.start, columns.start)


def _join(above: np.ndarray | None, below: np.ndarray) -> list[tuple[list[int], list[int]]]:
    """Groups of (open labels of the band above, labels of this band) that touch across the border."""
    if above is None:
        return []
    pairs = set()
    padded = np.pad(below, 1)
    for step in range(3):
        beside = padded[step : step + len(below)]
        both = (above > 0) & (beside > 0)
        pairs |= set(zip(above[both].tolist(), beside[both].tolist(), strict=True))
    parent: dict[int, int] = {}  # labels of this band, and labels of the band above as negatives

    def root(node: int) -> int:
        parent.setdefault(node, node)
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    for upper, lower in sorted(pairs):
        parent[root(-upper)] = root(lower)
    groups: dict[int, tuple[list[int], list[int]]] = {}
    for node in sorted(parent):
        group = groups.setdefault(root(node), ([], []))
        group[0 if node < 0 else 1].append(abs(node))
    return list(groups.values())
