"""LoRA on all linear layers of a Qwen-VL, and the LoRA+ optimizer (arXiv 2402.12354), both from peft.

ChangeVG (arXiv 2509.23105) tunes "all linear layers" with rank 8 and a LoRA+ ratio of 16. Read here as all linear layers
of the language model's blocks; the vision tower stays as it is unless asked for, and the output layer always does.
"""

from __future__ import annotations

import re

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from peft.optimizers import create_loraplus_optimizer
from torch import nn


def linear_layers(model: nn.Module, vision: bool = False) -> str:
    """A pattern for peft that matches every linear layer in the blocks of the language model.

    With `vision`, those of the vision tower too.

    Args:
        model: A Qwen-VL.
        vision: Whether the linear layers in the blocks of the vision tower match too.

    Returns:
        A regular expression over module names.

    Raises:
        ValueError: The model has no linear layer under `language_model`.
    """
    text, visual = set(), set()
    for name, module in model.named_modules():
        if isinstance(module, nn.Linear):
            leaf = re.escape(name.rsplit(".", 1)[-1])
            if ".language_model." in f".{name}":
                text.add(leaf)
            elif ".visual.blocks." in f".{name}":
                visual.add(leaf)
    if not text:
        raise ValueError("the model has no linear layer under language_model, expected a Qwen-VL")
    pattern = rf".*\blanguage_model\.layers\.\d+\..*\.(?:{'|'.join(sorted(text))})"
    if vision:
        pattern += rf"|.*\bvisual\.blocks\.\d+\..*\.(?:{'|'.join(sorted(visual))})"
    return pattern


def add_lora(model: nn.Module, rank: int, alpha: int, dropout: float, vision: bool) -> PeftModel:
    """Adds adapters of zero effect to a model; only they learn (arXiv 2509.23105: r 8 on all linear layers).

    Args:
        model: A Qwen-VL.
        rank: Rank of the adapters.
        alpha: Scale of the adapters; their output is multiplied by alpha / rank.
        dropout: Dropout probability before the adapters, in [0, 1).
        vision: Whether the vision tower gets adapters too.

    Returns:
        The model with adapters.
    """
    config = LoraConfig(
        r=rank, lora_alpha=alpha, lora_dropout=dropout, target_modules=linear_layers(model, vision), task_type="CAUSAL_LM"
    )
    return get_peft_model(model, config)


def lora_plus(model: PeftModel, learning_rate: float, ratio: float) -> torch.optim.Optimizer:
    """AdamW by LoRA+ (arXiv 2402.12354): B matrices learn `ratio` times as fast as A matrices, without weight decay.

    Args:
        model: A model with adapters.
        learning_rate: Learning rate of the A matrices.
        ratio: Learning rate of the B matrices over that of the A matrices; 16 in ChangeVG (arXiv 2509.23105).

    Returns:
        The optimizer.
    """
    return create_loraplus_optimizer(model, torch.optim.AdamW, lr=learning_rate, loraplus_lr_ratio=ratio)
