"""Changes to a whole file: in its bytes, JSON or YAML values, or TIFF tags. All of chance comes from `draw`."""

from __future__ import annotations

import json
import random
import struct
from copy import deepcopy
from typing import Any

Draw = random.Random
ODD: list[Any] = [
    None, True, False, 0, -1, 1, 10**9, 10**30, 1e308, -1e-300, float("nan"), float("inf"), "", "x", "\x00", "é" * 300, "../..",
    "/dev/zero", "1e999", [], {}, [[]], [None], [0, 0], {"a": 1}, [1] * 50, "a" * 100_000, {"": {"": []}}, -0.0, "\ud800",
]  # fmt: skip
TAGS = (256, 257, 258, 259, 262, 273, 274, 277, 278, 279, 284, 317, 320, 322, 323, 338, 339, 33550, 33922, 34264, 34735, 42112,
        42113)  # fmt: skip


def changed_bytes(data: bytes, draw: Draw) -> bytes:
    """Bytes changed, cut out, doubled and zeroed at random places, the first 400 more often than the rest; or the end cut off."""
    content = bytearray(data)
    for _ in range(draw.choice([1, 1, 1, 2, 3, 6, 12])):
        at = draw.randrange(max(1, min(len(content), 400) if draw.random() < 0.6 else len(content)))
        length = draw.randint(1, 9)
        pieces = [draw.randbytes(length), b"", bytes(length), b"\xff" * length, bytes(content[at : at + length]) * 2]
        content[at : at + length] = draw.choice(pieces)
    return bytes(content[: draw.randrange(len(content) + 1)] if draw.random() < 0.1 else content)


def changed_values(document: Any, draw: Draw) -> Any:
    """A JSON document with one to three of its values replaced, left out, doubled or put one level deeper."""
    document = json.loads(json.dumps(document))
    for _ in range(draw.randint(1, 3)):
        document = _change(document, draw)
    return document


def _change(document: Any, draw: Draw) -> Any:
    places: list[tuple[Any, Any]] = []
    stack = [document]
    while stack:
        node = stack.pop()
        keys = list(node) if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ()
        for key in keys:
            places.append((node, key))
            stack.append(node[key])
    if not places or draw.random() < 0.03:
        return deepcopy(draw.choice(ODD))
    node, key = draw.choice(places)
    match draw.randrange(5):
        case 0:
            del node[key]
        case 1:
            node[key] = [node[key]]
        case 2 if isinstance(node, list):
            node.append(deepcopy(node[key]))
        case _:
            node[key] = deepcopy(draw.choice(ODD))  # what is put in may be changed next
    return document


def changed_json(data: bytes, draw: Draw) -> bytes:
    """A JSON document, or JSON lines, changed in its values; now and then in its bytes."""
    if draw.random() < 0.2:
        return changed_bytes(data, draw)
    if draw.random() < 0.03:
        return b"[" * 100_000
    lines = data.decode().splitlines()
    try:
        return json.dumps(changed_values(json.loads(data), draw)).encode()
    except ValueError:
        at = draw.randrange(len(lines))
        lines[at] = json.dumps(changed_values(json.loads(lines[at]), draw))
        return "\n".join(lines).encode()


def changed_yaml(data: bytes, draw: Draw) -> bytes:
    """A recipe with other values, or with lines moved, doubled and indented."""
    import yaml

    if draw.random() < 0.6:
        values = changed_values(yaml.safe_load(data), draw)
        return yaml.safe_dump(values, allow_unicode=True).encode("utf-8", "surrogatepass")
    lines = data.decode().splitlines()
    for _ in range(draw.randint(1, 4)):
        at = draw.randrange(len(lines))
        odd = ["? [a]", "1: 2", "<<: *x", "a: &a [*a]", "- - -", "\t", "!!python/object:os.system x", "x: !!binary //", "%YAML 9"]
        lines[at] = draw.choice([lines[at] + " " + lines[at], "  " + lines[at], "", lines[at].replace(":", ""), *odd])
    return "\n".join(lines).encode()


def changed_tags(data: bytes, draw: Draw) -> bytes:
    """A classic TIFF of little-endian numbers, with types, counts and values of its tags changed."""
    content = bytearray(data)
    (start,) = struct.unpack_from("<I", content, 4)
    (entries,) = struct.unpack_from("<H", content, start)
    for _ in range(draw.randint(1, 4)):
        at = start + 2 + 12 * draw.randrange(entries)
        number = draw.choice([0, 1, 2, 3, 5, 8, 255, 65535, 1 << 31, (1 << 32) - 1, draw.randrange(1 << 32), len(content)])
        match draw.randrange(4):
            case 0:
                struct.pack_into("<H", content, at, draw.choice(TAGS))
            case 1:
                struct.pack_into("<H", content, at + 2, draw.randrange(20))
            case 2:
                struct.pack_into("<I", content, at + 4, number)
            case _:
                struct.pack_into("<I", content, at + 8, number)
    return bytes(content)
