"""Errors as a client may see them: one line, without a path of this machine."""

from __future__ import annotations

import re

from chronosight.scenes.files import one_line

_ABSOLUTE = re.compile(r"(?<![\w./:])(?:/[^\s/:;,()\"']+)+/(?=[^\s/])")


def public_message(error: Exception) -> str:
    """The message of an error; of an absolute path only the last part stays.

    Args:
        error: The error.

    Returns:
        One line.
    """
    return _ABSOLUTE.sub("", one_line(error))
