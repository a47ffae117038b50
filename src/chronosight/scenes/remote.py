"""Images at addresses, off until a host or bucket is allowed; read window by window through GDAL's own file systems.

`allow_remote` names what may be read: hosts ("data.example.org", also with a port; "http://..." for plain HTTP), buckets
("s3://bucket", "gs://bucket", "az://container") and "vrt" for local VRTs of local files. Redirects are followed here, hop by
hop: each must lead to an allowed host, and none to an address inside a private network unless that very address was
allowed. GDAL gets the address at the end, and may open that one alone.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable, Mapping
from pathlib import Path
from urllib.parse import quote, urljoin, urlsplit

from chronosight.errors import InputError
from chronosight.limits import MAX_REMOTE_JSON_BYTES

BUCKETS = {"s3": "vsis3", "gs": "vsigs", "az": "vsiaz"}
PREFIXES = ("/vsicurl?url=", *(f"/{name}/" for name in BUCKETS.values()))
VRT = "vrt"
HOPS = 5
HEAD = 512  # bytes, enough to see what a file holds
SECONDS = 20.0
_allowed: set[str] = set()
_heads: dict[str, bytes] = {}  # of the addresses checked so far, by GDAL's name for them
_marks: dict[str, str] = {}  # what a server says of the version of a file: size, time of change, tag


def allow_remote(entries: Iterable[str]) -> None:
    """Sets what may be read in this process, in place of what was allowed before.

    Args:
        entries: Hosts, buckets, or "vrt".

    Raises:
        InputError: One of them is neither.
    """
    chosen = {entry.strip().rstrip("/").lower() for entry in entries}
    for entry in chosen:
        scheme, sign, rest = entry.rpartition("://")
        bad = not rest or any(c in rest for c in "/?#@* ") or (sign and scheme not in (*BUCKETS, "http", "https"))
        if bad:
            raise InputError(f'--allow-remote is "{entry}", expected a host such as data.example.org, s3://bucket, or vrt')
    _allowed.clear()
    _allowed.update(entry.removeprefix("https://") for entry in chosen)
    _heads.clear()


def allowed() -> tuple[str, ...]:
    """What may be read in this process.

    Returns:
        Entries, as `allow_remote` takes them.
    """
    return tuple(sorted(_allowed))


def vrt_allowed() -> bool:
    """Whether local VRTs may be read."""
    return VRT in _allowed


def is_remote(path: Path) -> bool:
    """Whether a path is one that `remote_path` gave.

    Args:
        path: Any path.

    Returns:
        True where it is.
    """
    return str(path).startswith(PREFIXES)


def remote_path(address: str) -> Path:
    """GDAL's name for an address.

    Args:
        address: https://, http://, s3://, gs:// or az://, or a name that this function gave before.

    Raises:
        InputError: It is not allowed, leads somewhere that is not, or cannot be read.
    """
    if address in _heads:
        return Path(address)
    scheme, host = urlsplit(address).scheme.lower(), urlsplit(address).netloc.lower()
    if scheme in BUCKETS:
        if f"{scheme}://{host}" not in _allowed:
            raise _not_allowed(address, f"{scheme}://{host}")
        name = f"/{BUCKETS[scheme]}/{host}{urlsplit(address).path}"
        _heads[name] = _head_of_bucket(name, address)
        return Path(name)
    if scheme not in ("http", "https"):
        raise _not_allowed(address, host or "HOST")
    final, head, mark = _follow(address)
    name = f"/vsicurl?url={quote(final, safe='/').replace('//', '%2F%2F')}"
    _heads[name], _marks[name] = head, mark
    return Path(name)


def head_of(path: Path) -> bytes:
    """The first bytes of a remote file.

    Args:
        path: A path that `remote_path` gave.

    Returns:
        The bytes.
    """
    return _heads[str(path)]


def mark_of(path: Path) -> str:
    """The version of a remote file, as the server gives it.

    Args:
        path: A path that `remote_path` gave.

    Returns:
        The version; "" where the server gives none.
    """
    return _marks.get(str(path), "")


def _follow(address: str) -> tuple[str, bytes, str]:
    """The address at the end of all redirects, the first bytes there, and the version of the file that the server gives."""
    final, status, headers, head = _get(address, HEAD, {"Range": f"bytes=0-{HEAD - 1}"}, "an image")
    if status == 200 and "bytes" not in headers.get("accept-ranges", ""):
        raise InputError(f"{_shown(final)} cannot be read in parts (no range requests): download it first")
    return final, head, " ".join(headers.get(name, "") for name in ("content-range", "last-modified", "etag"))


def read_document(address: str, expected: str) -> bytes:
    """A document at an https:// or http:// address that is allowed; redirects are followed as for images.

    Args:
        address: Of the document.
        expected: What it should be, for messages.

    Returns:
        The document as it was sent.

    Raises:
        InputError: It is not allowed, cannot be read, or is too large.
    """
    if urlsplit(address).scheme.lower() not in ("http", "https"):
        raise InputError(f"{_shown(address)} is no https:// address, expected {expected}: download it first")
    final, _, _, body = _get(address, MAX_REMOTE_JSON_BYTES + 1, {}, expected)
    if len(body) > MAX_REMOTE_JSON_BYTES:
        raise InputError(f"{_shown(final)} has more than {MAX_REMOTE_JSON_BYTES >> 20} MB: download it, or cut it into parts")
    return body


def _get(address: str, most: int, headers: dict[str, str], expected: str) -> tuple[str, int, Mapping[str, str], bytes]:
    """The address at the end of all redirects, status and headers there, and at most that many bytes."""
    import httpx

    with httpx.Client(follow_redirects=False, timeout=SECONDS, trust_env=True) as client:
        for _ in range(HOPS):
            _check_host(address)
            try:
                with client.stream("GET", address, headers=headers) as reply:
                    if reply.is_redirect:
                        address = urljoin(address, reply.headers.get("location", ""))
                        continue
                    if reply.status_code not in (200, 206):
                        raise InputError(f"{_shown(address)} answers {reply.status_code}, expected {expected}: check the address")
                    body = bytearray()
                    for part in reply.iter_bytes():
                        body += part
                        if len(body) >= most:
                            break
                    return address, reply.status_code, reply.headers, bytes(body[:most])
            except InputError:
                raise
            except httpx.HTTPError as error:
                raise InputError(f"{_shown(address)} cannot be read ({type(error).__name__}): check it, or try again") from None
            except (httpx.InvalidURL, ValueError):
                raise InputError(f"{_shown(address)} is no address: check it") from None
    raise InputError(f"{_shown(address)} was reached after {HOPS} redirects and leads on: give the final address")


def _check_host(address: str) -> None:
    """Raises InputError where a host is not allowed, or its name leads into a private network."""
    parts = urlsplit(address)
    host = parts.netloc.lower()
    if "@" in host or not parts.hostname:
        raise InputError(f"{_shown(address)} has a user name or no host in it, expected a plain address")
    if (host if parts.scheme == "https" else f"{parts.scheme}://{host}") not in _allowed:
        raise _not_allowed(address, host if parts.scheme == "https" else f"{parts.scheme}://{host}")
    try:
        ipaddress.ip_address(parts.hostname)
        return  # this very address was allowed
    except ValueError:
        pass
    try:
        found = {info[4][0] for info in socket.getaddrinfo(parts.hostname, parts.port or 443, proto=socket.IPPROTO_TCP)}
    except OSError:
        return  # behind a proxy names may not resolve here; reading it says what is wrong
    for one in found:
        if not ipaddress.ip_address(str(one).partition("%")[0]).is_global:
            raise InputError(f"{parts.hostname} leads to {one}, an address in a private network: allow that address itself")


def _head_of_bucket(name: str, address: str) -> bytes:
    """What a file in a bucket holds, judged by the driver that opens it (credentials are those that GDAL finds)."""
    import rasterio
    from rasterio.errors import RasterioIOError

    magic = {"GTiff": b"II*\x00", "PNG": b"\x89PNG\r\n\x1a\n", "JPEG": b"\xff\xd8\xff", "JP2OpenJPEG": b"\xff\x4f\xff\x51"}
    try:
        with rasterio.Env(**remote_options(Path(name))), rasterio.open(name, driver=list(magic)) as dataset:
            return magic[dataset.driver]
    except RasterioIOError as error:
        reason = " ".join(str(error).split())[:120]
        raise InputError(f"{_shown(address)} cannot be read ({reason}): check its name and your credentials") from None


def remote_options(path: Path) -> dict[str, object]:
    """GDAL's options for a remote file: it alone may be opened, and no file beside it is searched for.

    Args:
        path: A path that `remote_path` gave.

    Returns:
        Options for `rasterio.Env`.
    """
    return {
        "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",
        "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": None,
        "CPL_VSIL_CURL_ALLOWED_FILENAME": str(path),
        "GDAL_HTTP_TIMEOUT": "60",
        "GDAL_HTTP_MAX_RETRY": "2",
        "GDAL_INGESTED_BYTES_AT_OPEN": "32768",
        "VSI_CACHE": "YES",
    }


def _not_allowed(address: str, entry: str) -> InputError:
    return InputError(
        f"{_shown(address)} is an address, expected a file on this machine: download it first, or allow it with "
        f"--allow-remote {entry}"
    )


def _shown(address: str) -> str:
    """An address without its query, which may hold a key."""
    line = "".join(c if c.isprintable() else "?" for c in address)
    return line.partition("?")[0][:200]
