"""From pairs and labels to a weights folder: check, tune, calibrate, compare; resumable at every point."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import numpy as np

from chronosight.engines.compact.bundle_config import crc32, read_bundle_config
from chronosight.errors import InputError
from chronosight.files import read_json_object, write_json
from chronosight.training.tune.check import Check, check_labels, check_overlap
from chronosight.training.tune.labels import Labels
from chronosight.training.tune.measure import ours, own
from chronosight.training.tune.pairs import OpenPair, OwnPair, SeenPair, Track, as_seen, open_pairs
from chronosight.training.tune.split import Split, split_places

RENDERED = 24  # rendered pairs
RESERVE = 0.25  # share of the time for reading, exporting, calibrating and comparing
STATE = "state.json"
ROOM = 250_000_000  # bytes for checkpoints, and for the new weights while they are made


@dataclass(frozen=True)
class Material:
    """What a run learns from.

    Attributes:
        pairs: The labelled pairs.
        split: Their parts.
        check: What was found about them.
        notes: Remarks on single pairs.
    """

    pairs: tuple[OwnPair, ...]
    split: Split
    check: Check
    notes: tuple[str, ...]

    def seen(self, part: str) -> list[SeenPair]:
        """The pairs of a part, as the guide sees them.

        Args:
            part: "train", "val" or "test".

        Returns:
            The pairs.
        """
        return [as_seen(pair) for pair in self.split.of(part, self.pairs)]


def read_material(rows: Sequence[tuple[str, str, str]], labels: Labels, open_pair: OpenPair, track: Track) -> Material:
    """Opens, labels, divides and checks the pairs.

    Args:
        rows: Name, earlier image and later image of each pair.
        labels: Their labels.
        open_pair: Opens a pair.
        track: Called with items and a label; yields the items while it shows progress.

    Returns:
        The material.

    Raises:
        InputError: Something cannot be used.
    """
    pairs, unlabelled, notes = open_pairs(rows, labels, open_pair, track)
    check_overlap(pairs, labels)
    split = split_places(pairs)
    return Material(tuple(pairs), split, check_labels(pairs, unlabelled, labels, split), tuple(notes))


def check_out(out: Path, weights: Path) -> None:
    """Checks that results can be written, before any work.

    Args:
        out: Folder of the new weights.
        weights: Folder of the weights to start from.

    Raises:
        InputError: `out` is there already or cannot be written, or the weights cannot be tuned.
    """
    if out.exists():
        raise InputError(f"{out} is there already; give another folder as --out, or delete it")
    if not read_bundle_config(weights).get("fine_guide"):
        raise InputError(f"{weights} has no guide of fine imagery (guide_fine.onnx), expected weights with one; give others")
    parent = next(place for place in out.absolute().parents if place.exists())
    try:
        with TemporaryFile(dir=parent):
            pass
    except OSError as error:
        reason = (error.strerror or "unknown reason").lower()
        raise InputError(f"{parent} cannot be written to ({reason}); give a folder you may write to as --out") from error
    if (free := shutil.disk_usage(parent).free) < ROOM:
        raise InputError(
            f"the disk of {parent} has {free / 1e6:.0f} MB free, expected {ROOM / 1e6:.0f} MB; give a folder on another disk"
        )


def tune(
    material: Material, weights: Path, out: Path, minutes: float, steps: int | None, data: Path | None,
    say: Callable[[str], None], track: Track, size: int | None = None, rendered: int = RENDERED,
    strength: float = 0.6,
) -> dict[str, Any]:  # fmt: skip
    """Tunes the guide of fine imagery; a stopped run goes on and ends with the same weights.

    Args:
        material: Pairs and labels.
        weights: Weights folder to start from.
        out: Weights folder to write; work in progress lies beside it, in OUT.run.
        minutes: Time for everything, from which the number of steps is planned once.
        steps: Number of steps, in place of `minutes`.
        data: Folder with the project's own pairs, to compare on them too.
        say: Called as each part begins.
        track: Called with items and a label; yields the items while it shows progress.
        size: Side of a sample in pixels.
        rendered: Rendered pairs among the samples.
        strength: Share of the way from the start's weights to the tuned ones.

    Returns:
        What config.json of the new weights has as "tuned".

    Raises:
        InputError: `out` is there already or cannot be written, the disk is full, or its run was begun with other pairs, labels
            or weights.
    """
    import torch

    from chronosight.training.disk import full_disk_named
    from chronosight.training.export.fine_guide import TRAINABLE, load_fine_guide
    from chronosight.training.memory import keep_freed_memory
    from chronosight.training.tune.choose_step import best_of, held_out_f1
    from chronosight.training.tune.result import write_weights
    from chronosight.training.tune.samples import SIZE, TuneSamples, rendered_pairs
    from chronosight.training.tune.timing import MEASURES, plan_steps, time_a_step
    from chronosight.training.tune.train import BATCH, Plan, tune_guide

    started = time.monotonic()
    check_out(out, weights)
    size = size or SIZE
    run = out.with_name(f"{out.name}.run")
    facts = {"pairs": fingerprint(material), "weights": crc32(weights / TRAINABLE), "size": size, "rendered": rendered}
    facts["strength"] = strength
    torch.manual_seed(0)  # of the branches that are not used
    guide = load_fine_guide(weights)
    guide.to(memory_format=torch.channels_last)  # type: ignore[call-arg]  # stubs miss this overload
    held_out = material.seen("val")
    say("making samples")
    samples = TuneSamples(material.seen("train"), rendered_pairs(rendered), 0, 0, size)
    keep_freed_memory()  # before a step is timed
    if (state := read_state(run, facts, steps)) is None:
        cores = os.cpu_count() or 1
        threads = max(1, cores - 1)  # one is left to the samples: threads that wait for each other are far slower
        torch.set_num_threads(threads)
        if steps is None:
            measured = time.monotonic()
            held_out_f1(guide, held_out)
            each, step = time.monotonic() - measured, time_a_step(guide, samples)
            steps = plan_steps((1 - RESERVE) * 60 * minutes - (time.monotonic() - started), step, each)
            say(f"{steps} steps of {step:.2f} s planned for {minutes:g} minutes")
        plan = Plan(steps, max(1, -(-steps // MEASURES)), threads, size, int(cores > 1), strength)
        run.mkdir(parents=True, exist_ok=True)
        write_json(run / STATE, facts | {"plan": asdict(plan)})
    else:
        plan = Plan(**state["plan"])
        say(f"going on with {run}")
    samples.length = plan.steps * BATCH
    say("tuning")
    with full_disk_named(run):
        final, history = tune_guide(guide, samples, held_out, plan, run)
    best, f1 = best_of(history)
    before = float(read_bundle_config(weights)["fine_guide"]["up_to"])
    coarsest = max(pair.metres for pair in material.pairs)
    up_to = before if coarsest <= before else round(float(np.ceil(coarsest * 1.02 / 0.05)) * 0.05, 2)
    tuned: dict[str, Any] = {
        "from": str(read_bundle_config(weights).get("name", weights.name)), "labels": f"{len(material.pairs)} pairs",
        "step": best, "steps": plan.steps, "strength": strength,
        "held_out_f1": [round(history[0][1], 4), round(f1, 4)], "up_to_before": before,
        "measured_on": _measured_on(material.split),
    }  # fmt: skip
    say("exporting, calibrating and comparing")
    sets = {"your held-out places": own(material.split.of("test", material.pairs)), **(ours(data) if data else {})}
    write_weights(
        weights, final, out, up_to, material.split.of("val", material.pairs), sets, tuned, material.check, history, track
    )
    shutil.rmtree(run, ignore_errors=True)
    return tuned | {"up_to": up_to}


def fingerprint(material: Material) -> str:
    """A hash of all pixels and labels, and of what they are used for.

    Args:
        material: Pairs and labels.

    Returns:
        16 hexadecimal digits.
    """
    found = hashlib.sha256()
    for pair, part in zip(material.pairs, material.split.parts, strict=True):
        found.update(json.dumps([pair.name, part, pair.metres, pair.scene.frames.shape]).encode())
        for array in (pair.scene.frames, pair.scene.valid, pair.label.changed, pair.label.footprints):
            found.update(np.ascontiguousarray(array).tobytes())
    return found.hexdigest()[:16]


def read_state(run: Path, facts: dict[str, Any], steps: int | None) -> dict[str, Any] | None:
    """The plan of a run that was begun.

    Args:
        run: Folder of the run.
        facts: What this run is made of.
        steps: Steps that were asked for, if any.

    Returns:
        The state; None where nothing was begun.

    Raises:
        InputError: It was begun with something else.
    """
    path = run / STATE
    if not path.is_file():
        return None
    state = read_json_object(path, "the state of a run")
    found = {name: state.get(name) for name in facts}
    if found != facts or not isinstance(state.get("plan"), dict) or steps not in (None, state["plan"].get("steps")):
        names = {"pairs": "pairs or labels", "weights": "weights"}
        differs = [names.get(name, name) for name in facts if found[name] != facts[name]] or ["steps"]
        raise InputError(f"{run} was begun with other {' and '.join(differs)}; delete it, or give another --out")
    return state


def _measured_on(split: Split) -> str:
    if split.shared:
        return (
            "Few places have a change, so the held-out places also chose the step and the threshold: the result is "
            "better than it will be on new places."
        )
    return (
        "The held-out places of this table were used for nothing else: neither for tuning nor for choosing the step or the "
        "threshold."
    )
