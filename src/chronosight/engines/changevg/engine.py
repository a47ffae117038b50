"""The engine `changevg` (arXiv 2509.23105): guide, clue, Qwen-VL, and the reply held against the guide's map.

Tasks that the instruction set knows are asked in canonical words and read as typed values. Any other question goes to the
model as it stands: its reply is task "open".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from typing_extensions import override

from chronosight.engines.changevg.chat import ChangeVGChat
from chronosight.engines.changevg.consistency import About, compare
from chronosight.engines.changevg.describe import describe_pair
from chronosight.engines.changevg.guide import SceneGuide
from chronosight.engines.changevg.language_model import LanguageModel, SceneImages
from chronosight.engines.changevg.read_value import read_value
from chronosight.engines.compact.bundle import Bundle
from chronosight.engines.compact.compare_dates import compare_dates
from chronosight.engines.compact.encoded import Networks
from chronosight.engines.compact.engine import KINDS
from chronosight.engines.compact.guide import seen_frames
from chronosight.engines.confidence import is_confident, raw_confidence
from chronosight.engines.engine import Engine, Progress
from chronosight.engines.reply import Reply
from chronosight.engines.router import ask_engine
from chronosight.errors import InputError
from chronosight.models.changevg.prompt import Part, in_words, user_turn
from chronosight.models.changevg.settings import Settings
from chronosight.results.answer import Answer
from chronosight.results.change_probabilities import ChangeProbabilities
from chronosight.results.description import Description
from chronosight.results.doubts import doubted, doubted_description
from chronosight.results.evidence import Evidence
from chronosight.results.zones import Zone
from chronosight.scenes.scene import Scene
from chronosight.tasks.clue import GuideFacts
from chronosight.tasks.land_cover_questions import NO_COVER
from chronosight.tasks.parsing import ParsedQuestion
from chronosight.tasks.question import Question
from chronosight.tasks.routing import Routed

REMEMBERED = 2  # scenes: keys and values of one take some 40 MB of a 7B model
TASK_TOKENS, OPEN_TOKENS = 64, 256  # of a reply, at most
NARROWEST = 200  # times as long as wide: the model takes no narrower image
OPEN_NOTE = "an open question: nothing measures how right the reply is"
UNMAPPED = "this engine maps no land cover: the reply is what the language model sees, no map is behind it"
NO_PROBABILITIES = "the endpoint gives no token probabilities, so no confidence is known"


@dataclass
class SeenScene:
    """A scene and what was computed from it."""

    scene: Scene
    networks: Networks
    model: LanguageModel
    progress: Progress | None = None

    @cached_property
    def guide(self) -> SceneGuide | None:
        """None but for pairs."""
        return SceneGuide(self.scene, self.networks, self.progress) if self.scene.kind == "pair" else None

    @cached_property
    def images(self) -> SceneImages:
        """The frames as the language model has them, computed once."""
        return self.model.encode(list(seen_frames(self.scene)))

    @property
    def evidence(self) -> Evidence | None:
        """The guide's maps; None where the scene is no pair."""
        return self.guide.evidence if self.guide else None


