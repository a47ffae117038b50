"""Greedy replies of a Qwen-VL that keep what was computed: a `Context` holds keys and values, and more text can follow it.

`generate` of transformers keeps the offset of visual positions on the model, so two conversations would disturb each other, and
has no rows that share a prefix. Here positions belong to the context: images are computed once, whatever follows.
"""

from __future__ import annotations

import copy
import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from transformers import DynamicCache


@dataclass(frozen=True)
class Context:
    """What the model has read, B rows. It is never changed: reading on makes a new one.

    Attributes:
        cache: Keys and values of S positions.
        mask: (B, S), 0 on padding.
        position: (B,) of the next token, in all three axes: after images it is less than the number of tokens.
        logits: (B, V) float32 for the next token.
    """

    cache: DynamicCache
    mask: Tensor
    position: Tensor
    logits: Tensor

    def rows(self, indices: Sequence[int]) -> Context:
        """Selects rows, in any order and as often as wanted.

        Args:
            indices: Indices of rows.

        Returns:
            A context of these rows; this one stays as it is.
        """
        wanted = torch.tensor(list(indices), device=self.mask.device)
        cache = _branch(self.cache)
        if len(indices) != len(self.mask) or list(indices) != list(range(len(self.mask))):
            cache.batch_select_indices(wanted)
        return Context(cache, self.mask[wanted], self.position[wanted], self.logits[wanted])


@dataclass(frozen=True)
class Generated:
    """One reply.

    Attributes:
        tokens: Without the end marker.
        probabilities: (n, 1 + G) in [0, 1], of each token and of the end where it came: its own, then the sum over each group
            of tokens that was asked for.
        complete: Whether it ended by itself.
    """

    tokens: tuple[int, ...]
    probabilities: Tensor
    complete: bool


def _branch(cache: DynamicCache) -> DynamicCache:
    """The same keys and values, free to grow apart: a cache grows by new tensors, so nothing is copied yet."""
    new = copy.copy(cache)
    new.layers = [copy.copy(layer) for layer in cache.layers]
    return new


def image_features(model: Any, pixel_values: Tensor, image_grid_thw: Tensor) -> Any:
    """The vision tower's output for some images, to be used by any number of rows and prompts.

    Args:
        model: A Qwen-VL of transformers.
        pixel_values: Patches of the images, as the processor gives them.
        image_grid_thw: (N, 3) patches of each image: frames, rows, columns.

    Returns:
        The output of `get_image_features`.
    """
    device = model.device
    with torch.inference_mode():
        return model.get_image_features(pixel_values.to(device), image_grid_thw.to(device), return_dict=True)


def read(model: Any, batch: dict[str, Tensor], features: Any = None) -> Context:
    """Reads prompts, each computed whole.

    Args:
        model: A Qwen-VL of transformers.
        batch: Of `ChangeVGProcessor.batch`, padded on the left.
        features: Of `image_features`, for ONE row; every row then shows these images, and pixel_values is not used.

    Returns:
        The context, one row a prompt.
    """
    batch = {name: value.to(model.device) for name, value in batch.items()}
    ids, mask = batch["input_ids"], batch["attention_mask"]
    grid = batch.get("image_grid_thw")
    position_ids, _ = model.model.get_rope_index(
        ids, mm_token_type_ids=batch["mm_token_type_ids"], image_grid_thw=grid, attention_mask=mask
    )
    images: dict[str, Any] = {}
    if features is not None:
        images = {"mm_encoder_outputs": {"image": _repeat(features, len(ids))}, "image_grid_thw": grid}
    elif grid is not None:
        images = {"pixel_values": batch["pixel_values"], "image_grid_thw": grid}
    # Padding has positions of 0, so the largest is always that of the text or the images.
    position = position_ids.amax(dim=(0, 2)) + 1
    return _forward(model, DynamicCache(config=model.config.get_text_config()), ids, mask, position_ids, position, images)


