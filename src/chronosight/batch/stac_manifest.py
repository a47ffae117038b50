"""Pairs from STAC: an item, an item collection, or a collection whose items lie beside it (STAC 1.0 and 1.1, plain JSON).

An item that has assets of both dates ("before" and "after", by key or role) is a pair. Items of one date each are paired by a
property that they share, such as `grid:code`: neighbours in time become a pair.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

from chronosight.batch.row import Row, locate, questions
from chronosight.errors import InputError
from chronosight.files import read_json_object

EXPECTED = "a STAC item, an item collection (FeatureCollection) or a collection with items beside it"
IMAGE_ROLES = ("visual", "data", "overview")  # in this order, where no asset was named


def read_stac(path: Path, asset: str | None = None, pair_by: str | None = None) -> list[Row]:
    """Reads pairs from STAC JSON.

    Args:
        path: The document.
        asset: Key or role of the asset to use of items of one date; "visual", then role "data" when None.
        pair_by: Property that items of one place share; not needed for two items, or items with both dates.

    Returns:
        One row a pair.

    Raises:
        InputError: It is no STAC, an asset is missing, or it is not clear which items belong together.
    """
    items = list(_items(path))
    both = [(item, base) for item, base in items if _asset(item, "before") and _asset(item, "after")]
    if both and len(both) < len(items):
        raise InputError(f'{path.name}: {len(both)} of {len(items)} items have assets "before" and "after"; expected all or none')
    if both:
        return [_pair_item(item, base) for item, base in both]
    return _pairs_of_dates(path, items, asset, pair_by)


def asset_href(item: dict[str, Any], base: Path, wanted: str | None = None) -> str:
    """The address of an item's image.

    Args:
        item: The STAC item.
        base: Folder of its document, for relative addresses.
        wanted: Key or role of the asset; when None "visual", then an asset of role "data", then the only image.

    Raises:
        InputError: No asset fits; the message lists what there is.
    """
    assets = item.get("assets") or {}
    if wanted is not None:
        found = _asset(item, wanted)
    else:
        found = next((one for role in IMAGE_ROLES if (one := _asset(item, role))), None)
        if found is None and len(assets) == 1:
            found = next(iter(assets.values()))
    if not isinstance(found, dict) or not isinstance(found.get("href"), str):
        raise InputError(
            f'the STAC item {item.get("id")} has no asset "{wanted or "visual"}"; it has {", ".join(assets) or "none"}: '
            "name one with --asset"
        )
    return locate(found["href"].removeprefix("file://"), base)


def _items(path: Path) -> Iterator[tuple[dict[str, Any], Path]]:
    """Items with the folder that their relative addresses start from."""
    document = read_json_object(path, EXPECTED)
    match document.get("type"):
        case "Feature":
            yield document, path.parent
        case "FeatureCollection":
            features = document.get("features")
            for item in features if isinstance(features, list) else []:
                if not isinstance(item, dict):
                    raise InputError(f"{path.name} holds something else than features; expected {EXPECTED}")
                yield item, path.parent
        case "Collection" | "Catalog":
            for link in document.get("links") or []:
                href = link.get("href") if isinstance(link, dict) and link.get("rel") in ("item", "child") else None
                if isinstance(href, str):
                    if "://" in href:
                        raise InputError(f"{path.name} links to {href}; expected items beside it: download them, or list them")
                    yield from _items(path.parent / href)
        case other:
            raise InputError(f'{path.name} is of type "{other}"; expected {EXPECTED}')


def _asset(item: dict[str, Any], name: str) -> dict[str, Any] | None:
    """The asset of that key, else the first one of that role."""
    assets = item.get("assets")
    if not isinstance(assets, dict):
        return None
    by_role = (one for one in assets.values() if isinstance(one, dict) and name in (one.get("roles") or ()))
    found = assets.get(name)
    return found if isinstance(found, dict) else next(by_role, None)


def _properties(item: dict[str, Any]) -> dict[str, Any]:
    found = item.get("properties")
    return found if isinstance(found, dict) else {}


def _pair_item(item: dict[str, Any], base: Path) -> Row:
    facts = _properties(item)
    return Row(
        str(item.get("id")), asset_href(item, base, "before"), asset_href(item, base, "after"), facts.get("start_datetime"),
        facts.get("end_datetime") or facts.get("datetime"), questions(facts.get("questions"), f"item {item.get('id')}"),
    )  # fmt: skip


def _pairs_of_dates(path: Path, items: list[tuple[dict[str, Any], Path]], asset: str | None, pair_by: str | None) -> list[Row]:
    if pair_by is None and len(items) != 2:
        raise InputError(
            f"{path.name} holds {len(items)} items of one date each; say which property items of one place share, such as "
            "--pair-by grid:code"
        )
    places: dict[str, list[tuple[str, dict[str, Any], Path]]] = {}
    for item, base in items:
        facts = _properties(item)
        time = facts.get("datetime") or facts.get("start_datetime")
        if not isinstance(time, str):
            raise InputError(f"the STAC item {item.get('id')} has no datetime; expected one to order the dates by")
        key = "" if pair_by is None else facts.get(pair_by)
        if key is None:
            raise InputError(f"the STAC item {item.get('id')} has no property {pair_by}; it has {', '.join(sorted(facts))}")
        places.setdefault(str(key), []).append((time, item, base))
    rows = []
    for place, dates in places.items():
        dates.sort(key=lambda one: one[0])
        for (time, item, base), (later_time, later, later_base) in pairwise(dates):
            name = f"{item.get('id')}-{later.get('id')}" if len(dates) > 2 or not place else place
            first, second = asset_href(item, base, asset), asset_href(later, later_base, asset)
            rows.append(Row(name, first, second, time, later_time))
    return rows
