"""Questions about land cover in free wording -> what to read off the land-cover change of a pair.

"Did any forest disappear", "how much water is new", "what became of the meadow", "what was there before the buildings". As in
`reading`, a question is read whole or not at all: one with a word that means nothing here is left to the other readers.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from chronosight.tasks import word_lists as lists
from chronosight.tasks.land_cover import COARSEST, LAND_COVER_CLASSES
from chronosight.tasks.nouns import CHANGE_WORDS, SUBJECTS, singular
from chronosight.tasks.question import CoverAsks, CoverQuestion
from chronosight.tasks.replaced_objects import AFTER, BECAME, BEFORE, BUILT_ON, REPLACED, Mention, changed_objects, read_replaced
from chronosight.tasks.scene_phrases import AREA, OF_GROUND, SHARE, has_phrase
from chronosight.tasks.unanswerable import negated

NO_COVER = (
    f"The land cover is not mapped here, which takes pixels of known size, {COARSEST:g} m or finer, and land cover among the "
    "classes; changes are known of buildings and roads alone."
)
_BUILT, _PAVED, _BARE, _LOW, _TREES, _WATER = LAND_COVER_CLASSES
# The words for each class, in the singular; the map does not distinguish the kinds of one class.
WORDS: dict[tuple[str, ...], tuple[str, ...]] = {
    (_TREES,): (
        "tree", "forest", "wood", "woodland", "grove", "copse", "tree cover", "forest cover", "wooded area", "wooded land",
        "tree canopy", "canopy", "forest area", "woodland area", "deforestation",
    ),
    (_WATER,): (
        "water", "pond", "lake", "river", "stream", "creek", "canal", "reservoir", "water area", "water body", "water surface",
        "body of water", "open water", "water cover",
    ),
    (_LOW,): (
        "grass", "grassland", "meadow", "lawn", "field", "crop", "farmland", "cropland", "pasture", "arable land", "farm land",
        "agricultural land", "low vegetation", "low vegetation and crop", "low vegetation or crop", "shrub", "shrubland",
    ),
    (_BARE,): (
        "bare ground", "bare soil", "bare land", "bareland", "bare earth", "soil", "sand", "desert", "beach", "barren land",
        "bare area",
    ),
    (_PAVED,): ("paved ground", "paved area", "paved land", "paved surface", "pavement", "asphalt", "parking lot", "car park",
                "parking area", "parking", "road and paved", "concrete", "tarmac"),
    (_BUILT,): ("built up area", "built up ground", "built up land", "built up"),
    (_TREES, _LOW): ("vegetation", "greenery", "green space", "green area", "green", "vegetated area", "vegetation cover"),
    (_BUILT, _PAVED): ("sealed ground", "sealed area", "sealed surface", "sealed land", "impervious surface", "impervious area"),
}  # fmt: skip
NOUNS = frozenset(word for words in WORDS.values() for word in words)
_CLASSES = {word: classes for classes, words in WORDS.items() for word in words}
_LONGEST = max(len(word.split()) for word in _CLASSES)
KINDS = frozenset((  # of a class, which the map does not distinguish: that there is new water does not make it a river
    "parking", "parking area", "parking lot", "car park", "river", "stream", "creek", "canal", "lake", "pond", "reservoir",
    "beach", "desert", "lawn", "field", "meadow", "pasture",
))  # fmt: skip
_UNCOUNTED = ("tree", "water", "grass", "vegetation", "greenery", "soil", "sand", "asphalt", "pavement", "canopy")
COVER_WORDS = (
    "land cover", "landcover", "ground cover", "kind of ground", "kinds of ground", "type of ground", "types of ground",
    "land cover class", "land cover classes", "kind of land cover", "kinds of land cover", "kind of land", "type of land",
)  # fmt: skip

GONE = (
    *lists.VANISHED, "cut down", "cut", "felled", "logged", "chopped down", "clear cut", "deforested", "dried up", "dried out",
    "dried", "filled in", "filled", "drained", "burnt", "burned", "disappearance", "loss", "losses", "destroy", "sacrificed",
    "deforestation",
)  # fmt: skip
NEW = (*lists.APPEARED, "planted", "flooded", "dug", "regrown", "formed", "gained", "gain", "sown", "emerge", "dug out")
GREW = ("grow", "grew", "grown", "increase", "increased", "expand", "expanded", "gain", "gained")
SHRANK = ("shrink", "shrank", "shrunk", "decrease", "decreased", "decline", "declined", "reduced", "smaller", "less", "fewer")
EARLIER = (
    "before", "earlier", "previously", "formerly", "in the past", "used to be", "use to be", "first image", "first date",
    "first picture", "first photo", "first scene", "older image",
)  # fmt: skip
LATER = ("now", "today", "currently", "second", "later", "after", "newer", "at present")
# What is done to ground, and so names the kind that it became: "was bare ground paved" asks for no new bare ground.
PAVES = ("paved", "sealed", "asphalted")
FLOODS = ("flooded", "submerged")
PLANTS = ("planted", "sown", "regrown")
DEVELOPS = ("developed", "built up", "urbanised", "urbanized")
BUILDS = ("built", "build", "constructed", "construct", "erected", "put up", "opened", "completed", "finished", "dug", "dug out")
DRIES = ("drained", "dried up", "dried out", "dried", "filled in", "filled")
_GROWS = ("tree", "forest", "wood", "woodland", "grove", "copse", "grass", "grassland", "meadow", "lawn", "crop", "shrub",
          "vegetation", "greenery")  # fmt: skip
_FOR_BUILDING = re.compile(r" (?:to|for|by|due to|because of|through) (?:the |new )*(?:construction|development|building) ")
_MEANT = frozenset(
    " ".join((
        *GONE, *NEW, *GREW, *SHRANK, *BECAME, *REPLACED, *BUILT_ON, *BEFORE, *AFTER, *AREA, *SHARE, *COVER_WORDS, *lists.COUNT,
        *lists.WHERE, *lists.WHICH, *lists.YES_NO, *lists.CHANGED, *lists.HAPPENED, *lists.DESCRIBE, *lists.GROWN,
        "much most more less fewer than now loss not cleared land ground cover how become of stand stood lie lay site under "
        "class classes piece pieces patch patches amount extent larger bigger smaller greater total new old some place kinds "
        "types hectares hectare ha taken demolished whole scene these those them instead lot surface use used to be biggest "
        "largest strongest least make made way room former another other once build construct placed put on upon took "
        "take felled torn down razed bulldozed logged go anything something favour converted sealed asphalted "
        "submerged urbanised urbanized due because through",
    )).split()
) | lists.FILLERS | CHANGE_WORDS | {f"{word}s" for word in CHANGE_WORDS}  # fmt: skip

_TURN = r"(?:becomes?|became|turn(?:ed)? (?:in)?to|chang(?:e|ed) (?:in)?to|convert(?:ed)? (?:in)?to|transformed into)"
# "What did @ become", "what replaced @", "what became of @"; "what became @", "what did @ replace".
_INTO = re.compile(
    rf"@.* (?:{_TURN}|replaced (?:by|with)|ma[dk]e way for|g[ai]ve way to) "
    r"| (?:replaced|took the place of|in (?:the )?place of|became of|happened to|came after|instead of)"
    r"(?: (?:the|that|this|all|of|old|lost|cleared|former))* @"
)
_OUT_OF = re.compile(
    rf"^ (?:what|which)(?: kinds?| types?| of| land| cover| ground)* (?:was |were )?{_TURN} (?!of )[^@]*@| did .*@.* replace "
)
_WHERE_WAS = re.compile(r" where (?:(?:the|a|an|old) )*@ (?:was|were|stood|lay|used) | where there (?:was|were|used to be) @ ")
_OF_A_PART = re.compile(r" of (?:the |all )?(?:lost|cleared|felled|removed|vanished|destroyed|former|new|planted) @")
_ONE = ("largest", "biggest", "smallest", "longest", "shortest", "strongest")
_WHERE = ("which part", "which parts", "which places", "in which", "which cell", "which cells")
_BUILT_OVER = re.compile(r"^ (?:what|which)(?: kinds?| types?| of| land| ground)* (?:was|has been|got) built (?:over|on|upon) $")
NOT_CLEAR = "It is not clear what the ground became: ask it in full, such as: did any bare ground turn into paved ground?"
ONE_OF_THEM = "What became of one piece of ground, or of that under one building or road, is not told: ask about all of them."
NOT_ALL = "Ask for the share itself: what share of the forest was lost?"
NOT_OF_A_PART = "Shares are of all that was seen of a kind of ground, not of what was lost or is new: ask for the two areas."
NO_NEGATION = "Ask about land cover without a negation: did any forest disappear?"


def read_cover_question(words: Sequence[str]) -> CoverQuestion | str | None:
    """Reads a question about land cover; never raises.

    Args:
        words: Of the question, without the names of zones, parts of the scene and units.

    Returns:
        The question; a line for the user where it is one that cannot be answered; None where it is about something else.
    """
    words = list(words)
    nouns = _nouns(words)
    line = f" {' '.join(words)} "
    inside = frozenset(index for noun in nouns for index in range(noun.start, noun.stop))
    of_objects = bool(changed_objects(words, inside))
    about_cover = has_phrase(line, COVER_WORDS)
    built_over = not nouns and not of_objects and _BUILT_OVER.match(line) is not None
    anything_paved = not nouns and not of_objects and has_phrase(line, PAVES)  # which says that it is paved ground now
    if not (nouns or about_cover or of_objects or anything_paved or built_over):
        return None
    if any(word not in _MEANT for index, word in enumerate(words) if index not in inside):
        return None
    if built_over:
        found: CoverQuestion | str | None = CoverQuestion("was_before", under="objects")
    elif anything_paved:
        paved = CoverQuestion(_asks(words, line), after=(_PAVED,), word="paved ground")
        found = replace(paved, asks="whether") if paved.asks == "describe" else paved
    else:
        found = _read(words, nouns, line, of_objects)
    if isinstance(found, CoverQuestion) and found.asks == "share":
        found = replace(found, of_ground=OF_GROUND.search(line) is not None)
    if isinstance(found, CoverQuestion) and {*_ONE} & {*words} and not about_cover:
        return ONE_OF_THEM
    if isinstance(found, CoverQuestion) and re.search(r" (?:whole|whole of the) @", _tagged(words, nouns)):
        return NOT_ALL
    if isinstance(found, CoverQuestion) and found.asks == "share" and _OF_A_PART.search(_tagged(words, nouns)):
        return NOT_OF_A_PART
    if found is not None and negated(words):
        return NO_NEGATION
    return found


def _read(words: list[str], nouns: list[Mention], line: str, of_objects: bool) -> CoverQuestion | str | None:
    tagged = _tagged(words, nouns)
    asks = _asks(words, line)
    if of_objects:
        return read_replaced(words, nouns, asks)
    if len(nouns) > 2:
        return None
    if len(nouns) == 2:
        return _from_to(nouns, tagged, asks)
    if not nouns:
        return _of_all(words, line)
    noun = nouns[0]
    if words[0] in ("what", "into", "which"):
        if _OUT_OF.search(tagged) or (has_phrase(tagged, BEFORE) and not has_phrase(tagged, (*BUILT_ON, *GONE))):
            return CoverQuestion("out_of", after=noun.classes, word=noun.word)
        if _INTO.search(tagged) or _WHERE_WAS.search(tagged):
            return CoverQuestion("into", before=noun.classes, word=noun.word)
    if {"anything", "something"} & {*words}:
        if re.search(r" (?:replaced?|take the place of|taken the place of|took the place of)(?: the| any| old)* @", tagged):
            return CoverQuestion("into", before=noun.classes, word=noun.word)
        if re.search(r" @ replace | (?:replaced by|replaced with|ma[dk]e way for|g[ai]ve way to)(?: the| new)* @", tagged):
            return CoverQuestion("out_of", after=noun.classes, word=noun.word)
    developed = {"development", "construction"} & {*words} and has_phrase(line, (*REPLACED, "replaced by"))
    developed = developed or (has_phrase(line, GONE) and _FOR_BUILDING.search(line) is not None)
    if developed or has_phrase(line, ("built on", "built over", "built upon")):
        asks = "whether" if asks == "describe" else asks
        return CoverQuestion(asks, before=noun.classes, under="objects", word=noun.word)
    return _done_to(noun, tagged, asks) or _of_one(words, noun, line, tagged, asks)


def _done_to(noun: Mention, tagged: str, asks: CoverAsks) -> CoverQuestion | str | None:
    """Ground to which something was done: paved, flooded, planted, built up, drained; None for any other question."""
    asks = "whether" if asks == "describe" else asks
    natural = not {*noun.classes} & {_BUILT, _PAVED, _WATER}
    for verbs, after in ((PAVES, (_PAVED,)), (FLOODS, (_WATER,)), (PLANTS, (_TREES, _LOW))):
        if has_phrase(tagged, verbs):
            if not {*after} & {*noun.classes}:
                return CoverQuestion(asks, before=noun.classes, after=after, word=noun.word)
            grown = verbs == PLANTS and noun.word in _GROWS
            return None if grown or verbs == PAVES else NOT_CLEAR
    if has_phrase(tagged, DEVELOPS) and natural:
        return CoverQuestion(asks, before=noun.classes, under="objects", word=noun.word)
    built = natural and has_phrase(tagged, BUILDS)
    dried = has_phrase(tagged, DRIES) and _WATER not in noun.classes
    return NOT_CLEAR if built or dried else None


def _of_one(words: list[str], noun: Mention, line: str, tagged: str, asks: CoverAsks) -> CoverQuestion | str | None:
    """Ground of one kind that came or went."""
    grown = has_phrase(line, GREW) or "more" in words or has_phrase(line, ("larger", "bigger", "greater"))
    shrunk = has_phrase(line, SHRANK)
    if grown != shrunk and "how much" in line and not has_phrase(line, (*lists.VANISHED, "gained", "gain")):
        return CoverQuestion("net_area", before=noun.classes, word=noun.word, least=shrunk != _says_earlier(line))
    if (grown or shrunk) and ("how much" in line or (has_phrase(line, GREW) and shrunk)):
        return CoverQuestion("change", either=noun.classes, word=noun.word)
    if asks == "whether" and (grown or shrunk) and not has_phrase(line, ("lost", "gained", "no more")):
        return CoverQuestion("net", before=noun.classes, word=noun.word, least=shrunk != _says_earlier(line))
    gone, new = has_phrase(line, (*GONE, "replaced")), has_phrase(tagged, NEW)  # "paved ground" is not said to be paved
    if gone and has_phrase(line, ("cleared", "demolished")) and new:
        new = False
    changed = has_phrase(line, lists.CHANGED) or has_phrase(line, lists.HAPPENED) or "became of" in line
    if asks == "count" and noun.word in _UNCOUNTED:
        return f"Land cover is measured by area, {noun.word}s are not counted: ask how much was lost or gained."
    if asks == "net":
        return None
    if gone != new:
        asks = "whether" if asks == "describe" else asks
        return CoverQuestion(asks, noun.classes if gone else (), () if gone else noun.classes, word=noun.word)
    if gone or changed:
        return CoverQuestion("change" if asks in ("describe", "area") else asks, either=noun.classes, word=noun.word)
    return None


def _says_earlier(line: str) -> bool:
    """Whether more or less is said of the earlier date: "were there more trees before", "more trees than now"."""
    said, than, other = line.partition(" than ")
    if than:
        return has_phrase(f" {other}", LATER)
    return has_phrase(said, EARLIER) and not has_phrase(said, ("since", "from", "compared to", "compared with"))


def _from_to(nouns: list[Mention], tagged: str, asks: CoverAsks) -> CoverQuestion | None:
    """One kind of ground that became another."""
    first, second = nouns
    between = tagged[tagged.index("@") + 1 : tagged.rindex("@")]
    if re.search(r"\bby\b", between) or not re.search(r"\b(replaced?|replaces|instead of|out of)\b", between):
        backwards = False
        if not has_phrase(between, (*BECAME, "to", "into", "by", "with", "for")):
            return None
        told = (*GONE, *REPLACED, *BUILT_ON, *BECAME, "taken", "planted with", "from")
        if not has_phrase(tagged, told) and between.split() not in (["to"], ["into"]):  # "trees planted by the lake"
            return None
    else:
        backwards = True
    before, after = (second, first) if backwards else (first, second)
    if set(before.classes) & set(after.classes):
        return None
    asks = "whether" if asks == "describe" else asks
    return CoverQuestion(asks, before=before.classes, after=after.classes, word=before.word, other=after.word)


def _of_all(words: list[str], line: str) -> CoverQuestion | None:
    """All land cover: what changed most, or how it changed."""
    if has_phrase(line, ("most", "biggest", "largest", "strongest")):
        gone, new = has_phrase(line, (*GONE, *SHRANK)), has_phrase(line, (*NEW, *GREW))
        way: Literal["", "gone", "new"] = "" if gone == new else "gone" if gone else "new"
        return CoverQuestion("most", way=way) if words[0] in ("which", "what") else None
    changed = has_phrase(line, lists.CHANGED) or has_phrase(line, lists.HAPPENED) or has_phrase(line, (*GONE, *NEW))
    if not changed or "least" in words:
        return None
    if _asks(words, line) == "share":
        return CoverQuestion("share")
    if has_phrase(line, AREA) or words[:2] == ["how", "much"] or words[:2] == ["how", "many"]:
        return CoverQuestion("area")
    if words[0] in lists.YES_NO or words[0] == "whether":
        return CoverQuestion("whether")
    return CoverQuestion("where") if words[0] == "where" else CoverQuestion("change")


def _asks(words: list[str], line: str) -> CoverAsks:
    if has_phrase(line, [phrase for phrase in SHARE if phrase != "how much of"]) or "how much of the" in line:
        return "share"
    amount = bool({"amount", "extent"} & {*words}) or has_phrase(line, ("how much", "how large"))
    if has_phrase(line, AREA) or (amount and words[0] not in lists.YES_NO):
        return "area"
    if has_phrase(line, ("how many", "number of")):
        return "count"
    if words[0] == "where" or has_phrase(line, _WHERE):
        return "where"
    if words[0] in lists.YES_NO or words[0] == "whether" or line.startswith((" tell me if ", " check ")):
        return "whether"
    return "describe"


def named_things(words: Sequence[str]) -> list[Mention]:
    """The kinds of ground, the buildings and the roads that a question names.

    Args:
        words: Of the question, as `reading.tokenise` gives them.

    Returns:
        In their order.
    """
    words = [*words]
    nouns = _nouns(words)
    inside = frozenset(index for noun in nouns for index in range(noun.start, noun.stop))
    return sorted((*nouns, *changed_objects(words, inside)), key=lambda one: one.start)


def _nouns(words: list[str]) -> list[Mention]:
    """Words for land cover, the longest that fit; a longer name of something else ("football field") is not one of them."""
    nouns, at = [], 0
    while at < len(words):
        for length in range(min(_LONGEST, len(words) - at), 0, -1):
            name = singular(" ".join(words[at : at + length]))
            if name in _CLASSES:
                nouns.append(Mention(at, at + length, name, _CLASSES[name]))
                break
            if length > 1 and name in SUBJECTS:
                break
        else:
            length = 1
        at += length
    return [noun for noun in nouns if not _is_a_verb(words, noun)]


def _is_a_verb(words: list[str], noun: Mention) -> bool:
    """"Built up" without "area" is a verb after a form of to be: "was the meadow built up"."""
    return noun.word == "built up" and bool({"was", "were", "been", "is", "are"} & set(words[: noun.start]))


def _tagged(words: list[str], nouns: list[Mention]) -> str:
    """The question as one line with spaces around it, each word for land cover an @."""
    starts, inside = {noun.start for noun in nouns}, {i for noun in nouns for i in range(noun.start, noun.stop)}
    tokens = ["@" if index in starts else word for index, word in enumerate(words) if index in starts or index not in inside]
    return f" {' '.join(tokens)} "
