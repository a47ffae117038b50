"""What all training runs of the compact model share."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import torch
from transformers import TrainingArguments


def trainer_arguments(recipe: Any, out: Path, steps: int, batch: int = 1, **changes: Any) -> TrainingArguments:
    """bf16 autocast, cosine schedule, samples in the order of their index, checkpoints that resume exactly.

    recipe: any of the stages' (learning_rate, weight_decay, warmup, save_every, seed). batch: samples a step; 1 where a
    sample is a whole batch. changes: further TrainingArguments.
    """
    settings: dict[str, Any] = {
        "output_dir": str(out),
        "max_steps": steps,
        "per_device_train_batch_size": batch,
        "learning_rate": recipe.learning_rate,
        "weight_decay": recipe.weight_decay,
        "warmup_steps": math.ceil(recipe.warmup * steps),
        "lr_scheduler_type": "cosine",
        "bf16": True,
        "use_cpu": not torch.cuda.is_available(),
        "optim": "adamw_torch_fused",
        "max_grad_norm": 1.0,
        "logging_steps": 50,
        "save_steps": recipe.save_every,
        "save_total_limit": 2,
        "remove_unused_columns": False,
        "label_names": [],
        "report_to": "none",
        "disable_tqdm": True,
        "seed": recipe.seed,
        "train_sampling_strategy": "sequential",
        "dataloader_num_workers": 0,
    }
    return TrainingArguments(**(settings | changes))
