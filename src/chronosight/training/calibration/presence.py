"""Trains and calibrates the classifier that says what one image shows (`chronosight.engines.compact.presence`).

Reference answers come from real images of AID and UC Merced outside their test splits: the scene class says what is and what
cannot be there, people's captions the rest (`chronosight.datasets.scene_nouns`). Where neither decides, two weak rules make
negatives, so that the classifier does not call every street a river: a salient noun that no caption names or implies, and a
place such as an airport in an image of another class. Rendered scenes with exact truth are added, so that they stay known.

One image in 16 is held out of the training of every network. On those the classifier and the language model are weighed
against each other, with each noun present as often as absent, since a question about water is rarely asked at random. A "Yes"
or a "No" about a noun may call itself confident only if such answers were right on the held-out images.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from chronosight.datasets.aid_ucm import StillImage, learning_split
from chronosight.datasets.caption_nouns import exact, mentions, quantities, surely_absent
from chronosight.datasets.image_questions import presence_questions
from chronosight.datasets.scene_nouns import ABSENT, PRESENT, truth_of_image
from chronosight.engines.compact.presence import pool
from chronosight.engines.confidence import log_odds, sigmoid
from chronosight.synthetic.held_out import image_scene
from chronosight.tasks import object_count, presence

if TYPE_CHECKING:
    from chronosight.engines.compact.engine import CompactEngine
    from chronosight.scenes.scene import Scene
    from chronosight.synthetic.truth import RenderedImage

Track = Callable[[Sequence[Any], str], Iterable[Any]]

NOUNS = tuple(sorted(PRESENT.keys() | ABSENT.keys()))
SALIENT = frozenset({
    "baseball fields", "basketball courts", "beaches", "boats", "bridges", "churches", "farmlands", "football fields",
    "mountains", "planes", "playgrounds", "ponds", "pools", "railways", "rivers", "runways", "stadiums", "storage tanks",
    "tennis courts", "viaducts",
})  # fmt: skip
"""Nouns that people name when they see them, so that silence of all captions means absence."""
PLACES = frozenset({
    "airports", "commercial areas", "crossroads", "deserts", "factories", "golf courses", "industrial areas", "parks", "ports",
    "railway stations", "schools", "squares",
})  # fmt: skip
"""Nouns that are scene classes themselves: an image of another class shows one rarely."""
WATER_NOUNS = ("rivers", "ponds", "beaches", "boats", "bridges", "pools")
PENALTY = 1e-3  # of the squared weights of a noun whose samples weigh one in all
CONFIDENT = 0.85  # lowest confidence of an answer that may be relied on
STRICTER = (0.85, 0.9, 0.95, 0.98)  # tried in this order for a noun whose confident answers are wrong too often
RIGHT = 0.92  # share of confident answers that must be right on held-out images, classes balanced
CAPTION_QUESTIONS = 4  # about an image, with each reply
CAPTIONED = 40  # questions from captions that weigh as much as all other references of a noun
SAMPLES = 60  # for how many samples the references of a noun stand, against one squared unit from the common weights
FEWEST = 3  # held-out images that show a noun, and that do not, below which nothing about it is confident


@dataclass(frozen=True)
class FittedPresence:
    """What `fit_presence` finds.

    Attributes:
        settings: `presence` of config.json; empty where there are no images.
        weights: (nouns, F + 1) float32, of the classifier.
        report: Figures for the calibration report.
        training: (n, F) pooled features of the images it was trained on, real ones first.
        held_out: (m, F) of those it was calibrated on.
        training_classes: Scene classes of the real training images.
        held_out_classes: (m,) scene classes of the held-out images.
    """

    settings: dict[str, Any]
    weights: np.ndarray
    report: dict[str, Any]
    training: np.ndarray
    held_out: np.ndarray
    training_classes: tuple[str, ...] = ()
    held_out_classes: tuple[str, ...] = ()


@dataclass(frozen=True)
class NounSample:
    """One noun asked of one image. shown: the reference answer. weak: made by a rule that is wrong now and then."""

    row: int
    noun: str
    shown: bool
    weak: bool


def references(images: Sequence[StillImage]) -> list[NounSample]:
    """Reference answers about every noun that something is known of.

    Args:
        images: Images with their scene class and captions; `row` of a sample is the index into them.

    Returns:
        Samples in the order of images and of `NOUNS`.
    """
    samples = []
    for row, image in enumerate(images):
        named = mentions(image.captions)
        absent = set(surely_absent(image.captions)) if image.captions else set()
        for noun in NOUNS:
            truth = truth_of_image(noun, image.name, image.captions)
            if truth is not None:
                samples.append(NounSample(row, noun, truth, False))
            elif noun in PLACES or (noun in SALIENT and noun in absent):
                samples.append(NounSample(row, noun, False, True))
            elif noun == "water areas" and image.captions:
                most = max(named.get(water, 0) for water in WATER_NOUNS)
                if most != 1:  # one caption alone decides nothing
                    samples.append(NounSample(row, noun, most >= 2, True))
    return samples


def caption_samples(images: Sequence[StillImage]) -> list[NounSample]:
    """Questions made from captions alone: a noun that people name is there, one that none names or implies is not.

    Args:
        images: Images with captions; `row` of a sample is the index into them.

    Returns:
        Samples in the order of images; as many shown as not.
    """
    found = []
    for row, image in enumerate(images):
        rng = np.random.default_rng(zlib.crc32(image.id.encode()))
        asked = presence_questions(image.captions, rng, CAPTION_QUESTIONS) if image.captions else []
        found += [NounSample(row, str(q.subject), value is True, False) for q, value in asked if q.subject in NOUNS]
    return found


def balanced_weights(samples: Sequence[NounSample]) -> np.ndarray:
    """Weights under which every noun counts one and is present as often as absent; weak negatives are half of the negatives.

    Args:
        samples: Samples of any number of nouns.

    Returns:
        (n,) float64; zero for a noun with samples of one answer alone.
    """
    groups: dict[tuple[str, bool, bool], list[int]] = {}
    for index, sample in enumerate(samples):
        groups.setdefault((sample.noun, sample.shown, sample.weak and not sample.shown), []).append(index)
    weights = np.zeros(len(samples))
    for noun in {sample.noun for sample in samples}:
        yes, no = groups.get((noun, True, False), []), groups.get((noun, False, False), [])
        weak = groups.get((noun, False, True), [])
        if not yes or not (no or weak):
            continue
        weights[yes] = 0.5 / len(yes)
        if no:
            weights[no] = (0.25 if weak else 0.5) / len(no)
        if weak:
            weights[weak] = (0.25 if no else 0.5) / len(weak)
    return weights


def fit_classifier(features: np.ndarray, samples: Sequence[NounSample]) -> np.ndarray:
    """Logistic regression of each noun on the pooled features.

    Args:
        features: (images, F) pooled features.
        samples: Samples whose `row` indexes `features`.

    Returns:
        (len(NOUNS), F + 1) float32, the last column the bias, on features as they are.
    """
    from scipy.optimize import minimize

    mean, spread = features.mean(axis=0), features.std(axis=0) + 1e-3
    scaled = (features - mean) / spread
    weights = balanced_weights(samples)
    rows = np.array([sample.row for sample in samples])
    shown = np.array([sample.shown for sample in samples], float)
    nouns = np.array([NOUNS.index(sample.noun) for sample in samples])
    fitted = np.zeros((len(NOUNS), features.shape[1] + 1), np.float32)
    for index in range(len(NOUNS)):
        chosen = np.flatnonzero((nouns == index) & (weights > 0))
        if not chosen.size:
            continue
        x, y, w = scaled[rows[chosen]], shown[chosen], weights[chosen]

        def loss(p: np.ndarray, x: np.ndarray = x, y: np.ndarray = y, w: np.ndarray = w) -> tuple[float, np.ndarray]:
            z = x @ p[:-1] + p[-1]
            residual = (1 / (1 + np.exp(-z)) - y) * w
            gradient = np.append(x.T @ residual + 2 * PENALTY * p[:-1], residual.sum())
            return float((w * (np.logaddexp(0, z) - y * z)).sum() + PENALTY * p[:-1] @ p[:-1]), gradient

        p = minimize(loss, np.zeros(x.shape[1] + 1), jac=True, method="L-BFGS-B", options={"maxiter": 80}).x
        fitted[index, :-1] = p[:-1] / spread
        fitted[index, -1] = p[-1] - (p[:-1] * mean / spread).sum()
    return fitted


def fit_weighing(
    classifier: np.ndarray, model: np.ndarray, samples: Sequence[NounSample], captioned: Sequence[bool] = ()
) -> tuple[dict[str, Any], dict[str, dict[str, float]], dict[str, Any]]:
    """How the classifier and the language model are weighed, and from which confidence on their answers hold.

    One weighing is fitted to all nouns, and one to each noun, drawn towards the first. What people name of what they see (trees,
    parking lots) the language model knows better, what a scene class implies the classifier.

    Args:
        classifier: (n,) log odds of the classifier, of held-out samples.
        model: (n,) probability of "Yes" by the language model.
        samples: The n held-out samples.
        captioned: (n,) whether a sample is a question made from captions alone (`datasets.image_questions`); empty for none.

    Returns:
        The weights "classifier", "model" and "bias", and "by_noun" with the three of each noun; for each noun the lowest
        confidence of a "yes" and of a "no" that may be relied on (a side is left out where none may); and figures for the report.
    """
    from chronosight.training.calibration.fits import fit_logistic

    asked = np.array(captioned, bool) if len(captioned) else np.zeros(len(samples), bool)
    weights = np.zeros(len(samples))
    weights[~asked] = balanced_weights([sample for sample, of in zip(samples, asked, strict=True) if not of])
    features = np.stack([classifier, [log_odds(p) for p in model]], axis=1)
    shown = np.array([sample.shown for sample in samples])
    drawn = np.random.default_rng(0).choice(len(samples), 40_000, p=weights / weights.sum())  # balanced, without weights
    fitted = fit_logistic(features[drawn], shown[drawn])
    common = np.array([*fitted.weights, fitted.bias])
    by_noun = {noun: np.array([sample.noun == noun for sample in samples]) for noun in NOUNS}
    own, yes = {}, np.zeros(len(samples))
    for noun, of in by_noun.items():
        number = int((of & asked).sum())
        weights[of & asked] = min(1.0, number / CAPTIONED) / max(1, number)
        own[noun] = _fit_noun(features[of], shown[of], weights[of], common)
        yes[of] = [sigmoid(float(row @ own[noun][:-1] + own[noun][-1])) for row in features[of]]
    confident = {noun: _thresholds(yes[of], shown[of], weights[of]) for noun, of in by_noun.items()}
    right, alone = (yes >= 0.5) == shown, (np.asarray(model) >= 0.5) == shown
    report: dict[str, Any] = {
        "n": int((~asked).sum()),
        "accuracy": round(float(np.average(right[~asked], weights=weights[~asked])), 4),
        "language_model_alone": round(float(np.average(alone[~asked], weights=weights[~asked])), 4),
    }
    if asked.any():
        report["from_captions"] = {"n": int(asked.sum()), "accuracy": round(float(right[asked].mean()), 4)}
        report["from_captions"]["language_model_alone"] = round(float(alone[asked].mean()), 4)
    settings: dict[str, Any] = {
        name: round(float(w), 4) for name, w in zip(("classifier", "model", "bias"), common, strict=True)
    }
    settings["by_noun"] = {noun: [round(float(w), 4) for w in three] for noun, three in own.items()}
    return settings, {noun: sides for noun, sides in confident.items() if sides}, report


def _fit_noun(features: np.ndarray, shown: np.ndarray, weights: np.ndarray, common: np.ndarray) -> np.ndarray:
    """(3,) weights of classifier and model, and bias: logistic, drawn towards what fits all nouns."""
    from scipy.optimize import minimize

    if not weights.sum():
        return common
    x, w, y = np.column_stack([features, np.ones(len(features))]), weights * SAMPLES, np.where(shown, 1.0, -1.0)

    def loss(p: np.ndarray) -> float:
        return float((w * np.logaddexp(0, -y * (x @ p))).sum() + ((p - common) ** 2).sum())

    found: np.ndarray = minimize(loss, common, method="L-BFGS-B", bounds=[(0, None), (0, None), (None, None)]).x
    return found


def _thresholds(yes: np.ndarray, shown: np.ndarray, weights: np.ndarray) -> dict[str, float]:
    if shown.sum() < FEWEST or (~shown).sum() < FEWEST:
        return {}
    sides = {}
    for name, confidence, right in (("yes", yes, shown), ("no", 1 - yes, ~shown)):
        for threshold in STRICTER:
            chosen = confidence >= threshold
            if weights[chosen].sum() > 0 and np.average(right[chosen], weights=weights[chosen]) >= RIGHT:
                sides[name] = threshold
                break
    return sides


def fit_count_of_one(
    confidence: Sequence[float], right: Sequence[bool], nouns: Sequence[str]
) -> tuple[dict[str, float], tuple[str, ...]]:
    """Calibrates the answer "1" to "how many", the only count above none that the shipped language model gets right.

    Args:
        confidence: (n,) raw confidence of answers "1" about things that are there, on held-out images.
        right: Whether exactly one is there.
        nouns: What each was about.

    Returns:
        Platt scaling {"a", "b"} and the nouns whose answers of a calibrated confidence of at least 0.8 were right in four of
        five cases.
    """
    from chronosight.training.calibration.fits import apply_platt, fit_platt

    raw, outcome = np.array(confidence, float), np.array(right, bool)
    a, b = fit_platt(raw, outcome)
    calibrated = apply_platt(raw, a, b)
    trusted = []
    for noun in sorted(set(nouns)):
        of = (np.array(nouns) == noun) & (calibrated >= 0.8)
        if of.sum() >= FEWEST and outcome[of].mean() >= 0.85:
            trusted.append(noun)
    return {"a": round(a, 4), "b": round(b, 4)}, tuple(trusted)


def count_reference(noun: str, image: StillImage) -> int | None:
    """The exact number that captions agree on, 0 for a noun that is not there; -1 where there are several of unknown number.

    Args:
        noun: Plural noun.
        image: Image with its scene class and captions.

    Returns:
        The number, or None where nothing is known.
    """
    if truth_of_image(noun, image.name, image.captions) is False:
        return 0
    word = quantities(image.captions).get(noun)
    if word is None:
        return None
    number = exact(word)
    return -1 if number is None else number


def fit_presence(
    engine: CompactEngine, data: Path, rendered: Iterable[RenderedImage], track: Track
) -> FittedPresence:
    """Trains the classifier and measures from which confidence on its answers hold.

    Args:
        engine: Engine whose vision tower and language model are asked.
        data: Folder with images/.
        rendered: Rendered images, added to the training images.
        track: Iterates while showing progress.

    Returns:
        Settings and weights of the classifier, and the features that both were fitted on.
    """
    from chronosight.engines.compact.replies import read_raw, yes_probability

    kept, held_out = [], []
    for source in ("aid", "ucm"):
        if (data / "images" / f"{source}.jsonl").is_file():
            training, rest = learning_split(data, source)
            kept += training
            held_out += rest
    if not kept:
        nothing = np.zeros((0, 0), np.float32)
        return FittedPresence({}, nothing, {}, nothing, nothing)
    features = [_pooled(engine, image.scene()) for image in track(kept, "images, features")]
    samples = references(kept)
    for image in track(list(rendered), "rendered images, features"):
        features.append(_pooled(engine, image_scene(image, "rendered")))
        samples += [
            NounSample(len(features) - 1, question.subject, presence.parse_reply(reply) is True, False)
            for question, reply in image.questions
            if question.task == "presence" and question.subject in NOUNS
        ]
    weights = fit_classifier(np.stack(features), samples)

    asked, classifier, model, held_out_features = references(held_out), [], [], []
    from_captions = caption_samples(held_out)
    ones: list[tuple[float, bool, str]] = []
    for row, image in enumerate(track(held_out, "held-out images, presence and counts")):
        of_image = [sample for sample in (*asked, *from_captions) if sample.row == row]
        scene = image.scene()
        encoded = engine.encode(scene)
        replies = encoded.replies([presence.ask(sample.noun) for sample in of_image])
        model += [yes_probability(reply) for reply in replies]
        pooled = encoded.pooled[0]
        held_out_features.append(pooled)
        classifier += [float(w[:-1] @ pooled + w[-1]) for w in (weights[NOUNS.index(sample.noun)] for sample in of_image)]
        numbers = [(noun, count_reference(noun, image)) for noun in NOUNS]
        counts = [(noun, number) for noun, number in numbers if number]
        for (noun, number), reply in zip(counts, encoded.replies([object_count.ask(n) for n, _ in counts]), strict=True):
            answer = read_raw(object_count.ask(noun), reply)
            if answer.value == 1:
                ones.append((answer.confidence, number == 1, noun))
    order = np.argsort([sample.row for sample in (*asked, *from_captions)], kind="stable")
    samples = [(*asked, *from_captions)[index] for index in order]
    settings, confident, report = fit_weighing(np.array(classifier), np.array(model), samples, [i >= len(asked) for i in order])
    one, trusted = fit_count_of_one(*zip(*ones, strict=True)) if ones else ({}, ())
    report["one"] = {"n": len(ones), "right": round(float(np.mean([right for _, right, _ in ones])), 4) if ones else None}
    settings_of_all = {"nouns": list(NOUNS), **settings, "confident": confident, "one": {**one, "nouns": list(trusted)}}
    of_training, of_held_out = (tuple(image.name for image in images) for images in (kept, held_out))
    return FittedPresence(
        settings_of_all, weights, report, np.stack(features), np.stack(held_out_features), of_training, of_held_out
    )


def _pooled(engine: CompactEngine, scene: Scene) -> np.ndarray:
    return pool(engine.networks.language.features(scene))
