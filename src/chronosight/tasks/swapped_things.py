"""Follow-ups that name another thing: "And the grass?" after "Was the forest paved?" is "Was the grass paved?".

The question before is asked again with that thing in the place of one of its own, so that everything else it said is kept.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from chronosight.tasks.land_cover_questions import named_things
from chronosight.tasks.reading import tokenise
from chronosight.tasks.replaced_objects import Mention, first_came_first

_BY = ("by", "with", "into", "to", "for")  # what came after is named behind these: "and by grass"
_BESIDE = frozenset((*_BY, "and", "or", "the", "a", "an", "any", "what", "how", "about", "of", "also", "new", "then", "on"))
_UNCOUNTED = ("grass", "water", "vegetation", "soil", "sand", "greenery", "ground", "land", "asphalt", "pavement", "forest")


def swapped(text: str, asked: str) -> str:
    """The question before, asked of another thing.

    Args:
        text: The follow-up as typed.
        asked: The question before it, in full.

    Returns:
        The question in full; "" where the follow-up says more than a thing, or it is not clear in whose place it stands.
    """
    words, before = tokenise(text), tokenise(asked)
    things, old = named_things(words), named_things(before)
    inside = {at for thing in things for at in range(thing.start, thing.stop)}
    beside = [word for at, word in enumerate(words) if at not in inside]
    if len(things) != 1 or not 1 <= len(old) <= 2 or not {*beside} <= _BESIDE:
        return ""
    if "new" in beside and not any(before[thing.start - 1] == "new" for thing in old if thing.start):
        return ""  # it says more than a thing
    place = _replaced(before, old, things[0], bool({*_BY} & {*beside}))
    new = " ".join(words[things[0].start : things[0].stop])
    return "" if place is None else _with(asked, before, place, new, place is old[0])


def _replaced(before: list[str], old: Sequence[Mention], thing: Mention, came_after: bool) -> Mention | None:
    """The thing of the question before in whose place another is named."""
    if len(old) == 1:
        return None if came_after else old[0]
    forward = first_came_first(before, *old)
    if came_after:
        return old[1] if forward else None
    alike = [one for one in old if bool(one.subject) == bool(thing.subject)]
    if len(alike) == 1:
        return alike[0]
    if forward is None:
        return None
    return old[0] if forward else old[1]


def _with(asked: str, before: Sequence[str], old: Mention, new: str, first: bool) -> str:
    """The question with one name in the place of another; article and verb are made to fit."""
    name = r"[\s-]+".join(map(re.escape, before[old.start : old.stop]))
    several = new.endswith("s") and not new.endswith(("ss", "grass"))
    found = list(re.finditer(rf"\b(?:(an?) )?{name}\b", asked, re.IGNORECASE))
    # Where a name stands twice, the words before it tell which is meant.
    at = sum(" ".join(before[i : i + old.stop - old.start]) == " ".join(before[old.start : old.stop]) for i in range(old.start))
    if at >= len(found):
        return ""
    match = found[at]
    no_article = several or new.split()[-1] in _UNCOUNTED
    article = "" if match[1] is None else "the " if no_article else "an " if new[0] in "aeiou" else "a "
    full = f"{asked[: match.start()]}{article}{new}{asked[match.end() :]}"
    if first:
        full = re.sub(r"^Was\b" if several else r"^Were\b(?=.*\breplaced|.*\bturned)", "Were" if several else "Was", full)
    return full
