"""The captioner of changes: ChangeVG's summary branch (arXiv 2509.23105) on the maps of the guide of fine imagery.

Each of 8 x 8 places is a token: the features of both dates, how they differ, and what the guide saw change there. A small
Transformer reads the places and writes the sentence. The paper's branch has cross-attention from the difference of the dates to
their product; with a thousand captioned places, both dates beside their difference and the change map learn more.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from transformers import PreTrainedConfig, PreTrainedModel

from chronosight.tasks.change_captions import GRID, MOST_WORDS, PAD


class CaptionerConfig(PreTrainedConfig):
    """Shape of the captioner.

    Attributes:
        words: Its vocabulary; the first four are no words (`tasks.change_captions`).
        features: Channels of the features of one date.
        changes: Channels of the change maps.
        width: Of the Transformer.
        heads: Of attention.
        layers: Of the encoder and of the decoder.
        rate: Dropout.
    """

    model_type = "chronosight_captioner"

    words: tuple[str, ...] | list[str] = ()
    features: int = 152
    changes: int = 5
    width: int = 192
    heads: int = 4
    layers: int = 2
    rate: float = 0.3


class CaptionerModel(PreTrainedModel):
    """Pooled maps of a pair -> a sentence."""

    config_class = CaptionerConfig
    config: CaptionerConfig
    main_input_name = "earlier"
    spread: torch.Tensor

    def __init__(self, config: CaptionerConfig) -> None:
        super().__init__(config)
        width, words = config.width, len(config.words)
        common: dict[str, Any] = {
            "d_model": width, "nhead": config.heads, "dim_feedforward": 2 * width, "dropout": config.rate, "activation": "gelu",
            "batch_first": True, "norm_first": True,
        }  # fmt: skip
        self.register_buffer("spread", torch.ones(config.features))  # of the features over the training pairs
        self.token = nn.Linear(3 * config.features + config.changes, width)
        self.place = nn.Parameter(0.02 * torch.randn(GRID * GRID, width))
        self.encoder = nn.TransformerEncoder(
            nn.TransformerEncoderLayer(**common), config.layers, enable_nested_tensor=False
        )
        self.word = nn.Embedding(max(words, 1), width, padding_idx=PAD)
        nn.init.normal_(self.word.weight, std=0.05)
        self.position = nn.Parameter(0.02 * torch.randn(MOST_WORDS + 1, width))
        self.decoder = nn.TransformerDecoder(nn.TransformerDecoderLayer(**common), config.layers)
        self.norm = nn.LayerNorm(width)
        self.dropout = nn.Dropout(config.rate)
        self.post_init()  # type: ignore[no-untyped-call]

    def _init_weights(self, module: nn.Module) -> None:
        """Layers keep torch's own initialisation."""

    def remember(self, earlier: torch.Tensor, later: torch.Tensor, changes: torch.Tensor) -> torch.Tensor:
        """Reads the places of a pair.

        Args:
            earlier: (N, K, 64) features, of `tasks.change_captions.caption_inputs`.
            later: Like `earlier`.
            changes: (N, C, 64).

        Returns:
            (N, 64, D), what sentences are written from.
        """
        first, second = earlier / self.spread[:, None], later / self.spread[:, None]
        tokens = torch.cat([first, second, (second - first).abs(), 2 * changes], dim=1).transpose(1, 2)
        memory: torch.Tensor = self.encoder(self.token(self.dropout(tokens)) + self.place)
        return memory

    def forward(self, memory: torch.Tensor, tokens: torch.Tensor) -> torch.Tensor:
        """Scores the next word at each place of a sentence.

        Args:
            memory: (N, 64, D) of `remember`.
            tokens: (N, L) int64, from the start token on.

        Returns:
            (N, L, V) logits.
        """
        length = tokens.shape[1]
        words = self.dropout(self.word(tokens) + self.position[:length])
        later = torch.ones(length, length, dtype=torch.bool, device=tokens.device).triu(1)
        hidden = self.decoder(words, memory, tgt_mask=later, tgt_is_causal=True)  # or exporting would have to find it out
        scores: torch.Tensor = self.norm(hidden) @ self.word.weight.T
        return scores
