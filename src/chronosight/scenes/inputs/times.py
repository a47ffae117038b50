"""Dates that callers give."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from chronosight.errors import InputError
from chronosight.scenes.times import time_of

KINDS = 'a datetime, a date or text such as "2018-07-04"'


def given_times(dates: Any, count: int) -> tuple[datetime | None, ...]:
    """When each image was taken.

    Args:
        dates: One for each image: datetime, date, numpy.datetime64 or text; None for an unknown one. A single one for an image.
        count: Number of images.

    Returns:
        One entry an image; times as written, without a zone.

    Raises:
        InputError: One of them is no date, or there are more or fewer than images.
    """
    listed = [dates] if isinstance(dates, (str, date)) or not isinstance(dates, Iterable) else list(dates)
    if len(listed) != count:
        found = f"{len(listed)} date{'s' * (len(listed) != 1)} for {count} image{'s' * (count != 1)}"
        raise InputError(f"dates has {found}; give one for each, in their order")
    return tuple(time_given(value) for value in listed)


def time_given(value: Any) -> datetime | None:
    """One date.

    Args:
        value: As in `given_times`.

    Returns:
        The time; None for None.

    Raises:
        InputError: It is no date.
    """
    import numpy as np

    if value is None:
        return None
    if isinstance(value, np.datetime64):
        value = None if np.isnat(value) else value.astype("datetime64[s]").item()
        if value is None:
            return None
    if isinstance(value, datetime):
        return value.replace(tzinfo=None)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day)
    if isinstance(value, str) and (time := time_of([value], value)):
        return time
    raise InputError(f"dates has {value!r:.60}, expected {KINDS}")
