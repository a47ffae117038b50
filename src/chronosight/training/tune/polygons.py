"""Outlines of buildings, drawn in a GIS: which date they belong to, their class, and where they lie in a pair.

A GeoPackage may have a layer for each date (`before`, `after`) or for what changed (`changed`, `new`, `gone`), or one layer
with a field that says it (`date`). GeoJSON is one such layer.
"""

from __future__ import annotations

import sqlite3
import warnings
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from chronosight.errors import InputError
from chronosight.files import check_regular_file
from chronosight.limits import MAX_LABEL_BYTES, MAX_LABEL_CORNERS, MAX_LABELS
from chronosight.scenes.scene import Scene

EXPECTED = "a GeoPackage or GeoJSON of polygons, or a folder of masks"
KINDS = ("before", "after", "new", "gone", "changed")
WORDS = {
    "before": ("before", "earlier", "old", "pre", "t1", "first"),
    "after": ("after", "later", "post", "t2", "second"),
    "new": ("new", "appeared", "built", "added", "construction", "constructed"),
    "gone": ("gone", "removed", "vanished", "demolished", "demolition", "disappeared"),
    "changed": ("changed", "change", "changes"),
}
KIND_OF = {word: kind for kind, words in WORDS.items() for word in words}
DATE_FIELDS = ("date", "change", "state", "status", "when", "layer")
CLASS_FIELDS = ("class", "type", "category", "building", "label", "kind")
BUILDING_WORDS = (
    "building",
    "house",
    "roof",
    "yes",
    "residential",
    "commercial",
    "industrial",
    "hall",
    "hut",
    "garage",
    "shed",
    "1",
)


@dataclass(frozen=True)
class Outlines:
    """Polygons of a file, those that are buildings.

    Attributes:
        shapes: By kind (`KINDS`): polygons in the CRS of the file.
        crs: Of the corners.
        classes: How many polygons have each class, used or not; empty without a class field.
        unused: Classes that are no buildings.
        repaired: Polygons whose outline crossed itself and was repaired.
        skipped: Features that are no polygons, or have no area.
    """

    shapes: dict[str, list[Any]]
    crs: str
    classes: dict[str, int] = field(default_factory=dict)
    unused: tuple[str, ...] = ()
    repaired: int = 0
    skipped: int = 0

    @property
    def total(self) -> int:
        """Number of polygons."""
        return sum(map(len, self.shapes.values()))


