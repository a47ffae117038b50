"""A scene with everything computed from it once, however many questions follow. Each part is made when first needed."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from threading import RLock

import numpy as np

from chronosight.engines.compact.any_size import cover_at_any_size, doubt_of_size
from chronosight.engines.compact.bundle import Bundle
from chronosight.engines.compact.caption import choose_caption
from chronosight.engines.compact.captioner import Captioner
from chronosight.engines.compact.decoder import Prefix
from chronosight.engines.compact.familiar import Familiarity
from chronosight.engines.compact.ground_size import GroundSize, GroundSizeEstimator, assumed_note, tower_of
from chronosight.engines.compact.guide import Guide, GuideMaps, finer_size, suited_guide
from chronosight.engines.compact.land_cover import land_cover_change
from chronosight.engines.compact.language import Language
from chronosight.engines.compact.objects import generalise_evidence, placed_evidence, read_evidence, read_facts
from chronosight.engines.compact.presence import PresenceClassifier, pool, tile_images
from chronosight.engines.compact.reconcile import Reconciled, agreeing, reconcile
from chronosight.engines.compact.replies import answer_yes_no, read_reply, yes_probability
from chronosight.engines.compact.scene_classifier import SceneClassifier
from chronosight.engines.confidence import (
    OF_CLASS,
    SETTLED,
    calibrate,
    captioned_change,
    log_odds,
    outlined_area,
    permitted,
    sigmoid,
    weigh_sources,
    without_model,
)
from chronosight.engines.engine import Progress
from chronosight.engines.from_objects import answer_task, beside_undecided, select
from chronosight.engines.reply import Reply
from chronosight.engines.router import unchanged_too
from chronosight.errors import InputError
from chronosight.results.answer import Answer
from chronosight.results.changed_object import Direction
from chronosight.results.evidence import Evidence
from chronosight.results.land_cover_change import LandCoverChange
from chronosight.scenes.scene import Scene
from chronosight.tasks import binary, caption, comparison
from chronosight.tasks.clue import GuideFacts, write_clue
from chronosight.tasks.question import Question

LARGE = 1.25  # times the trained size: in a larger pair, shrunk to it, houses look unlike those it was trained on


class Networks:
    """The networks of a bundle, each made when first needed. `guide` is the one that the language model was trained with."""

    def __init__(self, bundle: Bundle) -> None:
        self.bundle = bundle
        self.guide = Guide(bundle)

    @cached_property
    def language(self) -> Language:
        """The language model."""
        return Language(self.bundle)

    @cached_property
    def captioner(self) -> Captioner | None:
        """Writes captions of pairs; None for weights without it, whose language model does."""
        return Captioner(self.bundle) if self.bundle.config.get("captioner") else None

    @cached_property
    def presence(self) -> PresenceClassifier | None:
        """The classifier of what an image shows; None for weights without one."""
        settings = self.bundle.config.get("presence")
        if not settings:
            return None
        weights = self.bundle.array("presence")
        if weights.ndim != 2 or len(weights) != len(settings["nouns"]):
            shape = " x ".join(map(str, weights.shape))
            raise InputError(
                f"{self.bundle.folder / 'presence.npy'} holds {shape} numbers, expected a row for each of "
                f"{len(settings['nouns'])} nouns; copy the folder again"
            )
        return PresenceClassifier(weights, settings)

    @cached_property
    def scene_classifier(self) -> SceneClassifier | None:
        """Names the scene class of an image; None for weights without it, whose language model does."""
        settings = self.bundle.config.get("scene_classifier")
        if not settings:
            return None
        weights, classes = self.bundle.array("scene_classifier"), settings["classes"]
        if weights.ndim != 2 or len(weights) != len(classes):
            shape = " x ".join(map(str, weights.shape))
            raise InputError(
                f"{self.bundle.folder / 'scene_classifier.npy'} holds {shape} numbers, expected a row for each of "
                f"{len(classes)} scene classes; copy the folder again"
            )
        return SceneClassifier(weights, classes)

    @cached_property
    def familiar(self) -> Familiarity | None:
        """Recognises images unlike those trained on; None for weights without it."""
        settings = self.bundle.config.get("familiar")
        if not settings:
            return None
        table = self.bundle.array("familiar")
        if table.ndim != 2 or len(table) != table.shape[1] + 1:
            shape = " x ".join(map(str, table.shape))
            raise InputError(
                f"{self.bundle.folder / 'familiar.npy'} holds {shape} numbers, expected one row more than columns; "
                "copy the folder again"
            )
        return Familiarity(table, settings)

    @cached_property
    def ground_size(self) -> GroundSizeEstimator | None:
        """Estimates the ground size of a pair's pixels; None for weights without it."""
        settings = self.bundle.config.get("ground_size")
        if not settings:
            return None
        weights = self.bundle.array("ground_size")
        if weights.ndim != 1:
            raise InputError(
                f"{self.bundle.folder / 'ground_size.npy'} holds {weights.ndim} dimensions, expected one row of numbers; "
                "copy the folder again"
            )
        return GroundSizeEstimator(weights, settings, tower_of(self.bundle))


