"""Speed and memory of UniRS at full size with random weights: training, and batched inference of the three kinds.

    python benchmarks/unirs_gpu.py                        the 3B shape of VILA-1.5, on a GPU
    python benchmarks/unirs_gpu.py --shape tiny           the same code in seconds on a CPU, to see that it runs

Weights are drawn at random, on the device, so nothing is downloaded; the figures do not depend on their values. Training:
language model and change extraction learn, tower and projector frozen, AdamW, bf16 autocast over float32 weights, activations
recomputed; the batch has images, pairs and videos in the shares of the published mixture. Utilisation is the model's own
floating point operations (6 a learned and 2 to 4 a frozen parameter and token, attention added) over the peak of the
device, which is given with --peak-tflops. One JSON line a figure; the last line has all.
"""

from __future__ import annotations

import argparse
import json
import platform
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from transformers import PreTrainedTokenizerFast, SiglipVisionConfig

from chronosight.models.unirs.chat_processing import ChatProcessor
from chronosight.models.unirs.configuration import Kind, UniRSConfig
from chronosight.models.unirs.modeling import UniRSForConditionalGeneration
from chronosight.models.unirs.published_tokenizer import read_sentencepiece
from chronosight.tasks import caption, event, vqa

TOKENIZER = Path(__file__).parents[1] / "tests" / "models" / "unirs" / "tiny_tokenizer.model"
PEAKS = {"H100": 989.0, "H200": 989.0, "A100": 312.0}  # dense bf16 TFLOP/s, as the makers state them
KINDS: dict[Kind, int] = {"image": 1, "pair": 2, "video": 8}
QUESTIONS = {"image": vqa.ask("Is there a road?"), "pair": caption.ask("pair"), "video": event.ask()}
SHAPES = {
    "3b": {
        "vision": {"hidden_size": 1152, "intermediate_size": 4304, "num_hidden_layers": 27, "num_attention_heads": 16,
                   "image_size": 384},
        "text": {"vocab_size": 32000, "hidden_size": 2560, "intermediate_size": 6912, "num_hidden_layers": 32,
                 "num_attention_heads": 20, "num_key_value_heads": 20},
    },
    "tiny": {
        "vision": {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2,
                   "image_size": 48},
        "text": {"vocab_size": 480, "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2,
                 "num_attention_heads": 2, "num_key_value_heads": 2},
    },
}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shape", choices=list(SHAPES), default="3b")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--steps", type=int, default=8, help="timed training steps, after two that are not")
    parser.add_argument("--batch", type=int, default=8, help="examples of a training step; a quarter are pairs, one is a video")
    parser.add_argument("--inference", type=int, nargs="+", default=[1, 8, 32], help="batch sizes of inference")
    parser.add_argument("--new-tokens", type=int, default=32)
    parser.add_argument("--peak-tflops", type=float, default=None, help="of the device in bf16; known for H100, H200 and A100")
    parser.add_argument("--skip", choices=["training", "inference"], default=None)
    parser.add_argument("--out", type=Path, default=None, help="JSON file for all figures")
    options = parser.parse_args()
    device = torch.device(options.device)
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else platform.processor() or platform.machine()
    known = next((peak for key, peak in PEAKS.items() if key in name), None)
    model, processor = build(options.shape, device)
    figures = {
        "device": name, "torch": torch.__version__, "shape": options.shape,
        "parameters": sum(p.numel() for p in model.parameters()), "rows": [],
    }  # fmt: skip
    if options.skip != "inference":
        model = model.to(torch.bfloat16)
        for kind in (*KINDS, "mixed"):
            for batch in options.inference:
                report(figures, inference(model, processor, kind, batch, options.new_tokens))
    if options.skip != "training":
        model = model.to(torch.float32)
        report(figures, training(model, processor, options.batch, options.steps, options.peak_tflops or known))
    print(json.dumps(figures))
    if options.out is not None:
        options.out.write_text(json.dumps(figures, indent=1) + "\n")


