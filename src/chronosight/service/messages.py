"""Errors as a client may see them: one line, without a path of this machine."""

from __future__ import annotations

import re

from chronosight.scenes.files import one_line
from chronosight.service.settings import Settings

_ABSOLUTE = re.compile(r"(?<![\w./:])(?:/[^\s/:;,()\"']+)+/(?=[^\s/])")


def public_message(error: Exception, settings: Settings) -> str:
    """The message of an error, with folders of this machine left out: only the last part of a path stays."""
    text = one_line(error)
    for folder in (settings.data, *settings.roots):
        for form in {str(folder), str(folder.absolute()), str(folder.resolve())}:
            if len(form) > 1:
                text = text.replace(form + "/", "")
    return _ABSOLUTE.sub("", text)
