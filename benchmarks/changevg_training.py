"""Throughput of LoRA tuning: tokens per second, memory, model FLOP utilisation, on synthetic ChangeIMTI.

    python benchmarks/changevg_training.py --shape 7b --steps 20            random weights of Qwen2.5-VL-7B's real shape
    python benchmarks/changevg_training.py --model FOLDER --peak-tflops 989 a downloaded model
    python benchmarks/changevg_training.py --shape tiny --batch 2           on a CPU, to see that it runs

Records are made here: two pictures of SIDE pixels of noise, and a reply. Steps are whole ones of the recipe: read, forward,
backward, clip, LoRA+. The first two are left out.

Model FLOPs, from which utilisation is computed: of a token 2 N forward and 2 N backward, N the weights of the language model's
blocks (frozen, so no gradient of theirs is computed), and 6 x width x length a layer for causal attention and back; the output
layer alike where it is run; 2 N of a patch in the vision tower, forward alone, its attention left out. Recomputed activations
do not count.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import TrainerCallback

from chronosight.training.changevg.lora import add_lora
from chronosight.training.changevg.train import IGNORED, LoraPlusTrainer, arguments
from chronosight.training.recipes.changevg import ChangeVGRecipe

SHAPES: dict[str, dict[str, Any]] = {  # of Qwen2.5-VL, from its configuration; "tiny" is ours
    "7b": {
        "text": {"hidden_size": 3584, "intermediate_size": 18944, "num_hidden_layers": 28, "num_attention_heads": 28,
                 "num_key_value_heads": 4, "vocab_size": 152064},
        "vision": {"depth": 32, "hidden_size": 1280, "intermediate_size": 3420, "num_heads": 16, "out_hidden_size": 3584},
        "sections": [16, 24, 24],
    },
    "tiny": {
        "text": {"hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 4,
                 "num_key_value_heads": 2, "vocab_size": 512},
        "vision": {"depth": 2, "hidden_size": 32, "intermediate_size": 64, "num_heads": 2, "out_hidden_size": 64},
        "sections": [2, 3, 3],
    },
}  # fmt: skip
PEAK = {"H200": 989.0, "H100": 989.0, "A100": 312.0}  # dense bf16 TFLOP/s, by a part of the device's name
IMAGE_TOKEN, START, END = 3, 4, 5  # of the random-weight shapes, whose words mean nothing


def main() -> None:
    options = read_options()
    recipe = ChangeVGRecipe(
        batch=options.batch, accumulation=options.accumulation, steps=options.steps, workers=0, bf16=not options.fp32,
        checkpointing=options.checkpointing, log_every=10**6, save_every=10**6,
    )  # fmt: skip
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    base = load(options, torch.float32 if options.fp32 else torch.bfloat16, device)
    base.config.use_cache = False
    model = add_lora(base, recipe.rank, recipe.alpha, recipe.dropout, recipe.vision)
    samples = Synthetic(base.config, options.side, options.reply)
    clock = StepClock(device)
    with tempfile.TemporaryDirectory() as folder:
        trainer = LoraPlusTrainer(
            model=model,
            args=arguments(recipe, Path(folder)),
            train_dataset=samples,
            data_collator=samples.collate,
            callbacks=[clock],
            ratio=recipe.ratio,
        )
        trainer.train()
    seconds = clock.seconds[2:] or clock.seconds[-1:]
    records = recipe.batch * recipe.accumulation
    tokens, middle = records * samples.length, statistics.median(seconds)
    rate = records * samples.flops(base) / middle / 1e12
    peak = options.peak_tflops or next((v for name, v in PEAK.items() if name in device_name(device)), None)
    measured = peak is None
    peak = peak or matmul_tflops(device, torch.float32 if options.fp32 else torch.bfloat16)
    print(json.dumps({
        "device": device_name(device), "torch": torch.__version__, "parameters": sum(p.numel() for p in base.parameters()),
        "learning": sum(p.numel() for p in model.parameters() if p.requires_grad), "records_per_step": records,
        "tokens_per_record": samples.length, "steps": len(seconds), "seconds_per_step": round(middle, 4),
        "tokens_per_second": round(tokens / middle, 1), "records_per_second": round(records / middle, 3),
        "memory_gib": round(memory(device), 2), "model_tflops": round(rate, 4), "peak_tflops": round(peak, 3),
        "peak_is": "a matrix product measured here" if measured else "the device's, dense",
        "utilisation": round(rate / peak, 4),
    }, indent=1))  # fmt: skip


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--shape", choices=[*SHAPES], default="7b")
    parser.add_argument("--model", type=Path, help="folder of a Qwen-VL, in place of random weights")
    parser.add_argument("--side", type=int, default=256, help="pixels of a picture")
    parser.add_argument("--reply", type=int, default=16, help="tokens of a reply")
    parser.add_argument("--batch", type=int, default=6)
    parser.add_argument("--accumulation", type=int, default=1)
    parser.add_argument("--steps", type=int, default=12)
    parser.add_argument("--checkpointing", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--fp32", action="store_true")
    parser.add_argument("--peak-tflops", type=float, help="of the device; measured by a matrix product where not known")
    return parser.parse_args()


def load(options: argparse.Namespace, dtype: torch.dtype, device: torch.device) -> Any:
    from transformers import AutoModelForImageTextToText, Qwen2_5_VLConfig, Qwen2_5_VLForConditionalGeneration

    if options.model:
        return AutoModelForImageTextToText.from_pretrained(options.model, dtype=dtype, local_files_only=True).to(device)
    shape = SHAPES[options.shape]
    rope = {"rope_type": "default", "mrope_section": shape["sections"], "rope_theta": 1e6}
    blocks = {"fullatt_block_indexes": [7, 15, 23, 31]} if shape["vision"]["depth"] == 32 else {"fullatt_block_indexes": [1]}
    config = Qwen2_5_VLConfig(
        text_config={**shape["text"], "rope_parameters": rope, "max_position_embeddings": 32768},
        vision_config={**shape["vision"], **blocks},
        image_token_id=IMAGE_TOKEN, video_token_id=6, vision_start_token_id=START, vision_end_token_id=END,
    )  # fmt: skip
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        with device:
            return Qwen2_5_VLForConditionalGeneration(config)
    finally:
        torch.set_default_dtype(before)


class Synthetic(torch.utils.data.Dataset):
    """Endless records of one shape: two pictures of noise, 40 tokens of question, a reply."""

    question = 40

    def __init__(self, config: Any, side: int, reply: int):
        vision = config.vision_config
        self.config, self.reply = config, reply
        unit = vision.patch_size * vision.spatial_merge_size
        self.grid = max(1, round(side / unit)) * vision.spatial_merge_size  # patches a side
        self.patches = 2 * self.grid**2
        self.visual = self.patches // vision.spatial_merge_size**2
        self.values = vision.in_channels * vision.temporal_patch_size * vision.patch_size**2
        self.length = self.visual + 4 + self.question + reply

    def __len__(self) -> int:
        return 10**6

    def __getitem__(self, index: int) -> dict[str, torch.Tensor]:
        rng = np.random.default_rng(index)
        words = torch.from_numpy(rng.integers(10, self.config.text_config.vocab_size, self.question + self.reply))
        start, end, image = (
            torch.tensor([getattr(self.config, f"{name}_token_id")]) for name in ("vision_start", "vision_end", "image")
        )
        picture = torch.cat([start, image.repeat(self.visual // 2), end])
        ids = torch.cat([picture, picture, words])
        labels = torch.where(torch.arange(len(ids)) >= len(ids) - self.reply, ids, IGNORED)
        pixels = torch.from_numpy(rng.standard_normal((self.patches, self.values), dtype=np.float32))
        return {"input_ids": ids, "labels": labels, "pixel_values": pixels}

    def collate(self, items: list[dict[str, torch.Tensor]]) -> dict[str, torch.Tensor]:
        ids = torch.stack([item["input_ids"] for item in items])
        return {
            "input_ids": ids,
            "labels": torch.stack([item["labels"] for item in items]),
            "attention_mask": torch.ones_like(ids),
            "mm_token_type_ids": (ids == self.config.image_token_id).long(),
            "pixel_values": torch.cat([item["pixel_values"] for item in items]),
            "image_grid_thw": torch.tensor([[1, self.grid, self.grid]] * 2 * len(items)),
        }

    def flops(self, model: Any) -> float:
        """Model FLOPs of one record, forward and backward."""
        text, inner = self.config.text_config, model.model
        blocks = sum(p.numel() for n, p in inner.language_model.layers.named_parameters() if "lora_" not in n)
        attention = 6 * text.num_hidden_layers * text.hidden_size * self.length
        output = text.vocab_size * text.hidden_size
        language = (4 * blocks + attention) * self.length + 4 * output * self.reply
        return float(language + self.tower_flops(inner.visual))

    def tower_flops(self, visual: Any) -> float:
        """Forward; the merger sees four patches as one."""
        merger = sum(p.numel() for p in visual.merger.parameters())
        rest = sum(p.numel() for p in visual.parameters()) - merger
        return 2.0 * rest * self.patches + 2.0 * merger * self.visual


class StepClock(TrainerCallback):
    def __init__(self, device: torch.device):
        self.device, self.seconds, self._begun = device, [], 0.0

    def on_step_begin(self, args, state, control, **kwargs):
        self._wait()
        self._begun = time.perf_counter()

    def on_step_end(self, args, state, control, **kwargs):
        self._wait()
        self.seconds.append(time.perf_counter() - self._begun)

    def _wait(self) -> None:
        if self.device.type == "cuda":
            torch.cuda.synchronize()


def device_name(device: torch.device) -> str:
    return torch.cuda.get_device_name() if device.type == "cuda" else f"CPU, {torch.get_num_threads()} threads"


def memory(device: torch.device) -> float:
    """Highest use in GiB: of the GPU, or of the process."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated() / 2**30
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def matmul_tflops(device: torch.device, dtype: torch.dtype) -> float:
    """Rate of a matrix product, the best of five: what the machine can reach where its peak is not known."""
    size = 8192 if device.type == "cuda" else 512
    a = torch.randn(size, size, device=device, dtype=dtype)
    best = float("inf")
    for _ in range(5):
        begun = time.perf_counter()
        a @ a
        if device.type == "cuda":
            torch.cuda.synchronize()
        best = min(best, time.perf_counter() - begun)
    return 2 * size**3 / best / 1e12


if __name__ == "__main__":
    main()
