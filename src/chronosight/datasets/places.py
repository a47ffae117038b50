"""Real places at two dates: images, the mask of changed buildings, and captions of parts of the place.

    DIR/pairs/SPLIT.jsonl                                          one line a pair: id, place, metres_per_pixel, size, cells
    DIR/pairs/SPLIT/ID_{before,after}.webp, ID_building.png

Questions are asked of windows of 256 px (four in a place of 512 px at 1 m). Their truth comes from the mask: changed where it
covers more than 20 px; count and cells by the label rule of ChangeIMTI (`tasks.objects`). Captions are those of cells of
128 px.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from chronosight.datasets.index import read_index
from chronosight.datasets.levir import mask_turn
from chronosight.datasets.sample import Sample, Turn, array_scene, read_rgb
from chronosight.scenes.scene import Scene
from chronosight.tasks import binary, caption, count, location
from chronosight.tasks.objects import count_and_cells

Box = tuple[int, int, int, int]  # x0, y0, x1, y1 in pixels
CHANGED_PIXELS = 20  # a window counts as changed above this many pixels of the mask
MASK_CLASSES = ("background", "building")
DIRECTIONS = ("unchanged", "changed", "new", "gone")  # of a mask that says which way, where that is known
BINARY, COUNT, LOCATION = binary.ask("buildings"), count.ask("buildings"), location.ask("buildings")
ANY_CHANGE, CAPTION = binary.ask(), caption.ask("pair")


@dataclass(frozen=True)
class CaptionedCell:
    """A part of a place with captions that people wrote.

    Attributes:
        box: x0, y0, x1, y1 in pixels of the place.
        captions: The sentences.
    """

    box: Box
    captions: tuple[str, ...]

    @property
    def changed(self) -> bool:
        """Whether any caption is other than LEVIR-CC's sentences for "nothing changed"."""
        return not all(caption.says_no_change(sentence) for sentence in self.captions)


@dataclass(frozen=True)
class PlacePair:
    """One place at two dates.

    Attributes:
        id: Unique in its split.
        place: Name of the place; pairs of one place share it.
        metres_per_pixel: Ground size of a pixel.
        before: (H, W, 3) uint8.
        after: (H, W, 3) uint8.
        building: (H, W) bool, buildings that changed.
        cells: Parts that have captions.
        directions: (H, W) uint8, index into `DIRECTIONS`; None where it is not known which way buildings changed.
    """

    id: str
    place: str
    metres_per_pixel: float
    before: np.ndarray
    after: np.ndarray
    building: np.ndarray
    cells: tuple[CaptionedCell, ...]
    directions: np.ndarray | None = None

    def name(self, box: Box) -> str:
        """Name of a part.

        Args:
            box: (left, top, right, bottom) in pixels.

        Returns:
            Such as "place_02@0,256,256,512".
        """
        return f"{self.id}@{','.join(map(str, box))}"

    def mask(self, box: Box) -> np.ndarray:
        """Changed buildings of a part.

        Args:
            box: (left, top, right, bottom) in pixels.

        Returns:
            (h, w) bool.
        """
        x0, y0, x1, y1 = box
        return self.building[y0:y1, x0:x1]

    def crop(self, box: Box) -> Scene:
        """A part as a scene of two dates.

        Args:
            box: (left, top, right, bottom) in pixels.

        Returns:
            The pair.
        """
        x0, y0, x1, y1 = box
        frames = np.stack([self.before[y0:y1, x0:x1], self.after[y0:y1, x0:x1]])
        name = self.name(box)
        return array_scene("pair", frames, (f"{name} before", f"{name} after"), self.metres_per_pixel)


@dataclass(frozen=True)
class WindowTruth:
    """What the mask says of a window.

    Attributes:
        changed: Whether it covers more than `CHANGED_PIXELS`.
        count: Changed buildings.
        cells: Cells of the 3x3 grid that hold them.
    """

    changed: bool
    count: int
    cells: tuple[str, ...]


def load_places(root: str | Path, split: str, limit: int | None = None) -> list[PlacePair]:
    """Reads the pairs of a split, decoded.

    Args:
        root: Folder that has pairs/ in it.
        split: "train", "native_train", "val" or "test".
        limit: At most this many.

    Returns:
        The pairs, in the order of the index. A pair whose place is unknown gets its own id as its place.

    Raises:
        InputError: The folder has another layout.
    """
    folder = Path(root) / "pairs"

    def parse(row: dict[str, Any]) -> tuple[Path, tuple[str, str, float], tuple[CaptionedCell, ...]]:
        cells = tuple(CaptionedCell(tuple(cell["box"]), tuple(cell["captions"])) for cell in row["cells"])
        return folder / split / row["id"], (row["id"], row["place"] or row["id"], float(row["metres_per_pixel"])), cells

    layout, named = f"pairs/{split}.jsonl and pairs/{split}/", "id, place, metres_per_pixel, cells"
    places: list[PlacePair] = []
    for stem, fields, cells in islice(read_index(folder / f"{split}.jsonl", "pair", layout, named, parse), limit):
        before, after = read_rgb(Path(f"{stem}_before.webp")), read_rgb(Path(f"{stem}_after.webp"))
        with Image.open(f"{stem}_building.png") as mask:
            places.append(PlacePair(*fields, before, after, np.asarray(mask.convert("1")), cells))
    return places


