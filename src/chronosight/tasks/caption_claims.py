"""What a caption of a pair claims, and which of it the change map supports.

A sentence falls into clauses; a clause claims that objects of some classes appeared or vanished, at places or anywhere. Said
twice, or of a class, direction or place that no changed object has, a clause is a fault, and can be left out.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, Protocol

from chronosight.tasks import word_lists as lists
from chronosight.tasks.caption import says_no_change
from chronosight.tasks.cells import CELLS, common_place
from chronosight.tasks.grid_regions import is_direction
from chronosight.tasks.nouns import SUBJECTS, change_subject, singular
from chronosight.tasks.relations import scene_places

FaultKind = Literal["repeated clause", "repeated noun", "class", "direction", "place", "setting", "unmapped"]

# Surroundings that the change map says nothing of: right or wrong, no changed object supports them.
SETTINGS = ("desert", "bareland", "bare land", "wasteland", "forest", "wood", "grassland", "meadow", "jungle", "mountain", "sea")
PAVED = ("parking lots",)  # paved ground without a class of its own: the map shows it as roads, or not at all
_APPEARED, _VANISHED = (tuple(tuple(phrase.split()) for phrase in words) for words in (lists.APPEARED, lists.VANISHED))
_BREAK = re.compile(r"\s*(?:[,;.]\s*(?:and|while|but)?|\b(?:and|while|but)\b)\s*", re.IGNORECASE)
_BESIDE = ("beside", "along", "alongside", "near", "around", "by", "between", "behind", "beyond", "to")
_INSIDE = ("in", "into", "inside", "within", "through", "across", "amid", "among")  # "in the woods": where, not what changed
_SIDES = ("side", "sides", "end", "ends", "edge", "corner")
_JOINED = ("with", "and", "on", "at", "of", "from", *_INSIDE, *_BESIDE)
_WHOLE = ("scene", "area", "image", "picture")
_LIGHT = ("a", "an", "the", "some", "many", "several", "few", "more", "one", "two", "three", "four", "five")
_DETERMINERS = (*_LIGHT, "this", "that", "these", "both", "all")
_VERBS = ("is", "are", "was", "were", "has", "have", "becomes", "become", "turns", "turn")
_ONE_OF_MANY = re.compile(r"^((?:an?|one) (?:(?!and\b)[\w-]+ ){1,5})(are|were|have)\b", re.IGNORECASE)


_REPLACED = re.compile(r"\b(?:(?P<passive>replaced (?:by|with))|replac(?:es?|ed|ing)|in place of|instead of)\b", re.IGNORECASE)


class LocatedObject(Protocol):
    """What is needed of a changed object."""

    @property
    def class_name(self) -> str:
        """Its class, "building" or "road"."""
        ...

    @property
    def direction(self) -> str:
        """Either "appeared" or "vanished"."""
        ...

    @property
    def cell(self) -> str:
        """Its place in the 3x3 grid."""
        ...


@dataclass(frozen=True)
class Clause:
    """A part of a sentence that claims one change.

    Attributes:
        text: As written, without the conjunction before it.
        nouns: Plural names of the things in it, in order.
        direction: What it says of them; None where it says neither or both.
        cells: Of the 3x3 grid, by rows; () where it names no place.
        settings: Surroundings that it names.
        beside: Those of the nouns that only say where: the road of "houses are built along the road" need not have changed.
        replaced: Those of the nouns that gave way to the others: the trees of "a road replaces the trees".
    """

    text: str
    nouns: tuple[str, ...]
    direction: Literal["appeared", "vanished"] | None
    cells: tuple[str, ...]
    settings: tuple[str, ...]
    beside: tuple[str, ...] = ()
    replaced: tuple[str, ...] = ()

    @property
    def subjects(self) -> tuple[str, ...]:
        """Classes of the change map that it says changed as its direction says: "buildings", "roads"."""
        changed = (noun for noun in self.nouns if noun not in (*self.beside, *self.replaced))
        return tuple(dict.fromkeys(filter(None, map(change_subject, changed))))


@dataclass(frozen=True)
class Fault:
    """A claim that should not stand.

    Attributes:
        kind: A "repeated clause" or a "repeated noun"; a "class", "direction" or "place" that no changed object has; a
            "setting" that no object can support; or an "unmapped" thing, paved ground where the map shows none.
        position: Of the clause, as an index into `clauses`.
        what: The clause, noun, class, direction, place or setting in words.
    """

    kind: FaultKind
    position: int
    what: str


def clauses(caption: str) -> list[Clause]:
    """Cuts a caption into clauses: at commas and conjunctions, where what follows has a change of its own.

    Args:
        caption: One or more sentences.

    Returns:
        The clauses in their order; things that share a verb ("houses and roads are built") stay together.
    """
    found: list[str] = []
    start, text = 0, caption.strip()
    for match in _BREAK.finditer(text):
        if _says_change(text[start : match.start()]) and _says_change(text[match.end() :]):
            found.append(text[start : match.start()])
            start = match.end()
    return [_clause(piece.strip(" .,;")) for piece in [*found, text[start:]] if piece.strip(" .,;")]


def faults(caption: str, objects: Iterable[LocatedObject]) -> list[Fault]:
    """Finds claims that are made twice or that the change map denies.

    Args:
        caption: Of a pair.
        objects: Its changed objects.

    Returns:
        The faults in the order of the clauses; none for a caption that says that nothing changed.
    """
    if says_no_change(caption):
        return []
    known = list(objects)
    found: list[Fault] = []
    seen: set[tuple[object, ...]] = set()
    for position, clause in enumerate(clauses(caption)):
        key = (frozenset(clause.nouns), clause.direction, clause.cells)
        if clause.nouns and key in seen:
            found.append(Fault("repeated clause", position, clause.text))
            continue
        seen.add(key)
        repeated = _repeated_nouns(clause.text)
        found += [Fault("repeated noun", position, noun) for noun in repeated]
        found += [Fault(kind, position, what) for kind, what in _denied(clause, known)]
        found += [Fault("setting", position, setting) for setting in clause.settings]
        if known and not any(item.class_name == "road" for item in known):
            found += [Fault("unmapped", position, noun) for noun in clause.nouns if noun in PAVED]
    return found


def without_faults(
    caption: str,
    objects: Iterable[LocatedObject],
    kinds: Collection[FaultKind] = ("repeated clause", "repeated noun", "class", "direction", "place", "unmapped"),
) -> str:
    """Leaves out what a caption claims without support.

    Args:
        caption: Of a pair.
        objects: Its changed objects.
        kinds: The kinds of faults that go. A clause that is repeated, or of a denied class or direction, goes whole;
            repeated nouns and settings go alone, and so do denied places, for which the place of the objects stands in
            where a few words say it.

    Returns:
        The rest; the caption itself where it has no such fault; "" where nothing is left: then the objects themselves are
        to be described.
    """
    known = list(objects)
    found = [fault for fault in faults(caption, known) if fault.kind in kinds]
    if not found:
        return caption
    left = []
    for position, clause in enumerate(clauses(caption)):
        here = [fault for fault in found if fault.position == position]
        if any(fault.kind in ("repeated clause", "class", "direction") for fault in here):
            continue
        text = clause.text
        for fault in here:
            text = _without(text, fault, _true_place(clause, known) if fault.kind == "place" else "")
        left += [text] if text else []
    return " and ".join([", ".join(left[:-1]), left[-1]] if len(left) > 1 else left)


def without_settings(caption: str, settings: Iterable[str]) -> str:
    """The caption without some of the surroundings it names.

    Args:
        caption: Of a pair.
        settings: Of `SETTINGS`, those that go.

    Returns:
        "a house is built" for "a house is built in the woods".
    """
    for setting in settings:
        caption = _without(caption, Fault("setting", 0, setting))
    return caption


def without_places(caption: str) -> str:
    """The caption without the places it names, for a part of a scene whose own place stands before it.

    Args:
        caption: Of a pair.

    Returns:
        "a house is built" for "a house is built in the upper right corner".
    """
    return _without(caption, Fault("place", 0, ""))


def place_of_scene(objects: Iterable[LocatedObject]) -> str:
    """Where objects lie in a scene, for a caption.

    Args:
        objects: Changed objects.

    Returns:
        Such as "at the top of the scene"; "" where a few words do not say it.
    """
    place = common_place(cell for item in objects for cell in _cells(item))
    return f"{place} of the scene" if place else ""


def supported_confidence(confidence: float, facts: Iterable[float]) -> float:
    """The confidence of a caption, never above that of the facts in it.

    Args:
        confidence: Of the words, in [0, 1].
        facts: Confidence of each fact that the caption states, in [0, 1]; none for a caption without checkable facts.

    Returns:
        The least of them.
    """
    return min([confidence, *facts])


def _clause(text: str) -> Clause:
    words = _words(text)
    appeared, vanished = (any(_position(words, phrase) is not None for phrase in known) for known in (_APPEARED, _VANISHED))
    direction: Literal["appeared", "vanished"] | None = None
    if appeared != vanished:
        direction = "appeared" if appeared else "vanished"
    cells = sorted(frozenset().union(*(place.cells for place in scene_places(words))))
    settings = tuple(setting for setting in SETTINGS if _setting(setting).search(text))
    named = _nouns(words)
    nouns = tuple(dict.fromkeys(noun for noun, _, _ in named))
    changed = {noun for noun, start, _ in named if not _says_where(words[:start])}
    beside = tuple(noun for noun in nouns if noun not in changed)
    replaced = _replaced(text)
    if replaced:  # whatever else it says came in their stead
        direction = "appeared" if changed.difference(replaced) else "vanished"
    return Clause(text, nouns, direction, tuple(CELLS[cell] for cell in cells), settings, beside, replaced)


def _replaced(text: str) -> tuple[str, ...]:
    """The things that gave way to others, as in "houses replace the trees" and "the trees are replaced by houses"."""
    verb = _REPLACED.search(text)
    if verb is None:
        return ()
    sides = [[noun for noun, _, _ in _nouns(_words(part))] for part in (text[: verb.start()], text[verb.end() :])]
    old, new = sides if verb["passive"] else reversed(sides)
    return tuple(noun for noun in dict.fromkeys(old) if noun not in new)


def _says_where(before: Sequence[str]) -> bool:
    """Whether a noun after these words says where something is, as in "beside the", "on the left of the"."""
    left = list(before)
    while left and left[-1] in (*_LIGHT, "both", "existing", "old"):
        left.pop()
    if not left or left[-2:] == ["replaced", "by"]:
        return False
    of_side = left[-1] == "of" and len(left) > 1 and (left[-2] in _SIDES or is_direction(left[-2]))
    return of_side or left[-1] in (*_BESIDE, *_INSIDE)


def _denied(clause: Clause, objects: Sequence[LocatedObject]) -> Iterator[tuple[FaultKind, str]]:
    """What the clause says of the two classes of the map that no object supports."""
    if clause.direction is None:
        return
    for subject in clause.subjects:
        of_class = [item for item in objects if item.class_name == singular(subject)]
        so_changed = [item for item in of_class if item.direction == clause.direction]
        if not of_class:
            yield "class", subject
        elif not so_changed:
            yield "direction", f"{subject} {clause.direction}"
        elif clause.cells and not any(set(clause.cells) & set(_cells(item)) for item in so_changed):
            yield "place", ", ".join(clause.cells)


def _true_place(clause: Clause, objects: Sequence[LocatedObject]) -> str:
    classes = {singular(subject) for subject in clause.subjects}
    return place_of_scene([item for item in objects if item.class_name in classes and item.direction == clause.direction])


def _cells(item: LocatedObject) -> tuple[str, ...]:
    """Its place, or of a long object all that it reaches."""
    return getattr(item, "cells", ()) or (item.cell,)


def _without(text: str, fault: Fault, instead: str = "") -> str:
    """The text without what is at fault; for a place, with `instead` where the first one stood."""
    if fault.kind == "setting":
        return " ".join(_setting(fault.what).sub(" ", text).split())
    words = re.sub(r"(?i)\b(upper|top|lower|bottom)-(left|right)\b", r"\1 \2", text).split()
    plain = [word.lower().strip(".,;") for word in words]
    if fault.kind == "place":
        places = scene_places(plain)
        for place in reversed(places):
            start = place.start
            joined = ("and",) if place is not places[0] else ()  # at the top and on the right
            while start and plain[start - 1] in ("in", "at", "on", "near", "to", "the", "of", *joined):
                start -= 1
            end = place.end + _of_what(plain[place.end :])  # in the bottom right corner of the scene
            stands_in = instead if place is places[0] else ""
            if plain[end : end + 1] and plain[end] in _VERBS and not {*plain[start : place.start]} & {"in", "at", "on", "near"}:
                stands_in = stands_in.partition(" ")[2] or "the scene"  # the top of the scene is covered with houses
            elif stands_in and words[end - 1].endswith(","):
                stands_in += ","
            words[start:end] = plain[start:end] = stands_in.split()
        return " ".join(words).rstrip(",")
    if fault.kind == "unmapped":
        return _without_noun(words, plain, fault.what)
    _, start, end = [noun for noun in _nouns(plain) if noun[0] == fault.what][1]
    while start and plain[start - 1] in (*_LIGHT, "with", "and", "new"):
        start -= 1
    return _agreeing(" ".join(words[:start] + words[end:]))


def _agreeing(text: str) -> str:
    """The clause with its verb in the singular where one thing is left: "a house are built" -> "a house is built"."""
    of_one = {"are": "is", "were": "was", "have": "has"}
    return _ONE_OF_MANY.sub(lambda match: match[1] + of_one[match[2].lower()], text)


def _of_what(words: Sequence[str]) -> int:
    """How many of the first words say what a place is part of: "of the scene", "of an old residential area", "of it"."""
    if not words or words[0] != "of":
        return 0
    if {*words[1:2]} & {"it", "them"}:
        return 2
    first = 1
    while words[first : first + 1] and words[first] in _DETERMINERS:
        first += 1
    longest = min(len(words), first + 3)
    return next((end for end in range(first + 1, longest + 1) if words[end - 1] in _WHOLE or _nouns(words[first:end])), 0)


def _without_noun(words: list[str], plain: list[str], name: str) -> str:
    """The clause without a thing: "a road with a parking lot appears" -> "a road appears"; "" where it is about that alone."""
    while (at := next(((start, end) for noun, start, end in _nouns(plain) if noun == name), None)) is not None:
        others = [start for noun, start, _ in _nouns(plain) if noun != name]
        if not others:
            return ""
        start, end = at
        while start and plain[start - 1] in (*_LIGHT, "new", "large", "small", "big"):
            start -= 1
        if start and plain[start - 1] in _JOINED:  # a road with a parking lot, a house in the desert
            start -= 1
            while plain[end : end + 1] and plain[end] in ("of", "the", "scene", "area", "image"):  # in the woods of the scene
                end += 1
        elif end < len(plain) and plain[end] in ("with", "and"):  # a parking lot with a road
            end += 1
        else:
            return ""
        del words[start:end], plain[start:end]
    return _agreeing(" ".join(words))


def _repeated_nouns(text: str) -> list[str]:
    """Things named twice in one clause and joined by "with" or "and": "a road with a road"."""
    words = _words(text)
    nouns = _nouns(words)
    return [
        noun
        for (noun, _, end), (other, start, _) in pairwise(nouns)
        if noun == other and {"with", "and"} & set(words[end:start]) and set(words[end:start]) <= {*_LIGHT, "with", "and", "new"}
    ]


def _nouns(words: Sequence[str]) -> list[tuple[str, int, int]]:
    """(plural name, start, end) of the things named, the longest name at each place."""
    found, at = [], 0
    while at < len(words):
        for length in (3, 2, 1):
            name = singular(" ".join(words[at : at + length]))
            if at + length <= len(words) and name in SUBJECTS:
                found.append((SUBJECTS[name], at, at + length))
                at += length - 1
                break
        at += 1
    return found


def _says_change(text: str) -> bool:
    words = _words(text)
    return bool(_nouns(words)) and any(_position(words, phrase) is not None for phrase in (*_APPEARED, *_VANISHED))


def _position(words: Sequence[str], phrase: Sequence[str]) -> int | None:
    size = len(phrase)
    return next((at for at in range(len(words) - size + 1) if tuple(words[at : at + size]) == tuple(phrase)), None)


def _setting(name: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:in|on|at|near|beside|along|around|by|through|across|of) (?:the |a )?{name}s?\b", re.IGNORECASE)


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9]+", text.lower())
