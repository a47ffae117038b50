"""STAC 1.0 and 1.1 as plain JSON: an item, an item collection, or a collection that links to its items.

Documents are files, or lie at addresses that `--allow-remote` allows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from chronosight.errors import InputError
from chronosight.files import parse_json, read_json_object
from chronosight.limits import MAX_STAC_DOCUMENTS
from chronosight.scenes.files import locate
from chronosight.scenes.remote import read_document

EXPECTED = "a STAC item, an item collection (FeatureCollection) or a collection that links to items"
IMAGE_ROLES = ("visual", "data", "overview")  # in this order, where no asset was named


@dataclass(frozen=True)
class StacItem:
    """One item.

    Attributes:
        facts: The item as JSON.
        document: Path or address of its document, which relative addresses start from.
    """

    facts: dict[str, Any]
    document: str

    @property
    def id(self) -> str:
        """Its name."""
        return str(self.facts.get("id"))

    @property
    def properties(self) -> dict[str, Any]:
        """Its properties; none where it has none."""
        found = self.facts.get("properties")
        return found if isinstance(found, dict) else {}

    @property
    def time(self) -> str:
        """Its datetime, or where its time span begins.

        Raises:
            InputError: It has neither.
        """
        time = self.properties.get("datetime") or self.properties.get("start_datetime")
        if not isinstance(time, str):
            raise InputError(f"the STAC item {self.id} has no datetime; expected one to order the dates by")
        return time

    def asset(self, name: str) -> dict[str, Any] | None:
        """The asset of that key, else the first one of that role.

        Args:
            name: Key or role.

        Returns:
            The asset as JSON; None where there is none.
        """
        assets = self.facts.get("assets")
        if not isinstance(assets, dict):
            return None
        by_role = (one for one in assets.values() if isinstance(one, dict) and name in (one.get("roles") or ()))
        found = assets.get(name)
        return found if isinstance(found, dict) else next(by_role, None)

    def href(self, wanted: str | None = None) -> str:
        """The path or address of its image.

        Args:
            wanted: Key or role of the asset; when None "visual", then an asset of role "data", then the only image.

        Returns:
            An absolute path, or an address.

        Raises:
            InputError: No asset fits; the message lists what there is.
        """
        assets = self.facts.get("assets") or {}
        if wanted is not None:
            found = self.asset(wanted)
        else:
            found = next((one for role in IMAGE_ROLES if (one := self.asset(role))), None)
            if found is None and len(assets) == 1:
                found = next(iter(assets.values()))
        if not isinstance(found, dict) or not isinstance(found.get("href"), str):
            raise InputError(
                f'the STAC item {self.id} has no asset "{wanted or "visual"}"; it has {", ".join(assets) or "none"}: '
                "name one with --asset"
            )
        return _beside(self.document, found["href"])


def read_items(source: str) -> tuple[list[StacItem], list[str]]:
    """Reads the items of a document, and of those that it links to.

    Args:
        source: Path or address of the document.

    Returns:
        The items, in the order of the links, and remarks for the user.

    Raises:
        InputError: It is no STAC, or links to too many documents.
    """
    notes: list[str] = []
    return list(_items(source, notes)), notes


def document_name(place: str) -> str:
    """The name of a document for messages, without the query of an address, which may hold a key.

    Args:
        place: Path or address.

    Returns:
        The file name.
    """
    return Path(place.partition("?")[0]).name if "://" in place else Path(place).name


def _items(source: str, notes: list[str]) -> Iterator[StacItem]:
    waiting, known = [source], {source}
    while waiting:
        place = waiting.pop()
        document, name = _read(place), document_name(place)
        links = document.get("links")
        links = [link for link in links if isinstance(link, dict)] if isinstance(links, list) else []
        match document.get("type"):
            case "Feature":
                yield StacItem(document, place)
            case "FeatureCollection":
                features = document.get("features")
                for item in features if isinstance(features, list) else []:
                    if not isinstance(item, dict):
                        raise InputError(f"{name} holds something else than features; expected {EXPECTED}")
                    yield StacItem(item, place)
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
    document = parse_json(read_document(place, EXPECTED), document_name(place), EXPECTED)
    if not isinstance(document, dict):
        raise InputError(f"{document_name(place)} is no JSON object; expected {EXPECTED}")
    return document


def _beside(place: str, href: str) -> str:
    """What a document means by an address: relative to itself."""
    return urljoin(place, href) if "://" in place else locate(href.removeprefix("file://"), Path(place).parent)
