"""LoRA tuning on the tiny Qwen2.5-VL: it learns, what it saves is what it was, two processes do what one does."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForImageTextToText
from typer.testing import CliRunner

from chronosight.cli.main import app
from chronosight.errors import InputError
from chronosight.models.changevg.adapter import apply_adapter
from chronosight.models.changevg.processing import ChangeVGProcessor
from chronosight.models.changevg.settings import Settings
from chronosight.training.changevg.dialogues import Dialogues, collate, read_records
from chronosight.training.changevg.lora import add_lora, linear_layers, lora_plus
from chronosight.training.changevg.train import train_changevg
from chronosight.training.recipes.changevg import ChangeVGRecipe
from chronosight.training.recipes.read import read_recipe
from launched import run_on_two_processes
from tiny_instructions import write_instructions

ROOT = Path(__file__).parents[3]
TINY = {"batch": 4, "accumulation": 1, "learning_rate": 2.0e-3, "bf16": False, "checkpointing": False, "workers": 0,
        "log_every": 1, "max_pixels": 56 * 56}  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_instructions(tmp_path_factory.mktemp("instructions"))


@pytest.fixture(scope="module")
def trained(tmp_path_factory, folder, qwen_folder):
    """(recipe, out) after 30 steps."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    out = tmp_path_factory.mktemp("lora") / "out"
    recipe = ChangeVGRecipe(model=str(qwen_folder), steps=30, save_every=20, **TINY)
    train_changevg(recipe, folder, out)
    yield recipe, out
    torch.set_num_threads(threads)


def losses(out):
    lines = [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]
    return [line["loss"] for line in lines if "loss" in line]


def fresh(qwen_folder):
    return AutoModelForImageTextToText.from_pretrained(qwen_folder, dtype=torch.float32)


def test_thirty_steps_halve_the_loss(trained):
    seen = losses(trained[1])
    assert len(seen) == 30
    assert sum(seen[-3:]) / 3 < 0.5 * seen[0], seen


def test_adapter_keeps_what_inference_must_know(trained):
    adapter = trained[1] / "adapter"
    assert Settings.load(adapter) == Settings(max_pixels=56 * 56)
    kept = ChangeVGProcessor.from_pretrained(adapter, Settings.load(adapter))
    assert kept.image_processor.size["longest_edge"] == 56 * 56
    assert not [path.name for path in adapter.iterdir() if path.suffix in {".bin", ".pt", ".pkl"}]


def test_loaded_and_merged_give_the_logits_of_training(trained, folder, qwen_folder):
    recipe, out = trained
    processor = ChangeVGProcessor.from_pretrained(qwen_folder, recipe.settings)
    samples = Dialogues(read_records(folder / "train.jsonl"), processor, recipe.max_length)
    batch = collate([samples[i] for i in range(6)], processor.tokenizer.pad_token_id)
    from safetensors.torch import load_file

    by_hand = add_lora(fresh(qwen_folder), recipe.rank, recipe.alpha, 0.0, False)
    weights = {
        k.replace(".weight", ".default.weight"): v for k, v in load_file(out / "adapter/adapter_model.safetensors").items()
    }
    assert not by_hand.load_state_dict(weights, strict=False).unexpected_keys
    with torch.no_grad():
        said = by_hand.eval()(**batch).logits
        plain = fresh(qwen_folder).eval()(**batch).logits
        loaded = apply_adapter(fresh(qwen_folder), out / "adapter", merge=False).eval()(**batch).logits
        merged = apply_adapter(fresh(qwen_folder), out / "adapter", merge=True).eval()(**batch).logits
    assert (said - plain).abs().max() > 0.1, "training changed nothing"
    torch.testing.assert_close(loaded, said, atol=1e-4, rtol=0)
    torch.testing.assert_close(merged, said, atol=1e-4, rtol=0)


def test_only_adapters_on_every_linear_layer_of_the_language_model_learn(qwen_folder):
    model = add_lora(fresh(qwen_folder), 8, 16, 0.0, vision=False)
    learning = {name for name, p in model.named_parameters() if p.requires_grad}
    layers = {name.split(".lora_")[0] for name in learning}
    linear = {"q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"}
    assert {name.rsplit(".", 1)[-1] for name in layers} == linear
    assert len(layers) == 2 * 7 and not any("visual" in name for name in layers)
    both = linear_layers(fresh(qwen_folder), vision=True)
    assert "qkv" in both and "lm_head" not in both


