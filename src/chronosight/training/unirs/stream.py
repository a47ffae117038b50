"""The stream of joint training: every example of the run in its order, and batches made of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from torch.utils.data import Dataset

from chronosight.datasets.published import read_dataset
from chronosight.datasets.sample import Sample, read_samples
from chronosight.errors import InputError
from chronosight.models.unirs.chat_processing import ChatProcessor
from chronosight.training.recipes.unirs import UniRSRecipe
from chronosight.training.unirs.order import Entry, length_grouped, repeat, rough_length


class SampleStream(Dataset[Any]):
    """Examples in the order they are learned in, epoch after epoch; a row is (example, repetition, frames)."""

    def __init__(self, recipe: UniRSRecipe, data: Path, processor: ChatProcessor, per_step: int) -> None:
        """per_step: examples of an optimizer step, over all processes. Raises InputError for data that is not there."""
        self.recipe, self.data = recipe, data
        self.folders = [data / source.folder for source in recipe.sources]
        self.sets: list[list[Sample]] = []
        for source, folder in zip(recipe.sources, self.folders, strict=True):
            if source.file is not None:
                self.sets.append(read_samples(data / source.file))
            else:
                self.sets.append(read_dataset(source.name, folder, source.split))
        self.entries = repeat([len(rows) for rows in self.sets], [source.repeat for source in recipe.sources])
        lengths = [rough_length(self._example(e), self._visual(self._example(e), processor)) for e in self.entries]
        epochs = int(np.ceil(recipe.epochs))
        orders = [length_grouped(lengths, per_step, recipe.seed + epoch) for epoch in range(epochs)]
        total = round(len(self.entries) * recipe.epochs)
        total = min(total, recipe.steps * per_step) if recipe.steps else total
        # Whole steps only: a last, smaller one would weigh its few examples more.
        self.order = np.concatenate(orders)[: max(total // per_step, 1) * per_step]
        if recipe.steps * per_step > len(self.order):
            raise InputError(
                f"{recipe.steps} steps of {per_step} examples were asked for, the mixture has {len(self.order)} in "
                f"{recipe.epochs:g} epochs; raise epochs"
            )

    def __len__(self) -> int:
        return len(self.order)

    def __getitem__(self, i: int) -> tuple[Sample, int, np.ndarray]:
        entry = self.entries[int(self.order[i])]
        example = self._example(entry)
        return example, entry.repetition, example.read_frames(self.recipe.video_frames, self.folders[entry.source])

    def table(self) -> list[tuple[str, int, int, int]]:
        """(set, examples, repetition, examples an epoch), one row a set."""
        return [
            (s.name, len(rows), s.repeat, len(rows) * s.repeat) for s, rows in zip(self.recipe.sources, self.sets, strict=True)
        ]

    def _example(self, entry: Entry) -> Sample:
        return self.sets[entry.source][entry.example]

    def _visual(self, example: Sample, processor: ChatProcessor) -> int:
        return processor.config.visual_tokens(example.kind, self.recipe.video_frames)


class Collate:
    """Rows of `SampleStream` -> a batch of the model, image, pair and video together."""

    def __init__(self, processor: ChatProcessor, max_length: int) -> None:
        self.processor, self.max_length = processor, max_length

    def __call__(self, rows: Sequence[tuple[Sample, int, np.ndarray]]) -> dict[str, Any]:
        """Raises InputError for an example so long that nothing of its replies is left."""
        conversations = [[(turn.question, turn.reply(repetition)) for turn in example.turns] for example, repetition, _ in rows]
        batch = self.processor.batch(
            [frames for *_, frames in rows], [example.kind for example, *_ in rows], conversations,
            [example.clue for example, *_ in rows], max_length=self.max_length,
        )  # fmt: skip
        empty = (batch["labels"] == -100).all(1).nonzero()[:, 0].tolist()
        if empty:
            raise InputError(
                f"{rows[empty[0]][0].id} has no reply within {self.max_length} tokens; raise max_length, or leave it out"
            )
        return batch
