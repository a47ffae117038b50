"""The config.json of a UniRS model folder, read and checked by ourselves before transformers builds a model from it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from chronosight.models.weight_files import ModelSizes, Side, check_tokenizer, read_model_config

MODEL_TYPE = "chronosight_unirs"
_Sizes = Annotated[list[Annotated[int, Field(strict=True, ge=0, le=1 << 14)]], Field(max_length=16)]


class _Vision(ModelSizes):
    model_type: Literal["chronosight_conv_tower", "chronosight_efficient_tower", "siglip_vision_model"] = "chronosight_conv_tower"
    stem_width: Side | None = None
    widths: _Sizes | None = None
    depths: _Sizes | None = None


class _Text(ModelSizes):
    model_type: Literal["llama"] = "llama"


class _UniRS(ModelSizes):
    image_size: Side = 192
    pair_size: Side = 256
    video_size: Side = 128
    video_frames: Annotated[int, Field(strict=True, ge=1, le=4096)] = 8
    image_token_id: Annotated[int, Field(strict=True, ge=0, le=1 << 21)] = 4
    resample: Literal["bilinear", "bicubic"] = "bilinear"
    fusion: Literal["change_extraction", "concat", "two_images"] = "change_extraction"
    vision_config: _Vision | None = None
    text_config: _Text | None = None


def read_unirs_config(folder: Path) -> dict[str, Any]:
    """Reads and checks a UniRS model folder's config.json and tokenizer.json.

    Args:
        folder: A folder written by `chronosight convert` or by training.

    Returns:
        The config as JSON values.

    Raises:
        InputError: A file is missing, of another model, or holds values of a wrong type or out of range.
    """
    config = read_model_config(folder, (MODEL_TYPE,), _UniRS)
    check_tokenizer(folder / "tokenizer.json")
    return config
