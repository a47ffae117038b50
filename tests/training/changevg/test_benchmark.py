"""The throughput benchmark runs on a CPU, and counts FLOPs as they are."""

import importlib.util
import json
import sys
from pathlib import Path

import pytest
import torch

PATH = Path(__file__).parents[3] / "benchmarks" / "changevg_training.py"


@pytest.fixture(scope="module")
def benchmark():
    spec = importlib.util.spec_from_file_location("changevg_training_benchmark", PATH)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_it_runs_on_the_tiny_shape(benchmark, monkeypatch, capsys):
    options = ["--shape", "tiny", "--batch", "2", "--steps", "3", "--side", "56", "--fp32", "--peak-tflops", "0.5"]
    monkeypatch.setattr(sys, "argv", [str(PATH), *options])
    benchmark.main()
    said = capsys.readouterr().out
    figures = json.loads(said[said.index("{\n") :])
    assert figures["tokens_per_record"] == 2 * 4 + 4 + 40 + 16
    assert figures["tokens_per_second"] > 0 and figures["memory_gib"] > 0
    assert figures["utilisation"] == pytest.approx(figures["model_tflops"] / 0.5, abs=2e-4)


def test_flops_are_those_of_the_products(benchmark, monkeypatch):
    """Against torch's own counter, forward, where attention is one product of matrices and not masked."""
    from torch.utils.flop_counter import FlopCounterMode

    monkeypatch.setattr(sys, "argv", [str(PATH), "--shape", "tiny", "--fp32"])
    model = benchmark.load(benchmark.read_options(), torch.float32, torch.device("cpu")).eval()
    model.set_attn_implementation("eager")
    samples = benchmark.Synthetic(model.config, 56, 16)
    batch = samples.collate([samples[0]])
    batch.pop("labels")
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model(**batch, logits_to_keep=16)
    text = model.config.text_config
    unmasked = 4 * text.num_hidden_layers * text.hidden_size * samples.length**2
    tower = samples.tower_flops(model.model.visual)
    language = samples.flops(model) - tower - 1.5 * unmasked  # weights, forward and back
    assert language / 2 + unmasked + tower == pytest.approx(counter.get_total_flops(), rel=0.03)
