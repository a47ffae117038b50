"""LoRA tuning of Qwen2.5-VL or Qwen3-VL on an instruction set, as ChangeVG does it (arXiv 2509.23105): Trainer + peft.

    OUT/log.jsonl             losses, step by step, and how many processes took part
    OUT/checkpoint-N          to go on from; the last two
    OUT/adapter               the LoRA weights, processor, and changevg.json: pixel budget, guide form, wording
More than one GPU or machine: start the same command under torchrun or `accelerate launch` (docs/changevg-training.md).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import torch
from accelerate import PartialState
from torch.nn import functional as F
from transformers import AutoModelForImageTextToText, PrinterCallback, Trainer, TrainingArguments

from chronosight.errors import InputError
from chronosight.models.changevg.loading import find_folder
from chronosight.models.changevg.processing import ChangeVGProcessor
from chronosight.training.changevg.dialogues import IGNORED, Dialogues, check_guide_form, collate, read_records
from chronosight.training.changevg.lora import add_lora, lora_plus
from chronosight.training.checkpoints import last_checkpoint, store_recipe
from chronosight.training.disk import full_disk_named
from chronosight.training.log import TrainingLog
from chronosight.training.recipes.changevg import ChangeVGRecipe
from chronosight.training.trainer import leave_group, training_arguments


class LoraPlusTrainer(Trainer):
    """LoRA+, and a loss that is the mean over all reply tokens of a step, however many batches and processes share them.

    Left to itself the Trainer takes the mean of the batches' means for these models (transformers 5.23): a batch of short
    replies then counts as much as one of long ones, and two processes learn something else than one.
    """

    def __init__(self, *args: Any, ratio: float = 1.0, **kwargs: Any) -> None:
        """Makes the Trainer; ratio: learning rate of the B matrices over that of the A matrices."""
        super().__init__(*args, **kwargs)
        self.ratio = ratio
        self.model_accepts_loss_kwargs = True  # so that reply tokens are counted, over all processes

    def create_optimizer(self, model: Any = None) -> torch.optim.Optimizer:
        """Makes the LoRA+ optimizer, once.

        Args:
            model: The model to optimise; the Trainer's own when None.

        Returns:
            The optimizer.
        """
        if self.optimizer is None:
            network: Any = model or self.model
            self.optimizer = lora_plus(network, self.args.learning_rate, self.ratio)
        return self.optimizer

    def compute_loss(
        self, model: Any, inputs: dict[str, Any], return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> Any:
        """Cross entropy of the reply tokens. The output layer runs only where some reply is learned.

        Args:
            model: The model to train, possibly wrapped for several processes.
            inputs: One batch of `collate`; its labels are taken out.
            return_outputs: Not used.
            num_items_in_batch: Reply tokens of the whole step, over all processes.

        Returns:
            The scalar loss.
        """
        labels = inputs.pop("labels")[:, 1:]  # of the next token
        learned = (labels != IGNORED).any(0).nonzero().squeeze(1)
        logits = model(**inputs, logits_to_keep=learned).logits  # (B, K, V)
        total = F.cross_entropy(logits.float().flatten(0, 1), labels[:, learned].flatten(), ignore_index=IGNORED, reduction="sum")
        return total / num_items_in_batch * self.accelerator.num_processes  # gradients are averaged over the processes


def train_changevg(
    recipe: ChangeVGRecipe,
    data: str | Path,
    out: str | Path,
    images: str | Path | None = None,
    say: Callable[[str], None] = lambda text: None,
) -> Path:
    """Tunes `recipe.model` on guided conversations (arXiv 2509.23105); goes on from the last checkpoint in `out`.

    Args:
        recipe: Every setting of the run.
        data: A messages JSONL file, or a folder with train.jsonl.
        out: Folder of the run.
        images: Folder that relative image paths start from; the file's own folder when None.
        say: Called with each line of progress.

    Returns:
        The adapter's folder.

    Raises:
        InputError: The model is missing, a record is no record or too long, an image is missing, or `out` was begun with another
            recipe.
    """
    data, out = Path(data), Path(out)
    adapter = out / "adapter"
    settings = arguments(recipe, out)  # first of all: it sets up the processes, and DeepSpeed before the model is made
    state = PartialState()
    with state.main_process_first():
        store_recipe(recipe, out / "recipe.yaml")
    if (adapter / "adapter_config.json").is_file():
        say(f"{adapter} is there already")
        leave_group()
        return adapter
    if not recipe.model:
        raise InputError("no base model: give the folder of a downloaded Qwen-VL as --model DIR")
    model_folder = find_folder(recipe.model)
    processor = ChangeVGProcessor.from_pretrained(model_folder, recipe.settings)
    records = read_records(data / "train.jsonl" if data.is_dir() else data, images)
    check_guide_form(records, recipe.guide_form)
    samples = Dialogues(records, processor, recipe.max_length)
    longest = samples.check_lengths()
    say(f"{len(samples)} records, the longest of {longest} tokens")

    torch.manual_seed(recipe.seed)
    dtype = torch.bfloat16 if recipe.bf16 else torch.float32
    base = AutoModelForImageTextToText.from_pretrained(
        model_folder, dtype=dtype, local_files_only=True, use_safetensors=True, trust_remote_code=False
    )
    base.config.use_cache = False
    model = add_lora(base, recipe.rank, recipe.alpha, recipe.dropout, recipe.vision)
    say(f"{sum(p.numel() for p in model.parameters() if p.requires_grad):,} of {base.num_parameters():,} parameters learn")
    trainer = LoraPlusTrainer(
        model=model,
        args=settings,
        train_dataset=samples,
        data_collator=partial(collate, pad=processor.tokenizer.pad_token_id),
        callbacks=[TrainingLog(out / "log.jsonl")],
        ratio=recipe.ratio,
    )
    trainer.remove_callback(PrinterCallback)  # the log prints its lines itself
    spread = str(trainer.accelerator.distributed_type.value)  # NO, MULTI_GPU, FSDP, DEEPSPEED, ...
    facts: dict[str, Any] = {
        "processes": count_processes(state),
        "distributed": spread,
        "records": len(samples),
        "longest": longest,
    }
    trainer.log(facts)
    with full_disk_named(out):
        trainer.train(resume_from_checkpoint=last_checkpoint(out))
        trainer.save_model(str(out / "adapter.part"))  # every process: gathers the shards where they are spread
    if trainer.is_world_process_zero():
        processor.save_pretrained(out / "adapter.part")
        recipe.settings.save(out / "adapter.part")
        for name in ("training_args.bin", "README.md"):  # a pickle, and a form nobody filled in
            (out / "adapter.part" / name).unlink(missing_ok=True)
        (out / "adapter.part").rename(adapter)
    leave_group()
    return adapter


def arguments(recipe: ChangeVGRecipe, out: Path) -> TrainingArguments:
    """Arguments of the Trainer; making them sets up the processes, and DeepSpeed.

    Args:
        recipe: Its `trainer` fields take the place of ours.
        out: Folder for checkpoints.
    """
    settings: dict[str, Any] = {
        "num_train_epochs": recipe.epochs,
        "max_steps": recipe.steps or -1,
        "per_device_train_batch_size": recipe.batch,
        "gradient_accumulation_steps": recipe.accumulation,
        "learning_rate": recipe.learning_rate,
        "warmup_steps": recipe.warmup,  # below 1: a share of all steps
        "bf16": recipe.bf16,
        "activation_checkpointing": recipe.checkpointing,
        "activation_checkpointing_kwargs": {"use_reentrant": False} if recipe.checkpointing else None,
        "dataloader_num_workers": recipe.workers,
        "label_names": ["labels"],
        "ddp_find_unused_parameters": False,
        "logging_steps": recipe.log_every,
        "save_steps": recipe.save_every,
        "seed": recipe.seed,
    }
    return training_arguments(out, **(settings | recipe.trainer))


def count_processes(state: PartialState) -> int:
    """Counts the processes that really answer: each adds one.

    Args:
        state: The processes, as accelerate sees them.

    Returns:
        Their number.
    """
    one = torch.ones(1, device=state.device)
    if state.num_processes > 1:
        torch.distributed.all_reduce(one)
    return int(one.item())
