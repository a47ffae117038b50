"""Objects of a mask: the label rule of ChangeIMTI (arXiv 2509.23105), from which counts and places are made.

The rule, as published: external contours of a mask, each simplified to at most 8 vertices; an object's cell is the cell
of its polygon's centroid; polygons of zero area are dropped. What the paper leaves open is decided here:

- Contours are those of OpenCV's findContours with RETR_EXTERNAL and CHAIN_APPROX_SIMPLE, point for point and in its
  order (border following after Suzuki and Abe, 1985). Foreground is 8-connected; what lies in the hole of another
  object belongs to that object. Order: the object whose first pixel by rows comes LAST is first: from the bottom up.
- A contour runs through pixel centres, counter-clockwise on screen from its first pixel. A line one pixel wide is
  walked out and back, so its area is zero and it is dropped, as are single pixels.
- Simplification is that of approxPolyDP with the first epsilon of 0, 0.1, 0.2 ... pixels that leaves at most 8 vertices
  (`tasks.simplify`). A contour of 8 vertices or fewer stays as it is.
- Coordinates are pixel indices (x right, y down), as OpenCV's moments have them, not shifted by half a pixel. A centroid
  on the line between two cells is in the later one, but for the last digit of OpenCV's rounding, which is kept.

The authors' released code does two things that the text of the paper does not say; `as_published` does them too. Epsilon
starts at 5 % of the contour's length, so an object narrower than about a tenth of its length (a straight road) becomes a
line and is dropped; and the centroid is cut to whole pixels, so up to a pixel past a third still counts as before it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from chronosight.tasks.cells import cell_at
from chronosight.tasks.contours import Contour, external_contours
from chronosight.tasks.simplify import perimeter, simplify


@dataclass(frozen=True, eq=False)
class MaskObject:
    """One object of a mask.

    The object's pixels are array[window][inside], for an array of the mask's height and width.

    Attributes:
        polygon: (n, 2) int array of x, y pixel indices, 3 <= n <= 8, counter-clockwise on screen, not closed.
        area: Of the polygon, in square pixels (a w x h rectangle of pixels has (w - 1) * (h - 1)).
        centroid: (x, y) of the polygon, in pixels.
        cell: Name of the cell of the 3x3 grid that holds the centroid.
        window: Rows and columns of the object's bounding box.
        inside: (rows, columns) bool, the object's pixels within the window.
    """

    polygon: np.ndarray
    area: float
    centroid: tuple[float, float]
    cell: str
    window: tuple[slice, slice]
    inside: np.ndarray

    def mean(self, values: np.ndarray) -> float:
        """Mean of an array over the object's pixels.

        Args:
            values: (H, W), such as a probability.

        Returns:
            The mean.
        """
        return float(values[self.window][self.inside].mean())


@dataclass(frozen=True, eq=False)
class MaskPiece:
    """One component of a mask before it is measured, which takes most of the time: what is not wanted is left out here.

    Attributes:
        contour: Its external contour, in pixel indices of the mask.
        window: Rows and columns of its bounding box.
        inside: (rows, columns) bool, its pixels within the window.
    """

    contour: Contour
    window: tuple[slice, slice]
    inside: np.ndarray

    def measured(self, width: int, height: int, min_area: float = 0, as_published: bool = False) -> MaskObject | None:
        """The piece as an object.

        Args:
            width: Of the mask, in pixels.
            height: Of the mask, in pixels.
            min_area: As in `find_objects`.
            as_published: As in `find_objects`.

        Returns:
            The object; None where its polygon has no area, or less than `min_area`.
        """
        polygon = simplify(self.contour, start=0.05 * perimeter(self.contour)) if as_published else simplify(self.contour)
        area, x, y = _moments(polygon)
        if area == 0 or area < min_area:
            return None
        if as_published:
            x, y = float(int(x)), float(int(y))
        return MaskObject(np.array(polygon), area, (x, y), cell_at(x, y, width, height), self.window, self.inside)


def find_objects(mask: np.ndarray, min_area: float = 0, as_published: bool = False) -> list[MaskObject]:
    """Finds the objects of a mask by the rule of the module's text.

    Args:
        mask: (H, W), nonzero is foreground.
        min_area: Objects whose polygon is smaller, in square pixels, are dropped; zero area always is.
        as_published: Whether to take the rule as the authors' released code has it.

    Returns:
        The objects, from the bottom up.

    Raises:
        ValueError: The mask is not two-dimensional.
    """
    mask = np.asarray(mask)
    pieces = find_pieces(mask, min_area)
    measured = (piece.measured(mask.shape[1], mask.shape[0], min_area, as_published) for piece in pieces)
    return [item for item in measured if item is not None]


def find_pieces(mask: np.ndarray, min_area: float = 0) -> Iterator[MaskPiece]:
    """The components of a mask from which `find_objects` makes objects.

    Args:
        mask: (H, W), nonzero is foreground.
        min_area: Pieces whose bounding box holds no polygon of that many square pixels are left out.

    Yields:
        The pieces, from the bottom up.

    Raises:
        ValueError: The mask is not two-dimensional.
    """
    if mask.ndim != 2:
        raise ValueError(f"mask has shape {mask.shape}, expected (height, width)")
    mask = mask.astype(bool, copy=False)
    if not mask.any():
        return
    labels, contours = external_contours(mask)
    windows = ndimage.find_objects(labels)
    for label, contour in contours:
        rows, columns = windows[label - 1]
        if (rows.stop - rows.start - 1) * (columns.stop - columns.start - 1) < min_area:
            continue  # no polygon within it is larger, and simplifying takes time
        window = slice(rows.start - 1, rows.stop - 1), slice(columns.start - 1, columns.stop - 1)
        yield MaskPiece(contour, window, (labels[rows, columns] == label) & mask[window])


def count_and_cells(mask: np.ndarray, min_area: float = 0, as_published: bool = False) -> tuple[int, tuple[str, ...]]:
    """Counts the objects of a mask and lists their cells, by the label rule of ChangeIMTI (arXiv 2509.23105).

    Args:
        mask: (H, W) bool mask of one class.
        min_area: Smallest area in pixels.
        as_published: Whether the faults of the published rule are kept; see `find_objects`.

    Returns:
        The number, and the cells without repeats, in the order of `find_objects`.
    """
    objects = find_objects(mask, min_area, as_published)
    return len(objects), tuple(dict.fromkeys(item.cell for item in objects))


def _moments(polygon: Contour) -> tuple[float, float, float]:
    """Area of a polygon and its centroid (x, y); (0, 0, 0) where the area is zero."""
    doubled = sum_x = sum_y = 0
    x0, y0 = polygon[-1]
    for x1, y1 in polygon:
        cross = x0 * y1 - x1 * y0
        doubled += cross
        sum_x += (x0 + x1) * cross
        sum_y += (y0 + y1) * cross
        x0, y0 = x1, y1
    if doubled == 0:
        return 0.0, 0.0, 0.0
    half, sixth = doubled * 0.5, 1 / 6  # OpenCV's rounding: it decides where a centroid lies on the line between cells
    return abs(half), sum_x * sixth / half, sum_y * sixth / half