def read_outlines(path: Path, class_field: str | None = None, buildings: tuple[str, ...] = ()) -> Outlines:
    """Reads the outlines.

    Args:
        path: GeoPackage or GeoJSON.
        class_field: Field with the class; None takes the first of `CLASS_FIELDS` that is there, if any.
        buildings: Classes that are buildings; those of `BUILDING_WORDS` when empty.

    Returns:
        The outlines of buildings.

    Raises:
        InputError: The file cannot be read, has no CRS, no polygons, or does not say which date they belong to.
    """
    import shapely

    check_regular_file(path, EXPECTED, MAX_LABEL_BYTES)
    shapes: dict[str, list[Any]] = {}
    classes: Counter[str] = Counter()
    used: set[str] = set()
    crs, corners, total, repaired, skipped = "", 0, 0, 0, 0
    layers = _layers(path)
    for layer in layers:
        outlines, fields, here = _read_layer(path, layer)
        if crs and here and here != crs:
            raise InputError(f"{path.name} has layers in {_short(crs)} and {_short(here)}, expected one CRS; save them in one")
        crs = crs or here
        of_layer = KIND_OF.get(layer.lower()) or _kind_within(layer)
        dates = _field(fields, DATE_FIELDS)
        named = _field(fields, (class_field,)) if class_field else _field(fields, CLASS_FIELDS)
        if class_field and named is None:
            raise InputError(f"layer {layer} of {path.name} has no field {class_field}; it has {_listed(fields)}")
        total += len(outlines)
        corners += int(shapely.get_num_coordinates(outlines).sum()) if len(outlines) else 0
        if total > MAX_LABELS or corners > MAX_LABEL_CORNERS:
            raise InputError(
                f"{path.name} has more than {MAX_LABELS:,} polygons or {MAX_LABEL_CORNERS:,} corners; keep those of the pairs"
            )
        if of_layer is not None:
            shapes.setdefault(of_layer, [])  # an empty layer says that nothing stood
        for number, outline in enumerate(outlines):
            whole, was_repaired = _polygon(outline)
            if whole is None:
                skipped += 1
                continue
            if named is not None:
                value = str(named[number] if named[number] is not None else "").strip() or "(none)"
                classes[value] += 1
                if not _is_building(value, buildings):
                    continue
                used.add(value)
            kind = of_layer
            if dates is not None and str(dates[number] or "").strip():
                kind = KIND_OF.get(str(dates[number]).strip().lower(), of_layer)
            if kind is None:
                said = "" if dates is None else str(dates[number] or "").strip()
                says = f"has {said[:40]!r} as its date" if said else "does not say its date"
                raise InputError(
                    f"{path.name}, layer {layer}: polygon {number + 1} {says}; expected layers or a field date with "
                    f"{', '.join(KINDS)}"
                )
            repaired += was_repaired
            shapes.setdefault(kind, []).append(whole)
    if not any(shapes.values()):
        if classes and not used:
            raise InputError(
                f"{path.name} has the classes {', '.join(list(classes)[:8])} and none is known as a building; "
                "name them with --building CLASS"
            )
        raise InputError(f"{path.name} holds no polygons of buildings, expected {EXPECTED}")
    if not crs:
        raise InputError(f"{path.name} has no CRS, so its polygons cannot be placed; set the CRS in QGIS and save it again")
    if len(one_date := {"before", "after"} & set(shapes)) == 1 and len(shapes) == 1:
        other = ({"before", "after"} - one_date).pop()
        raise InputError(
            f"{path.name} has outlines of the date {one_date.pop()} alone, so what changed is not known; add the layers new "
            f"and gone (empty where nothing changed) or a layer {other}, or call the layer changed, new or gone"
        )
    return Outlines(shapes, crs, dict(classes), tuple(sorted(set(classes) - used)), repaired, skipped)


def placed_outlines(outlines: Outlines, scene: Scene) -> dict[str, list[Any]]:
    """The outlines that touch a pair, in its pixels.

    Args:
        outlines: Of the file.
        scene: The pair, with a georeference.

    Returns:
        By kind: polygons, x right and y down in pixels.

    Raises:
        InputError: The outlines cannot be brought into the CRS of the pair.
    """
    import shapely
    from rasterio.crs import CRS
    from rasterio.warp import transform

    from chronosight.scenes.ground import GDAL_ERRORS

    place = scene.georeference
    assert place is not None
    a, b, c, d, e, f = tuple(~place.transform)[:6]
    frame = shapely.box(0, 0, scene.width, scene.height)
    try:
        source, target = CRS.from_user_input(outlines.crs), CRS.from_user_input(place.crs)
        found: dict[str, list[Any]] = {}
        for kind, shapes in outlines.shapes.items():
            array = np.array(shapes, dtype=object)
            corners = shapely.get_coordinates(array)
            if len(corners) and source != target:
                corners = np.stack(transform(source, target, corners[:, 0], corners[:, 1])[:2], axis=1)
            x, y = corners[:, 0], corners[:, 1]
            pixels = np.stack([a * x + b * y + c, d * x + e * y + f], axis=1)
            moved = shapely.set_coordinates(array.copy(), np.where(np.isfinite(pixels), pixels, -1e9)) if len(corners) else array
            found[kind] = [shape for shape in moved if shape.intersects(frame)]
    except GDAL_ERRORS as error:
        raise InputError(
            f"labels in {_short(outlines.crs)} cannot be brought to {_short(place.crs)} of {Path(scene.sources[0]).name} "
            f"({' '.join(str(error).split())[:80]}); save them in the CRS of the pairs"
        ) from None
    return found


