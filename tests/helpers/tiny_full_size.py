"""A converted full-size checkpoint of tiny random weights, and scenes to ask about."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from chronosight.scenes.scene import Scene, SceneKind
from vila_folder import write_folder


def write_weights(root: Path, family: str = "unirs") -> Path:
    from chronosight.models.unirs.convert import convert

    convert(write_folder(root / "published", family), root / "weights", "vila" if family == "vila" else "unirs")
    return root / "weights"


def scene(kind: SceneKind, seed: int = 0, frames: int = 3) -> Scene:
    rng = np.random.default_rng(seed)
    number = {"image": 1, "pair": 2, "video": frames}[kind]
    pixels = rng.integers(0, 256, (number, 40, 56, 3), dtype=np.uint8)
    names = tuple(f"{kind}_{seed}_{i}.png" for i in range(2 if kind == "pair" else 1))
    return Scene(kind, pixels, np.ones((40, 56), bool), names)


def write_adapter(folder: Path, weights: Path, strength: float = 0.5) -> Path:
    """A LoRA adapter of the language model that changes what it says."""
    import torch
    from peft import LoraConfig, get_peft_model

    from chronosight.models.unirs.modeling import UniRSForConditionalGeneration

    torch.manual_seed(1)
    model = UniRSForConditionalGeneration.from_pretrained(weights)
    adapted = get_peft_model(model, LoraConfig(r=4, target_modules=r"language_model\..*\.(q_proj|v_proj|down_proj)"))
    for name, value in adapted.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(value, std=strength)
    adapted.save_pretrained(folder)
    return folder
