"""The default engine: the shipped small model on CPU, with onnxruntime and numpy alone."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from threading import Lock

from typing_extensions import override

from chronosight.engines.compact.any_size import at_any_size
from chronosight.engines.compact.bundle import Bundle
from chronosight.engines.compact.caption import completed
from chronosight.engines.compact.compare_dates import compare_dates
from chronosight.engines.compact.compared_things import beside_counts, beside_presence, said
from chronosight.engines.compact.conversation import CompactConversation
from chronosight.engines.compact.describe import at_finer_size, describe_large, describe_pair
from chronosight.engines.compact.encoded import EncodedScene, Networks
from chronosight.engines.compact.presence import PresenceClassifier, answer_count, answer_presence, beside_count, pool
from chronosight.engines.compact.reconcile import agreeing
from chronosight.engines.compact.replies import answer_yes_no, read_raw, read_reply, yes_probability
from chronosight.engines.confidence import calibrate
from chronosight.engines.engine import Engine, Progress
from chronosight.engines.from_objects import select
from chronosight.engines.land_cover_caption import NOTE, beside_land_cover, cover_caption, with_land_cover_caption
from chronosight.engines.router import as_the_whole, ask_engine, unchanged_too
from chronosight.errors import InputError
from chronosight.results.answer import Answer, open_answer
from chronosight.results.change_probabilities import ChangeProbabilities
from chronosight.results.change_summary import ChangeSummary
from chronosight.results.description import Description
from chronosight.results.doubts import doubted, doubted_description
from chronosight.results.evidence import Evidence
from chronosight.results.zones import Zone
from chronosight.scenes.lonlat import scene_corners
from chronosight.scenes.scene import Scene
from chronosight.tasks import binary, caption, object_count, presence
from chronosight.tasks.clue import GuideFacts
from chronosight.tasks.nouns import IMPLIED, named_things
from chronosight.tasks.parsing import ParsedQuestion
from chronosight.tasks.question import Question
from chronosight.tasks.routing import Routed

REMEMBERED = 4  # scenes whose encoding is kept, as long as they have no more pixels in all than
REMEMBERED_PIXELS = 50_000_000  # 9 bytes each for the maps, plus the frames; the latest scene always stays
KINDS: dict[str, tuple[str, ...]] = {  # that a task is asked of; all others are asked of a pair
    "caption": ("image", "pair"),
    "scene_class": ("image",),
    "presence": ("image",),
    "object_count": ("image",),
    "comparison": ("image",),
    "rural_urban": ("image",),
    "event": ("video",),
}
_DENIED = re.compile(r"\b(?:without|no)\b[^,.]*")  # of a caption: "open country without any buildings"
SIZES = ("image_size", "pair_size", "video_size", "video_frames")  # of config.json, that the language model needs


class CompactEngine(Engine):
    """Ask it about scenes. They are known by identity and encoded once, the last few kept: do not edit them between.

    Attributes:
        remembered: number of scenes whose encoding is kept; a server that many ask keeps more.
    """

    def __init__(self, bundle: Bundle, land_cover: bool = True) -> None:
        """Makes the engine.

        Args:
            bundle: The weights.
            land_cover: Whether to map land cover too, where the weights can.

        Raises:
            InputError: The weights lack a size that the language model needs.
        """
        missing = [key for key in SIZES if bundle.config.get(key) is None]
        if missing:
            raise InputError(f"config.json of {bundle.folder} has no {missing[0]}; copy the weights folder again")
        self.bundle, self.remembered = bundle, REMEMBERED
        self.networks, self._land_cover = Networks(bundle), land_cover
        self._encoded: list[EncodedScene] = []
        self._lock = Lock()

    @property
    @override
    def maps_land_cover(self) -> bool:
        return self._land_cover

    def encode(self, scene: Scene, progress: Progress | None = None, cover: bool = True) -> EncodedScene:
        """Everything computed from a scene; each part is made when first needed, and then kept.

        Args:
            scene: The scene, known by identity.
            progress: Called with (tiles done, tiles in all) while a pair is compared; None for no reports.
            cover: Whether the land cover may be needed.

        Returns:
            The encoded scene.
        """
        cover = cover and self._land_cover
        with self._lock:
            encoded = next((item for item in self._encoded if item.scene is scene), None)
            if encoded is None or (cover and not encoded.cover):
                encoded = EncodedScene(scene, self.networks, progress, cover=cover)
            others = [item for item in self._encoded if item.scene is not scene]
            kept, pixels = [encoded], encoded.scene.valid.size
            for item in others[: self.remembered - 1]:
                pixels += item.scene.valid.size
                if pixels > REMEMBERED_PIXELS:
                    break
                kept.append(item)
            self._encoded = kept
            return encoded

    def forget(self) -> None:
        """Drops what was computed from scenes, so that changed settings of the bundle hold for scenes seen before."""
        with self._lock:
            self._encoded = []

    @override
    def ask(self, scene: Scene, text: str, progress: Progress | None = None, zones: Sequence[Zone] | None = None) -> Answer:
        return ask_engine(self, scene, text, progress, zones)

    @override
    def answer_parsed(self, scene: Scene, parsed: ParsedQuestion, progress: Progress | None = None) -> Answer:
        routed = parsed.routed
        if routed.question is None:
            return open_answer(routed.note)
        parts = routed.direction is not None or bool(routed.cells)
        if parts and scene.kind == "pair":
            encoded = self.encode(scene, progress)
            with encoded.lock:
                answer = self._answer_part(encoded, routed.question, routed)
                if answer.confident and encoded.finer is not None:
                    answer = at_any_size(answer, self._answer_part(encoded.finer, routed.question, routed), encoded.finer.size)
                answer = doubted(with_notes(answer, encoded.remarks), encoded)
            answer = self._beside_land_cover(scene, routed.question, answer, routed.cells or ())
        else:
            answer = self.answer(scene, routed.question, progress)
            answer = completed(answer) if answer.task == "caption" and scene.kind == "pair" else answer
        return replace(answer, notes=(routed.note, *answer.notes)) if routed.note else answer

    @override
    def answer(self, scene: Scene, question: Question, progress: Progress | None = None) -> Answer:
        if scene.kind not in KINDS.get(question.task, ("pair",)):
            kinds = " or a ".join(KINDS.get(question.task, ("pair",)))
            raise InputError(f'the task "{question.task}" is asked of a {kinds}, not of a {scene.kind}')
        encoded = self.encode(scene, progress)
        with encoded.lock:
            if scene.kind == "pair":
                answer = self._answer_two_dates(encoded, question)
                if answer.confident and encoded.finer is not None and question.task != "caption":
                    answer = at_any_size(answer, self._answer_two_dates(encoded.finer, question), encoded.finer.size)
            else:
                answer = self._read(encoded, question)
            answer = doubted(with_notes(answer, encoded.remarks), encoded)
        return self._beside_land_cover(scene, question, answer) if scene.kind == "pair" else answer

    @override
    def describe(self, scene: Scene, progress: Progress | None = None) -> Description:
        if scene.kind != "pair":
            raise InputError(f"describe compares two dates, but was given one {scene.kind}; give two images")
        encoded = self.encode(scene, progress)
        with encoded.lock:
            caption_of = partial(self.caption_view, encoded)
            description = describe_large(encoded, caption_of) if encoded.large else describe_pair(encoded)
            if encoded.finer is not None:
                description = at_finer_size(description, encoded)
            notes = dict.fromkeys((*description.notes, *encoded.remarks))
            description = replace(description, notes=tuple(notes), land_cover=encoded.land_cover)
            description = with_land_cover_caption(description)
        return doubted_description(description)

    @override
    def guide_facts(self, scene: Scene, progress: Progress | None = None) -> tuple[Evidence, GuideFacts]:
        encoded = self.encode(scene, progress, cover=False)
        with encoded.lock:
            return encoded.guide_evidence, encoded.facts

    @override
    def compare_dates(self, place: Scene, pairs: Iterable[Scene]) -> Iterator[ChangeProbabilities]:
        return compare_dates(place, pairs, self.networks)

    @override
    def chat(self, scene: Scene) -> CompactConversation:
        return CompactConversation(self, scene)

    def _read(self, encoded: EncodedScene, question: Question) -> Answer:
        if encoded.scene.kind == "image":
            if question.task == "scene_class" and (named := self.networks.scene_classifier) is not None:
                model = read_raw(question, encoded.replies([question])[0]).value
                return named.answer(pool(encoded.features), model, self.bundle.calibration(question.task))
            if question.task in ("presence", "object_count") and (answer := self._answer_image(encoded, question)) is not None:
                return answer
        if question.task == "comparison":
            settings = self.bundle.calibration(question.task)
            answer = answer_yes_no(question, calibrate(encoded.more(question), settings), settings)
            if encoded.scene.kind == "image":
                answer = self._beside_each(encoded, question, answer)
        else:
            answer = read_reply(self.bundle, encoded.scene.kind, question, encoded.replies([question])[0])
        if question.task == "caption" and encoded.scene.kind == "image":
            text = caption.without_repeats(answer.text)
            answer = replace(answer, text=text, value=None if answer.value is None else text)
            answer = self._beside_presence(encoded, answer)
        classifier = self.networks.presence if encoded.scene.kind == "image" else None
        return answer if classifier is None else classifier.measured(question, answer)

    def _beside_each(self, encoded: EncodedScene, question: Question, compared: Answer) -> Answer:
        """Whether an image shows more of one thing than of another, beside presence and number of each."""
        things = str(question.subject), str(question.other)
        first, second = (self._answer_image(encoded, presence.ask(noun)) for noun in things)
        answer = beside_presence(compared, things, (first, second))
        if not (answer.confident and first is not None and first.value and second is not None and second.value):
            return answer
        one, other = (self._answer_image(encoded, object_count.ask(noun)) for noun in things)
        return answer if one is None or other is None else beside_counts(answer, things, (one, other))

    def _beside_presence(self, encoded: EncodedScene, captioned: Answer) -> Answer:
        """The caption of an image; not confident, with a note, where it names a thing that the model denies when asked."""
        known = self.networks.presence.rows if self.networks.presence is not None else {}
        named = named_things(_DENIED.sub(" ", captioned.text), tuple(known))
        implied = [whole for noun in named for whole in IMPLIED.get(noun, ())]
        return self._unless_denied(encoded, captioned, tuple(dict.fromkeys((*named, *implied))))

    def _unless_denied(self, encoded: EncodedScene, answer: Answer, nouns: Sequence[str]) -> Answer:
        """The answer about an image; not confident, with a note, where the model denies one of the things when asked about it."""
        for noun in nouns:
            there = self._answer_image(encoded, presence.ask(noun)) if encoded.scene.kind == "image" else None
            if there is not None and there.value is False:
                return replace(answer, confident=False, notes=(*answer.notes, said(noun, there)))
        return answer

    def _answer_image(self, encoded: EncodedScene, question: Question) -> Answer | None:
        """Presence or a count in one image; None where the presence classifier does not know the noun."""
        classifier = self.networks.presence
        if classifier is None or question.subject not in classifier.rows:
            return None
        noun = str(question.subject)
        there = self._unless_contradicted(encoded, classifier, noun, self._see(encoded, classifier, [noun])[noun])
        if question.task == "presence" and not (there.value and there.confident and len(encoded.pooled) == 1):
            return there
        asked = object_count.ask(noun)
        counted = read_raw(asked, encoded.replies([asked])[0])
        if question.task == "presence":
            return beside_count(there, noun, counted)
        return answer_count(self.bundle, classifier, question, encoded.pooled, there, counted)

    def _see(self, encoded: EncodedScene, classifier: PresenceClassifier, nouns: Sequence[str]) -> dict[str, Answer]:
        """Whether an image shows each of some things; those that the presence classifier does not know are left out."""
        asked = [presence.ask(noun) for noun in nouns if noun in classifier.rows]
        found = {}
        for question, reply in zip(asked, encoded.replies(asked), strict=True):
            answer = answer_presence(classifier, question, encoded.pooled, yes_probability(reply))
            assert answer is not None  # it knows the noun
            found[str(question.subject)] = answer
        return found

    def _unless_contradicted(self, encoded: EncodedScene, classifier: PresenceClassifier, noun: str, answer: Answer) -> Answer:
        """Not confident, with a note, where a surer answer contradicts it: a runway without an airport."""
        if not answer.confident:
            return answer
        others = IMPLIED.get(noun, ()) if answer.value else [part for part, wholes in IMPLIED.items() if noun in wholes]
        for other, related in self._see(encoded, classifier, others).items():
            if related.confident and related.value is not answer.value and related.confidence >= answer.confidence:
                return replace(answer, confident=False, notes=(*answer.notes, said(other, related)))
        return answer

    def _answer_two_dates(self, encoded: EncodedScene, question: Question) -> Answer:
        """A change question about a pair of any size."""
        return self._answer_large(encoded, question) if encoded.large else self._answer_pair(encoded, question)

    def _answer_pair(self, encoded: EncodedScene, question: Question) -> Answer:
        """A change question. Where nothing changed at all, nothing is counted or placed (see `reconcile`)."""
        if question == binary.ask():
            return replace(encoded.reconciled.changed, notes=encoded.reconciled.notes)
        if question.task == "binary":
            return encoded.class_changed(question)
        if question.task == "caption":
            answer, note = encoded.chosen_caption
            return replace(answer, evidence=encoded.reconciled.evidence, notes=(note,) if note else ())
        read = question.task in self.bundle.from_objects
        return agreeing(question, encoded.read_off(question) if read else self._read(encoded, question), encoded.reconciled)

    def _answer_large(self, encoded: EncodedScene, question: Question) -> Answer:
        """A change question about a pair larger than the language model's input."""
        if question.task == "caption":
            return describe_large(encoded, partial(self.caption_view, encoded)).caption
        return encoded.read_off(question)

    def caption_view(self, whole: EncodedScene, view: Scene) -> Answer:
        """Captions a part of a larger pair; what is computed for it is not kept.

        Args:
            whole: The larger pair.
            view: The part, a pair.

        Returns:
            The caption.
        """
        encoded = EncodedScene(view, self.networks, whole=whole)
        return self._answer_pair(encoded, caption.ask("pair"))

    def _beside_land_cover(self, scene: Scene, question: Question, answer: Answer, cells: tuple[str, ...] = ()) -> Answer:
        """A caption, or "no" to "has anything changed", as it may be given where the land cover changed, in these cells."""
        unchanged = caption.says_no_change(answer.text) if question.task == "caption" else answer.value is False
        if question.subject is not None or not unchanged:
            return answer
        encoded = self.encode(scene)
        with encoded.lock:
            change = encoded.land_cover
        if change is None or not change.objects:
            return answer
        if question.task == "caption":
            corners = scene_corners(scene)
            summary = ChangeSummary((), scene.width, scene.height, change.metric, 0.0, corners, land_cover=change)
            captioned = cover_caption(answer, summary)
            return answer if captioned is answer else doubted(with_notes(captioned, (NOTE,)), scene)
        ground = [item for item in change.objects if not cells or not set(cells).isdisjoint(item.places)]
        return beside_land_cover(answer, ground)

    def _answer_part(self, encoded: EncodedScene, question: Question, routed: Routed) -> Answer:
        """A question about one direction or region: read off the objects, which have both."""
        cells = routed.cells or ()
        answer = encoded.read_off(question, routed.direction, cells)
        if encoded.large:
            return answer
        reconciled = encoded.reconciled
        every = select(reconciled.evidence.objects, question.subject)
        chosen = select(every, question.subject, routed.direction, cells)
        if question.task == "binary":
            same = as_the_whole(self._answer_pair(encoded, question), chosen, every)
            if same is not None:
                return same
        if reconciled.changed.value:
            return answer
        if question.task == "binary":
            return unchanged_too(replace(answer, notes=()), reconciled.changed, bool(chosen))
        return agreeing(question, answer, reconciled) if chosen else answer


def with_notes(answer: Answer, notes: tuple[str, ...]) -> Answer:
    """An answer with more notes.

    Args:
        answer: The answer.
        notes: What else the user should know.

    Returns:
        The answer; no note stands twice.
    """
    return replace(answer, notes=tuple(dict.fromkeys((*answer.notes, *notes)))) if notes else answer
