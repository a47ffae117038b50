"""The weights folder that comes out: the shipped one with the tuned guide, calibrated on held-out places, and a card."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chronosight.engines.compact.bundle import Bundle
from chronosight.engines.compact.bundle_config import read_bundle_config
from chronosight.files import write_text
from chronosight.training.calibration.mask import fit_mask
from chronosight.training.export.fine_guide import add_fine_guide, without_finest_guide
from chronosight.training.tune.check import Check
from chronosight.training.tune.measure import Labelled, Quality, measure, windows_of
from chronosight.training.tune.pairs import OwnPair, Track
from chronosight.training.weights_folder import write_config

CARD = "TUNING.md"


@dataclass(frozen=True)
class Comparison:
    """One set of pairs, measured with the weights of before and with the tuned ones."""

    name: str
    before: Quality
    after: Quality


def write_weights(
    start: Path, guide: Path, out: Path, up_to: float, held_out: Sequence[OwnPair], sets: Mapping[str, Sequence[Labelled]],
    facts: dict[str, Any], check: Check, history: Sequence[tuple[int, float]], track: Track,
) -> list[Comparison]:  # fmt: skip
    """Writes the folder beside its place and moves it there when it is whole.

    Args:
        start: Weights folder of before.
        guide: Folder of the tuned guide.
        out: The folder to write; must not be there yet.
        up_to: Ground size in metres up to which imagery goes to the tuned guide.
        held_out: Pairs that set the threshold and the calibration of the map.
        sets: Pairs to compare before and after on, by name.
        facts: About the run, for config.json and the card.
        check: Of the labels.
        history: F1 on the held-out places by step.
        track: Called with items and a label; yields the items while it shows progress.

    Returns:
        The comparisons.
    """
    from chronosight.engines.compact.engine import CompactEngine

    part = out.with_name(f".{out.name}.partial")
    shutil.rmtree(part, ignore_errors=True)
    try:
        shutil.copytree(start, part)
        without_finest_guide(part)  # it was not trained on the user's labels
        kept = read_bundle_config(part)["fine_guide"]
        add_fine_guide(guide, part, kept["metres_per_pixel"], up_to)
        config = read_bundle_config(part)
        as_before = ("mixed_up_to", "mixed_share", "mixed_at")  # what it is to pairs at 1 m, which it was not trained on
        config["fine_guide"] = kept | {name: now for name, now in config["fine_guide"].items() if name not in as_before}
        config["tuned"] = facts
        write_config(part, config)
        engine = CompactEngine(Bundle(part))
        mask, report = fit_mask(engine, windows_of(held_out), track)
        config["calibration"] = {**config.get("calibration", {}), "mask_fine": mask}
        chosen_before = [name for name in config["calibration"] if name.endswith("_finest")]
        for name in chosen_before:  # for the guide before
            del config["calibration"][name]
        config["calibration_report"] = {**config.get("calibration_report", {}), "mask_fine": report}
        write_config(part, config)
        comparisons = [
            Comparison(name, measure(start, pairs, track, f"{name}, before"), measure(part, pairs, track, f"{name}, after"))
            for name, pairs in sets.items()
            if pairs
        ]
        facts["results"] = {one.name: {"before": one.before.as_dict(), "after": one.after.as_dict()} for one in comparisons}
        write_text(part / CARD, card(facts, check, history, comparisons, up_to))
        write_config(part, config)
        os.replace(part, out)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return comparisons


def card(
    facts: dict[str, Any], check: Check, history: Sequence[tuple[int, float]], comparisons: Sequence[Comparison], up_to: float
) -> str:
    """The card of tuned weights.

    Args:
        facts: About the run.
        check: Of the labels.
        history: F1 on the held-out places by step.
        comparisons: Before and after.
        up_to: Ground size in metres up to which imagery goes to the tuned guide.

    Returns:
        Markdown.
    """
    lines = [
        "# Tuned weights",
        "",
        "These are the weights named below with the guide of fine imagery fine-tuned on labels of one's own by `chronosight "
        "tune`. All else is as it was: the general guide, the language model, their licence (MODEL_CARD.md).",
        "",
        f"- Started from: {facts['from']}",
        f"- Labels: {facts['labels']}",
        f"- Steps: {facts['step']} of {facts['steps']} planned were used"
        + (" (the start was not improved: the guide is the one of before)" if not facts["step"] else ""),
        f"- Strength: {facts['strength']:g} of the way from the start's weights to the tuned ones",
        f"- Imagery of up to {up_to:g} m a pixel goes to the tuned guide"
        + (f"; before, up to {facts['up_to_before']:g} m did" if up_to != facts["up_to_before"] else ""),
        "",
        "## Before and after",
        "",
        "| pairs | n | pixel F1 | precision | recall | count MAE | changed or not |",
        "|---|---|---|---|---|---|---|",
    ]
    for one in comparisons:
        cells = [
            f"{getattr(one.before, name):.{digits}f} -> {getattr(one.after, name):.{digits}f}"
            for name, digits in (("f1", 3), ("precision", 3), ("recall", 3), ("count_mae", 2), ("changed_right", 2))
        ]
        lines.append(f"| {one.name} | {one.before.pairs} | {' | '.join(cells)} |")
    lines += [
        "",
        facts["measured_on"],
        "",
        "Land cover and captions read the maps of the tuned guide with shipped parts that were not tuned: check them on "
        "your imagery before you rely on them. `--classes buildings,roads` leaves land cover out.",
        "",
        "## Labels",
        "",
        *(f"- {name}: {text}" for name, text in check.facts),
        *(f"- note: {warning}" for warning in check.warnings),
        "",
        "| part | pairs | places | with change | changed buildings |",
        "|---|---|---|---|---|",
        *(f"| {part} | {' | '.join(str(n) for n in numbers.values())} |" for part, numbers in check.parts.items()),
        "",
        "## F1 on the places that chose the step",
        "",
        "| step | F1 |",
        "|---|---|",
        *(f"| {step} | {f1:.3f} |" for step, f1 in history),
        "",
    ]
    return "\n".join(lines)
