"""Adapters laid over a model, merged, saved and loaded: equal logits each way, and nothing left out in silence."""

import json
from importlib.util import find_spec

import numpy as np
import pytest
import torch
from peft import LoraConfig, get_peft_model
from safetensors.torch import load_file, save_file

from chronosight.errors import InputError
from chronosight.models.changevg.adapter import apply_adapter
from chronosight.models.changevg.generation import read
from chronosight.models.changevg.loading import find_folder, load_model
from chronosight.models.changevg.merge import merge_adapter
from chronosight.models.changevg.processing import ChangeVGProcessor
from chronosight.models.changevg.settings import Settings

TARGETS = r".*language_model\.layers\.\d+\..*_proj"
CLOSE = {"atol": 1e-4, "rtol": 0}


@pytest.fixture(scope="module")
def adapter(qwen_folder, tmp_path_factory):
    """Both of its matrices random, so that it changes every answer; with the logits it gives before it was saved."""
    folder = tmp_path_factory.mktemp("adapter")
    torch.manual_seed(1)
    model = get_peft_model(load_model(qwen_folder), LoraConfig(r=4, lora_alpha=8, target_modules=TARGETS))
    for name, parameter in model.named_parameters():
        if "lora_" in name:
            parameter.data = 0.1 * torch.randn_like(parameter)
    model.save_pretrained(folder)
    Settings(max_pixels=100 * 100, guide_form="full").save(folder)
    return folder, logits(model, qwen_folder)


def logits(model, qwen_folder):
    processor = ChangeVGProcessor.from_pretrained(qwen_folder)
    pair = list(np.random.default_rng(0).integers(0, 256, (2, 56, 84, 3), dtype=np.uint8))
    parts = [{"type": "image"}, {"type": "image"}, {"type": "text", "text": "How many roads?"}]
    batch = processor.batch([[{"role": "user", "content": parts}]], [pair])
    inner = model.base_model.model if hasattr(model, "peft_config") else model
    return read(inner, batch).logits


def test_loaded_merged_and_written_out_it_gives_the_logits_it_was_saved_with(adapter, qwen_folder, tmp_path):
    folder, expected = adapter
    assert (logits(load_model(qwen_folder), qwen_folder) - expected).abs().max() > 0.01
    beside = apply_adapter(load_model(qwen_folder), folder, merge=False)
    torch.testing.assert_close(logits(beside, qwen_folder), expected, **CLOSE)
    merged = load_model(qwen_folder, folder)
    assert not any("lora" in name for name, _ in merged.named_parameters())
    torch.testing.assert_close(logits(merged, qwen_folder), expected, **CLOSE)
    out = merge_adapter(qwen_folder, folder, tmp_path / "merged")
    torch.testing.assert_close(logits(load_model(out), out), expected, **CLOSE)
    assert Settings.load(out) == Settings.load(folder)
    assert not list(tmp_path.glob("*.part"))
    with pytest.raises(InputError, match="not empty"):
        merge_adapter(qwen_folder, folder, out)


def test_an_adapter_with_the_names_of_older_releases_is_the_same(adapter, qwen_folder, tmp_path):
    folder, expected = adapter
    old = {
        name.replace("model.language_model.", "model."): w for name, w in load_file(folder / "adapter_model.safetensors").items()
    }
    save_file(old, tmp_path / "adapter_model.safetensors")
    config = json.loads((folder / "adapter_config.json").read_text()) | {
        "target_modules": ["q_proj", "k_proj", "v_proj", "o_proj"]
    }
    config["target_modules"] += ["gate_proj", "up_proj", "down_proj"]
    config["exclude_modules"] = r".*visual.*"
    (tmp_path / "adapter_config.json").write_text(json.dumps(config))
    torch.testing.assert_close(logits(load_model(qwen_folder, tmp_path), qwen_folder), expected, **CLOSE)


@pytest.mark.parametrize("fault", ["one weight gone", "another name", "another size"])
def test_an_adapter_that_does_not_fit_is_refused(adapter, qwen_folder, tmp_path, fault):
    weights = load_file(adapter[0] / "adapter_model.safetensors")
    name = sorted(weights)[0]
    value = weights.pop(name)
    if fault == "another name":
        weights[name.replace("layers.0", "layers.7")] = value.clone()
        weights[name] = value
    elif fault == "another size":
        weights[name] = torch.zeros(value.shape[0], 48)
    save_file(weights, tmp_path / "adapter_model.safetensors")
    (tmp_path / "adapter_config.json").write_text((adapter[0] / "adapter_config.json").read_text())
    with pytest.raises(InputError, match="adapter") as error:
        load_model(qwen_folder, tmp_path)
    assert "\n" not in str(error.value)


def test_folders_that_hold_no_model_or_adapter(qwen_folder, tmp_path):
    with pytest.raises(InputError, match=r"no adapter_config\.json"):
        load_model(qwen_folder, tmp_path)
    with pytest.raises(InputError, match=r"no config\.json"):
        load_model(tmp_path)
    with pytest.raises(InputError, match="no weights folder"):
        find_folder(tmp_path / "nowhere")
    with pytest.raises(InputError, match="hf download someone/some-model"):
        find_folder("someone/some-model")
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "llama"}))
    with pytest.raises(InputError, match="of type \"llama\""):
        load_model(tmp_path)


def test_half_precision_answers_too(qwen_folder):
    model = load_model(qwen_folder, precision="bf16")
    assert next(model.parameters()).dtype == torch.bfloat16
    half, full = logits(model, qwen_folder), logits(load_model(qwen_folder), qwen_folder)
    assert (half - full).abs().max() < 0.05 * full.abs().max()


@pytest.mark.skipif(find_spec("bitsandbytes") is not None, reason="bitsandbytes is installed")
def test_four_bits_without_their_library(qwen_folder):
    with pytest.raises(InputError, match="pip install bitsandbytes"):
        load_model(qwen_folder, precision="4bit")


def test_weights_that_lack_a_tensor_are_refused(qwen_folder, tmp_path):
    model = load_model(qwen_folder)
    state = {name: value for name, value in model.state_dict().items() if not name.endswith("layers.1.mlp.up_proj.weight")}
    model.save_pretrained(tmp_path, state_dict=state)
    with pytest.raises(InputError, match="lacks 1 weights"):
        load_model(tmp_path)
