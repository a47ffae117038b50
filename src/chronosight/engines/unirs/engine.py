"""The engine `unirs`: the full-size model answers, with clues where it is given a provider; maps come from the vision guide."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from chronosight.engines.confidence import geometric_mean
from chronosight.engines.engine import Engine, Progress
from chronosight.engines.land_cover_caption import with_land_cover_caption
from chronosight.engines.router import ask_engine
from chronosight.engines.unirs.clue_cache import CachedClues
from chronosight.engines.unirs.clues import NoClues, seen_frames
from chronosight.engines.unirs.model import Asked, UniRSModel
from chronosight.engines.unirs.wording import question_of, read_value, trained_wording
from chronosight.errors import InputError
from chronosight.results.answer import Answer
from chronosight.results.change_probabilities import ChangeProbabilities
from chronosight.results.description import Description
from chronosight.results.doubts import doubted
from chronosight.results.evidence import Evidence
from chronosight.results.zones import Zone
from chronosight.scenes.scene import Scene
from chronosight.tasks.clue import GuideFacts
from chronosight.tasks.label_set import Outside
from chronosight.tasks.parsing import TAKEN, ParsedQuestion
from chronosight.tasks.question import Question

if TYPE_CHECKING:
    from chronosight.engines.compact.conversation import CompactConversation
    from chronosight.engines.compact.engine import CompactEngine

UNCALIBRATED = "the confidence is the model's own, not calibrated"
OUTSIDE = 'the reply "{}" is not one of the labels; the nearest is given'


class UniRSEngine(Engine):
    """UniRS at full size.

    model: the weights. clues: a provider, kept in memory unless it is a `CachedClues` already. guide: for maps and `describe`,
    the compact engine. temperature: 0 takes the likeliest token. outside: replies outside their label sets.
    """

    def __init__(
        self, model: UniRSModel, clues: Any = None, guide: CompactEngine | None = None, batch: int = 8,
        max_tokens: int = 128, temperature: float = 0.0,
    ) -> None:  # fmt: skip
        self.model, self.guide, self.batch = model, guide, batch
        self.clues = clues if isinstance(clues, CachedClues) else CachedClues(clues or NoClues())
        self.max_tokens, self.temperature = max_tokens, temperature
        self.outside: dict[str, Outside] = {}

    @property
    @override
    def maps_land_cover(self) -> bool:
        return self.guide is not None and self.guide.maps_land_cover

    @override
    def answer(self, scene: Scene, question: Question, progress: Progress | None = None) -> Answer:
        return self.answers([(scene, question)])[0]

    def answers(self, asked: Sequence[tuple[Scene, Question]]) -> list[Answer]:
        """Answers many questions about many scenes in batches; images, pairs and videos may be mixed.

        Args:
            asked: Scenes with questions.

        Returns:
            The answers, in their order.
        """
        worded = [(scene, trained_wording(question, scene.kind)) for scene, question in asked]
        clues = self.clues.clues([scene for scene, _ in worded])
        rows = [
            Asked(seen_frames(scene), scene.kind, question, clue) for (scene, question), clue in zip(worded, clues, strict=True)
        ]
        replies = self.model.ask(rows, self.batch, self.max_tokens, self.temperature)
        return [
            doubted(self._read(question, r.text, geometric_mean(r.logprobs)), scene)
            for (scene, question), r in zip(worded, replies, strict=True)
        ]

    @override
    def ask(
        self, scene: Scene, text: str, progress: Progress | None = None, zones: Sequence[Zone] | None = None
    ) -> Answer:
        return ask_engine(self, scene, text, progress, zones)

    @override
    def answer_parsed(self, scene: Scene, parsed: ParsedQuestion, progress: Progress | None = None) -> Answer:
        answer = self.answers([(scene, question_of(parsed, scene.kind))])[0]
        taken = parsed.routed.note.startswith(TAKEN)
        return replace(answer, notes=(parsed.routed.note, *answer.notes)) if taken else answer

    @override
    def describe(self, scene: Scene, progress: Progress | None = None) -> Description:
        if scene.kind != "pair":
            raise InputError(f"describe compares two dates, but was given one {scene.kind}; give two images")
        from chronosight.tasks import caption

        description = self._guide().describe(scene, progress)
        captioned = self.answer(scene, caption.ask("pair"))
        note = f"the caption is by {self.facts['name']}; map, counts and places are the vision guide's and the compact model's"
        described = replace(
            description, caption=captioned, notes=(*description.notes, note), model={**description.model, "caption": self.facts}
        )
        return with_land_cover_caption(described)

    @override
    def guide_facts(self, scene: Scene, progress: Progress | None = None) -> tuple[Evidence, GuideFacts]:
        return self._guide().guide_facts(scene, progress)

    @override
    def compare_dates(self, place: Scene, pairs: Iterable[Scene]) -> Iterator[ChangeProbabilities]:
        return self._guide().compare_dates(place, pairs)

    @override
    def chat(self, scene: Scene) -> CompactConversation:
        from chronosight.engines.compact.conversation import CompactConversation

        return CompactConversation(self, scene)  # each question alone: UniRS was trained on single questions

    def forget(self) -> None:
        """Drops kept clues; those in a file stay there."""
        self.clues = CachedClues(self.clues.provider, self.clues.path)

    @property
    def facts(self) -> dict[str, Any]:
        """What answers were made with."""
        folder, placement = self.model.folder, self.model.placement
        return {
            "engine": "unirs", "name": folder.name if folder else "unirs", "weights": self.model.identity,
            "precision": placement.precision, "device": placement.device, "clues": self.clues.identity,
        }  # fmt: skip

    def _read(self, question: Question, text: str, confidence: float) -> Answer:
        count = Outside()
        value = read_value(question.task, text, count)
        self.outside[question.task] = self.outside.get(question.task, Outside()) + count
        notes: tuple[str, ...] = (UNCALIBRATED,)
        if count.outside:
            notes = (OUTSIDE.format(next(iter(count.texts))), *notes)
        confident = value is not None and confidence >= 0.5 and not count.outside and question.task != "vqa"
        return Answer(text, question.task, value, confidence, confident, None, notes)

    def _guide(self) -> CompactEngine:
        if self.guide is None:
            from chronosight.engines.compact.bundle import SHIPPED, Bundle
            from chronosight.engines.compact.engine import CompactEngine

            self.guide = CompactEngine(Bundle(SHIPPED))
        return self.guide
