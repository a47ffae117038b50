"""Labels of a user's pairs, whatever they were drawn as: which buildings changed, and where buildings stand at each date."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from chronosight.errors import InputError
from chronosight.limits import MAX_PIXELS
from chronosight.scenes.files import check_size
from chronosight.scenes.pair_names import bare_name, images_in, pairs_in_folder
from chronosight.scenes.scene import Scene
from chronosight.training.tune.polygons import Outlines, draw, placed_outlines, read_outlines

NEW, GONE, CHANGED = 1, 2, 255
ENDINGS = ("mask", "label", "labels", "change", "changes", "changed", "building", "buildings", "gt")


@dataclass(frozen=True)
class Label:
    """What is known of one pair, on its grid.

    Attributes:
        changed: (H, W) bool, buildings of one date alone.
        footprints: (2, H, W) int8, 1 where a building stands at the date, 0 where none does, -1 where nobody knows.
        polygons: Polygons that touch the pair; 0 for masks.
    """

    changed: np.ndarray
    footprints: np.ndarray
    polygons: int = 0


@dataclass(frozen=True)
class Labels:
    """All labels of a run: outlines, or masks by the name of their pair.

    Attributes:
        source: The file or folder.
        outlines: Of a vector file.
        masks: By name of the pair: one mask of changes, or one of buildings at each date.
    """

    source: Path
    outlines: Outlines | None = None
    masks: dict[str, tuple[Path, ...]] = field(default_factory=dict)

    def of(self, name: str, scene: Scene) -> Label | None:
        """The label of a pair.

        Args:
            name: Of the pair.
            scene: The pair.

        Returns:
            The label; None where a folder of masks has none for it.

        Raises:
            InputError: A mask cannot be used, or outlines cannot be placed on the pair.
        """
        if self.outlines is not None:
            if scene.georeference is None:
                raise InputError(f"{name} has no georeference, so no polygon can be placed on it; give masks as its labels")
            return from_outlines(self.outlines, scene)
        files = self.masks.get(name) or self.masks.get(bare_name(name))
        return None if files is None else from_masks(files, name, scene)


def read_labels(source: Path, class_field: str | None = None, buildings: tuple[str, ...] = ()) -> Labels:
    """Reads labels: a vector file, or a folder of masks.

    Args:
        source: File or folder.
        class_field: Field of the polygons' classes.
        buildings: Classes that are buildings.

    Returns:
        The labels.

    Raises:
        InputError: There is nothing that can be used.
    """
    if not source.exists():
        raise InputError(f"no file or folder {source}; give a GeoPackage of polygons, or a folder of masks, as --labels")
    if not source.is_dir():
        return Labels(source, read_outlines(source, class_field, buildings))
    if class_field or buildings:
        raise InputError(f"{source} is a folder of masks, which have no classes; leave out --class-field and --building")
    both = {name: (first, second) for name, first, second in pairs_in_folder(source)}
    single: dict[str, tuple[Path, ...]] = {} if both else {_mask_name(path.stem): (path,) for path in images_in(source)}
    if not both and not single:
        raise InputError(f"{source} holds no masks, expected PNG or GeoTIFF files with the names of the pairs")
    return Labels(source, masks={**both, **single})


def from_outlines(outlines: Outlines, scene: Scene) -> Label:
    """Draws the outlines on a pair.

    Args:
        outlines: Of the file.
        scene: The pair, with a georeference.

    Returns:
        The label. Outlines of both dates give the change as their difference; with outlines of one date and of what changed,
        the other date follows.
    """
    placed = placed_outlines(outlines, scene)
    size = scene.height, scene.width
    drawn = {kind: draw(shapes, *size) for kind, shapes in placed.items()}
    number = sum(map(len, placed.values()))
    if len(dates := {"before", "after"} & set(drawn)) == 1:
        return _valid(_of_one_date(dates.pop(), drawn, number), scene)
    if dates:
        empty = np.zeros(size, bool)
        footprints = np.stack([drawn.get("before", empty), drawn.get("after", empty)]).astype(np.int8)
        for kind, there in (("gone", (1, 0)), ("new", (0, 1))):
            if kind in drawn:
                footprints[:, drawn[kind]] = np.array(there)[:, None]
        changed = _cleaned(footprints[0] != footprints[1]) | drawn.get("changed", empty)
        return _valid(Label(changed, footprints, number), scene)
    return _valid(_of_changes(drawn, size, number), scene)


def from_masks(files: tuple[Path, ...], name: str, scene: Scene) -> Label:
    """Reads the mask of what changed, or the masks of buildings at both dates.

    Args:
        files: One file, or two.
        name: Of the pair, for messages.
        scene: The pair.

    Returns:
        The label.

    Raises:
        InputError: A mask has another size or other values.
    """
    size = scene.height, scene.width
    read = [_read_mask(path, size, name) for path in files]
    if len(read) == 2:
        footprints = np.stack([values > 0 for values, _ in read]).astype(np.int8)
        return _valid(Label(_cleaned(footprints[0] != footprints[1]), footprints), scene)
    values, plain = read[0]
    if plain or (values == CHANGED).any():
        return _valid(_of_changes({"changed": values > 0}, size, 0), scene)
    return _valid(_of_changes({"new": values == NEW, "gone": values == GONE}, size, 0), scene)


def _of_one_date(date: str, drawn: dict[str, np.ndarray], number: int) -> Label:
    """All buildings of one date, and what changed: a building that did not change stands at the other date too."""
    here = ("before", "after").index(date)
    stands = drawn[date]
    label = _of_changes({kind: mask for kind, mask in drawn.items() if kind != date}, stands.shape, number)
    footprints = np.where(label.changed, label.footprints, stands.astype(np.int8))
    undirected = label.changed & (footprints == -1).all(0) & stands  # drawn as changed alone
    footprints[here, undirected], footprints[1 - here, undirected] = 1, 0
    return Label(label.changed, footprints, number)


def _of_changes(drawn: dict[str, np.ndarray], size: tuple[int, int], number: int) -> Label:
    footprints = np.full((2, *size), -1, np.int8)
    changed = np.zeros(size, bool)
    for kind, there in (("changed", (-1, -1)), ("gone", (1, 0)), ("new", (0, 1))):
        if kind in drawn:
            changed |= drawn[kind]
            footprints[:, drawn[kind]] = np.array(there)[:, None]
    return Label(changed, footprints, number)


def _cleaned(changed: np.ndarray) -> np.ndarray:
    """Without slivers: two people, or one on two days, never draw the same outline twice."""
    from scipy import ndimage

    opened = ndimage.binary_opening(changed, np.ones((3, 3)))
    kept: np.ndarray = ndimage.binary_dilation(opened, np.ones((3, 3))) & changed
    return kept


def _valid(label: Label, scene: Scene) -> Label:
    """Nothing is known where a date has no data."""
    label.footprints[:, ~scene.valid] = -1
    return Label(label.changed & scene.valid, label.footprints, label.polygons)


def _read_mask(path: Path, size: tuple[int, int], name: str) -> tuple[np.ndarray, bool]:
    """(H, W) values, and whether they say no more than yes or no."""
    import rasterio
    from rasterio.errors import NotGeoreferencedWarning, RasterioError

    from chronosight.scenes.files import RASTER_DRIVERS, file_format

    kind = file_format(path)
    if kind not in RASTER_DRIVERS:
        raise InputError(f"{path.name} is {kind}, expected a mask as PNG or GeoTIFF")
    try:
        with (
            warnings.catch_warnings(action="ignore", category=NotGeoreferencedWarning),
            rasterio.Env(GDAL_PAM_ENABLED=False),
            rasterio.open(path, driver=RASTER_DRIVERS[kind]) as file,
        ):
            check_size(path.name, file.width, file.height, MAX_PIXELS)
            if (file.height, file.width) != size:
                raise InputError(
                    f"{path.name} has {file.width} x {file.height} pixels, expected {size[1]} x {size[0]}, those of the pair "
                    f"{name} (the overlap of its dates)"
                )
            if file.count not in (1, 3, 4):
                raise InputError(f"{path.name} has {file.count} bands, expected one")
            values, plain = file.read(1), file.tags(1, ns="IMAGE_STRUCTURE").get("NBITS") == "1"
    except RasterioError as error:
        raise InputError(f"{path.name} cannot be read ({' '.join(str(error).split())[:80]}); write it again") from None
    found = set(np.unique(values).tolist())
    if not found <= {0, NEW, GONE, CHANGED}:
        other = sorted(found - {0, NEW, GONE, CHANGED})[:3]
        raise InputError(
            f"{path.name} holds the value {', '.join(map(str, other))}, expected 0 unchanged, 1 new and 2 gone, or 255 changed"
        )
    return values, plain


def _mask_name(stem: str) -> str:
    """The name of the pair: site_3 for site_3_mask."""
    for ending in ENDINGS:
        for sign in "-_. ":
            if stem.lower().endswith(sign + ending):
                return stem[: -len(ending) - 1]
    return bare_name(stem)
