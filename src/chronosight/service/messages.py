"""Errors as a client may see them: one line, without a path of this machine, in the terms of the API and the page."""

from __future__ import annotations

import re
from collections.abc import Sequence

from chronosight.scenes.files import one_line

_ABSOLUTE = re.compile(r"(?<![\w./:])(?:/[^\s/:;,()\"']+)+/(?=[^\s/])")
_OPTION = re.compile(r"--(resize|bands|dates|frames|force|metres-per-pixel|zones|cell|min-area|min-confidence)\b")


def public_message(error: Exception) -> str:
    """The message of an error; of an absolute path only the last part stays, and options are named as in a request.

    Args:
        error: The error.

    Returns:
        One line.
    """
    return option_names(_ABSOLUTE.sub("", one_line(error)))


def option_names(text: str) -> str:
    """Names the options of the command line in a text as the API does.

    Args:
        text: Such as "give finer imagery, or --force to try all the same".

    Returns:
        The text, such as 'give finer imagery, or the option "force" to try all the same'.
    """
    return _OPTION.sub(lambda found: f'the option "{found[1].replace("-", "_")}"', text)


def with_shown_names(text: str, stored: Sequence[str], shown: Sequence[str]) -> str:
    """A text with the names that the user gave to files in place of those that they are stored under.

    Args:
        text: Such as "after.png is 356 x 256 pixels".
        stored: Names of the stored files.
        shown: Names that the user knows, in the same order.

    Returns:
        Such as "summer 2017.png is 356 x 256 pixels".
    """
    names = dict(zip(stored, shown, strict=True))
    if not names:
        return text
    # All in one pass: the user may have sent "after.png" as the earlier date.
    anyone = "|".join(re.escape(name) for name in names)
    return re.sub(rf"(?<![\w.-])(?:{anyone})(?![\w-])", lambda found: names[found[0]], text)
