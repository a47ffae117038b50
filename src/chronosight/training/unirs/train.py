"""Joint training at full size: images, pairs and videos in one stream, one set of weights (arXiv 2412.20742, section 4).

OUT/recipe.yaml         what it is made with        OUT/checkpoint-N/    to go on from, exactly
OUT/log.jsonl           losses                      OUT/final/           the weights folder of the engine unirs, or
                                                    OUT/final/           the LoRA adapter, where the recipe has one
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import nn
from transformers import PrinterCallback, Trainer, TrainingArguments

from chronosight.errors import InputError
from chronosight.models.unirs.chat_processing import ChatProcessor
from chronosight.models.unirs.modeling import UniRSForConditionalGeneration
from chronosight.training.checkpoints import last_checkpoint, store_recipe
from chronosight.training.disk import full_disk_named
from chronosight.training.log import TrainingLog
from chronosight.training.recipes.unirs import PARTS, UniRSRecipe
from chronosight.training.trainer import leave_group, reproducible_arguments
from chronosight.training.unirs.stream import Collate, SampleStream


def train_unirs(recipe: UniRSRecipe, data: str | Path, out: str | Path, say: Callable[[str], None] = print) -> Path:
    """Trains UniRS at full size (arXiv 2412.20742); a run that was stopped goes on from its last checkpoint.

    Under torchrun or accelerate every process calls this.

    Args:
        recipe: Every setting of the run.
        data: Folder of the datasets.
        out: Folder of the run.
        say: Called with each line of progress.

    Returns:
        The folder of the finished weights.

    Raises:
        InputError: Weights or data are missing, or `out` was begun with another recipe.
    """
    data, out = Path(data), Path(out)
    first = int(os.environ.get("RANK", "0")) == 0
    if not (Path(recipe.weights) / "config.json").is_file():
        raise InputError(f"no weights in {recipe.weights}; make them with: chronosight convert vila DIR {recipe.weights}")
    out.mkdir(parents=True, exist_ok=True)
    if first:
        store_recipe(recipe, out / "recipe.yaml")
    torch.manual_seed(recipe.seed)
    processor = ChatProcessor.from_pretrained(recipe.weights, trust_remote_code=False)
    model = UniRSForConditionalGeneration.from_pretrained(
        recipe.weights, dtype=getattr(torch, recipe.weights_dtype), trust_remote_code=False
    )
    trained = prepare(model, recipe)
    processes = int(os.environ.get("WORLD_SIZE", "1"))
    per_step = recipe.batch * recipe.accumulation * processes
    stream = SampleStream(recipe, data, processor, per_step)
    if first:
        for line in (*part_lines(model, recipe), *stream_lines(stream, per_step)):
            say(line)
    trainer = UniRSTrainer(
        model=trained,
        args=arguments(recipe, out, len(stream) // per_step),
        train_dataset=stream,
        data_collator=Collate(processor, recipe.max_length),
        callbacks=[TrainingLog(out / "log.jsonl")],
    )
    trainer.remove_callback(PrinterCallback)
    with full_disk_named(out):
        trainer.train(resume_from_checkpoint=last_checkpoint(out))
        save_final(trainer, processor, recipe, out / "final")
    leave_group()
    return out / "final"


class UniRSTrainer(Trainer):
    """Keeps frozen parts in their inference state: a frozen BatchNorm must not count the batches it sees."""

    def compute_loss(self, model: nn.Module, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        """The model's own loss; frozen BatchNorms keep their statistics.

        Args:
            model: The model to train, possibly wrapped for several processes.
            inputs: One collated batch.
            *args: Given to the Trainer.
            **kwargs: Given to the Trainer.

        Returns:
            The scalar loss, or (loss, outputs) where they are asked for.
        """
        for module in model.modules():
            own = list(module.parameters(recurse=False))
            if isinstance(module, nn.modules.batchnorm._BatchNorm) and own and not any(p.requires_grad for p in own):
                module.eval()
        return super().compute_loss(model, inputs, *args, **kwargs)


def prepare(model: UniRSForConditionalGeneration, recipe: UniRSRecipe) -> nn.Module:
    """Freezes what the recipe names, and adds LoRA where it asks for it.

    Args:
        model: The model; its parameters are frozen in place.
        recipe: Recipe with the frozen parts and the LoRA settings.

    Returns:
        The module to train.
    """
    for name in PARTS:
        part = getattr(model, name)
        if part is not None:
            part.requires_grad_(name not in recipe.frozen)
    if recipe.lora is None:
        return model
    from peft import LoraConfig, get_peft_model

    model.language_model.requires_grad_(False)
    pattern = r"language_model\.model\.layers\..*\.(q|k|v|o|gate|up|down)_proj"
    whole: list[str] = [name for name in PARTS[:3] if name not in recipe.frozen and getattr(model, name) is not None]
    config = LoraConfig(
        r=recipe.lora.rank, lora_alpha=recipe.lora.alpha, lora_dropout=recipe.lora.dropout, target_modules=pattern,
        modules_to_save=whole or None,
    )  # fmt: skip
    return get_peft_model(model, config)


def arguments(recipe: UniRSRecipe, out: Path, steps: int) -> TrainingArguments:
    """Arguments of the Trainer.

    Args:
        recipe: Of the run.
        out: Folder for checkpoints.
        steps: Optimizer steps.
    """
    more: dict[str, Any] = {}
    if recipe.fsdp:
        more |= {"fsdp": True, "fsdp_config": {"activation_checkpointing": recipe.checkpointing}}
    if recipe.deepspeed:
        more["deepspeed"] = recipe.deepspeed
    return reproducible_arguments(
        out, steps, recipe.learning_rate, recipe.weight_decay, recipe.warmup, recipe.save_every, recipe.seed,
        per_device_train_batch_size=recipe.batch, gradient_accumulation_steps=recipe.accumulation, bf16=recipe.bf16,
        activation_checkpointing=recipe.checkpointing and not recipe.fsdp,
        activation_checkpointing_kwargs={"use_reentrant": False},
        logging_steps=recipe.log_every, save_total_limit=recipe.checkpoints, dataloader_num_workers=recipe.workers,
        ddp_find_unused_parameters=False, label_names=["labels"], **more,
    )  # fmt: skip


def part_lines(model: UniRSForConditionalGeneration, recipe: UniRSRecipe) -> list[str]:
    """Lists how many parameters each part has, and how many of them learn.

    Args:
        model: The model, after `prepare`.
        recipe: Recipe of the run.

    Returns:
        One line a part.
    """
    lines = []
    for name in PARTS:
        part = getattr(model, name)
        if part is None:
            continue
        total = sum(p.numel() for p in part.parameters())
        learned = sum(p.numel() for p in part.parameters() if p.requires_grad)
        state = "frozen" if not learned else ("learns" if learned == total or recipe.lora is None else "adapters learn")
        lines.append(f"{name:15} {total:>14,} parameters, {learned:>14,} learn: {state}")
    return lines


def stream_lines(stream: SampleStream, per_step: int) -> list[str]:
    """Lists the datasets of the mixture, and the steps.

    Args:
        stream: The samples of the run.
        per_step: Samples of one optimizer step, over all processes.

    Returns:
        One line a dataset, and one on the steps.
    """
    lines = [f"{name:15} {n:>9,} examples x {times} = {all_:,} an epoch" for name, n, times, all_ in stream.table()]
    return [*lines, f"{len(stream):,} examples in {len(stream) // per_step:,} steps of {per_step}"]


def save_final(trainer: Trainer, processor: ChatProcessor, recipe: UniRSRecipe, folder: Path) -> None:
    """Saves the finished weights, gathered from all processes, with what the engine needs beside them.

    Args:
        trainer: The Trainer, after training.
        processor: Saved beside the weights, but for an adapter.
        recipe: Recipe of the run.
        folder: Folder to write.
    """
    trainer.save_model(str(folder))
    if trainer.is_world_process_zero() and recipe.lora is None:
        processor.save_pretrained(folder)
