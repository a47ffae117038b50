"""Pairs from STAC items.

An item that has assets of both dates ("before" and "after", by key or role) is a pair. Items of one date each are paired by a
property that they share, such as `grid:code`: neighbours in time become a pair.
"""

from __future__ import annotations

from itertools import pairwise

from chronosight.batch.row import Row, questions
from chronosight.errors import InputError
from chronosight.scenes.stac import StacItem, document_name, read_items


def read_stac(source: str, asset: str | None = None, pair_by: str | None = None) -> tuple[list[Row], list[str]]:
    """Reads pairs from STAC JSON.

    Args:
        source: Path or address of the document.
        asset: Key or role of the asset to use of items of one date; "visual", then role "data" when None.
        pair_by: Property that items of one place share; not needed for two items, or items with both dates.

    Returns:
        One row a pair, and remarks for the user.

    Raises:
        InputError: It is no STAC, an asset is missing, or it is not clear which items belong together.
    """
    (items, notes), name = read_items(source), document_name(source)
    both = [item for item in items if item.asset("before") and item.asset("after")]
    if both and len(both) < len(items):
        raise InputError(f'{name}: {len(both)} of {len(items)} items have assets "before" and "after"; expected all or none')
    if both:
        return [_pair_item(item) for item in both], notes
    return _pairs_of_dates(name, items, asset, pair_by), notes


def _pair_item(item: StacItem) -> Row:
    facts = item.properties
    asked: tuple[str, ...] = ()
    fault = ""
    try:
        asked = questions(facts.get("questions"), f"item {item.id}")
    except InputError as error:
        fault = str(error)
    dates = facts.get("start_datetime"), facts.get("end_datetime") or facts.get("datetime")
    return Row(item.id, item.href("before"), item.href("after"), *dates, asked, fault=fault)


def _pairs_of_dates(name: str, items: list[StacItem], asset: str | None, pair_by: str | None) -> list[Row]:
    if pair_by is None and len(items) != 2:
        raise InputError(
            f"{name} holds {len(items)} items of one date each; say which property items of one place share, such as "
            "--pair-by grid:code"
        )
    places: dict[str, list[tuple[str, StacItem]]] = {}
    for item in items:
        time = item.time
        key = "" if pair_by is None else item.properties.get(pair_by)
        if key is None:
            raise InputError(f"the STAC item {item.id} has no property {pair_by}; it has {', '.join(sorted(item.properties))}")
        places.setdefault(str(key), []).append((time, item))
    rows = []
    for place, dates in places.items():
        dates.sort(key=lambda one: one[0])
        for (time, item), (later_time, later) in pairwise(dates):
            own = f"{item.id}-{later.id}" if len(dates) > 2 or not place else place
            rows.append(Row(own, item.href(asset), later.href(asset), time, later_time))
    return rows