def build(shape: str, device: torch.device) -> tuple[UniRSForConditionalGeneration, ChatProcessor]:
    tokenizer: PreTrainedTokenizerFast = read_sentencepiece(TOKENIZER)
    parts = SHAPES[shape]
    vision = SiglipVisionConfig(**parts["vision"], patch_size=14, vision_use_head=False, hidden_act="gelu_pytorch_tanh")
    text = {"model_type": "llama", **parts["text"], "max_position_embeddings": 4096, "tie_word_embeddings": False}
    text |= {"pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2}
    side = vision.image_size
    config = UniRSConfig(
        vision_config=vision, text_config=text, image_size=side, pair_size=side, video_size=side,
        image_token_id=parts["text"]["vocab_size"], resample="bicubic",
    )  # fmt: skip
    torch.manual_seed(0)
    with torch.device(device):
        model = UniRSForConditionalGeneration(config)
    return model.eval(), ChatProcessor(tokenizer, config)


def rows_of(kind: str, count: int) -> list[Kind]:
    """Kinds of a batch; mixed as in the published mixture: half images, a quarter or more pairs, one video in eight."""
    if kind != "mixed":
        return [kind] * count  # type: ignore[list-item]
    videos, pairs = max(count // 8, 1), max(count // 4, 1)
    return [*["video"] * videos, *["pair"] * pairs, *["image"] * (count - videos - pairs)][:count]  # type: ignore[list-item]


def inputs_of(processor: ChatProcessor, kinds: list[Kind], device: torch.device, replies: bool) -> dict:
    rng = np.random.default_rng(0)
    frames = [rng.integers(0, 256, (KINDS[kind], 256, 256, 3), dtype=np.uint8) for kind in kinds]
    said = ["a road and some houses appeared beside the bare land"] * len(kinds) if replies else None
    batch = processor(frames, kinds, [QUESTIONS[kind] for kind in kinds], None, said)
    batch["scenes"] = [scene.to(device) for scene in batch["scenes"]]
    return {key: value.to(device) if torch.is_tensor(value) else value for key, value in batch.items()}


def inference(
    model: UniRSForConditionalGeneration, processor: ChatProcessor, kind: str, batch: int, new_tokens: int
) -> dict[str, float | str | int]:
    """Questions a second, prompt and all, with `new_tokens` written for each."""
    model.eval()
    inputs = inputs_of(processor, rows_of(kind, batch), model.device, False)
    peak = start_peak(model.device)

    def once() -> None:
        with torch.inference_mode():
            model.generate(**inputs, max_new_tokens=new_tokens, min_new_tokens=new_tokens, do_sample=False, pad_token_id=0)

    seconds = best(once, model.device)
    return {
        "what": "inference", "kind": kind, "batch": batch, "tokens_in": int(inputs["attention_mask"].sum()),
        "seconds": seconds, "questions_per_second": batch / seconds, "memory_gib": peak(),
    }  # fmt: skip


def training(
    model: UniRSForConditionalGeneration, processor: ChatProcessor, batch: int, steps: int, peak_tflops: float | None
) -> dict[str, float | str | int | None]:
    model.train()
    model.vision_tower.requires_grad_(False)
    model.projector.requires_grad_(False)
    model.gradient_checkpointing_enable({"use_reentrant": False})
    learned = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(learned, lr=1e-5, fused=True)
    inputs = inputs_of(processor, rows_of("mixed", batch), model.device, True)
    memory = start_peak(model.device)

    def step() -> None:
        with torch.autocast(model.device.type, torch.bfloat16):
            loss = model(**inputs).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(learned, 1.0)
        optimizer.step()
        optimizer.zero_grad()

    for _ in range(2):
        step()
    wait(model.device)
    started = time.perf_counter()
    for _ in range(steps):
        step()
    wait(model.device)
    seconds = (time.perf_counter() - started) / steps
    tokens, padded = int(inputs["attention_mask"].sum()), inputs["input_ids"].numel()
    flops = training_flops(model, padded, inputs["input_ids"].shape, sum(len(scene) for scene in inputs["scenes"]))
    used = None if peak_tflops is None else flops / seconds / 1e12 / peak_tflops
    return {
        "what": "training", "batch": batch, "tokens_per_step": tokens, "padded_to": padded, "seconds_per_step": seconds,
        "tokens_per_second": tokens / seconds, "model_tflops": flops / seconds / 1e12, "utilisation": used,
        "memory_gib": memory(), "learned_parameters": sum(p.numel() for p in learned),
    }  # fmt: skip


def training_flops(model: UniRSForConditionalGeneration, padded: int, shape: torch.Size, frames: int) -> float:
    """Of one step without recomputation: 6 a parameter and token of the language model (its table of embeddings costs
    nothing), 2 of the frozen tower, and attention, 12 x layers x width x length a token, halved as it is causal."""
    text, vision = model.config.text_config, model.config.vision_config
    language = sum(p.numel() for p in model.language_model.parameters()) - text.vocab_size * text.hidden_size
    attention = 6 * text.num_hidden_layers * text.hidden_size * shape[1]
    tower = sum(p.numel() for p in model.vision_tower.parameters())
    patches = (vision.image_size // vision.patch_size) ** 2
    seen = 2 * tower + 4 * vision.num_hidden_layers * vision.hidden_size * patches
    return float(padded * (6 * language + attention) + frames * patches * seen)


def best(once: Callable[[], None], device: torch.device, repeats: int = 3) -> float:
    """Least seconds of some repeats, after one that is not counted."""
    once()
    found = []
    for _ in range(repeats):
        wait(device)
        started = time.perf_counter()
        once()
        wait(device)
        found.append(time.perf_counter() - started)
    return min(found)


def wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def start_peak(device: torch.device) -> Callable[[], float | None]:
    """-> a function that returns the peak GPU memory held since, in GiB; None without GPU."""
    if device.type != "cuda":
        return lambda: None
    torch.cuda.empty_cache()
    torch.cuda.reset_peak_memory_stats(device)
    return lambda: torch.cuda.max_memory_allocated(device) / 2**30


def report(figures: dict, row: dict) -> None:
    figures["rows"].append(row)
    print(json.dumps(row), flush=True)


if __name__ == "__main__":
    main()
