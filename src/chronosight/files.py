"""Reading JSON and writing files: the one boundary where what lies on disk becomes data, or one clear line.

Only regular files are opened (no pipe, no device), within a size limit. A byte order mark and Windows line ends are
accepted, values nested too deep are refused. Files are written under a temporary name and then renamed, so a stop leaves
the old file or the new one, never half of one.
"""

from __future__ import annotations

import json
import re
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from chronosight.errors import InputError
from chronosight.limits import MAX_JSON_BYTES, MAX_JSON_DEPTH, MAX_LINE_BYTES

_TEXTS = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))


def check_regular_file(path: Path, expected: str, max_bytes: int = MAX_JSON_BYTES) -> Path:
    """Checks that a path is a regular file of a bearable size.

    Args:
        path: The file.
        expected: What the file should be, for the message: "results of `chronosight eval --out`".
        max_bytes: Largest size allowed, in bytes.

    Returns:
        The same path.

    Raises:
        InputError: There is no such file, it is a folder, pipe or device, or it is too large.
    """
    try:
        found = path.stat()
    except (OSError, ValueError):
        raise InputError(f"no file {path}; expected {expected}") from None
    if not stat.S_ISREG(found.st_mode):
        kind = "a folder" if stat.S_ISDIR(found.st_mode) else "not a regular file"
        raise InputError(f"{path} is {kind}; expected {expected}")
    if found.st_size > max_bytes:
        raise InputError(f"{path} has {found.st_size:,} bytes, the limit is {max_bytes:,}; expected {expected}")
    return path


def parse_json(text: str | bytes, where: str, expected: str) -> Any:
    """Parses JSON text.

    Args:
        text: The document; bytes are UTF-8, with or without a byte order mark.
        where: Where it comes from, for the message: a path, or "FILE, line 3".
        expected: What it should be, for the message.

    Returns:
        The value.

    Raises:
        InputError: It is not UTF-8, not JSON, or nested too deep.
    """
    if _depth_exceeds(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"), MAX_JSON_DEPTH):
        raise InputError(f"{where} is nested more than {MAX_JSON_DEPTH} levels deep; expected {expected}")
    try:
        decoded = text.decode("utf-8-sig") if isinstance(text, bytes) else text.removeprefix("\ufeff")
        value = json.loads(decoded)
    except UnicodeDecodeError:
        raise InputError(f"{where} is not UTF-8 text; expected {expected}") from None
    except ValueError as error:
        raise InputError(f"{where} is not JSON ({error}); expected {expected}") from None
    return value


def read_json(path: str | Path, expected: str, max_bytes: int = MAX_JSON_BYTES) -> Any:
    """Reads one JSON document.

    Args:
        path: A regular file, UTF-8.
        expected: What it should be, for the message: "a weights folder's config.json".
        max_bytes: Largest size allowed, in bytes.

    Returns:
        The value, whatever its type.

    Raises:
        InputError: The file is missing, no regular file, too large, or not JSON.
    """
    path = check_regular_file(Path(path), expected, max_bytes)
    return parse_json(path.read_bytes(), str(path), expected)


def read_json_object(path: str | Path, expected: str, max_bytes: int = MAX_JSON_BYTES) -> dict[str, Any]:
    """Reads a JSON document that is an object.

    Args:
        path: A regular file, UTF-8.
        expected: What it should be, for the message.
        max_bytes: Largest size allowed, in bytes.

    Returns:
        The object.

    Raises:
        InputError: As `read_json`, or the document is a list, a number, a text or null.
    """
    value = read_json(path, expected, max_bytes)
    if not isinstance(value, dict):
        raise InputError(f"{path} holds {_kind(value)}, not an object; expected {expected}")
    return value


def read_json_lines(path: str | Path, expected: str, max_bytes: int = MAX_JSON_BYTES) -> Iterator[tuple[int, Any]]:
    """Reads a file with one JSON document a line; empty lines are skipped.

    Args:
        path: A regular file, UTF-8.
        expected: What each line should be, for the message.
        max_bytes: Largest size allowed, in bytes.

    Yields:
        Line numbers, from 1, and the value of each line.

    Raises:
        InputError: As `read_json`; the message names the line.
    """
    path = check_regular_file(Path(path), expected, max_bytes)
    with path.open("rb") as file:
        number = 0
        while line := file.readline(MAX_LINE_BYTES + 1):
            number += 1
            where = f"{path}, line {number}"
            if len(line) > MAX_LINE_BYTES:
                raise InputError(f"{where} is longer than {MAX_LINE_BYTES:,} bytes; expected {expected}")
            if number == 1:
                line = line.removeprefix(b"\xef\xbb\xbf")
            if line.strip():
                yield number, parse_json(line, where, expected)


@contextmanager
def as_laid_out(where: object, expected: str) -> Iterator[None]:
    """For code that takes apart values read from a file: what does not fit becomes one line.

    Args:
        where: The file or folder, for the message.
        expected: What it should be, for the message.

    Raises:
        InputError: A value inside is missing or of another type, or a name in it is none that a file can have.
    """
    try:
        yield
    except InputError:
        raise
    except (AttributeError, IndexError, KeyError, OSError, OverflowError, TypeError, ValueError) as error:
        reason = " ".join(str(error).split())[:100]
        raise InputError(f"{where} is laid out otherwise ({reason or type(error).__name__}); expected {expected}") from error


def write_text(path: str | Path, parts: str | Iterable[str]) -> None:
    """Writes UTF-8 text under a temporary name, then renames it; missing folders are made.

    Args:
        path: The file to write.
        parts: The text, or its parts in order.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.partial")
    with temporary.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines([parts] if isinstance(parts, str) else parts)
    temporary.replace(path)


def write_json(path: str | Path, document: Any) -> None:
    """Writes a JSON document, indented by one space, as `write_text` does.

    Args:
        path: The file to write.
        document: Anything that JSON can hold.
    """
    write_text(path, json.dumps(document, indent=1, ensure_ascii=False) + "\n")


def _depth_exceeds(document: bytes, limit: int) -> bool:
    """Whether lists and objects stand inside each other more than `limit` deep; the text is not parsed for it."""
    if document.count(b"[") + document.count(b"{") <= limit:
        return False
    import numpy as np

    brackets = _TEXTS.sub(b"", document).translate(None, delete=_NO_BRACKETS)
    closing = np.frombuffer(brackets, np.uint8) & 4  # of "[]{}", the closing ones have this bit
    return bool(len(brackets)) and int(np.cumsum(np.where(closing, -1, 1), dtype=np.int32).max()) > limit


def _kind(value: Any) -> str:
    names = {list: "a list", str: "a text", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")
