"""The one training loop: Trainer arguments, running average, log, resuming. What is trained brings model, samples and loss."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from accelerate import PartialState
from torch import nn
from transformers import PrinterCallback, Trainer, TrainerCallback, TrainerControl, TrainerState, TrainingArguments
from typing_extensions import override

from chronosight.training.checkpoints import last_checkpoint
from chronosight.training.disk import full_disk_named
from chronosight.training.ema import WeightAverage
from chronosight.training.log import TrainingLog
from chronosight.training.memory import keep_freed_memory

Watch = Callable[[WeightAverage, TrainingLog], TrainerCallback]


def training_arguments(out: Path, **settings: Any) -> TrainingArguments:
    """Trainer arguments with what all our runs share: cosine schedule, clipped gradients, our own log, no reports.

    Args:
        out: Folder for checkpoints.
        settings: Further fields of TrainingArguments; they take the place of the shared ones.
    """
    shared: dict[str, Any] = {
        "output_dir": str(out),
        "lr_scheduler_type": "cosine",
        "max_grad_norm": 1.0,
        "use_cpu": not torch.cuda.is_available(),
        "save_total_limit": 2,
        "remove_unused_columns": False,
        "report_to": "none",
        "disable_tqdm": True,
    }
    return TrainingArguments(**(shared | settings))


def reproducible_arguments(
    out: Path, steps: int, learning_rate: float, weight_decay: float, warmup: float, save_every: int, seed: int, **settings: Any
) -> TrainingArguments:
    """Arguments of the runs whose samples are deterministic by index: bf16 autocast, samples in order, exact resuming.

    Args:
        out: Folder for checkpoints.
        steps: Optimizer steps.
        learning_rate: Peak; cosine to 0.
        weight_decay: Of AdamW.
        warmup: Share of the steps over which the learning rate rises.
        save_every: Steps between checkpoints.
        seed: Of the Trainer.
        settings: Further fields of TrainingArguments.
    """
    own: dict[str, Any] = {
        "max_steps": steps,
        "per_device_train_batch_size": 1,
        "learning_rate": learning_rate,
        "weight_decay": weight_decay,
        "warmup_steps": int(np.ceil(warmup * steps)),
        "bf16": True,
        "optim": "adamw_torch_fused",
        "logging_steps": 50,
        "save_steps": save_every,
        "label_names": [],
        "seed": seed,
        "train_sampling_strategy": "sequential",
        "dataloader_num_workers": 0,
    }
    return training_arguments(out, **(own | settings))


class LossesTrainer(Trainer):
    """Learns the sum of several losses, each of which is logged."""

    def losses(self, model: Any, batch: dict[str, Any]) -> dict[str, torch.Tensor]:
        """The losses of a batch.

        Args:
            model: The model to train, possibly wrapped for several processes.
            batch: Collated samples; tensors have the batch first.

        Returns:
            Scalars by name.
        """
        raise NotImplementedError

    def total(self, losses: dict[str, torch.Tensor]) -> torch.Tensor:
        """What is minimised.

        Args:
            losses: As `losses` gave them.

        Returns:
            Their sum, a scalar.
        """
        return torch.stack(list(losses.values())).sum()

    @override
    def compute_loss(
        self, model: Any, inputs: dict[str, Any], return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> Any:
        losses = self.losses(model, inputs)
        if len(losses) > 1 and self.state.global_step % self.args.logging_steps == 0:  # the Trainer logs their sum
            self.log({name: loss.item() for name, loss in losses.items()})
        loss = self.total(losses)
        return (loss, losses) if return_outputs else loss


def prepare_run(out: Path, threads: int = 0) -> None:
    """Makes the folder of a run, sets the number of CPU threads, and keeps freed memory where training runs on CPU.

    Args:
        out: Folder of the run.
        threads: CPU threads; 0 leaves torch's own choice.
    """
    out.mkdir(parents=True, exist_ok=True)
    if threads:
        torch.set_num_threads(threads)
    if not torch.cuda.is_available():
        keep_freed_memory()


def fit_averaged(
    trainer: Callable[..., Trainer], model: nn.Module, samples: Any, arguments: TrainingArguments, decay: float,
    collate: Callable[..., Any] | None = None, watch: Sequence[Watch] = (),
) -> None:  # fmt: skip
    """Trains a model, going on from the last checkpoint; it comes back with the running average of its weights.

    Args:
        trainer: Class of the Trainer, or a partial of it with its own settings; its `compute_loss` says what is learned.
        model: What is trained, in place.
        samples: Map-style dataset, deterministic by index.
        arguments: Of the Trainer; its output folder gets checkpoints and `log.jsonl`.
        decay: Of the running average.
        collate: Samples -> a batch; None stacks the arrays of sample dicts.
        watch: Callbacks to make from the running average and the log.
    """
    out = Path(arguments.output_dir or ".")
    average, log = WeightAverage(decay), TrainingLog(out / "log.jsonl")
    run = trainer(
        model=model, args=arguments, train_dataset=samples, data_collator=collate or stack,
        callbacks=[average, log, *(make(average, log) for make in watch)],
    )  # fmt: skip
    run.remove_callback(PrinterCallback)  # the log prints its lines itself
    with full_disk_named(out):
        run.train(resume_from_checkpoint=last_checkpoint(out, averaged=True))
    average.copy_to(model)


def leave_group() -> None:
    """Waits for the other processes of a distributed run and leaves their group; nothing to do for one process alone.

    A process that ends with the group's threads still running can abort ("terminate called without an active exception"), and
    the launcher would then report a finished run as failed.
    """
    state = PartialState()
    state.wait_for_everyone()
    state.destroy_process_group()


def stack(samples: Sequence[Mapping[str, np.ndarray]]) -> dict[str, torch.Tensor]:
    """Sample dicts of arrays of one shape -> a batch.

    Args:
        samples: With the same names.

    Returns:
        By name: the arrays one after the other, (B, ...).
    """
    return {name: torch.from_numpy(np.stack([sample[name] for sample in samples])) for name in samples[0]}


def only(samples: Sequence[Any]) -> Any:
    """The one sample of a step, where a sample is a whole batch.

    Args:
        samples: A list of one.

    Returns:
        That one.
    """
    return samples[0]


class HeldOutMetrics(TrainerCallback):
    """Logs metrics of the averaged weights on held-out data now and then; training goes on with its own weights."""

    def __init__(
        self, average: WeightAverage, log: TrainingLog, measure: Callable[[nn.Module], dict[str, float]], every: int,
        at_end: bool = False,
    ) -> None:  # fmt: skip
        """Makes the callback.

        Args:
            average: Running average of the run.
            log: Log of the run.
            measure: Model in inference state -> metrics.
            every: Steps between measurements.
            at_end: Measure after the last step too.
        """
        self.average, self.log, self.measure, self.every, self.at_end = average, log, measure, every, at_end

    @override
    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, model: nn.Module | None = None, **kwargs: Any
    ) -> None:
        """Computes the metrics with the averaged weights, every so many steps and at the end."""
        last = self.at_end and state.global_step >= state.max_steps
        if model is None or (state.global_step % self.every and not last):
            return
        kept = {name: value.clone() for name, value in model.state_dict().items()}
        training = model.training
        self.average.copy_to(model)
        metrics = self.measure(model.eval())
        model.load_state_dict(kept)
        model.train(training)
        self.log.on_log(args, state, control, logs=metrics)


class StopAt(TrainerCallback):
    """Ends a run before its learning rate's schedule does."""

    def __init__(self, step: int) -> None:
        """Makes the callback.

        Args:
            step: The last step.
        """
        self.step = step

    @override
    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        """Stops after the last step."""
        if state.global_step >= self.step:
            control.should_training_stop = True
