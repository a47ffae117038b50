"""When images were taken: given by the user, else from their metadata, else from their names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from chronosight.errors import InputError
from chronosight.scenes.image import ImageFile
from chronosight.scenes.times import time_of

_MONTH = re.compile(r"(?<!\d)((?:19|20)\d{2})[-_.]?(0[1-9]|1[0-2])(?!\d)")
_YEAR = re.compile(r"(?<!\d)((?:19|20)\d{2})(?!\d)")
KINDS = "2015, 2015-07, 2015-07-26 or 20150726"


@dataclass(frozen=True, order=True)
class Date:
    """A date as exactly as it is known.

    Attributes:
        time: Its beginning.
        text: As it is written: "2015", "2015-07" or "2015-07-26".
    """

    time: datetime
    text: str

    @property
    def year(self) -> int:
        """Such as 2015."""
        return self.time.year


def parse_date(text: str) -> Date | None:
    """Finds a date in a text.

    Args:
        text: Such as "2021-07-04", "2021-07" or "2021", with other words around it.

    Returns:
        The date; None where there is none.
    """
    if time := time_of([text.strip()], text):
        return Date(time, f"{time:%Y-%m-%d}")
    if match := _MONTH.search(text):
        return Date(datetime(int(match[1]), int(match[2]), 1), f"{match[1]}-{match[2]}")
    if match := _YEAR.search(text):
        return Date(datetime(int(match[1]), 1, 1), match[1])
    return None


def given_dates(text: str, count: int) -> list[Date]:
    """The dates of --dates, one for each image.

    Args:
        text: With commas between them.
        count: How many images there are.

    Raises:
        InputError: One of them is no date, or there are more or fewer.
    """
    dates = []
    for part in text.split(","):
        date = parse_date(part) if part.strip() else None
        if date is None:
            raise InputError(f'--dates has "{part.strip()}", expected dates such as {KINDS}, with commas between them')
        dates.append(date)
    if len(dates) != count:
        raise InputError(f"--dates has {len(dates)} dates for {count} images; give one for each, in the order of the images")
    return dates


def dates_of(images: Sequence[ImageFile]) -> list[Date]:
    """The date of each image by its metadata or its name.

    Args:
        images: The images, by their headers.

    Returns:
        The dates, in the order of the images.

    Raises:
        InputError: One of them has none.
    """
    dates = []
    for image in images:
        date = Date(image.time, f"{image.time:%Y-%m-%d}") if image.time else parse_date(image.path.stem)
        if date is None:
            raise InputError(f"{image.name} says nowhere when it was taken; give all dates with --dates, such as {KINDS}")
        dates.append(date)
    return dates


def check_order(dates: Sequence[Date], names: Sequence[str]) -> list[int]:
    """The order of the dates, the earliest first.

    Args:
        dates: Of each image.
        names: Of the images, for messages.

    Raises:
        InputError: Two images are of the same date.
    """
    order = sorted(range(len(dates)), key=lambda index: dates[index].time)
    for first, second in pairwise(order):
        if dates[first].time == dates[second].time:
            both = f"{names[first]} and {names[second]}"
            raise InputError(f"{both} are both of {dates[first].text}; give one image a date, or --dates")
    return order
