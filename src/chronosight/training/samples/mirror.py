"""Captions of mirrored scenes: left and right, top and bottom change places with the pixels."""

from __future__ import annotations

import re

_SIDES = {"left": "right", "right": "left", "lefthand": "righthand", "righthand": "lefthand", "west": "east", "east": "west",
          "northwest": "northeast", "northeast": "northwest", "southwest": "southeast", "southeast": "southwest"}  # fmt: skip
_HEIGHTS = {"top": "bottom", "bottom": "top", "upper": "lower", "lower": "upper", "above": "below", "below": "above",
            "north": "south", "south": "north", "northwest": "southwest", "southwest": "northwest",
            "northeast": "southeast", "southeast": "northeast"}  # fmt: skip


def mirror_caption(caption: str, sideways: bool, upside_down: bool) -> str:
    """The caption of the flipped scene: words of place are exchanged.

    Args:
        caption: Caption of the scene as it is, in lower case.
        sideways: Whether the scene is flipped left-right.
        upside_down: Whether it is flipped top-bottom.

    Returns:
        The caption.
    """
    words = re.split(r"(\W+)", caption)
    if sideways:
        words = [_SIDES.get(word, word) for word in words]
    if upside_down:
        words = [_HEIGHTS.get(word, word) for word in words]
    return "".join(words)
