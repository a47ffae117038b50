"""Questions about what replaced what, where buildings or roads are one of the two: "was a road replaced by buildings".

Which of two things was there first is read from the words between, before and after them; where these do not say, the question
is left to the other readers.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from chronosight.tasks import word_lists as lists
from chronosight.tasks.land_cover import LAND_COVER_CLASSES
from chronosight.tasks.nouns import CHANGE_WORDS, SUBJECTS, change_subject, singular
from chronosight.tasks.question import CoverAsks, CoverQuestion
from chronosight.tasks.scene_phrases import has_phrase

Subject = Literal["buildings", "roads", "objects"]
GROUND_OF: dict[Subject, tuple[str, ...]] = {
    "buildings": (LAND_COVER_CLASSES[0],), "roads": (LAND_COVER_CLASSES[1],), "objects": LAND_COVER_CLASSES[:2],
}  # fmt: skip
BECAME = (
    "became", "become", "becomes", "turned into", "turn into", "turned to", "turn to", "changed into", "changed to",
    "change into", "change to", "converted into", "converted to", "convert to", "convert into", "transformed into",
    "gave way to", "give way to", "made way for", "make way for", "made room for", "make room for", "lost to", "replaced by",
    "replaced with", "made into", "sacrificed for", "sacrificed to",
)  # fmt: skip
REPLACED = (
    "replaced", "replace", "replaces", "taken the place of", "took the place of", "take the place of", "instead of",
    "in place of", "in the place of",
)  # fmt: skip
BUILT_ON = (
    "built on", "built over", "built upon", "build on", "stand on", "stood on", "covered by", "covered with", "taken by",
    "used for", "paved over",
)  # fmt: skip
_OF = (r"cover(?:ed)?", "taken", "taken up", "occupied", "built on", "built over", "built upon", "paved", "paved over")
_BY = re.compile(rf" (?:{'|'.join((*_OF, 'replaced', 'planted'))})(?: over)? (?:by|with) | used for | by ")
_GONE_FOR = re.compile(
    r" (?:cleared|cut|cut down|felled|removed|demolished|destroyed|torn down|lost|filled in|filled|drained|gone|go|disappear"
    r"|disappeared|vanish|vanished|taken|logged|razed|bulldozed|sacrificed|used)(?: away)? "
    r"(?:for|to build|to make way for|to make room for|to construct|because of|due to|by|under|for the construction of"
    r"|for the building of|in favour of) "
)
_ON = re.compile(r" (?:built|build|stands?|stood|placed|put|constructed|erected) (?:on|over|upon|on top of) ")
_WHERE = re.compile(r" where (?:(?:the|a|an|old|some|any|only|these|those|this|that) )*$")
_WHERE_THERE = re.compile(r" where there (?:was|were|used to be|had been|once was|once were) (?:(?:a|an|the|only|once|some) )*$")
_WAS = re.compile(r"^ (?:once )?(?:was|were|used to be|used to stand|stood|lay|had been)(?: before| earlier| once)? $")
_PASSIVE = ("is", "are", "was", "were", "been", "being", "get", "got")
_ANYTHING = frozenset(("anything", "something"))
BEFORE = (
    "there before", "before the", "there earlier", "there previously", "used to be", "stood where", "was where", "were where",
    "lay where", "built on", "stand on", "stood on", "built over", "site of", "there first", "before these", "before those",
    "before them", "was before", "were before", "previously", "was under", "is under", "lies under", "constructed on",
)  # fmt: skip
AFTER = ("there now", "came after", "comes after", "now where", "is where", "there after", "there afterwards", "stands where")
_SUBJECTS: dict[str, Subject] = {
    name: "roads" if change_subject(SUBJECTS[name]) == "roads" else "buildings" for name in CHANGE_WORDS
}
_NAMED_OLD = tuple(phrase for phrase in lists.VANISHED if phrase not in ("lost", "lose", "cleared"))


@dataclass(frozen=True)
class Mention:
    """Buildings, roads or a kind of ground, as named in a question.

    Attributes:
        start: Place of its first word.
        stop: Place after its last word.
        word: As typed, in the singular.
        classes: Of land cover, that it stands for.
        subject: "buildings", "roads" or "objects", which are both; "" for ground.
    """

    start: int
    stop: int
    word: str
    classes: tuple[str, ...]
    subject: Subject | Literal[""] = ""


def changed_objects(words: Sequence[str], taken: frozenset[int]) -> list[Mention]:
    """The buildings and roads that a question names.

    Args:
        words: Of the question.
        taken: Places of words that are part of another name: "road and paved".

    Returns:
        One a word, in their order; "buildings and roads" are one.
    """
    found: list[Mention] = []
    for at, word in enumerate(words):
        name = singular(word)
        subject = _SUBJECTS.get(name) if at not in taken else None
        if subject is None:
            continue
        between = {*words[found[-1].stop : at]} if found else set()
        joined = bool(between & {"and", "or"}) and between <= {"and", "or", "new", "the", "a", "an", "any"}
        if joined and found[-1].subject != subject:
            found[-1] = Mention(found[-1].start, at + 1, "building or road", GROUND_OF["objects"], "objects")
        else:
            found.append(Mention(at, at + 1, name, GROUND_OF[subject], subject))
    return found


def first_came_first(words: Sequence[str], first: Mention, second: Mention) -> bool | None:
    """Whether the first of two things that a question names was there before the second.

    Args:
        words: Of the question.
        first: The thing named first.
        second: The other.

    Returns:
        True for "was the forest replaced by houses", False for "did houses replace the forest"; None where the words do not say.
    """
    head, between, tail = (
        f" {' '.join(part)} " for part in (words[: first.start], words[first.stop : second.start], words[second.stop :])
    )
    asked = " did " in between or " do " in between
    if asked and has_phrase(tail, REPLACED):  # "which trees did the houses replace"
        return True
    if _BY.search(between) or has_phrase(between, BECAME) or _GONE_FOR.search(between) or has_phrase(between, ("to", "into")):
        return True
    if has_phrase(head, ("where",)) and _WAS.match(between[: between.find(" is ") + 1] if " is " in between else between):
        return True  # "where the road was, is there a building"
    if has_phrase(between, REPLACED) or _ON.search(between) or _WHERE_THERE.search(between):
        return False
    if _WHERE.search(between) and _WAS.match(tail):
        return False
    return None


def read_replaced(words: Sequence[str], grounds: Sequence[Mention], asks: CoverAsks) -> CoverQuestion | str | None:
    """Reads what buildings or roads replaced, or what replaced them.

    Args:
        words: Of the question, all of which are understood.
        grounds: The kinds of ground that it names.
        asks: What is wanted of them.

    Returns:
        The question; why it cannot be answered; None where it asks something else.
    """
    objects = changed_objects(words, frozenset(at for one in grounds for at in range(one.start, one.stop)))
    subjects = {one.subject for one in objects}
    line = f" {' '.join(words)} "
    if len(grounds) > 1 or not objects:
        return None
    if grounds:
        return _ground_and_objects(words, grounds[0], objects, asks, line) if len(subjects) == 1 else None
    if len(objects) == 2:
        found = _two_kinds(words, objects[0], objects[1], asks)
        if found is not None or len(subjects) == 2:
            return found
    return _one_kind(words, objects[0], line, asks) if len(subjects) == 1 else None


def _yes_or(asks: CoverAsks) -> CoverAsks:
    return "whether" if asks == "describe" else asks


def _of_objects(words: Sequence[str], at: int, asks: CoverAsks) -> CoverAsks:
    """What "how many buildings" and "which buildings" ask for: the objects, not their ground."""
    line = f" {' '.join(words[:at])} "
    return "objects" if re.search(r" (?:how many|which|number of)(?: (?:of|the|new))* $", line) else _yes_or(asks)


def _two_kinds(words: Sequence[str], first: Mention, second: Mention, asks: CoverAsks) -> CoverQuestion | str | None:
    """A building in the place of a road, or a road in that of a building."""
    forward = first_came_first(words, first, second)
    if forward is None:
        return None
    before, after = (first, second) if forward else (second, first)
    if before.subject == after.subject:
        return _same(after)
    assert after.subject
    asks = _of_objects(words, after.start, asks)
    return CoverQuestion(asks, before.classes, after.classes, under=after.subject, word=before.word, other=after.word)


def _same(one: Mention) -> str:
    kind = str(one.subject).removesuffix("s")
    where_it_stood = f"A new {kind} in the place of an old {kind} is not told from one that stayed"
    return f"{where_it_stood}: ask what the new {one.subject} replaced."


def _ground_and_objects(
    words: Sequence[str], ground: Mention, objects: Sequence[Mention], asks: CoverAsks, line: str
) -> CoverQuestion | str | None:
    one = objects[0]
    assert one.subject
    in_order = (ground, one) if ground.start < one.start else (one, ground)
    forward = first_came_first(words, *in_order)
    if forward is None:
        joined = has_phrase(line, (*REPLACED, *BUILT_ON, *BECAME, "take", "took", "for the", "because of", "under the"))
        if has_phrase(line, _NAMED_OLD) or not joined:
            return None
        forward = in_order[0] is ground
    if (in_order[0] is ground) == forward:
        asks = _of_objects(words, one.start, asks)
        return CoverQuestion(asks, before=ground.classes, under=one.subject, word=ground.word)
    asks = _of_objects(words, one.start, asks)
    return CoverQuestion(asks, after=ground.classes, under=one.subject, former=True, word=ground.word)


def _one_kind(words: Sequence[str], one: Mention, line: str, asks: CoverAsks) -> CoverQuestion | str | None:
    """What was there before, or came after; buildings and roads that are said to be replaced, or built over."""
    assert one.subject
    head, tail = f" {' '.join(words[: one.start])} ", f" {' '.join(words[one.stop :])} "
    was_before, came_after = CoverQuestion("was_before", under=one.subject), CoverQuestion("came_after", under=one.subject)
    what = words[0] in ("what", "which", "on", "over")
    if what and asks in ("share", "area", "count"):  # "what share of the scene is covered by buildings"
        return None
    passive = bool({*_PASSIVE} & {*words})
    if has_phrase(tail, ("built over", "paved over")) and passive and not what and words[0] != "where":
        return _over(one, "roads" if " paved over " in tail else "buildings", asks)
    given_way = _BY.search(head) or _GONE_FOR.search(head) or has_phrase(head, BECAME)
    if given_way and (what or _ANYTHING & {*words}):  # "what was lost to the buildings", "was anything replaced by a road"
        return was_before
    if _ANYTHING & {*words}:
        replacing = has_phrase(tail, REPLACED)
        return was_before if replacing else came_after if has_phrase(head, REPLACED) else None
    if one.subject == "roads" and words[0] in ("is", "are") and "paved" in tail.split() and not {"being", "been"} & {*words}:
        return "Only that a road appeared or vanished is known, not what it is made of."
    if not what:
        return _replaced_by_what(one, tail, passive)
    old = has_phrase(line, _NAMED_OLD)
    if has_phrase(head, ("where",)) and _WAS.match(tail):  # "what is now where the road was"
        return came_after
    if words[0] in ("on", "over") and not old and "built" in words:
        return was_before
    if old and not _GONE_FOR.search(head):
        after = has_phrase(line, (*AFTER, *REPLACED, "became of", "now"))
        return came_after if after else None
    asked_after = has_phrase(tail, ("replaced by", "replaced with", "become", "turn into")) or (
        has_phrase(head, (*REPLACED, "became of")) and not has_phrase(line, lists.APPEARED)
    )
    if asked_after and not (has_phrase(tail, ("replace",)) and "did" in words):
        return came_after
    before = has_phrase(line, (*BEFORE, *REPLACED)) or ("before" in words and {"was", "were"} & set(words))
    return was_before if before else None


def _over(one: Mention, by: Subject, asks: CoverAsks) -> CoverQuestion | str:
    """Roads that were built over, houses that were paved over: the verb names what they became."""
    if one.subject == by:
        return _same(one)
    return CoverQuestion(_yes_or(asks), one.classes, GROUND_OF[by], under=by, word=one.word)


def _replaced_by_what(one: Mention, tail: str, passive: bool) -> str | None:
    """Why "was the building replaced" has no answer: by what is not said, and one of the same kind would not be seen."""
    if has_phrase(tail, ("replaced",)) and passive:
        another = has_phrase(tail, ("by another", "with another", "by new", "with new", "by other"))
        return _same(one) if another else f"Say by what, or ask what replaced the demolished {one.subject}."
    return None