def extend(model: Any, context: Context, texts: Sequence[Sequence[int]]) -> Context:
    """Reads on. Only the new tokens are computed.

    Args:
        model: A Qwen-VL of transformers.
        context: What was read before.
        texts: One piece of text a row, as tokens, at least one each.

    Returns:
        The context with the texts.
    """
    device, longest = context.mask.device, max(map(len, texts))
    ids = torch.zeros(len(texts), longest, dtype=torch.long, device=device)
    mask = torch.zeros_like(ids)
    for row, tokens in enumerate(texts):
        ids[row, longest - len(tokens) :] = torch.tensor(list(tokens), device=device)
        mask[row, longest - len(tokens) :] = 1
    steps = (mask.cumsum(1) - 1).clamp(min=0)
    position_ids = (context.position[:, None] + steps)[None].expand(3, -1, -1)
    whole = torch.cat([context.mask, mask], 1)
    return _forward(model, _branch(context.cache), ids, whole, position_ids, context.position + mask.sum(1), {})


def reply(
    model: Any, context: Context, end: Sequence[int], limit: int, groups: Sequence[Sequence[int]] = ()
) -> tuple[list[Generated], Context, list[int]]:
    """Makes a greedy reply for every row.

    Args:
        model: A Qwen-VL of transformers.
        context: What was read before.
        end: Tokens that end a reply.
        limit: Largest number of tokens of a reply.
        groups: Tokens whose probability is summed at each place.

    Returns:
        The replies; the context, which has read all tokens but the last that each row made; and those last tokens. With
        more than one row the context is not to be continued: shorter rows have read past their end.
    """
    rows = len(context.mask)
    tokens: list[list[int]] = [[] for _ in range(rows)]
    seen: list[Tensor] = []
    open_rows, complete = set(range(rows)), [False] * rows
    lengths, last = [0] * rows, [0] * rows
    wanted = [torch.tensor(list(group), device=context.logits.device) for group in groups]
    while True:
        probability = context.logits.softmax(-1)
        own, best = probability.max(-1)
        seen.append(torch.stack([own, *(probability[:, group].sum(-1) for group in wanted)], -1).cpu())
        chosen = best.tolist()
        for row in sorted(open_rows):
            last[row] = chosen[row]
            lengths[row] += 1
            if chosen[row] in end:
                complete[row] = True
            else:
                tokens[row].append(chosen[row])
            if complete[row] or len(tokens[row]) >= limit:
                open_rows.discard(row)
        if not open_rows:
            break
        context = extend(model, context, [[token] for token in chosen])
    stacked = torch.stack(seen, 1)
    done = [Generated(tuple(tokens[row]), stacked[row, : lengths[row]], complete[row]) for row in range(rows)]
    return done, context, last


def _forward(
    model: Any, cache: DynamicCache, ids: Tensor, mask: Tensor, position_ids: Tensor, position: Tensor, images: dict[str, Any]
) -> Context:
    with torch.inference_mode():
        out = model(
            input_ids=ids,
            attention_mask=mask,
            position_ids=position_ids,
            past_key_values=cache,
            use_cache=True,
            logits_to_keep=1,
            **images,
        )
    return Context(out.past_key_values, mask, position, out.logits[:, -1].float())


def _repeat(features: Any, rows: int) -> Any:
    """Features of one row's images for `rows` rows that show the same. Qwen3-VL has more of them, from deeper layers."""
    many = copy.copy(features)
    many["pooler_output"] = tuple(features.pooler_output) * rows
    if getattr(features, "deepstack_features", None) is not None:
        many["deepstack_features"] = [tuple(layer) * rows for layer in features.deepstack_features]
    return many


def takes_features(model: Any) -> bool:
    """Whether this release of transformers lets a prompt reuse the vision tower's output.

    Args:
        model: A Qwen-VL of transformers.

    Returns:
        True where it does.
    """
    return "mm_encoder_outputs" in inspect.signature(model.forward).parameters
