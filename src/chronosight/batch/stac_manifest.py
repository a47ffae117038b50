"""Pairs from STAC: an item, an item collection, or a collection that links to its items (STAC 1.0 and 1.1, plain JSON).

Documents are files, or lie at addresses that `--allow-remote` allows.
An item that has assets of both dates ("before" and "after", by key or role) is a pair. Items of one date each are paired by a
property that they share, such as `grid:code`: neighbours in time become a pair.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from chronosight.batch.row import Row, locate, questions
from chronosight.errors import InputError
from chronosight.files import parse_json, read_json_object
from chronosight.limits import MAX_STAC_DOCUMENTS
from chronosight.scenes.remote import read_document

EXPECTED = "a STAC item, an item collection (FeatureCollection) or a collection that links to items"
IMAGE_ROLES = ("visual", "data", "overview")  # in this order, where no asset was named


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
    notes: list[str] = []
    items, name = list(_items(source, notes)), _name(source)
    both = [(item, base) for item, base in items if _asset(item, "before") and _asset(item, "after")]
    if both and len(both) < len(items):
        raise InputError(f'{name}: {len(both)} of {len(items)} items have assets "before" and "after"; expected all or none')
    if both:
        return [_pair_item(item, document) for item, document in both], notes
    return _pairs_of_dates(name, items, asset, pair_by), notes


def asset_href(item: dict[str, Any], document: str, wanted: str | None = None) -> str:
    """The path or address of an item's image.

    Args:
        item: The STAC item.
        document: Path or address of its document, for relative ones.
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
    return _beside(document, found["href"])


def _items(source: str, notes: list[str]) -> Iterator[tuple[dict[str, Any], str]]:
    """Items with the document that their relative addresses start from, in the order of the links."""
    waiting, known = [source], {source}
    while waiting:
        place = waiting.pop()
        document, name = _read(place), _name(place)
        links = document.get("links")
        links = [link for link in links if isinstance(link, dict)] if isinstance(links, list) else []
        match document.get("type"):
            case "Feature":
                yield document, place
            case "FeatureCollection":
                features = document.get("features")
                for item in features if isinstance(features, list) else []:
                    if not isinstance(item, dict):
                        raise InputError(f"{name} holds something else than features; expected {EXPECTED}")
                    yield item, place
                if any(link.get("rel") == "next" for link in links):
                    notes.append(f"{name} is one page of a search: the items of further pages are not read")
            case "Collection" | "Catalog":
                hrefs = [link.get("href") for link in links if link.get("rel") in ("item", "child")]
                linked = [_beside(place, href) for href in hrefs if isinstance(href, str)]
                waiting += reversed([one for one in dict.fromkeys(linked) if one not in known])
                known.update(linked)
                if len(known) > MAX_STAC_DOCUMENTS:
                    raise InputError(f"{name} links to more than {MAX_STAC_DOCUMENTS:,} documents: give an item collection")
            case other:
                raise InputError(f'{name} is of type "{other}"; expected {EXPECTED}')


def _read(place: str) -> dict[str, Any]:
    if "://" not in place:
        return read_json_object(place, EXPECTED)
    document = parse_json(read_document(place, EXPECTED), _name(place), EXPECTED)
    if not isinstance(document, dict):
        raise InputError(f"{_name(place)} is no JSON object; expected {EXPECTED}")
    return document


def _beside(place: str, href: str) -> str:
    """What a document means by an address: relative to itself."""
    return urljoin(place, href) if "://" in place else locate(href.removeprefix("file://"), Path(place).parent)


def _name(place: str) -> str:
    """For messages, without the query of an address, which may hold a key."""
    return Path(place.partition("?")[0]).name if "://" in place else Path(place).name


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


def _pair_item(item: dict[str, Any], document: str) -> Row:
    facts = _properties(item)
    before, after = (asset_href(item, document, name) for name in ("before", "after"))
    return Row(
        str(item.get("id")), before, after, facts.get("start_datetime"),
        facts.get("end_datetime") or facts.get("datetime"), questions(facts.get("questions"), f"item {item.get('id')}"),
    )  # fmt: skip


def _pairs_of_dates(name: str, items: list[tuple[dict[str, Any], str]], asset: str | None, pair_by: str | None) -> list[Row]:
    if pair_by is None and len(items) != 2:
        raise InputError(
            f"{name} holds {len(items)} items of one date each; say which property items of one place share, such as "
            "--pair-by grid:code"
        )
    places: dict[str, list[tuple[str, dict[str, Any], str]]] = {}
    for item, document in items:
        facts = _properties(item)
        time = facts.get("datetime") or facts.get("start_datetime")
        if not isinstance(time, str):
            raise InputError(f"the STAC item {item.get('id')} has no datetime; expected one to order the dates by")
        key = "" if pair_by is None else facts.get(pair_by)
        if key is None:
            raise InputError(f"the STAC item {item.get('id')} has no property {pair_by}; it has {', '.join(sorted(facts))}")
        places.setdefault(str(key), []).append((time, item, document))
    rows = []
    for place, dates in places.items():
        dates.sort(key=lambda one: one[0])
        for (time, item, document), (later_time, later, later_document) in pairwise(dates):
            own = f"{item.get('id')}-{later.get('id')}" if len(dates) > 2 or not place else place
            first, second = asset_href(item, document, asset), asset_href(later, later_document, asset)
            rows.append(Row(own, first, second, time, later_time))
    return rows