def test_b_learns_sixteen_times_as_fast_as_a(qwen_folder):
    model = add_lora(fresh(qwen_folder), 8, 16, 0.0, vision=False)
    names = {id(p): name for name, p in model.named_parameters()}
    rates = {}
    for group in lora_plus(model, 1e-4, 16.0).param_groups:
        for parameter in group["params"]:
            rates.setdefault("B" if "lora_B" in names[id(parameter)] else "A", set()).add(group["lr"])
    assert rates == {"A": {1e-4}, "B": {16e-4}}


def test_shipped_recipe_is_the_paper_s():
    recipe = read_recipe(ROOT / "recipes" / "changevg-lora.yaml")
    assert recipe == ChangeVGRecipe()
    assert (recipe.rank, recipe.ratio, recipe.learning_rate, recipe.warmup, recipe.epochs) == (8, 16, 1e-4, 0.1, 1)
    assert (recipe.batch, recipe.accumulation, recipe.max_pixels, recipe.max_length, recipe.bf16) == (6, 4, 262_144, 2048, True)


def test_a_finished_run_is_not_run_again_and_another_recipe_is_refused(trained, folder):
    recipe, out = trained
    said = []
    assert train_changevg(recipe, folder, out, say=said.append) == out / "adapter"
    assert said == [f"{out / 'adapter'} is there already"] and len(losses(out)) == 30
    with pytest.raises(InputError, match="another recipe"):
        train_changevg(ChangeVGRecipe(model=recipe.model), folder, out)


def test_no_base_model_is_one_line(folder, tmp_path):
    with pytest.raises(InputError, match="--model DIR"):
        train_changevg(ChangeVGRecipe(), folder, tmp_path / "out")


def test_two_processes_give_the_losses_of_one(folder, qwen_folder, tmp_path):
    """torchrun with gloo: half the batch on each of two processes is the same training, to 1e-3."""
    found = []
    for processes in (1, 2):
        text = f"{{kind: changevg-lora, steps: 4, batch: {4 // processes}, accumulation: 2, learning_rate: 2.0e-3, bf16: false, "
        text += "checkpointing: true, workers: 0, log_every: 1, max_pixels: 3136}"
        (tmp_path / f"{processes}.yaml").write_text(text)
        out = tmp_path / f"out{processes}"
        words = ["train", tmp_path / f"{processes}.yaml", "--model", qwen_folder, "--data", folder, "--out", out]
        if processes == 1:
            run_here(words)
        else:
            run_on_two_processes([*map(str, words)], tmp_path / "two.log")
        first = json.loads((out / "log.jsonl").read_text().splitlines()[0])
        assert first["processes"] == processes
        found.append(losses(out))
    assert len(found[0]) == 4 and found[0][-1] < found[0][0]
    assert found[1] == pytest.approx(found[0], rel=1e-3)


def test_a_run_killed_goes_on_with_the_losses_of_an_undisturbed_one(folder, qwen_folder, tmp_path):
    """kill -9 once a checkpoint is there, the same command again: every step is in the log once, losses within 1e-5."""
    (tmp_path / "recipe.yaml").write_text(
        "{kind: changevg-lora, steps: 12, save_every: 2, batch: 2, accumulation: 1, learning_rate: 2.0e-3, bf16: false, "
        "checkpointing: false, workers: 0, log_every: 1, max_pixels: 3136}"
    )

    def words(out):
        return ["train", tmp_path / "recipe.yaml", "--model", qwen_folder, "--data", folder, "--out", out]

    killed, whole = tmp_path / "killed", tmp_path / "whole"
    command = [sys.executable, "-m", "chronosight.cli", *map(str, words(killed))]
    run = subprocess.Popen(command, env=alone(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while run.poll() is None and not list(killed.glob("checkpoint-*")):
        time.sleep(0.01)
    run.send_signal(signal.SIGKILL)
    run.wait()
    assert not (killed / "adapter").exists(), "the run was over before it could be killed"
    for out in (killed, whole):
        run_here(words(out))
    assert len(losses(whole)) == 12
    assert losses(killed) == pytest.approx(losses(whole), rel=1e-5)


def run_here(words):
    """The command in this process: importing the libraries again would take longer than the training."""
    done = CliRunner().invoke(app, [*map(str, words)])
    assert done.exit_code == 0, done.output


def alone():
    """One thread a process, this checkout's code, no GPU."""
    return {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT / "src"), "CUDA_VISIBLE_DEVICES": ""}
