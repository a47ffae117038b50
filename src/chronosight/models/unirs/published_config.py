"""Config and tokenizer of a published checkpoint -> ours; what is built otherwise than UniRS is refused."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from transformers import PreTrainedTokenizerFast

from chronosight.errors import InputError
from chronosight.models.unirs.configuration import UniRSConfig
from chronosight.models.unirs.sentencepiece import read_sentencepiece
from chronosight.models.unirs.vila_folder import Part, read_json


def read_config(folder: Path, parts: Mapping[str, Part], tokenizer: PreTrainedTokenizerFast) -> UniRSConfig:
    """Our config from the folder's. Raises InputError for a part that is built otherwise than UniRS is."""
    llm, vision, projector = (dict(parts[name].config) for name in ("llm", "vision_tower", "mm_projector"))
    _expect(parts["llm"], "model_type", llm.get("model_type"), ("llama",))
    _expect(parts["vision_tower"], "model_type", vision.get("model_type"), ("siglip_vision_model",))
    kind = projector.get("mm_projector_type")
    _expect(parts["mm_projector"], "mm_projector_type", kind, ("mlp_downsample", "mm_projector"))
    root = read_json(folder / "config.json") if (folder / "config.json").is_file() else {}
    if root.get("mm_vision_select_layer", -2) != -2:
        raise InputError(f"{folder / 'config.json'}: mm_vision_select_layer is {root['mm_vision_select_layer']}, expected -2")
    if root.get("s2"):
        raise InputError(f"{folder / 'config.json'}: s2 is on (features of several scales); expected a plain VILA-1.5 checkpoint")
    size = int(vision.get("image_size", 224))
    resample = _check_preprocessor(parts["vision_tower"].folder / "preprocessor_config.json", size)
    for fields in (llm, vision):
        for name in ("architectures", "auto_map", "_name_or_path", "transformers_version", "torch_dtype", "dtype"):
            fields.pop(name, None)
    llm |= {
        "pad_token_id": tokenizer.pad_token_id,
        "bos_token_id": tokenizer.bos_token_id,
        "eos_token_id": tokenizer.eos_token_id,
    }
    if len(tokenizer) > llm.get("vocab_size", 0):
        raise InputError(
            f"{parts['llm'].folder} has a tokenizer of {len(tokenizer)} tokens for {llm.get('vocab_size')} embeddings; "
            "they are not of one checkpoint"
        )
    try:
        config = UniRSConfig(
            vision_config={**vision, "vision_use_head": False}, text_config=llm, image_token_id=int(llm["vocab_size"]),
            image_size=size, pair_size=size, video_size=size, video_frames=int(root.get("num_video_frames", 8)),
            resample=resample, fusion="change_extraction",
        )  # fmt: skip
    except (TypeError, ValueError, KeyError) as error:
        raise InputError(f"{folder}: a config.json does not describe a model ({' '.join(str(error).split())})") from None
    return config


def read_tokenizer(folder: Path) -> PreTrainedTokenizerFast:
    """tokenizer.json where there is one, else tokenizer.model. Raises InputError where there is neither."""
    if (folder / "tokenizer.json").is_file():
        try:
            tokenizer = PreTrainedTokenizerFast(
                tokenizer_file=str(folder / "tokenizer.json"), bos_token="<s>", eos_token="</s>", unk_token="<unk>",
                pad_token="<unk>", padding_side="left", clean_up_tokenization_spaces=False,
            )  # fmt: skip
        except Exception as error:  # the Rust side raises plain Exception
            raise InputError(f"{folder / 'tokenizer.json'} cannot be read ({' '.join(str(error).split())})") from None
        absent = [
            t for t in ("<s>", "</s>", "<unk>") if t not in tokenizer.get_vocab() or tokenizer.convert_tokens_to_ids(t) is None
        ]
        if absent:
            raise InputError(f"{folder / 'tokenizer.json'} has no {absent[0]}; expected the tokenizer of a Llama")
        return tokenizer
    if (folder / "tokenizer.model").is_file():
        return read_sentencepiece(folder / "tokenizer.model")
    raise InputError(f"{folder} has neither tokenizer.json nor tokenizer.model; download the folder again, whole")


def _check_preprocessor(path: Path, size: int) -> Literal["bilinear", "bicubic"]:
    """How frames are resized. Raises InputError where frames are not brought to [-1, 1] at the tower's size."""
    if not path.is_file():
        return "bicubic"  # SigLIP's own
    values = read_json(path)
    for name in ("image_mean", "image_std"):
        if values.get(name, [0.5] * 3) != [0.5] * 3:
            raise InputError(f"{path}: {name} is {values[name]}, expected 0.5 thrice, as SigLIP has it")
    given = values.get("size", {})
    if isinstance(given, dict) and {given.get("height", size), given.get("width", size)} != {size}:
        raise InputError(f"{path}: size is {given}, expected the {size} of config.json")
    resample = {2: "bilinear", 3: "bicubic"}.get(values.get("resample", 3))
    if resample is None:
        raise InputError(f"{path}: resample is {values['resample']}, expected 2 (bilinear) or 3 (bicubic)")
    return resample  # type: ignore[return-value]


def _expect(part: Part, name: str, found: Any, allowed: tuple[str, ...]) -> None:
    if found not in allowed:
        raise InputError(f"{part.folder / 'config.json'}: {name} is {found!r}, expected {' or '.join(map(repr, allowed))}")
