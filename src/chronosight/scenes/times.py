"""When a image was taken: from its metadata, else from a date in its file name. All times are as written, no zone."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime

_STAMP = re.compile(r"(\d{4})[:-](\d{2})[:-](\d{2})(?:[ T](\d{2}):(\d{2}):(\d{2}))?")
# 20210704, 2021-07-04, 2021_07_04, each with T101530 or 101530 behind it or not; no other digit may touch it.
_IN_NAME = re.compile(
    r"(?<!\d)((?:19|20)\d{2})([-_.]?)(0[1-9]|1[0-2])\2(0[1-9]|[12]\d|3[01])(?:[T_-]?([01]\d|2[0-3])([0-5]\d)([0-5]\d))?(?!\d)"
)


def time_of(stamps: Iterable[str | None], file_name: str) -> datetime | None:
    """Finds when an image was taken.

    Args:
        stamps: Stamps of its metadata, such as "2021:07:04 10:15:30" or ISO; the first that can be read is taken.
        file_name: Its name, in which a date is searched for otherwise.

    Returns:
        The time; None where there is none.
    """
    for stamp in stamps:
        if stamp and (match := _STAMP.match(stamp.strip())) and (time := _datetime(*match.groups())):
            return time
    for match in _IN_NAME.finditer(file_name):
        year, _, month, day, *clock = match.groups()
        if time := _datetime(year, month, day, *clock):
            return time
    return None


def _datetime(*parts: str | None) -> datetime | None:
    try:
        year, month, day, hour, minute, second = (int(part or 0) for part in parts)
        return datetime(year, month, day, hour, minute, second) if year >= 1900 else None
    except ValueError:  # 2021:02:30, or all zeros as cameras without a clock write
        return None
