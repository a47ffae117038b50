"""Names of the tensors of a published checkpoint -> ours.

What the names hide:

- `mm_projector` counts the steps of a Sequential: 1 norm, 2 and 4 linear. UniRS has `single.` before them.
- UniRS's two position tables are named the wrong way round: its code draws the column part from `h_embedding` and the row
  part from `w_embedding`. By their names both would be transposed, silently, as they are equal in shape.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

from chronosight.errors import InputError
from chronosight.models.unirs.vila_folder import Header, Part

Family = Literal["vila", "unirs"]
LISTED = 8  # names in an error at most
PROJECTOR = {"1": "norm", "2": "first", "4": "second"}
LEFT_OUT = (  # pattern of "part:name", reason
    (r"vision_tower:(vision_model\.)?head\.", "pooling head: the layer before the last is used"),
    (r"vision_tower:.*position_ids$", "counted anew"),
    (r"llm:.*rotary_emb\.inv_freq$", "computed from the config"),
)


def plan_names(parts: Mapping[str, Part], family: Family) -> tuple[dict[str, Header], list[tuple[str, str]]]:
    """Assigns the published tensors to our names.

    Args:
        parts: The three parts of the checkpoint.
        family: "vila" or "unirs".

    Returns:
        Published tensors by our names; and (name, reason) of those left out.

    Raises:
        InputError: The checkpoint is of the other family, or holds a tensor that UniRS does not have.
    """
    has_change = any(name.startswith("layers.change.") for name in parts["mm_projector"].tensors)
    if has_change != (family == "unirs"):
        found, other = ("a", "unirs") if has_change else ("no", "vila")
        raise InputError(f"{parts['mm_projector'].folder} holds {found} change extraction; use: chronosight convert {other}")
    plan: dict[str, Header] = {}
    left_out, unexpected = [], []
    for part_name, part in parts.items():
        for name, header in part.tensors.items():
            reason = next((why for pattern, why in LEFT_OUT if re.match(pattern, f"{part_name}:{name}")), None)
            ours = our_name(part_name, name)
            if reason is not None:
                left_out.append((f"{part_name}/{name}", reason))
            elif ours is None:
                unexpected.append(f"{part_name}/{name}")
            else:
                plan[ours] = header
    if unexpected:
        raise InputError(f"{some(unexpected)} unexpected: UniRS has no such part; is this another kind of checkpoint?")
    return plan, left_out


def our_name(part: str, name: str) -> str | None:
    """Our name of a published tensor.

    Args:
        part: "llm", "vision_tower" or "mm_projector".
        name: Its published name.

    Returns:
        The name; None for a tensor that UniRS does not have.
    """
    if part == "llm":
        return f"language_model.{name}"
    if part == "vision_tower":
        return f"vision_tower.{name.removeprefix('vision_model.')}"
    found = re.fullmatch(r"layers\.(?:single\.)?([124])\.(weight|bias)", name)
    if found:
        return f"projector.{PROJECTOR[found[1]]}.{found[2]}"
    found = re.fullmatch(r"layers\.change\.(h_embedding|w_embedding|Conv1|LN\.left\.(\d))\.(\w+)", name)
    if found is None:
        return None
    ours = {"h_embedding": "column", "w_embedding": "row", "Conv1": "fuse"}.get(found[1], f"refine.{found[2]}")
    return f"change.{ours}.{found[3]}"


def some(names: list[str]) -> str:
    """The number of names and the first of them, for a message.

    Args:
        names: The names, one or more.

    Returns:
        Such as "2 tensors (a, b)".
    """
    shown = ", ".join(names[:LISTED])
    rest = f" and {len(names) - LISTED} more" if len(names) > LISTED else ""
    return f"{len(names)} tensor{'s' if len(names) > 1 else ''} ({shown}{rest})"
