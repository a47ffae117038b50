"""The three stages of the guide on a LEVIR-MCI folder: each trains its own part, a stop costs nothing, folds are blind."""

import json
import zipfile
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from chronosight.datasets.levir import read_label
from chronosight.errors import InputError
from chronosight.models.guide.modeling import GuideModel
from chronosight.training.guide import levir as guide_levir
from chronosight.training.guide.levir import train_guide_levir
from chronosight.training.recipes.read import read_recipe
from chronosight.training.samples.levir import LevirSamples, levir_fold, read_levir, word_tokenizer
from tiny_levir import CHANGED, write_levir

SHIPPED = Path(__file__).parents[3] / "recipes" / "guide-levir-mci.yaml"
RECIPE = """
kind: guide-levir-mci
joint: &stage {steps: 3, learning_rate: 1e-3, warmup: 0}
captions: *stage
masks: *stage
batch: 2
size: 64
least: 1
folds: 2
save_every: 2
log_every: 1
threads: 1
workers: 0
ema: 0.5
model: {widths: [8, 8, 16, 16], depths: [1, 1, 1, 1], neck: [8, 8, 8, 8], summary_width: 16, summary_heads: 2, summary_layers: 1}
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """(recipe, data, out, stages begun, steps taken in the second stage); the run was killed once, in that stage."""
    folder, stages, taken = tmp_path_factory.mktemp("levir"), [], []
    (folder / "recipe.yaml").write_text(RECIPE)
    recipe, data, out = read_recipe(folder / "recipe.yaml"), write_levir(folder / "data"), folder / "out"
    whole = guide_levir.DualBranchTrainer.compute_loss

    def watched(self, *args, **kwargs):
        if self.stage == "captions":
            taken.append(self.state.global_step)
            if taken == [0, 1, 2]:
                raise KeyboardInterrupt
        return whole(self, *args, **kwargs)

    guide_levir.DualBranchTrainer.compute_loss = watched
    try:
        with pytest.raises(KeyboardInterrupt):
            train_guide_levir(recipe, data, out, stages.append)
        train_guide_levir(recipe, data, out, stages.append)
    finally:
        guide_levir.DualBranchTrainer.compute_loss = whole
    return recipe, data, out, stages, taken


def weights(folder, *parts):
    return {k: v for k, v in load_file(folder / "model.safetensors").items() if k.split(".")[0] in parts}


def same(a, b):
    assert a.keys() == b.keys() and a
    return all(torch.equal(a[name], b[name]) for name in a)


def test_each_stage_changes_its_own_part_alone(run):
    joint, captions, masks = (run[2] / stage / "final" for stage in ("joint", "captions", "masks"))
    fixed = ("encoder", "recognition", "change")
    assert same(weights(joint, *fixed), weights(captions, *fixed))
    assert not same(weights(joint, "summary", "decoder"), weights(captions, "summary", "decoder"))
    assert same(weights(captions, "encoder", "summary", "decoder"), weights(masks, "encoder", "summary", "decoder"))
    assert not same(weights(captions, "recognition", "change"), weights(masks, "recognition", "change"))


def test_a_killed_run_goes_on_from_its_checkpoint(run):
    begun = [stage.partition(":")[0] for stage in run[3]]
    assert begun[:4] == ["guide, joint", "guide, captions", "guide, captions", "guide, masks"]
    assert run[4][:5] == [0, 1, 2, 2, 0], "the first two steps were not taken again; then the folds follow"
    steps = [json.loads(line)["step"] for line in (run[2] / "captions" / "log.jsonl").read_text().splitlines()]
    assert steps == sorted(steps) and max(steps) == 3


def test_joint_loss_is_each_loss_over_its_own_value(run):
    lines = [json.loads(line) for line in (run[2] / "joint" / "log.jsonl").read_text().splitlines()]
    assert [line["loss"] for line in lines if "loss" in line] == pytest.approx([2.0] * 3, abs=0.02)
    logged = {name for line in lines for name in line}
    assert {"masks", "captions"} <= logged


def test_nothing_is_made_twice(run):
    recipe, data, out, *_ = run
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*") if path.is_file()}
    assert train_guide_levir(recipe, data, out) == out / "final"
    assert {path: path.stat().st_mtime_ns for path in out.rglob("*") if path.is_file()} == before


def test_guide_of_a_fold_says_which_pairs_it_never_saw(run):
    for fold in (0, 1):
        folder = run[2] / "folds" / str(fold) / "final"
        assert json.loads((folder / "crossfit.json").read_text()) == {"fold": fold, "folds": 2}
        assert (folder / "tokenizer.json").is_file()
    assert not (run[2] / "final" / "crossfit.json").exists()
    assert any("without fold 1 of 2: 2 pairs" in stage for stage in run[3])


def test_the_guide_is_a_guide(run):
    from tokenizers import Tokenizer

    from chronosight.training.guide.crossfit import guide_facts

    pair = read_levir(run[1], "val")[0]
    before, after = (np.asarray(Image.open(pair.root / path)) for path in (pair.before, pair.after))
    tokenizer = Tokenizer.from_file(str(run[2] / "final" / "tokenizer.json"))
    facts = guide_facts(GuideModel.from_pretrained(run[2] / "final").eval(), tokenizer, before, after)
    words = {word for caption in CHANGED for word in caption.split()}
    assert set(facts.classes) == {"roads", "buildings"} and isinstance(facts.caption, str)
    assert set(facts.caption.split()) & words or not facts.caption


def test_samples_are_mirrored_with_label_and_caption(tmp_path):
    pairs = [p for p in read_levir(write_levir(tmp_path), "train") if p.captions[0] == CHANGED[0]][:1]
    pairs = [replace(pairs[0], captions=("houses at the top",))]
    tokenizer = word_tokenizer(["houses at the top bottom"], 1)
    samples = LevirSamples(pairs, tokenizer, 12, 0, 64, 8, swap=False)
    seen = set()
    for item in (samples[i] for i in range(12)):
        house = np.argwhere(item["target"] == 2)[:, 0].mean()
        said = tokenizer.decode(item["tokens"].tolist())
        assert said == f"houses at the {'top' if house < 32 else 'bottom'}"
        assert item["after"][:, item["target"] == 2].mean() > item["before"][:, item["target"] == 2].mean()
        seen.add(said)
    assert len(seen) == 2
    assert all(np.array_equal(a, b) for a, b in zip(samples[3].values(), samples[3].values(), strict=True))


def test_swapped_dates_vanish(tmp_path):
    pairs = [p for p in read_levir(write_levir(tmp_path), "train") if p.captions == CHANGED]
    samples = LevirSamples(pairs, word_tokenizer(CHANGED, 1), 30, 0, 64, 8, swap=True)
    gone = 0
    for item in (samples[i] for i in range(30)):
        changed = item["target"] == 2
        brighter = item["after"][:, changed].mean() > item["before"][:, changed].mean()
        assert (item["appeared"][changed] == float(brighter)).all()
        gone += not brighter
    assert 0 < gone < 20


def test_folds_keep_neighbours_together():
    folds = [levir_fold(f"train_{n:06}.png", 5) for n in range(1, 6816)]
    assert sum(a != b for a, b in pairwise(folds)) == 53
    assert max(folds.count(k) for k in range(5)) - min(folds.count(k) for k in range(5)) < 200


@pytest.mark.shared
def test_words_of_all_captions_are_the_published_vocabulary():
    reference = Path(__file__).parents[4] / "shared" / "reference"
    if not (reference / "levir_mci_caption_tokens.zip").is_file():
        pytest.skip("no ../shared/reference beside the checkout")
    published = set(json.loads((reference / "levir_mci_vocab.json").read_text())) - {"<NULL>", "<UNK>", "<START>", "<END>"}
    with zipfile.ZipFile(reference / "levir_mci_caption_tokens.zip") as file:
        rows = [json.loads(file.read(name)) for name in file.namelist() if name.endswith(".txt")]
    captions = [" ".join(w for w in words if w not in ("<START>", "<END>")) for row in rows for words in row]
    ours = set(word_tokenizer(captions, 6).get_vocab())
    assert len(captions) == 5 * 10_077 and published <= ours and len(ours) == 468


def test_wrong_folders_are_one_line(tmp_path):
    with pytest.raises(InputError, match="no captions file"):
        read_levir(tmp_path, "train")
    root = write_levir(tmp_path)
    (root / "images/train/label/train_000001.png").unlink()
    with pytest.raises(InputError, match="have no mask"):
        read_levir(root, "train")
    (root / "images/train/label/train_000001.png").touch()
    (root / "images/train/B/train_000001.png").unlink()
    with pytest.raises(InputError, match="expected images/train/A and B"):
        read_levir(root, "train")
    Image.fromarray(np.full((64, 64), 76, np.uint8)).save(tmp_path / "wrong.png")
    with pytest.raises(InputError, match="has pixels of 76"):
        read_label(tmp_path / "wrong.png", 64)


def test_shipped_recipe_has_the_paper_s_shape():
    recipe = read_recipe(SHIPPED)
    with torch.device("meta"):
        model = guide_levir.new_guide(recipe, word_tokenizer([f"w{i}" for i in range(464)], 1))
    assert sum(p.numel() for p in model.encoder.parameters()) == pytest.approx(13.2e6, rel=0.01)
    assert model.config.vocab_size == 468 and model.config.summary_width == 512 and recipe.folds == 5
