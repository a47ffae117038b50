"""What each choice of the guide of fine imagery brings: equal short trainings, one choice changed at a time.

    python benchmarks/guide_ablation.py --data DIR --out FOLDER [--steps 600] [--rows ROW ...]

Each row is trained for the same steps from the same seed. Metric: pixel F1 of changed buildings (one view, raw threshold 0.5)
on val places at 1 m, on pairs abroad at 0.5 m, and on half-metre crops held out. Rows:

    full        recipes/guide-fine.yaml: the encoder starts from ImageNet weights
    tower       the encoder starts from that of the shipped vision tower
    nothing     the encoder starts from random weights
    texas       pairs of Texas and rendered pairs alone: no chips, no other ground, nothing pasted, erased or drawn
    one_metre   no half-metre pairs as samples; their ground and buildings still serve the others
    shared      the encoder is that of the vision tower, and stays as it is
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterable
from contextlib import nullcontext
from pathlib import Path
from unittest import mock

import numpy as np
import torch
from PIL import Image

from chronosight.datasets.held_out import native_pairs
from chronosight.datasets.places import PlacePair, load_abroad, load_places
from chronosight.models.guide.modeling import GuideModel
from chronosight.training.guide import fine
from chronosight.training.recipes.read import read_recipe
from chronosight.training.samples.fine_samples import FineSamples

RECIPE = Path(__file__).parents[1] / "recipes" / "guide-fine.yaml"
ROWS = ("full", "tower", "nothing", "texas", "one_metre", "shared")
ENCODERS = {"tower": ["start=tower"], "nothing": ["start=nothing"], "shared": ["start=tower", "trained=decoder"]}
BUILDING = 2


def shares_of(row: str) -> dict[str, float]:
    """Shares of the kinds of sample of a row."""
    return {
        "texas": {"place": 0.45, "native": 0.45, "same": 0.0, "chip": 0.0, "rendered": 0.10},
        "one_metre": {"place": 0.45, "native": 0.0, "same": 0.25, "chip": 0.20, "rendered": 0.10},
    }.get(row, {})


def train(row: str, steps: int, data: Path, out: Path) -> GuideModel:
    """Trains one row; what is there already is read."""
    recipe = read_recipe(RECIPE, [f"steps={steps}", "ema=0.99", "threads=1", "workers=0", *ENCODERS.get(row, [])])
    if shares := shares_of(row):
        recipe = recipe.model_copy(update={"shares": type(recipe.shares)(**shares)})
    if row == "texas":
        recipe = recipe.model_copy(update={"images": 0})
    plain = mock.patch.object(FineSamples, "_built", lambda self, pair, *_: pair)
    with plain if row == "texas" else nullcontext():
        final = fine.train_fine_guide(recipe, data, out / row, print)
    return GuideModel.from_pretrained(final, trust_remote_code=False).eval()


@torch.no_grad()
def f1(model: GuideModel, pairs: Iterable[PlacePair], step: float) -> float:
    """Pixel F1 over all pairs, each shown at `step` metres a pixel and judged on its own grid."""
    both = found = true = 0
    for pair in pairs:
        side = max(32, round(pair.before.shape[0] * pair.metres_per_pixel / step / 32) * 32)
        dates = [
            torch.from_numpy(np.array(Image.fromarray(image).resize((side, side), Image.Resampling.BOX), np.float32) / 255)
            for image in (pair.before, pair.after)
        ]
        logits = model(*(date.permute(2, 0, 1)[None] for date in dates)).class_logits
        shown = torch.nn.functional.interpolate(logits.softmax(1)[:, BUILDING :], size=pair.building.shape, mode="bilinear")
        mask = shown[0, 0].numpy() >= 0.5
        both, found, true = both + (mask & (pair.building > 0)).sum(), found + mask.sum(), true + (pair.building > 0).sum()
    return float(2 * both / max(1, found + true))


def main() -> None:
    """Trains and measures the rows, one line each; results go to FOLDER/ablation.json as they come."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=600)
    parser.add_argument("--rows", nargs="+", choices=ROWS, default=ROWS)
    given = parser.parse_args()
    val, abroad = load_places(given.data, "val"), load_abroad(given.data)
    natives = native_pairs(given.data, held_out=True)
    for row in given.rows:
        started = time.process_time()
        model = train(row, given.steps, given.data, given.out)
        figures = {"val": f1(model, val, 1.0), "abroad": f1(model, abroad, 0.5), "native": f1(model, natives, 0.5)}
        line = {"row": row, "steps": given.steps, "cpu_seconds": round(time.process_time() - started), **figures}
        print(json.dumps(line), flush=True)
        with (given.out / "ablation.json").open("a") as file:
            file.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    main()