def load_abroad(root: str | Path) -> list[PlacePair]:
    """Reads pairs far from the training imagery, for choosing only: DIR/abroad/pairs.jsonl, DIR/abroad/pairs/ID_*.

    Args:
        root: Folder that has abroad/ in it.

    Returns:
        The pairs, in the order of the index; without captions.

    Raises:
        InputError: The folder has another layout.
    """
    folder = Path(root) / "abroad"

    def parse(row: dict[str, Any]) -> tuple[str, float]:
        return str(row["id"]), float(row["metres_per_pixel"])

    layout = "abroad/pairs.jsonl and abroad/pairs/"
    pairs = []
    for name, step in read_index(folder / "pairs.jsonl", "pair", layout, "id, metres_per_pixel", parse):
        stem = folder / "pairs" / name
        before, after = read_rgb(Path(f"{stem}_before.webp")), read_rgb(Path(f"{stem}_after.webp"))
        with Image.open(f"{stem}_building.png") as mask:
            ways = np.asarray(mask)  # 1 new, 2 gone
        pairs.append(PlacePair(name, name, step, before, after, ways > 0, (), np.where(ways > 0, ways + 1, 0).astype(np.uint8)))
    return pairs


def windows(size: int, window: int = 256) -> list[Box]:
    """The windows of a square place, the unit of the questions about it.

    Args:
        size: Pixels a side of the place.
        window: Pixels a side of a window.

    Returns:
        Boxes, row by row.
    """
    starts = range(0, size - window + 1, window)
    return [(x, y, x + window, y + window) for y in starts for x in starts]


def truth_of_mask(building: np.ndarray) -> WindowTruth:
    """The truth of a window.

    Args:
        building: (H, W) bool, changed buildings.

    Returns:
        Changed or not, count and cells.
    """
    objects, cells = count_and_cells(building)
    return WindowTruth(bool(building.sum() > CHANGED_PIXELS), objects, cells)


def window_samples(place: PlacePair, box: Box, part: str = "") -> list[Sample]:
    """The questions about a window: changed or not, how many buildings, where, and their mask.

    Args:
        place: The place.
        box: The window.
        part: Part of the benchmark.

    Returns:
        Four samples.
    """
    truth, name, mask = truth_of_mask(place.mask(box)), place.name(box), place.mask(box)
    asked: list[tuple[str, Turn]] = [
        ("binary", Turn(BINARY, (binary.write_reply(truth.changed),))),
        ("count", Turn(COUNT, (count.write_reply(truth.count),))),
        ("location", Turn(LOCATION, (location.write_reply(truth.cells),))),
    ]
    samples = [_sample(place, box, f"{name}/{task}", turn, type="buildings", part=part) for task, turn in asked]
    read = mask.astype(np.uint8)
    more: dict[str, Any] = {"mask": lambda: read, "classes": MASK_CLASSES, "part": part}
    return [*samples, _sample(place, box, f"{name}/mask", mask_turn(MASK_CLASSES), **more)]


def caption_sample(place: PlacePair, cell: CaptionedCell, part: str = "") -> Sample:
    """The captions of a cell.

    Args:
        place: The place.
        cell: One of its cells.
        part: Part of the benchmark.

    Returns:
        The sample.
    """
    return _captioned(place, cell.box, cell.captions, part, changed=cell.changed)


def claims_sample(place: PlacePair) -> Sample:
    """The caption of a whole pair that nobody captioned: only what it claims of buildings can be checked.

    Args:
        place: The place.

    Returns:
        The sample.
    """
    return _captioned(place, (0, 0, *place.before.shape[1::-1]), (), "")


def _captioned(place: PlacePair, box: Box, captions: tuple[str, ...], part: str, **more: Any) -> Sample:
    x0, y0, x1, y1 = box
    ways = (place.building.astype(np.uint8) if place.directions is None else place.directions)[y0:y1, x0:x1]
    turn = Turn(CAPTION, captions)
    return _sample(place, box, f"{place.name(box)}/caption", turn, part=part, mask=lambda: ways, **more)


def change_sample(place: PlacePair, cell: CaptionedCell, part: str = "") -> Sample:
    """Whether a cell changed, by its captions.

    Args:
        place: The place.
        cell: One of its cells.
        part: Part of the benchmark.

    Returns:
        The sample.
    """
    turn = Turn(ANY_CHANGE, (binary.write_reply(cell.changed),))
    return _sample(place, cell.box, f"{place.name(cell.box)}/changed", turn, part=part)


def _sample(place: PlacePair, box: Box, name: str, turn: Turn, **more: Any) -> Sample:
    return Sample(
        name, "places", "pair", (), (turn,), scene=place.name(box), group=place.place,
        metres_per_pixel=place.metres_per_pixel, make_scene=lambda: place.crop(box), **more,
    )  # fmt: skip
