"""Questions that lean on one about land cover: "Where?", "How much?", "And the water?", "Built over?", "What replaced it?"."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Literal

from chronosight.tasks import word_lists as lists
from chronosight.tasks.land_cover_questions import DEVELOPS, DRIES, FLOODS, PAVES, PLANTS, read_cover_question
from chronosight.tasks.nouns import CHANGE_WORDS, change_subject, plural
from chronosight.tasks.question import CoverAsks, CoverQuestion
from chronosight.tasks.reading import Reading, tokenise
from chronosight.tasks.replaced_objects import BUILT_ON
from chronosight.tasks.scene_phrases import SHARE
from chronosight.tasks.swapped_things import swapped

_ASKS: dict[str, CoverAsks] = {
    "where": "where", "how much": "area", "by how much": "net_area", "how many": "count", **dict.fromkeys(SHARE, "share"),
}  # fmt: skip
_IT = re.compile(r"\b(?:it|they|them|that|this|these|those)\b", re.IGNORECASE)
_BY_WHAT = re.compile(r"^(?:and )?(?:(?:by|with|for) what|what (?:instead|for|with|by|came instead|is there now)|into what)\W*$")
_WHICH = re.compile(r"^(?:and )?(?:how many|which)(?: ones?)?(?: \w+)?(?: (?:is|are) (?:it|they|that|those))?\W*$")
_DONE = (*PAVES, *FLOODS, *PLANTS, *DEVELOPS, *DRIES, *BUILT_ON)
_DONE_ALONE = frozenset((*" ".join(_DONE).split(), "and", "was", "were", "is", "are", "or"))
_COUNTED = ("tree", "pond", "lake", "field", "meadow", "lawn", "crop", "shrub", "river")
_CHANGE = {"gone": ("disappear", "disappeared"), "new": ("appear", "appeared"), "": ("change", "changed")}
Way = Literal["", "gone", "new"]


def written_out_of_cover(
    text: str, reading: Reading, cover: CoverQuestion, asked: str, place: str, unit: str, moved: bool
) -> str:
    """Writes out a question that leans on one about land cover.

    Args:
        text: As typed.
        reading: What its words say.
        cover: What the question before it asked.
        asked: That question in full.
        place: The part of the scene that is meant, such as " in the north"; "" for the whole.
        unit: The unit of area that it asks for, such as " in hectares"; "" for none.
        moved: Whether the place is its own, not that of the question before.

    Returns:
        The question in full; "" where it is not clear what it leans on.
    """
    other = swapped(text, asked)
    if other:
        return other
    line = text.lower().strip()
    noun = _noun(cover.word)
    if cover.word and _BY_WHAT.match(line) and cover.before:
        return f"What replaced the {noun}{place}?"
    starts = next((asks for start, asks in _ASKS.items() if reading.starts(start, f"and {start}")), None)
    objects = "buildings and roads" if cover.under == "objects" else cover.under
    of_objects = objects and re.search(r"\b(?:of (?:them|these|those)|did they|(?:were|are) they built)\b", line)
    these = f"{'demolished' if cover.asks == 'came_after' else 'new'} {objects}" if objects else ""
    stands = (not of_objects and noun) or these
    named = _IT.sub(f"the {stands}", text, count=1) if stands else text
    if named != text and isinstance(read_cover_question(tokenise(named)), CoverQuestion):
        return f"{named.rstrip(' ?')}{'' if moved else place}?"
    themselves = bool(cover.under and cover.word) and {change_subject(name) for name in reading.subjects} <= {cover.under}
    if themselves and _WHICH.match(line):
        return cover_in_full(replace(cover, asks="objects"), place)
    if reading.subjects:
        return ""
    done = {*reading.words} & {*_DONE_ALONE} and {*reading.words} <= _DONE_ALONE and reading.says(_DONE)
    if done and cover.word:
        return _done_to(" ".join(word for word in reading.words if word not in ("and", "was", "were")), cover, noun, place)
    way = _way(reading)
    if not (way or starts or unit or moved) or (way and (cover.other or cover.under)):
        return ""
    asks: CoverAsks = starts or ("area" if unit else cover.asks)
    if asks == "net_area" and cover.asks not in ("net", "net_area"):
        asks = "area"
    if asks == "count" and cover.under:
        asks = "objects"
    if way:
        classes = cover.before or cover.after or cover.either
        cover = replace(cover, before=classes if way == "gone" else (), after=classes if way == "new" else (), either=())
    if asks == cover.asks and not (way or unit or moved):
        return ""
    return cover_in_full(replace(cover, asks=asks), place, unit)


def cover_in_full(cover: CoverQuestion, place: str = "", unit: str = "") -> str:
    """A question about land cover in words that the reader understands.

    Args:
        cover: The question.
        place: Such as " in the north".
        unit: Such as " in hectares".

    Returns:
        The question; "" for one that has no such words.
    """
    noun, asks, end = _noun(cover.word), cover.asks, f"{place}{unit}?"
    if cover.under:
        return _of_objects_in_full(cover, noun, end)
    if asks == "most":
        return f"Which land cover {({'gone': 'was lost', 'new': 'was gained'}).get(cover.way, 'changed')} most{end}"
    if not cover.word:
        whole = {"whether": "Did the land cover change", "where": "Where did the land cover change"}
        whole |= {"change": "How did the land cover change", "area": "How much land cover changed"}
        return f"{whole[asks]}{end}" if asks in whole else ""
    way: Way = "gone" if cover.before and not cover.after else "new" if cover.after and not cover.before else ""
    change, changed = ("turn into", "turned into") if cover.other else _CHANGE[way]
    more = "shrink" if cover.least else "grow"
    patterns = {
        "whether": f"Did any {noun} {change}", "where": f"Where did {noun} {change}", "area": f"How much {noun} {changed}",
        "share": f"What share of the {noun} {changed}", "count": f"How many {plural(cover.word)} {changed}",
        "net": f"Did the {noun} {more}", "net_area": f"By how much did the {noun} {more}", "change": f"How did the {noun} change",
        "into": f"What became of the {noun}", "out_of": f"What did the {noun} replace",
    }  # fmt: skip
    other = f" {_noun(cover.other)}" if cover.other and change == "turn into" else ""
    return f"{patterns[asks]}{other}{end}" if asks in patterns else ""


def _of_objects_in_full(cover: CoverQuestion, noun: str, end: str) -> str:
    """What new buildings or roads replaced, or what came after those that are gone."""
    objects = "buildings and roads" if cover.under == "objects" else cover.under
    old, new = (objects, noun) if cover.former else (noun, objects)
    were = "were" if old.endswith("s") and not old.endswith("grass") else "was"
    how_many = f"were replaced by {noun}" if cover.former else f"replaced {noun}"
    amount = f"{noun} replaced {objects}" if cover.former else f"{noun} {were} replaced by {objects}"
    how_much = "What area of" if cover.word in CHANGE_WORDS else "How much"
    patterns: dict[CoverAsks, str] = {
        "was_before": f"What did the new {objects} replace", "came_after": f"What replaced the demolished {objects}",
        "objects": f"How many {objects} {how_many}", "whether": f"{were.title()} any {old} replaced by {new}",
        "where": f"Where {were} {old} replaced by {new}", "area": f"{how_much} {amount}", "share": f"What share of the {amount}",
    }  # fmt: skip
    if (cover.asks == "share" and cover.former) or (cover.asks not in ("was_before", "came_after") and not noun):
        return ""
    return f"{patterns[cover.asks]}{end}" if cover.asks in patterns else ""


def _done_to(verb: str, cover: CoverQuestion, noun: str, place: str) -> str:
    """What else was done to the same ground: "and flooded?"."""
    were = "were" if noun.endswith("s") and not noun.endswith("grass") else "was"
    start = {"area": f"How much {noun} {were}", "where": f"Where {were} the {noun}"}.get(cover.asks, f"{were.title()} the {noun}")
    full = f"{start} {verb}{place}?"
    return full if isinstance(read_cover_question(tokenise(f"{start} {verb}")), CoverQuestion) else ""


def _way(reading: Reading) -> Way:
    appeared, vanished = reading.says(lists.APPEARED), reading.says(lists.VANISHED)
    return "" if appeared == vanished else "new" if appeared else "gone"


def _noun(word: str) -> str:
    """The name of a kind of ground, or of buildings and roads, as a question names many."""
    return plural(word) if word in _COUNTED or word in CHANGE_WORDS else word