class ChangeVGEngine(Engine):
    """Ask it about scenes. They are known by identity, and the last ones kept: do not edit them between questions."""

    def __init__(self, model: LanguageModel, guide: Bundle, settings: Settings, facts: dict[str, Any] | None = None) -> None:
        """guide: weights of the compact engine. facts: what a report says of the weights in use."""
        self.model, self.settings = model, settings
        self.networks = Networks(guide)
        self.facts = {"engine": "changevg", "name": model.name, "guide": guide.facts["name"], **(facts or {})}
        self._seen: list[SeenScene] = []

    @property
    @override
    def maps_land_cover(self) -> bool:
        return False

    def see(self, scene: Scene, progress: Progress | None = None) -> SeenScene:
        """Encodes a scene; what was computed for the last scenes is reused.

        Args:
            scene: The scene, known by identity.
            progress: Called with (tiles done, tiles in all) while a pair is compared; None for no reports.

        Returns:
            The scene, with what is computed from it when first needed.

        Raises:
            InputError: The image is too narrow for the model.
        """
        seen = next((item for item in self._seen if item.scene is scene), None)
        if seen is None:
            if max(scene.height, scene.width) > NARROWEST * min(scene.height, scene.width):
                size = f"{scene.width} x {scene.height}"
                raise InputError(f"the scene is {size} pixels, expected at most {NARROWEST} times as long as wide; cut it")
            seen = SeenScene(scene, self.networks, self.model, progress)
        self._seen = [seen, *(item for item in self._seen if item is not seen)][:REMEMBERED]
        return seen

    @override
    def ask(
        self, scene: Scene, text: str, progress: Progress | None = None, zones: Sequence[Zone] | None = None
    ) -> Answer:
        return ask_engine(self, scene, text, progress, zones)

    @override
    def answer_parsed(self, scene: Scene, parsed: ParsedQuestion, progress: Progress | None = None) -> Answer:
        return self._reply(scene, parsed.routed, parsed.text, progress)

    @override
    def answer(self, scene: Scene, question: Question, progress: Progress | None = None) -> Answer:
        if scene.kind not in KINDS.get(question.task, ("pair",)):
            kinds = " or a ".join(KINDS.get(question.task, ("pair",)))
            raise InputError(f'the task "{question.task}" is asked of a {kinds}, not of a {scene.kind}')
        return self._reply(scene, Routed(question, True), question.text, progress)

    @override
    def describe(self, scene: Scene, progress: Progress | None = None) -> Description:
        if scene.kind != "pair":
            raise InputError(f"describe compares two dates, but was given one {scene.kind}; give two images")
        return doubted_description(describe_pair(self, self.see(scene, progress)))

    @override
    def guide_facts(self, scene: Scene, progress: Progress | None = None) -> tuple[Evidence, GuideFacts]:
        guide = self.see(scene, progress).guide
        if guide is None:
            raise InputError(f"the guide compares two dates, but was given one {scene.kind}; give two images")
        return guide.evidence, guide.facts()

    @override
    def compare_dates(self, place: Scene, pairs: Iterable[Scene]) -> Iterator[ChangeProbabilities]:
        return compare_dates(place, pairs, self.networks)

    @override
    def chat(self, scene: Scene) -> ChangeVGChat:
        return ChangeVGChat(self, scene)  # the images are computed once, and each turn costs its own text

    def _reply(self, scene: Scene, routed: Routed, text: str, progress: Progress | None) -> Answer:
        seen = self.see(scene, progress)
        turn, limit = self.turn(seen, routed, text)
        (reply,) = seen.images.replies([turn], limit)
        return doubted(self.read(seen, routed, reply, self.notes(scene)), scene)

    def turn(self, seen: SeenScene, routed: Routed, text: str, first: bool = True) -> tuple[list[Part], int]:
        """Makes a user turn of the conversation with the model.

        A question about a part of the changes (new ones, those at the top) is asked as typed, and so is one without a task; in a
        dialogue with weights that know no canonical words, every question is.

        Args:
            seen: The scene.
            routed: The task of the question.
            text: The question as typed.
            first: Whether it is the first turn, which brings the clue and the images.

        Returns:
            The parts of the turn, and the most tokens of a reply.

        Raises:
            InputError: The question is empty.
        """
        if not text.strip():
            raise InputError("the question is empty; type one")
        typed = self.model.plain(text).strip()
        question = routed.question
        limit = OPEN_TOKENS if question is None else TASK_TOKENS
        if question is None or (not first and self.settings.wording == "plain"):
            words = typed
        else:
            part = routed.direction is not None or bool(routed.cells)
            words = in_words(question, self.settings.wording, first, typed if part else None)
        if not first:
            return user_turn(words), limit
        clue = seen.guide.clue(self.settings.guide_form) if seen.guide else ""
        return user_turn(words, self.model.plain(clue), len(seen.scene.frames)), limit

    def read(self, seen: SeenScene, routed: Routed, reply: Reply, notes: tuple[str, ...] = ()) -> Answer:
        """Parses a reply to an answer, with the guide's map as evidence and a note where the two disagree.

        Args:
            seen: The scene.
            routed: The task of the question.
            reply: Of the model.
            notes: Put before the answer's own.

        Returns:
            The answer; its confidence is the model's own, not calibrated.
        """
        question, evidence = routed.question, seen.evidence
        task = question.task if question else "open"
        value = read_value(question.task, reply.text) if question else None
        confidence = raw_confidence(task, value, reply)
        about = About(task, question.subject if question else None, routed.direction, routed.cells or ())
        clash = compare(about, reply.text, value, evidence) if evidence else None
        if question is None:
            notes = (*notes, OPEN_NOTE, *([UNMAPPED] if routed.note == NO_COVER else []))
        elif routed.note:
            notes = (routed.note, *notes)
        if not reply.logprobs.size:
            notes = (*notes, NO_PROBABILITIES)
        if clash:
            notes = (*notes, clash.note)
        confident = value is not None and reply.complete and is_confident(confidence, {}) and not (clash and clash.outright)
        return Answer(reply.text, task, value, confidence, confident, evidence, notes, confidence_known=bool(reply.logprobs.size))

    def notes(self, scene: Scene) -> tuple[str, ...]:
        """What a user should know of the images that the model was given.

        Args:
            scene: The scene.

        Returns:
            One note where the images were reduced; none else.
        """
        if scene.height * scene.width <= self.settings.max_pixels:
            return ()
        size = f"{scene.width} x {scene.height}"
        whole = "; the guide saw them whole" if scene.kind == "pair" else ""
        return (f"images of {size} pixels were reduced to {self.settings.max_pixels} for the language model{whole}",)