class EncodedScene:
    """A scene with what was computed for it, each part once."""

    def __init__(
        self, scene: Scene, networks: Networks, progress: Progress | None = None, whole: EncodedScene | None = None,
        cover: bool = False,
    ) -> None:  # fmt: skip
        """Encodes nothing yet.

        Args:
            scene: The scene.
            networks: The networks.
            progress: Called with (tiles done, tiles in all) while the guide predicts a pair.
            whole: The pair that this is a part of, whose estimated ground size holds for it.
            cover: Whether the guide maps the land cover too, where it can.
        """
        self.whole, self.cover = whole, cover
        self.scene, self.networks, self.bundle, self.progress = scene, networks, networks.bundle, progress
        self.lock = RLock()
        self._read: dict[Question, Reply] = {}

    @cached_property
    def large(self) -> bool:
        """Whether the pair is answered from the guide's objects alone, being too large for the language model."""
        if self.scene.kind != "pair":
            return False
        scene = replace(self.scene, metres_per_pixel=self.seen_size)
        longest = max(scene.height, scene.width) * self.networks.guide.resampling(scene)
        return longest > LARGE * float(self.bundle.config["pair_size"])

    @cached_property
    def estimated(self) -> GroundSize | None:
        """The ground size of a pixel, estimated from a pair whose files do not say; None where it is known, or no estimate."""
        if self.whole is not None:
            return self.whole.estimated
        return None if self._estimator is None else self._estimator.estimate(self.scene)

    @property
    def _estimator(self) -> GroundSizeEstimator | None:
        """Estimates the ground size of a pair whose files do not say it; None where it is known, decides nothing or cannot be."""
        unknown = self.scene.kind == "pair" and not self.scene.metres_per_pixel
        return self.networks.ground_size if unknown and self.bundle.config.get("fine_guide") else None

    @cached_property
    def guide(self) -> Guide:
        """The guide that suits the ground size of the scene's pixels, known or estimated."""
        if self.estimated and self.estimated.fine:
            return Guide(self.bundle, fine=True)
        return suited_guide(self.bundle, self.scene.metres_per_pixel)

    @property
    def size(self) -> float:
        """Metres per pixel that the pair is compared at, known or assumed."""
        return self.seen_size or self.guide.metres_per_pixel

    @cached_property
    def seen_size(self) -> float | None:
        """Metres per pixel that the guide is given. An estimate chooses the guide, but resamples nothing: it may be far off."""
        return self.scene.metres_per_pixel or (self.guide.metres_per_pixel if self.guide.fine else None)

    @cached_property
    def finer(self) -> EncodedScene | None:
        """The pair as it is compared where its pixels are finer than was taken; None where they cannot be, or are known."""
        if self.scene.kind != "pair" or self.scene.metres_per_pixel or self.whole is not None:
            return None
        metres = finer_size(self.guide, self.estimated.low if self.estimated else 0.0)
        return None if metres is None else EncodedScene(
            replace(self.scene, metres_per_pixel=metres), self.networks, cover=self.cover
        )

    @cached_property
    def remarks(self) -> tuple[str, ...]:
        """What the user should know of how the scene was read."""
        if self._estimator is None:
            return ()
        return (self.estimated.note if self.estimated else assumed_note(self.size),)

    @cached_property
    def maps(self) -> GuideMaps:
        """The guide's maps of a pair."""
        return self.guide.predict(replace(self.scene, metres_per_pixel=self.seen_size), self.progress, self.cover)

    @cached_property
    def changed(self) -> float:
        """The guide's probability in [0, 1] that anything changed."""
        return calibrate(self.maps.changed, self.guide.calibration("guide"))

    @cached_property
    def outlined(self) -> Evidence:
        """What the guide outlined, before the language model was asked; its objects are not on the ground yet."""
        min_area = self.guide.min_area(self.seen_size)
        return read_evidence(self.maps, tuple(self.bundle.config["classes"]), min_area)

    @cached_property
    def guide_evidence(self) -> Evidence:
        """What the guide outlined, on the ground."""
        return placed_evidence(self.outlined, self.scene)

    @cached_property
    def reported_evidence(self) -> Evidence:
        """What is reported of the outlines: specks of road are left out, pieces of one road joined."""
        return generalise_evidence(self.outlined, self.scene, self.bundle.smallest_reported)

    @cached_property
    def land_cover(self) -> LandCoverChange | None:
        """How the land cover changed beside the buildings and roads that are reported; None where it is not mapped."""
        if self.maps.cover is None:
            return None
        evidence = self.reported_evidence if self.large else self.reconciled.evidence
        change = land_cover_change(self.maps.cover, evidence, self.scene, self.size)
        other = self.finer.land_cover if self.finer is not None else None
        return change if other is None or self.finer is None else cover_at_any_size(change, other, self.finer.size**2)

    @cached_property
    def sentence(self) -> str:
        """The change in a sentence: ChangeVG's summary branch (arXiv 2509.23105), as the captioner or in the guide itself."""
        if self.networks.captioner is not None:
            return self.replies([caption.ask("pair")])[0].text
        return self.networks.guide.caption(self.scene, self.maps.memory)

    @cached_property
    def facts(self) -> GuideFacts:
        """The guide's facts; with a sentence only where the clue contains it."""
        captioned = self.bundle.config["guide_form"] in ("caption", "full")
        return read_facts(self.outlined, self.changed, self.sentence if captioned else None)

    @cached_property
    def clue(self) -> str:
        """Such as "" for images and videos."""
        form = self.bundle.config["guide_form"]
        return write_clue(self.facts, form) if self.scene.kind == "pair" and form != "none" else ""

    @cached_property
    def prefix(self) -> Prefix:
        """The prompt up to the question, as keys and values of the decoder."""
        language = self.networks.language
        return language.prefix(language.visual(self.scene.kind, self.features), self.clue)

    @cached_property
    def features(self) -> np.ndarray:
        """(n, D, h, w) float32 of the vision tower, computed once."""
        return self.networks.language.features(self.scene)

    @cached_property
    def pooled(self) -> np.ndarray:
        """(1 + tiles, F) float32: what the presence classifier reads of an image and of its tiles (`presence.tile_images`)."""
        language = self.networks.language
        tiles = [language.features(tile) for tile in tile_images(self.scene, int(self.bundle.config["image_size"]))]
        return np.stack([pool(features) for features in (self.features, *tiles)])

    @property
    def kind(self) -> str:
        """Kind of the scene."""
        return self.scene.kind

    @cached_property
    def doubts(self) -> tuple[str, ...]:
        """Why no answer about the scene can be confident.

        Those of the scene; that an image is unlike those trained on; and that whether a pair changed depends on its ground size,
        which is not known.
        """
        if self.finer is not None:
            return (*self.scene.doubts, *doubt_of_size(self.something, self.finer.something, self.finer.size))
        familiar = self.networks.familiar if self.scene.kind == "image" else None
        if familiar is None:
            return tuple(self.scene.doubts)
        return (*self.scene.doubts, *familiar.doubts(pool(self.features)))

    def replies(self, questions: list[Question]) -> list[Reply]:
        """Puts questions to the language model as one batch; what was asked before is not asked again.

        Args:
            questions: Questions of any tasks.

        Returns:
            The replies, in the order of the questions.
        """
        new = [question for question in dict.fromkeys(questions) if question not in self._read]
        if self.scene.kind == "pair" and caption.ask("pair") in new and (captioner := self.networks.captioner) is not None:
            self._read[caption.ask("pair")] = captioner.describe(self.scene, self.seen_size, self.maps.fine)
            new.remove(caption.ask("pair"))
        if new:
            self._read.update(zip(new, self.networks.language.replies(self.prefix, new), strict=True))
        return [self._read[question] for question in questions]

    def more(self, question: Question) -> float:
        """Probability that an image shows more of one thing than of another, before calibration.

        Asked both ways round: "more boats than cars" and "more cars than boats" cannot both be so.

        Args:
            question: Of task comparison.

        Returns:
            In [0, 1]; one minus it for the question the other way round.
        """
        turned = comparison.ask(str(question.other), str(question.subject))
        one, other = (log_odds(yes_probability(reply)) for reply in self.replies([question, turned]))
        return sigmoid((one - other) / 2)

    def yes(self, question: Question) -> float:
        """Probability that the answer to a yes / no question about a pair is yes (`confidence.weigh_sources`).

        The language model is asked only about change of any kind, and only where the guide, the outlines and the captioner leave
        doubt: most of its time is spent on its own features of the pair.

        Args:
            question: A question of task binary.

        Returns:
            The calibrated probability, in [0, 1].
        """
        outlined = outlined_area(select(self.outlined.objects, question.subject), (self.seen_size or 1.0) ** 2)
        settings = self.guide.change_settings(question.subject)
        captioned = self.captioned(question) if settings.get("caption") else 0.0
        yes = without_model(self.changed, outlined, settings, captioned, OF_CLASS if question.subject else SETTLED)
        if yes is None:
            language_model = yes_probability(self.replies([question])[0])
            yes = weigh_sources(language_model, self.changed, outlined, settings, captioned)
        return permitted(yes, select(self.reported_evidence.objects, question.subject))

    def captioned(self, question: Question) -> float:
        """What the captioner says of a yes / no question about a pair (`confidence.captioned_change`).

        Args:
            question: A question of task binary.

        Returns:
            In [-1, 1]; 0.0 for a question about one class, and without a captioner.
        """
        if question.subject or self.networks.captioner is None:
            return 0.0
        reply = self.replies([caption.ask("pair")])[0]
        return captioned_change(not caption.says_no_change(reply.text), reply.logprobs)

    @cached_property
    def chosen_caption(self) -> tuple[Answer, str]:
        """The caption of a pair as it may stand beside the map, and a note on what was corrected (`caption.choose_caption`)."""
        question = caption.ask("pair")
        reply = self.replies([question])[0]
        captions = [read_reply(self.bundle, "pair", question, one) for one in (reply, *reply.others)]
        return choose_caption(captions, self.reconciled.changed, self.reconciled.evidence)

    @cached_property
    def reconciled(self) -> Reconciled:
        """Whether the pair changed, and the evidence that fits the answer (chronosight.engines.compact.reconcile)."""
        return reconcile(self.yes(binary.ask()), self.guide.change_settings(None), self.reported_evidence)

    @cached_property
    def anything(self) -> float:
        """Probability in [0, 1] that anything changed, as it is answered: reconciled, but of a large pair the guide's alone."""
        if self.large:
            return self.changed
        changed = self.reconciled.changed
        return changed.confidence if changed.value else 1 - changed.confidence

    @property
    def something(self) -> Answer:
        """The answer to whether anything changed; of a large pair it is read from the objects."""
        return self.read_off(binary.ask()) if self.large else self.reconciled.changed

    def read_off(self, question: Question, direction: Direction | None = None, cells: tuple[str, ...] = ()) -> Answer:
        """An answer read from the objects that are reported (`from_objects.answer_task`).

        Args:
            question: Of task binary, count, location or direction.
            direction: Only objects that appeared, or that vanished; None for both.
            cells: Only objects in these cells; () for the whole scene.

        Returns:
            The answer. Calibrated counts and places rest on the guide's own probability of a change, as in their fit.
        """
        evidence = self.reported_evidence if self.large else self.reconciled.evidence
        changed = self.changed if self.guide.exact.get(question.task) else self.anything
        answer = answer_task(question, evidence, changed, direction, cells, self.guide.exact)
        if self.large and question.task in ("count", "location"):
            return beside_undecided(answer, answer_task(binary.ask(), evidence, self.changed))
        return answer

    def class_changed(self, question: Question) -> Answer:
        """Whether any object of a class changed, as it may stand beside whether anything did.

        Args:
            question: Of task binary, about a class.

        Returns:
            The answer: of a large pair, and about roads, read from the objects; else weighed as in `yes`, whose weights are those
            of buildings: of roads they give a yes with 0.91 on average where 0.55 are right (docs/experiments.md).
        """
        roads = question.subject == "roads" and not self.large
        if roads and not self.reconciled.changed.value:
            evidence = self.reconciled.evidence
            answer = replace(self.read_off(question), notes=(), evidence=evidence)
            return unchanged_too(answer, self.reconciled.changed, bool(select(evidence.objects, question.subject)))
        if self.large or roads or question.task in self.bundle.from_objects:
            answer = self.read_off(question)
        else:
            answer = answer_yes_no(question, self.yes(question), self.guide.change_settings(question.subject))
        return answer if self.large else agreeing(question, answer, self.reconciled)
