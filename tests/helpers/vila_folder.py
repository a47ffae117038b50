"""A VILA-1.5 or UniRS checkpoint folder as published, with random weights, small enough for tests."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import torch
from safetensors.torch import save_file
from transformers import LlamaConfig, LlamaForCausalLM, SiglipVisionConfig, SiglipVisionModel

TOKENIZER = Path(__file__).parents[1] / "models" / "unirs" / "tiny_tokenizer.model"
VISION = {
    "model_type": "siglip_vision_model", "hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 3,
    "num_attention_heads": 2, "image_size": 48, "patch_size": 14, "hidden_act": "gelu_pytorch_tanh", "layer_norm_eps": 1e-6,
}  # fmt: skip
LLM = {
    "architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": 480, "hidden_size": 32,
    "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2,
    "max_position_embeddings": 512, "rope_theta": 5000.0, "rms_norm_eps": 1e-5, "tie_word_embeddings": False,
    "torch_dtype": "bfloat16", "bos_token_id": 1, "eos_token_id": 2,
}  # fmt: skip
PREPROCESSOR = {"image_mean": [0.5] * 3, "image_std": [0.5] * 3, "resample": 3, "size": {"height": 48, "width": 48}}


def write_folder(root: Path, family: str = "vila", seed: int = 0) -> Path:
    """root/{llm,vision_tower,mm_projector}; the language model in two shards, as VILA-1.5 has it."""
    torch.manual_seed(seed)
    llm = LlamaForCausalLM(LlamaConfig(**{k: v for k, v in LLM.items() if k not in ("architectures", "torch_dtype")}))
    vision = SiglipVisionModel(SiglipVisionConfig(**{k: v for k, v in VISION.items() if k != "model_type"}))
    for module in (llm, vision):
        shake(module)
    _write(root / "llm", LLM)
    state = llm.state_dict() | {"model.layers.0.self_attn.rotary_emb.inv_freq": torch.ones(4)}
    names = list(state)
    shards = {"model-00001-of-00002.safetensors": names[:9], "model-00002-of-00002.safetensors": names[9:]}
    for file, part in shards.items():
        save_file({name: state[name].contiguous() for name in part}, root / "llm" / file)
    index = {"weight_map": {name: file for file, part in shards.items() for name in part}}
    (root / "llm" / "model.safetensors.index.json").write_text(json.dumps(index))
    shutil.copy(TOKENIZER, root / "llm" / "tokenizer.model")
    _write(root / "vision_tower", VISION)
    (root / "vision_tower" / "preprocessor_config.json").write_text(json.dumps(PREPROCESSOR))
    state = {f"vision_model.{name}": value.contiguous() for name, value in vision.state_dict().items()}
    save_file(state, root / "vision_tower" / "model.safetensors")
    _write(root / "mm_projector", {"model_type": "v2l_projector", "mm_projector_type": "mlp_downsample"})
    save_file(projector(family), root / "mm_projector" / "model.safetensors")
    (root / "config.json").write_text(json.dumps({"num_video_frames": 8, "mm_vision_select_layer": -2}))
    return root


def projector(family: str) -> dict[str, torch.Tensor]:
    """Tensors of mm_projector, by the names that each family publishes."""
    d, width, grid = VISION["hidden_size"], LLM["hidden_size"], VISION["image_size"] // VISION["patch_size"]
    start = "layers.single." if family == "unirs" else "layers."
    linear = {"1": (4 * d,), "2": (width, 4 * d), "4": (width, width)}
    state = {}
    for step, shape in linear.items():
        state[f"{start}{step}.weight"] = torch.randn(shape) * 0.3 + (step == "1")
        state[f"{start}{step}.bias"] = torch.randn(shape[:1]) * 0.3
    if family == "unirs":
        change = {"h_embedding.weight": (grid, d // 2), "w_embedding.weight": (grid, d // 2)}
        change |= {"Conv1.weight": (d, 2 * d, 1, 1), "Conv1.bias": (d,)}
        for step, (outputs, inputs, side) in {0: (d // 2, d, 1), 3: (d // 2, d // 2, 3), 6: (d, d // 2, 1)}.items():
            change |= {f"LN.left.{step}.weight": (outputs, inputs, side, side), f"LN.left.{step}.bias": (outputs,)}
            norm = {f"LN.left.{step + 1}.{name}": (outputs,) for name in ("weight", "bias", "running_mean")}
            change |= norm
            state[f"layers.change.LN.left.{step + 1}.running_var"] = torch.rand(outputs) + 0.5
            state[f"layers.change.LN.left.{step + 1}.num_batches_tracked"] = torch.tensor(7)
        state |= {f"layers.change.{name}": torch.randn(shape) * 0.3 for name, shape in change.items()}
    return state


def shake(module: torch.nn.Module) -> None:
    """Every weight away from its start, so that a part left out shows."""
    with torch.no_grad():
        for value in module.parameters():
            value.add_(0.2 * torch.randn_like(value))


def _write(folder: Path, config: dict) -> None:
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps(config))
