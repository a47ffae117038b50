"""The way of a question in free wording, the same for every engine: parsed once, then answered by objects or by the model.

What only objects can answer (an area, a length, the largest, a zone, a half) is read from the objects of the description;
everything else goes to the engine's model, as the task that `tasks/parsing.py` found.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from chronosight.engines.chosen_objects import choose, is_wanted
from chronosight.engines.confidence import EVEN
from chronosight.engines.from_objects import CANNOT_TELL, beside_undecided, undecided
from chronosight.engines.land_cover_caption import beside_land_cover
from chronosight.engines.scene_answers import answer_scene_question
from chronosight.errors import InputError
from chronosight.results.answer import opposite
from chronosight.results.change_summary import change_summary
from chronosight.results.doubts import doubted
from chronosight.results.sentences import objects
from chronosight.results.wording import all_below_limits
from chronosight.tasks.cells import places
from chronosight.tasks.nouns import plural
from chronosight.tasks.parsing import ParsedQuestion, parse_question
from chronosight.tasks.question import SceneQuestion
from chronosight.tasks.replaced_objects import GROUND_OF
from chronosight.tasks.routing import MAX_CHARACTERS
from chronosight.tasks.scene_regions import in_region

if TYPE_CHECKING:
    from chronosight.engines.engine import Engine, Progress
    from chronosight.results.answer import Answer
    from chronosight.results.change_summary import ChangeSummary
    from chronosight.results.changed_object import ChangedObject
    from chronosight.results.description import ClassDescription, Description
    from chronosight.results.outlined import OutlinedObject
    from chronosight.results.zones import Zone
    from chronosight.scenes.scene import Scene

POSSIBLE = "asked whether anything changed, the model says no: what is outlined is a possible change"
FOLLOWS = "asked whether anything changed, the model says no; this answer follows from it"
PARTS = ("compare", "rank", "list")  # asks that are about more than the objects of one choice


def check_question(text: str) -> str:
    """Strips a question, and refuses one that is too long.

    Args:
        text: The question.

    Returns:
        The question without spaces around it.

    Raises:
        InputError: It is longer than `MAX_CHARACTERS`.
    """
    text = text.strip()
    if len(text) > MAX_CHARACTERS:
        raise InputError(f"the question has {len(text):,} characters, expected at most {MAX_CHARACTERS:,}: shorten it")
    return text


def ask_engine(
    engine: Engine, scene: Scene, text: str, progress: Progress | None = None, zones: Sequence[Zone] | None = None
) -> Answer:
    """Answers a question in free wording: what `Engine.ask` does.

    Args:
        engine: Describes the pair, or answers by its model.
        scene: Any scene.
        text: The question.
        progress: Called with (tiles done, tiles in all).
        zones: Districts that a question about a pair may name.

    Returns:
        The answer; of task "open" where the question cannot be answered.

    Raises:
        InputError: The question is too long, or zones were given with something other than a pair.
    """
    parsed = parse_for(scene, text, zones)
    answer = answer_by_objects(engine, scene, parsed, progress, zones)
    return answer or by_model(engine, scene, parsed, progress)


def by_model(engine: Engine, scene: Scene, parsed: ParsedQuestion, progress: Progress | None = None) -> Answer:
    """The model's answer to a parsed question; the opposite where it denies what the task asks: "has nothing changed".

    Args:
        engine: Answers by its model.
        scene: An image, a pair or a video.
        parsed: The question (`tasks.parsing.parse_question`).
        progress: Called with (tiles done, tiles in all) while a pair is compared; None for no reports.

    Returns:
        The answer.
    """
    answer = placeless(engine.answer_parsed(scene, parsed, progress), parsed)
    return opposite(answer) if parsed.routed.negated else answer


def placeless(answer: Answer, parsed: ParsedQuestion) -> Answer:
    """An answer to "where" that names no place, as a sentence; any other as it is.

    Args:
        answer: The model's answer.
        parsed: The question.

    Returns:
        Such as "No changed roads were found, so there is no place to name."
    """
    question = parsed.routed.question
    if answer.task != "location" or answer.value != () or question is None:
        return answer
    kind = {"appeared": "new", "vanished": "vanished", None: "changed"}[parsed.routed.direction]
    where = f" {places(parsed.routed.cells)}" if parsed.routed.cells else ""
    text = f"No {kind} {question.subject or 'buildings or roads'} were found{where}, so there is no place to name."
    return replace(answer, text=text)


def parse_for(scene: Scene, text: str, zones: Sequence[Zone] | None = None, last: ParsedQuestion | None = None) -> ParsedQuestion:
    """A question about a scene, parsed. Raises InputError as `ask_engine` does.

    Args:
        scene: Any scene.
        text: The question.
        zones: Districts that it may name.
        last: In a conversation, the question before it.

    Returns:
        The task for a model and, of a pair, what to read off the objects.
    """
    check_question(text)
    if zones is not None and scene.kind != "pair":
        raise InputError(f"--zones goes with two dates of a place, but one {scene.kind} was given: leave it out")
    return parse_question(text, scene.kind, [zone.name for zone in zones or ()], last)


def answer_by_objects(
    engine: Engine, scene: Scene, parsed: ParsedQuestion, progress: Progress | None = None, zones: Sequence[Zone] | None = None
) -> Answer | None:
    """Answers a question about a pair that only its objects can answer.

    Args:
        engine: Describes the pair.
        scene: The pair.
        parsed: The question.
        progress: Called with (tiles done, tiles in all) while a pair is compared; None for no reports.
        zones: Districts that the question may name.

    Returns:
        The answer; None where the engine's model is to be asked.
    """
    about_cover = parsed.of_objects is not None and parsed.of_objects.without_cover is not None
    if parsed.of_objects is None or not (parsed.only_objects or about_cover) or (about_cover and not engine.maps_land_cover):
        return None
    described = engine.describe(scene, progress)
    summary = with_zones(described, zones)
    if about_cover and summary.land_cover is None:
        return None  # the model says why not
    return answer_described(summary, parsed, described.changed, described.classes)


def answer_description(
    summary: ChangeSummary, text: str, changed: Answer | None = None, classes: Sequence[ClassDescription] = ()
) -> Answer:
    """Answers any question about a pair that has been described, from its objects; not confident where the scene gives doubts.

    Args:
        summary: The changed objects, and zones where there are any.
        text: The question.
        changed: The description's own answer to whether anything changed, which rests on more than the objects; None for none.
        classes: The classes of the description: whether any object of one changed is answered as they say, where they do.

    Returns:
        The answer.

    Raises:
        InputError: The question is too long.
    """
    names = [row.name for row in summary.zones.rows] if summary.zones else []
    return answer_described(summary, parse_question(check_question(text), "pair", names), changed, classes)


def answer_described(
    summary: ChangeSummary, parsed: ParsedQuestion, changed: Answer | None, classes: Sequence[ClassDescription]
) -> Answer:
    """What `answer_description` does, of a question that was parsed.

    Args:
        summary: The changed objects, and zones where there are any.
        parsed: The question, about two dates.
        changed: As in `answer_description`.
        classes: As in `answer_description`.

    Returns:
        The answer.
    """
    assert parsed.of_objects is not None  # two dates
    asked = parsed.of_objects.question
    if asked is None:
        return doubted(answer_scene_question(summary, parsed.of_objects), summary)
    if asked.asks == "land_cover":
        return doubted(_beside_unseen(summary, asked, answer_scene_question(summary, parsed.of_objects), classes), summary)
    known = _known(summary, asked, changed, classes)
    if known is not None:
        note = (parsed.routed.note,) if parsed.routed.note else ()
        answer = replace(known, notes=(*note, *known.notes))
    else:
        answer = answer_scene_question(summary, parsed.of_objects)
        answer = opposite(answer) if asked.negated else answer
        if changed is not None and changed.value is False:
            answer = _of_unchanged(summary, parsed, answer, changed)
        elif changed is not None and asked.asks in ("count", "where"):
            answer = beside_undecided(answer, changed)
        answer = _beside_limits(summary, asked, _beside_unseen(summary, asked, answer, classes))
    if asked.asks == "whether" and asked.subject is None and summary.land_cover is not None:
        ground = [item for item in summary.land_cover.objects if _lies_in(summary, asked, item)]
        answer = beside_land_cover(answer, ground)
    return doubted(opposite(answer) if asked.negated else answer, summary)


def _of_unchanged(summary: ChangeSummary, parsed: ParsedQuestion, answer: Answer, changed: Answer) -> Answer:
    """An answer read from the objects of a pair in which nothing changed, so that they are possible changes alone."""
    assert parsed.of_objects is not None and parsed.of_objects.question is not None
    asked = parsed.of_objects.question
    outlined = bool(summary.objects if asked.asks in PARTS else choose(summary, asked).found)
    if asked.asks == "whether" and answer.task == "binary":
        return unchanged_too(answer, changed, outlined)
    if outlined and asked.asks in ("count", "where", "direction"):
        nothing = answer_scene_question(replace(summary, objects=()), parsed.of_objects)
        return replace(
            nothing, confidence=changed.confidence, confidence_known=changed.confidence_known, confident=False, interval=None,
            notes=(*nothing.notes, FOLLOWS),
        )  # fmt: skip
    return replace(answer, confident=False, notes=(*answer.notes, POSSIBLE)) if outlined else answer


def _beside_unseen(
    summary: ChangeSummary, asked: SceneQuestion, answer: Answer, classes: Sequence[ClassDescription]
) -> Answer:
    """An answer that rests on there being no object of a class, of which one may have changed although none is outlined."""
    outlined = {plural(item.class_name) for item in summary.objects}
    unseen = {one.name for one in classes if one.changed is not None and one.changed.value is not False} - outlined
    named = {asked.subject, *asked.subjects}
    if asked.cover is not None and asked.cover.under:
        ground = {*asked.cover.before, *asked.cover.after}
        named |= {name for name, own in GROUND_OF.items() if asked.cover.under in (name, "objects") or ground & {*own}}
    if not unseen & named or not answer.confident:
        return answer
    return replace(answer, confident=False, confidence=min(EVEN, answer.confidence), notes=(*answer.notes, undecided(())))


def _beside_limits(summary: ChangeSummary, asked: SceneQuestion, answer: Answer) -> Answer:
    """An answer read from objects of which some are below the limits that a user set: it says so, and is never sure of none."""
    wanted = [n for key, n in summary.left_out.items() if is_wanted(asked, *key)]
    if not wanted or answer.task == "open":
        return answer
    noun, verb = (asked.subject or "objects").rstrip("s"), asked.direction or "changed"
    if any(is_wanted(asked, *item.key) for item in summary.objects):
        note = f"{objects(sum(wanted), noun).text} that {verb} left out: below the limits"
        return replace(answer, confident=answer.confident and bool(answer.value), notes=(*answer.notes, note))
    text = f"{all_below_limits(sum(wanted), noun, verb)}."
    if asked.asks == "whether":
        return replace(answer, text=f"No: {text}", value=False, confidence=EVEN, confident=False)
    return replace(answer, text=f"{text[:1].upper()}{text[1:]}", confident=False, interval=None)


def _lies_in(summary: ChangeSummary, asked: SceneQuestion, item: OutlinedObject) -> bool:
    """Whether a piece of ground lies in the part of the scene that a question names; in its zone, none is known to."""
    if asked.zone is not None and summary.land_cover is not None:
        return any(item.number in zone.numbers for zone in summary.land_cover.zones if zone.name == asked.zone)
    x, y = item.centroid[0] / summary.width, item.centroid[1] / summary.height
    return asked.region is None or any(in_region(asked.region, cell, x, y) for cell in item.places)


def _known(
    summary: ChangeSummary, asked: SceneQuestion, changed: Answer | None, classes: Sequence[ClassDescription]
) -> Answer | None:
    """The answer that a description has already: whether anything changed, or anything of a class; None where it has none."""
    whole = SceneQuestion("whether", asked.subject)
    if replace(asked, negated=False, direction=None, region=None) != whole:
        return None
    if asked.subject is None:
        answer = changed
    else:
        answer = next((one.changed for one in classes if one.name == asked.subject), None)
    if answer is None or (asked.direction is None and asked.region is None):
        return answer
    return as_the_whole(answer, choose(summary, asked).found, choose(summary, whole).found)


def as_the_whole(whole: Answer, chosen: Sequence[ChangedObject], every: Sequence[ChangedObject]) -> Answer | None:
    """The yes or no about some of the objects, where all that is outlined is among them: "is there a new road" where all are.

    Args:
        whole: Whether any of all objects changed, which rests on more than the objects.
        chosen: The objects asked about.
        every: All of them.

    Returns:
        The answer about all of them: the same question has the same answer; that it cannot be told, where something changed and
        nothing is outlined. None where others are outlined: the answer is then read from the objects.
    """
    if len(chosen) != len(every):
        return None
    if whole.value is not True or chosen:
        return whole
    confidence = 1 - whole.confidence if whole.confidence_known else 0.0
    return replace(whole, text=CANNOT_TELL, value=None, confidence=confidence, confident=False, notes=(undecided(()),))


def unchanged_too(answer: Answer, changed: Answer, possible: bool) -> Answer:
    """A yes or no about some of the objects of a pair in which nothing changed: no, as sure as it is that nothing did.

    Args:
        answer: What the objects alone say.
        changed: The answer to whether anything changed, which is no.
        possible: Whether some of the objects asked about are outlined, as possible changes: the no is then not confident.

    Returns:
        The answer; its words are kept where it is no already.
    """
    if answer.value is not False:
        answer = replace(answer, text="No", value=False)
    return replace(
        answer, confidence=changed.confidence, confidence_known=changed.confidence_known,
        confident=changed.confident and not possible, notes=(*answer.notes, POSSIBLE) if possible else answer.notes,
    )  # fmt: skip


def with_zones(description: Description, zones: Sequence[Zone] | None) -> ChangeSummary:
    """The change summary of a description, counted by zones.

    Args:
        description: The description of a pair.
        zones: Districts to count by; None for none.

    Returns:
        The summary.

    Raises:
        InputError: No zone reaches into the scene, or the scene has no place on the Earth.
    """
    from chronosight.engines.zones import count_zones, cover_by_zone

    summary = change_summary(description)
    if zones is None:
        return summary
    counted = count_zones(summary.objects, zones, summary.footprint)
    return replace(summary, zones=counted, land_cover=cover_by_zone(summary.land_cover, summary.objects, zones))
