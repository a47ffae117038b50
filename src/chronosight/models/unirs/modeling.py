"""UniRS: one model for an image, a pair of dates and a video (arXiv 2412.20742).

frames -> vision tower -> (a pair: change extraction) -> projector -> visual tokens
prompt -> token embeddings, <image> placeholders replaced by the visual tokens -> causal language model -> reply
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import AutoModel, AutoModelForCausalLM, PreTrainedModel
from transformers.modeling_outputs import CausalLMOutputWithPast

from chronosight.models.unirs.change_extraction import ChangeExtraction, Concatenation
from chronosight.models.unirs.configuration import Kind, UniRSConfig
from chronosight.models.unirs.conv_tower import ConvTower, ConvTowerConfig
from chronosight.models.unirs.efficient_tower import EfficientTower, EfficientTowerConfig
from chronosight.models.unirs.projector import Projector

AutoModel.register(ConvTowerConfig, ConvTower, exist_ok=True)
AutoModel.register(EfficientTowerConfig, EfficientTower, exist_ok=True)

IGNORED = -100  # label of a position that is not learned


class UniRSForConditionalGeneration(PreTrainedModel):
    """Any vision tower, change extraction, 2x2 projector, any causal language model of transformers.

    A batch may mix images, pairs and videos. Parts: `vision_tower`, `change`, `projector`, `language_model`.
    """

    config_class = UniRSConfig
    config: UniRSConfig
    base_model_prefix = "unirs"
    main_input_name = "input_ids"
    supports_gradient_checkpointing = True
    _supports_sdpa = True
    _supports_flash_attn = True

    def __init__(self, config: UniRSConfig) -> None:
        super().__init__(config)
        vision, text = config.vision_config, config.text_config
        self.vision_tower = AutoModel.from_config(vision, trust_remote_code=False)
        channels = vision.hidden_size
        if config.fusion == "change_extraction":
            self.change: nn.Module | None = ChangeExtraction(channels, config.pair_size // config.patch)
        else:
            self.change = Concatenation(channels) if config.fusion == "concat" else None
        self.projector = Projector(channels, text.hidden_size)
        self.language_model = AutoModelForCausalLM.from_config(text, trust_remote_code=False)
        self.post_init()  # type: ignore[no-untyped-call]

    def get_input_embeddings(self) -> nn.Module:
        """Token embeddings of the language model."""
        return self.language_model.get_input_embeddings()

    def set_input_embeddings(self, value: nn.Module) -> None:
        """Replaces the token embeddings of the language model.

        Args:
            value: The new embeddings.
        """
        self.language_model.set_input_embeddings(value)

    def get_output_embeddings(self) -> nn.Module:
        """The language model's head."""
        return self.language_model.get_output_embeddings()

    def features(self, frames: Tensor) -> Tensor:
        """The tower's feature maps; SigLIP's are the states before its last layer, as in UniRS and VILA.

        Args:
            frames: (B, 3, H, W) in [0, 1].

        Returns:
            (B, D, h, w).
        """
        if isinstance(self.vision_tower, ConvTower | EfficientTower):
            return self.vision_tower(frames)
        # SigLIP takes [-1, 1]; UniRS and VILA read the states before the last layer.
        states = self.vision_tower(
            (frames * 2 - 1).to(self.vision_tower.dtype), output_hidden_states=True, interpolate_pos_encoding=True
        )
        patches = states.hidden_states[-2]  # (B, L, D)
        rows, columns = frames.shape[-2] // self.config.patch, frames.shape[-1] // self.config.patch
        return patches.transpose(1, 2).reshape(len(patches), -1, rows, columns)

    def encode_scenes(self, scenes: Sequence[Tensor], kinds: Sequence[Kind]) -> list[Tensor]:
        """Encodes scenes of any kinds and sizes.

        The tower runs once for every size of frame in the batch, change extraction once for every size of pair.

        Args:
            scenes: (T, 3, H, W) in [0, 1] each.
            kinds: One a scene.

        Returns:
            Their visual tokens, (n, d) each.
        """
        maps = _by_shape(self.features, list(scenes))
        if self.change is not None:
            change = self.change
            pairs = [i for i, kind in enumerate(kinds) if kind == "pair"]
            fused = _by_shape(lambda both: change(both[:, 0], both[:, 1]), [maps[i][None] for i in pairs])
            for i, one in zip(pairs, fused, strict=True):
                maps[i] = one
            if self.training and maps and not pairs:
                # Of several processes all must have a gradient of every part, also one whose batch has no pair.
                maps[0] = maps[0] + 0 * sum(p.sum() for p in change.parameters() if p.requires_grad)
        return [tokens.flatten(0, 1) for tokens in _by_shape(self.projector, maps)]

    def encode_visual(self, frames: Tensor, kind: Kind) -> Tensor:
        """Encodes one scene; the result is the `visual` of every question about it.

        Args:
            frames: (T, 3, H, W) in [0, 1].
            kind: Kind of the scene.

        Returns:
            (n, d) visual tokens.
        """
        return self.encode_scenes([frames], [kind])[0]

    def embed(
        self,
        input_ids: Tensor,
        scenes: Sequence[Tensor] | None = None,
        kinds: Sequence[Kind] | None = None,
        visual: Sequence[Tensor] | None = None,
    ) -> Tensor:
        """Puts the visual tokens in their places among the token embeddings.

        Args:
            input_ids: (B, S) tokens, with <image> for every visual token.
            scenes: One a row, (T, 3, H, W) in [0, 1].
            kinds: One a row.
            visual: In place of scenes, one (n, d) a row.

        Returns:
            (B, S, d).

        Raises:
            ValueError: A prompt has not as many <image> tokens as its scene has visual tokens.
        """
        places = input_ids == self.config.image_token_id  # (B, S); the id may lie outside the table
        embeds = self.get_input_embeddings()(input_ids.masked_fill(places, 0))
        if visual is None:
            if scenes is None:
                return embeds
            if kinds is None or len(kinds) != len(scenes):
                raise ValueError(f"{len(scenes)} scenes but kinds {kinds}; give one kind a scene")
            visual = self.encode_scenes(scenes, kinds)
        found, expected = places.sum(1).tolist(), [len(tokens) for tokens in visual]
        if found != expected:
            raise ValueError(f"prompts hold {found} <image> tokens, their scenes {expected} visual tokens")
        return embeds.masked_scatter(places[..., None], torch.cat(list(visual)).to(embeds))  # parts may lie on several devices

    def forward(
        self,
        input_ids: Tensor | None = None,
        attention_mask: Tensor | None = None,
        scenes: Sequence[Tensor] | None = None,
        kinds: Sequence[Kind] | None = None,
        visual: Sequence[Tensor] | None = None,
        labels: Tensor | None = None,
        inputs_embeds: Tensor | None = None,
        position_ids: Tensor | None = None,
        num_items_in_batch: Tensor | int | None = None,
        **kwargs: Any,
    ) -> CausalLMOutputWithPast:
        """One step of the language model over prompts that may show images, pairs and videos.

        Args:
            input_ids: (B, S) tokens.
            attention_mask: (B, S), 0 on padding, which is on the left or on the right.
            scenes: One a row, (T, 3, H, W) in [0, 1].
            kinds: "image", "pair" or "video", one a row.
            visual: In place of scenes, what `encode_visual` gave, one (n, d) a row. Neither, for prompts without scene.
            labels: (B, S), -100 where nothing is learned. With labels only the loss comes back, no logits: logits are made
                for the few columns that are learned, which for a long prompt saves most of their cost.
            inputs_embeds: (B, S, d), in place of tokens and scenes.
            position_ids: (B, S); counted from the attention mask when None.
            num_items_in_batch: Learned tokens over all accumulated batches; the loss is divided by it instead of by those
                of this batch.
            **kwargs: Handed to the language model.

        Returns:
            The language model's output; with labels the loss alone.

        Raises:
            ValueError: Neither tokens nor embeddings are given, or they do not fit the scenes.
        """
        if inputs_embeds is None:
            if input_ids is None:
                raise ValueError("neither input_ids nor inputs_embeds; give one of them")
            inputs_embeds = self.embed(input_ids, scenes, kinds, visual)
        if position_ids is None and attention_mask is not None:
            position_ids = positions_from(attention_mask)[:, -inputs_embeds.shape[1] :]
        inputs = {"attention_mask": attention_mask, "position_ids": position_ids, **kwargs}
        if labels is None:
            return self.language_model(inputs_embeds=inputs_embeds, **inputs)
        columns = (labels[:, 1:] != IGNORED).any(0).nonzero()[:, 0]  # where any row's next token is learned
        inputs["use_cache"] = False
        output = self.language_model(inputs_embeds=inputs_embeds, logits_to_keep=columns, **inputs)
        targets = labels[:, columns + 1]
        total = F.cross_entropy(output.logits.float().flatten(0, 1), targets.flatten(), reduction="sum")
        count = (targets != IGNORED).sum() if num_items_in_batch is None else num_items_in_batch
        return CausalLMOutputWithPast(loss=total / count)

    @torch.no_grad()
    def generate(
        self,
        input_ids: Tensor,
        attention_mask: Tensor | None = None,
        scenes: Sequence[Tensor] | None = None,
        kinds: Sequence[Kind] | None = None,
        visual: Sequence[Tensor] | None = None,
        **kwargs: Any,
    ) -> Tensor:
        """Generates replies.

        Args:
            input_ids: (B, S) prompts, padded on the left.
            attention_mask: (B, S), 0 on padding.
            scenes: As in `forward`.
            kinds: As in `forward`.
            visual: As in `forward`.
            **kwargs: Those of transformers' `generate`.

        Returns:
            New tokens only, (B, n).
        """
        embeds = self.embed(input_ids, scenes, kinds, visual)
        if attention_mask is None:
            attention_mask = torch.ones_like(input_ids)
        return self.language_model.generate(inputs_embeds=embeds, attention_mask=attention_mask, **kwargs)


def positions_from(attention_mask: Tensor) -> Tensor:
    """Positions of tokens, counted from the first that is not padding.

    Args:
        attention_mask: (B, S), 0 for padding and 1 else.

    Returns:
        (B, S) int64.
    """
    return (attention_mask.long().cumsum(-1) - 1).clamp(min=0)


def _by_shape(module: Callable[[Tensor], Tensor], items: list[Tensor]) -> list[Tensor]:
    """Runs `module` over items (n_i, ...), those that differ in n_i alone in one batch; the results in their order."""
    results: list[Tensor] = [torch.empty(0)] * len(items)
    for shape in dict.fromkeys(item.shape[1:] for item in items):
        group = [i for i, item in enumerate(items) if item.shape[1:] == shape]
        output = module(torch.cat([items[i] for i in group]))
        for i, part in zip(group, output.split([len(items[i]) for i in group]), strict=True):
            results[i] = part
    return results
