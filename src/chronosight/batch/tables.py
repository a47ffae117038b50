"""The tables of a run, made of its parts: exactly one row an id, in the order of the manifest.

Core writes results.jsonl, objects.geojson and items.json (STAC). With the extra `batch` also results.parquet, and
objects.parquet as GeoParquet.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from chronosight.batch.result import COLUMNS, REAL, TEXT, WHOLE, Result
from chronosight.batch.row import Row
from chronosight.files import write_text

OBJECT_COLUMNS = {
    "pair": TEXT, "number": WHOLE, "class": TEXT, "direction": TEXT, "cell": TEXT, "area_px": REAL, "area_m2": REAL,
    "length_m": REAL, "confidence": REAL, "outline_px": TEXT,
}  # fmt: skip
NEEDS_EXTRA = "results.parquet and objects.parquet need pyarrow and geopandas: pip install 'chronosight[batch]'"


def write_tables(out: Path, rows: Sequence[Row], results: dict[str, Result]) -> tuple[list[str], list[str]]:
    """Writes the tables; each file is replaced when the new one is whole.

    Args:
        out: Folder of the run.
        rows: Of the manifest, whose order is kept.
        results: The best result of each id.

    Returns:
        Names of the files, and remarks for the user.
    """
    chosen = [results[row.id] for row in rows if row.id in results]
    write_text(out / "results.jsonl", (json.dumps(one.row, ensure_ascii=False) + "\n" for one in chosen))
    write_text(out / "objects.geojson", _features(feature for one in chosen for feature in one.objects))
    write_text(out / "items.json", _features(one.item for one in chosen if one.item is not None))
    files = ["results.jsonl", "objects.geojson", "items.json"]
    if find_spec("pyarrow") is None or find_spec("geopandas") is None:
        return files, [NEEDS_EXTRA]
    _write_results_parquet(chosen, out / "results.parquet")
    _write_objects_parquet(chosen, out / "objects.parquet")
    return [*files, "results.parquet", "objects.parquet"], []


def _features(features: Iterator[dict[str, Any]]) -> Iterator[str]:
    """A FeatureCollection, one feature a line."""
    yield '{"type":"FeatureCollection","features":[\n'
    for number, feature in enumerate(features):
        yield (",\n" if number else "") + json.dumps(feature, ensure_ascii=False, separators=(",", ":"))
    yield "\n]}\n"


def _plain(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, (list, dict)) else value


def _write_results_parquet(chosen: Sequence[Result], path: Path) -> None:
    import pyarrow as arrow
    from pyarrow import parquet

    schema = arrow.schema([(name, arrow.type_for_alias(kind)) for name, kind in COLUMNS.items()])
    columns = {name: [_plain(one.row.get(name)) for one in chosen] for name in COLUMNS}
    aside = path.with_name(f".{path.name}.partial")
    parquet.write_table(arrow.table(columns, schema=schema), aside)
    os.replace(aside, path)


def _write_objects_parquet(chosen: Sequence[Result], path: Path) -> None:
    import geopandas
    import pandas
    import shapely

    features = [feature for one in chosen for feature in one.objects]
    frame = {}
    for name, kind in OBJECT_COLUMNS.items():
        values = [_plain(feature["properties"].get(name)) for feature in features]
        frame[name] = pandas.Series(values, dtype={TEXT: "string", WHOLE: "Int64", REAL: "float64"}[kind])
    shapes = [None if one["geometry"] is None else shapely.from_geojson(json.dumps(one["geometry"])) for one in features]
    places = geopandas.GeoSeries(geopandas.array.from_shapely(shapes, crs="EPSG:4326"))
    table = geopandas.GeoDataFrame(frame, geometry=places)
    aside = path.with_name(f".{path.name}.partial")
    table.to_parquet(aside, index=False)
    os.replace(aside, path)
