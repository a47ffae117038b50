"""Which pairs to describe: a table (CSV, JSON lines, Parquet, GeoParquet), STAC items, or folders matched by name."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from chronosight.batch.row import Row, questions
from chronosight.batch.stac_manifest import read_stac
from chronosight.errors import InputError, install_hint
from chronosight.files import check_regular_file, read_json_lines
from chronosight.limits import MAX_JSON_BYTES
from chronosight.scenes.files import locate
from chronosight.scenes.resolution import check_stated

COLUMNS = ("id", "before", "after", "before_date", "after_date", "date", "metres_per_pixel", "questions")
SILENT = ("geometry", "bbox")  # of GeoParquet, whose other columns need it: no setting of a pair
NO_OBJECT = object()  # in the place of a column: a line of JSON that is none
FEW = 5  # columns that a note names
EXPECTED = (
    "a manifest: .csv, .jsonl, .parquet or .geoparquet with the columns before and after (and id, before_date, after_date, "
    "metres_per_pixel, questions), STAC items (.json), or folders of images"
)


def read_manifest(
    source: str | Path, after: str | Path | None = None, asset: str | None = None, pair_by: str | None = None
) -> tuple[list[Row], list[str]]:
    """Reads a manifest.

    Args:
        source: A file, a folder of pairs, the folder of the earlier images, or the address of STAC items.
        after: The folder of the later images, where `source` is a folder of earlier ones.
        asset: Of STAC items: key or role of the asset to use.
        pair_by: Of STAC items of one date each: the property that items of one place share.

    Returns:
        The rows, in the order given, and remarks for the user.

    Raises:
        InputError: It cannot be read, a column is missing, or an id is there twice. A row that cannot be used is given with its
            fault.
    """
    notes: list[str] = []
    address, source = str(source), Path(source)
    if "://" in address:
        rows, notes = read_stac(address, asset, pair_by)
    elif source.is_dir() or after is not None:
        rows, notes = _folders(source, None if after is None else Path(after))
    else:
        check_regular_file(source, EXPECTED, MAX_JSON_BYTES)
        kind = source.suffix.lower()
        if kind in (".json", ".geojson"):
            rows, notes = read_stac(str(source), asset, pair_by)
        elif kind in (".csv", ".tsv", ".jsonl", ".ndjson", ".parquet", ".geoparquet"):
            unused: dict[str, None] = {}
            rows = [_row(values, where, source.parent) for where, values in _table(source, kind, unused)]
            notes = _ignored(source, list(unused))
        else:
            raise InputError(f"{source.name} ends in {kind or 'nothing'}; expected {EXPECTED}")
    if not rows:
        raise InputError(f"{source} holds no pair; expected {EXPECTED}")
    seen: dict[str, Row] = {}
    for row in rows:
        if row.id in seen:
            raise InputError(f'the id "{row.id}" is there twice in {source.name}; give every pair an id of its own')
        seen[row.id] = row
    return rows, notes


def _folders(source: Path, after: Path | None) -> tuple[list[Row], list[str]]:
    from chronosight.scenes.pair_names import pairs_in_folder, pairs_of_folders

    for folder in (source, after):
        if folder is not None and not folder.is_dir():
            raise InputError(f"{folder} is no folder; expected two folders of images, or one manifest")
    alone: list[str] = []
    if after is None:
        pairs = pairs_in_folder(source)
        if not pairs:
            raise InputError(
                f"{source} holds no pairs by name; expected NAME_before and NAME_after, folders before/ and after/, or give "
                "two folders or a manifest"
            )
    else:
        pairs, alone = pairs_of_folders(source, after)
        if not pairs:
            raise InputError(f"{source} and {after} have no image of the same name; rename them, or give a manifest")
    notes = [f"{len(alone)} images have no partner and are left out: {', '.join(alone[:5])}{', ...' * (len(alone) > 5)}"]
    return [Row(name, str(first), str(second)) for name, first, second in pairs], notes if alone else []


def _ignored(path: Path, columns: list[str]) -> list[str]:
    """A line on the columns that mean nothing here: a setting among them would not be used."""
    if not columns:
        return []
    named = f"{', '.join(columns[:FEW])}{', ...' * (len(columns) > FEW)}"
    used = ", ".join(name for name in COLUMNS if name != "date")
    return [f"{path.name}: column{'s' * (len(columns) > 1)} {named} ignored; those that are used: {used}"]


def _unknown(names: Iterable[Any]) -> dict[str, None]:
    return {name: None for name in names if isinstance(name, str) and name.strip() and name not in (*COLUMNS, *SILENT)}


def _table(path: Path, kind: str, unused: dict[str, None]) -> Iterator[tuple[str, Mapping[Any, Any]]]:
    """Where each row stands, for messages, and its values by column; `unused` gets the names of columns that are not read."""
    if kind in (".jsonl", ".ndjson"):
        for number, value in read_json_lines(path, EXPECTED):
            unused |= _unknown(value) if isinstance(value, dict) else {}
            yield f"{path.name}, line {number}", value if isinstance(value, dict) else {NO_OBJECT: value}
    elif kind in (".csv", ".tsv"):
        try:
            with path.open(encoding="utf-8-sig", newline="") as file:
                reader = csv.DictReader(file, delimiter="\t" if kind == ".tsv" else ",")
                _check_columns(path, reader.fieldnames or ())
                unused |= _unknown(reader.fieldnames or ())
                for row in reader:
                    yield f"{path.name}, line {reader.line_num}", row
        except (UnicodeDecodeError, csv.Error) as error:
            raise InputError(f"{path.name} is no CSV in UTF-8 ({error}); save it again as one") from None
    else:
        yield from _parquet(path, unused)


def _parquet(path: Path, unused: dict[str, None]) -> Iterator[tuple[str, Mapping[Any, Any]]]:
    try:
        import pyarrow.parquet as parquet
        from pyarrow.lib import ArrowException
    except ImportError:
        raise InputError(f"reading {path.name} needs pyarrow; install with: {install_hint('batch')}") from None
    try:
        with parquet.ParquetFile(path) as file:
            names = file.schema_arrow.names
            _check_columns(path, names)
            unused |= _unknown(names)
            number = 0
            for batch in file.iter_batches(columns=[name for name in names if name in COLUMNS]):
                for row in batch.to_pylist():
                    number += 1
                    yield f"{path.name}, row {number}", row
    except (ArrowException, OSError) as error:
        raise InputError(f"{path.name} is no Parquet file ({' '.join(str(error).split())[:120]}); write it again") from None


def _check_columns(path: Path, names: Iterable[str]) -> None:
    found = list(names)
    if missing := [name for name in ("before", "after") if name not in found]:
        named = ", ".join(map(str, found)) or "none"
        raise InputError(f"{path.name} has the columns {named}; expected also {' and '.join(missing)}")


def _row(values: Mapping[Any, Any], where: str, folder: Path) -> Row:
    """A row; what it holds that cannot be used becomes its fault, so that the other pairs are described."""
    texts = {name: str(values[name]).strip() for name in COLUMNS[:-2] if values.get(name) not in (None, "")}
    before, after = (locate(texts[name], folder) if texts.get(name) else "" for name in ("before", "after"))
    made = texts.get("id") or (f"{Path(before).stem}-{Path(after).stem}" if before and after else where)
    asked: tuple[str, ...] = ()
    metres, fault = None, ""
    try:
        _check_values(values, texts, where)
        asked = questions(values.get("questions"), where)
        metres = _ground_size(values.get("metres_per_pixel"), where)
    except InputError as error:
        fault = str(error)
    dates = texts.get("before_date"), texts.get("after_date", texts.get("date"))
    return Row(made, before, after, *dates, asked, metres, fault)


def _check_values(values: Mapping[Any, Any], texts: Mapping[str, str], where: str) -> None:
    if NO_OBJECT in values:
        raise InputError(f"{where} is no JSON object; expected {EXPECTED}")
    if None in values:  # as the reader of CSV calls what is left over: a comma in a path moves all that follows
        raise InputError(f"{where} has more values than there are columns; put quotes around values that hold a comma")
    for name in ("before", "after"):
        if not texts.get(name):
            raise InputError(f'{where} has no "{name}"; expected the path of an image')


def _ground_size(value: Any, where: str) -> float | None:
    """The column metres_per_pixel, as the option --metres-per-pixel is read; None for an empty cell, or Parquet's NaN."""
    if value is None or str(value).strip() in ("", "nan"):
        return None
    try:
        metres = float(str(value))
        check_stated(metres)
    except (InputError, ValueError) as error:
        said = error if isinstance(error, InputError) else f"metres per pixel is {value!r}, expected a number such as 0.5"
        raise InputError(f"{where}: {said}") from None
    return metres
