"""Images by address: data URLs, and files of hosts that the operator named. Nothing else is ever fetched."""

from __future__ import annotations

import base64
import binascii
import ipaddress
import socket
import ssl
import time
from urllib.parse import SplitResult, urlsplit

import httpx

from chronosight.errors import InputError
from chronosight.limits import MAX_REQUEST_BYTES
from chronosight.scenes.files import one_line
from chronosight.service.settings import Settings

SECONDS = 20.0  # for a whole file


def read_url(url: str, settings: Settings) -> bytes:
    """The bytes behind a data URL, or behind an https address of an allowed host.

    Args:
        url: As the client sent it.
        settings: Name the hosts that may be asked.

    Returns:
        The file, at most MAX_REQUEST_BYTES.

    Raises:
        InputError: It is neither, or cannot be had. Redirects are not followed, and private addresses never asked.
    """
    if url[:5].lower() == "data:":
        return _decode(url)
    parts = _split(url)
    shown = one_line(parts.hostname or url)[:80]
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise InputError("an image is given by something other than a data URL; send it as data:image/png;base64,...")
    if parts.hostname.lower() not in {host.lower() for host in settings.allow_hosts}:
        raise InputError(f"images are not fetched from {shown}; send a data URL, or start the server with --allow-host HOST")
    return _fetch(url, shown)


def _decode(url: str) -> bytes:
    head, comma, data = url.partition(",")
    if not comma or not head.lower().endswith(";base64"):
        raise InputError("a data URL is not base64, expected data:image/png;base64,...")
    try:
        return base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        raise InputError("a data URL holds broken base64; encode the file again") from None


def _fetch(url: str, shown: str) -> bytes:
    parts = _split(url)
    assert parts.hostname is not None
    try:
        port = parts.port or (443 if parts.scheme == "https" else 80)
        address = public_address(parts.hostname, port)
        # The address that was checked is the one that is asked: a name can point elsewhere a moment later.
        target = httpx.URL(url).copy_with(host=address)
        headers = {"Host": parts.netloc.rpartition("@")[2], "Accept-Encoding": "identity"}
        verify: ssl.SSLContext | bool = ssl.create_default_context() if parts.scheme == "https" else False
        end, data = time.monotonic() + SECONDS, bytearray()
        with (
            httpx.Client(follow_redirects=False, trust_env=False, timeout=SECONDS / 2, verify=verify) as client,
            client.stream("GET", target, headers=headers, extensions={"sni_hostname": parts.hostname}) as response,
        ):
            if response.status_code != 200:
                raise InputError(f"{shown} answered with status {response.status_code}, expected 200 and the image itself")
            for chunk in response.iter_raw():
                data += chunk
                if len(data) > MAX_REQUEST_BYTES:
                    raise InputError(f"the image at {shown} has more than {MAX_REQUEST_BYTES >> 20} MB; upload it instead")
                if time.monotonic() > end:
                    raise InputError(f"{shown} took more than {SECONDS:g} seconds; upload the image instead")
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"the image at {shown} cannot be had ({type(error).__name__}); upload it instead") from None
    return bytes(data)


def public_address(host: str, port: int) -> str:
    """Resolves a host to a public address.

    Args:
        host: Name of the host.
        port: The port.

    Returns:
        One of its addresses.

    Raises:
        InputError: One of its addresses is not a public one.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [str(entry[4][0]) for entry in found]
    if not addresses or not all(_is_public(address) for address in addresses):
        raise InputError(f"{one_line(host)[:80]} has a private address, and those are never asked; upload the image instead")
    return addresses[0]


def _is_public(text: str) -> bool:
    address = ipaddress.ip_address(text.partition("%")[0])
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_global and not (mapped or address).is_multicast


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise InputError("an image's address cannot be read; send the image as a data URL") from None
    return parts
