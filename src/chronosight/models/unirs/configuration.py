"""Shape of a UniRS model: a vision tower, change extraction, a projector, a causal language model."""

from __future__ import annotations

from typing import Any, Literal

from transformers import AutoConfig, PreTrainedConfig

from chronosight.models.unirs.conv_tower import ConvTowerConfig
from chronosight.models.unirs.efficient_tower import EfficientTowerConfig
from chronosight.models.unirs.projector import token_count

Kind = Literal["image", "pair", "video"]

for tower in (ConvTowerConfig, EfficientTowerConfig):
    AutoConfig.register(tower.model_type, tower, exist_ok=True)


class UniRSConfig(PreTrainedConfig):
    """The defaults are the compact form; arXiv 2412.20742 has 384 pixels for every kind, and 8 frames.

    Attributes:
        vision_config: Of the tower, `ConvTowerConfig`, `EfficientTowerConfig` or a SigLIP vision config.
        text_config: Of a causal language model in transformers; it holds the vocabulary size and the ids of the special
            tokens pad, bos and eos.
        image_size: Side of an image's frame in pixels.
        pair_size: Side of a pair's frames in pixels.
        video_size: Side of a video's frames in pixels.
        video_frames: Frames that a video is sampled to.
        image_token_id: Id of <image>, which holds the place of one visual token; it may lie outside the vocabulary.
        resample: How frames are brought to their size; "bicubic" is what SigLIP was trained with.
        fusion: How the two dates of a pair become visual tokens. "change_extraction" as published; "concat" by a single
            1x1 convolution; "two_images" without fusion: the tokens of both dates, one after the other.
    """

    model_type = "chronosight_unirs"
    sub_configs = {"vision_config": AutoConfig, "text_config": AutoConfig}  # noqa: RUF012

    vision_config: Any = None  # given as a dict or a config, a config from then on
    text_config: Any = None
    image_size: int = 192
    pair_size: int = 256
    video_size: int = 128
    video_frames: int = 8
    image_token_id: int = 4
    resample: Literal["bilinear", "bicubic"] = "bilinear"
    fusion: Literal["change_extraction", "concat", "two_images"] = "change_extraction"
    tie_word_embeddings: bool = True

    def __post_init__(self, **kwargs: Any) -> None:
        self.vision_config = _as_config(self.vision_config, ConvTowerConfig.model_type, {})
        self.text_config = _as_config(self.text_config, "llama", COMPACT_TEXT)
        self.tie_word_embeddings = self.text_config.tie_word_embeddings
        super().__post_init__(**kwargs)  # type: ignore[no-untyped-call]

    def size(self, kind: Kind) -> int:
        """Side of a frame in pixels.

        Args:
            kind: Kind of the scene.

        Returns:
            The side.
        """
        return {"image": self.image_size, "pair": self.pair_size, "video": self.video_size}[kind]

    @property
    def patch(self) -> int:
        """Pixels per step of the feature grid."""
        return getattr(self.vision_config, "patch_size", 16)

    def visual_tokens(self, kind: Kind, frames: int | None = None) -> int:
        """Number of visual tokens, and so of <image> tokens, in a prompt.

        Args:
            kind: Of the scene.
            frames: Of a video; `video_frames` when None.

        Returns:
            The number.
        """
        side = self.size(kind) // self.patch
        each = token_count(side, side)
        if kind == "video":
            return each * (frames or self.video_frames)
        return 2 * each if kind == "pair" and self.fusion == "two_images" else each


# Small enough for two CPU cores: a short vocabulary matters more to speed than fewer layers.
COMPACT_TEXT = {
    "vocab_size": 4096,
    "hidden_size": 256,
    "intermediate_size": 704,
    "num_hidden_layers": 6,
    "num_attention_heads": 4,
    "num_key_value_heads": 4,
    "max_position_embeddings": 1024,
    "tie_word_embeddings": True,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 2,
}


def _as_config(value: dict[str, Any] | PreTrainedConfig | None, model_type: str, defaults: dict[str, Any]) -> PreTrainedConfig:
    if isinstance(value, PreTrainedConfig):
        return value
    fields = dict(defaults) if value is None else dict(value)
    return AutoConfig.for_model(fields.pop("model_type", model_type), **fields)
