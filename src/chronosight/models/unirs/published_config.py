"""The config of a published checkpoint -> ours; what is built otherwise than UniRS is refused."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from transformers import PreTrainedTokenizerFast

from chronosight.errors import InputError
from chronosight.models.unirs.configuration import UniRSConfig
from chronosight.models.unirs.vila_folder import Part, read_json
from chronosight.models.weight_files import ModelSizes, check, library_errors


class _Root(BaseModel):
    """What is read of the folder's own config.json."""

    model_config = ConfigDict(extra="allow")

    num_video_frames: Annotated[int, Field(strict=True, ge=1, le=4096)] = 8


def read_config(folder: Path, parts: Mapping[str, Part], tokenizer: PreTrainedTokenizerFast) -> UniRSConfig:
    """Makes our config from those of a published folder.

    Args:
        folder: The published folder.
        parts: Its three parts, by name.
        tokenizer: Of its language model.

    Returns:
        The config.

    Raises:
        InputError: A part is built otherwise than UniRS is, or a size is out of range.
    """
    llm, vision, projector = (dict(parts[name].config) for name in ("llm", "vision_tower", "mm_projector"))
    _expect(parts["llm"], "model_type", llm.get("model_type"), ("llama",))
    _expect(parts["vision_tower"], "model_type", vision.get("model_type"), ("siglip_vision_model",))
    for name, values in (("llm", llm), ("vision_tower", vision)):
        path = parts[name].folder / "config.json"
        layers = check(ModelSizes, values, path).num_hidden_layers or 0
        if layers > len(parts[name].tensors):  # every layer has several tensors
            raise InputError(f"{path}: num_hidden_layers is {layers}, but the folder has {len(parts[name].tensors)} tensors")
    kind = projector.get("mm_projector_type")
    _expect(parts["mm_projector"], "mm_projector_type", kind, ("mlp_downsample", "mm_projector"))
    path = folder / "config.json"
    root = read_json(path) if path.is_file() else {}
    frames = check(_Root, root, path).num_video_frames
    layer = root.get("mm_vision_select_layer", -2)
    if layer != -2:
        raise InputError(f"{path}: mm_vision_select_layer is {str(layer)[:40]}, expected -2")
    if root.get("s2"):
        raise InputError(f"{path}: s2 is on (features of several scales); expected a plain VILA-1.5 checkpoint")
    size: int = vision.get("image_size") or 224
    resample = _check_preprocessor(parts["vision_tower"].folder / "preprocessor_config.json", size)
    for fields in (llm, vision):
        for name in ("architectures", "auto_map", "_name_or_path", "transformers_version", "torch_dtype", "dtype"):
            fields.pop(name, None)
    llm |= {
        "pad_token_id": tokenizer.pad_token_id,
        "bos_token_id": tokenizer.bos_token_id,
        "eos_token_id": tokenizer.eos_token_id,
    }
    vocabulary: int = llm.get("vocab_size") or 0
    if len(tokenizer) > vocabulary:
        raise InputError(
            f"{parts['llm'].folder} has a tokenizer of {len(tokenizer)} tokens for {vocabulary} embeddings; "
            "they are not of one checkpoint"
        )
    with library_errors(f"config.json of {folder}", "download the folder again"):
        return UniRSConfig(
            vision_config={**vision, "vision_use_head": False}, text_config=llm, image_token_id=vocabulary,
            image_size=size, pair_size=size, video_size=size, video_frames=frames, resample=resample, fusion="change_extraction",
        )  # fmt: skip


def _check_preprocessor(path: Path, size: int) -> Literal["bilinear", "bicubic"]:
    """How frames are resized. Raises InputError where frames are not brought to [-1, 1] at the tower's size."""
    if not path.is_file():
        return "bicubic"  # SigLIP's own
    values = read_json(path)
    for name in ("image_mean", "image_std"):
        if values.get(name, [0.5] * 3) != [0.5] * 3:
            raise InputError(f"{path}: {name} is {str(values[name])[:80]}, expected 0.5 thrice, as SigLIP has it")
    given = values.get("size", {})
    if isinstance(given, dict) and [given.get("height", size), given.get("width", size)] != [size, size]:
        raise InputError(f"{path}: size is {str(given)[:80]}, expected the {size} of config.json")
    match values.get("resample", 3):
        case 2:
            return "bilinear"
        case 3:
            return "bicubic"
        case other:
            raise InputError(f"{path}: resample is {str(other)[:40]}, expected 2 (bilinear) or 3 (bicubic)")


def _expect(part: Part, name: str, found: Any, allowed: tuple[str, ...]) -> None:
    if found not in allowed:
        expected = " or ".join(map(repr, allowed))
        raise InputError(f"{part.folder / 'config.json'}: {name} is {str(found)[:60]!r}, expected {expected}")