def draw(shapes: list[Any], height: int, width: int) -> np.ndarray:
    """Draws polygons as one mask; a line of ground parts buildings that adjoin.

    Args:
        shapes: Polygons in pixels.
        height: Rows.
        width: Columns.

    Returns:
        (height, width) bool, pixels whose middle lies inside.
    """
    from rasterio.features import rasterize
    from scipy import ndimage

    if not shapes:
        return np.zeros((height, width), bool)
    numbered = [(shape, number) for number, shape in enumerate(shapes, 1)]
    labels = rasterize(numbered, out_shape=(height, width), fill=0, dtype=np.int32)
    meeting = np.zeros(labels.shape, bool)
    for first, second in ((np.s_[:, :-1], np.s_[:, 1:]), (np.s_[:-1], np.s_[1:])):
        meeting[first] |= (labels[first] != labels[second]) & (labels[first] > 0) & (labels[second] > 0)
    drawn: np.ndarray = (labels > 0) & ~ndimage.binary_dilation(meeting) if meeting.any() else labels > 0
    return drawn


def _layers(path: Path) -> list[str]:
    """Tables of a GeoPackage that hold shapes (a view's query may take for ever); the name of any other file."""
    with path.open("rb") as file:
        if file.read(16) != b"SQLite format 3\0":
            return [path.stem]
    query = "SELECT name, sql FROM sqlite_master WHERE name IN (SELECT table_name FROM gpkg_geometry_columns)"
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as connection:
            tables = [str(name) for name, sql in connection.execute(query) if str(sql).upper().startswith("CREATE TABLE")]
    except sqlite3.Error:
        raise InputError(f"{path.name} is a SQLite file but no GeoPackage, expected {EXPECTED}") from None
    if not tables:
        raise InputError(f"{path.name} has no layer of polygons, expected {EXPECTED}")
    return tables


def _read_layer(path: Path, layer: str) -> tuple[np.ndarray, dict[str, np.ndarray], str]:
    """-> shapes, values by field, CRS."""
    import shapely
    from pyogrio import raw

    with path.open("rb") as file:
        is_package = file.read(6) == b"SQLite"
    if not is_package and path.suffix.lower() not in (".geojson", ".json"):
        raise InputError(f"{path.name} ends in {path.suffix or 'nothing'}, expected {EXPECTED}")
    try:
        with warnings.catch_warnings(action="ignore"):
            facts, _, wkb, columns = raw.read(path, layer if is_package else None, max_features=MAX_LABELS + 1)
        outlines = shapely.force_2d(shapely.from_wkb(wkb)) if wkb is not None else np.array([], dtype=object)
    except (RuntimeError, ValueError, shapely.errors.ShapelyError) as error:  # pyogrio's errors are of these kinds
        raise InputError(f"{path.name} cannot be read ({' '.join(str(error).split())[:80]}), expected {EXPECTED}") from None
    return outlines, dict(zip(facts["fields"], columns, strict=True)), str(facts["crs"] or "")


def _polygon(outline: Any) -> tuple[Any, bool]:
    """The polygon, repaired where its outline crosses itself; None where there is no area."""
    import shapely

    if outline is None or outline.is_empty or outline.geom_type not in ("Polygon", "MultiPolygon"):
        return None, False
    if not np.isfinite(shapely.get_coordinates(outline)).all():
        return None, False
    repaired = not outline.is_valid
    if repaired:
        outline = shapely.make_valid(outline, method="structure", keep_collapsed=False)
    return (outline, repaired) if outline.area > 0 else (None, False)


def _is_building(value: str, buildings: tuple[str, ...]) -> bool:
    word = value.lower()
    if buildings:
        return word in {name.lower() for name in buildings}
    return word in BUILDING_WORDS or word.removesuffix("s") in BUILDING_WORDS


def _field(fields: dict[str, np.ndarray], names: tuple[str, ...]) -> np.ndarray | None:
    by_name = {name.lower(): values for name, values in fields.items()}
    return next((by_name[name.lower()] for name in names if name.lower() in by_name), None)


def _kind_within(layer: str) -> str | None:
    """The kind that a layer's name holds: after for buildings_after."""
    parts = layer.lower().replace("-", "_").replace(" ", "_").split("_")
    found = {KIND_OF[part] for part in parts if part in KIND_OF}
    return found.pop() if len(found) == 1 else None


def _listed(fields: dict[str, np.ndarray]) -> str:
    return ", ".join(fields) or "no fields"


def _short(crs: str) -> str:
    return crs if len(crs) <= 40 else crs.split("[", 2)[1].split(",")[0].strip('"') if "[" in crs else crs[:40]
