"""A published VILA-1.5 or UniRS folder -> our safetensors checkpoint of `models/unirs` (arXiv 2412.20742).

Every tensor is accounted for before anything is written: taken over, left out for a reason, new, or else an error. Values
are copied tensor by tensor as they are, so memory stays at one shard. What the names hide:

- `mm_projector` counts the steps of a Sequential: 1 norm, 2 and 4 linear. UniRS has `single.` before them.
- UniRS's two position tables are named the wrong way round: its code draws the column part from `h_embedding` and the row
  part from `w_embedding`. By their names both would be transposed, silently, as they are equal in shape.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from transformers import PreTrainedTokenizerFast

from chronosight.errors import InputError
from chronosight.models.unirs.change_extraction import ChangeExtraction
from chronosight.models.unirs.chat_processing import ChatProcessor
from chronosight.models.unirs.configuration import UniRSConfig
from chronosight.models.unirs.modeling import UniRSForConditionalGeneration
from chronosight.models.unirs.sentencepiece import read_sentencepiece
from chronosight.models.unirs.vila_folder import WHOLE, Header, Part, read_json, read_parts

Family = Literal["vila", "unirs"]
SHARD = 4 * 2**30  # bytes a file at most
LISTED = 8  # names in an error at most
DTYPES = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}

PROJECTOR = {"1": "norm", "2": "first", "4": "second"}
LEFT_OUT = (  # pattern of "part:name", reason
    (r"vision_tower:(vision_model\.)?head\.", "pooling head: the layer before the last is used"),
    (r"vision_tower:.*position_ids$", "counted anew"),
    (r"llm:.*rotary_emb\.inv_freq$", "computed from the config"),
)


@dataclass(frozen=True)
class Report:
    """What became of every tensor. left_out: (name, reason). new: names that the folder does not have, drawn from `seed`."""

    taken: int
    parameters: int
    left_out: list[tuple[str, str]] = field(default_factory=list)
    new: list[str] = field(default_factory=list)


def convert(
    folder: str | Path, out: str | Path, family: Family, seed: int = 0, progress: Callable[[str], None] = lambda text: None
) -> Report:
    """Writes `out`: config.json, model*.safetensors, tokenizer, prompt.json; it stands there whole or not at all.

    family: "vila" has no change extraction, so it gets one drawn from `seed`, to be trained; "unirs" has one.
    Raises InputError, one line, for a folder that is not such a checkpoint, and for an `out` that is not empty.
    """
    folder, out = Path(folder), Path(out)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputError(f"{out} is there already and not empty; give another folder to write to")
    parts = read_parts(folder)
    tokenizer = read_tokenizer(parts["llm"].folder)
    config = read_config(folder, parts, tokenizer)
    plan, left_out = plan_names(parts, family)
    new = compare(plan, config, family)
    dtype = _common_dtype(parts["llm"])
    config.dtype = dtype
    part = out.with_name(f".{out.name}.partial")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    try:
        drawn = new_change(config, seed, dtype) if new else {}
        parameters = _write(plan, drawn, part, progress)
        ChatProcessor(tokenizer, config).save_pretrained(part)
        if out.exists():
            out.rmdir()
        part.rename(out)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return Report(len(plan), parameters, left_out, new)


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


def plan_names(parts: Mapping[str, Part], family: Family) -> tuple[dict[str, Header], list[tuple[str, str]]]:
    """Our names with the tensors that they are filled from, and what is left out for which reason."""
    has_change = any(name.startswith("layers.change.") for name in parts["mm_projector"].tensors)
    if has_change != (family == "unirs"):
        found, other = ("a", "unirs") if has_change else ("no", "vila")
        raise InputError(f"{parts['mm_projector'].folder} holds {found} change extraction; use: chronosight convert {other}")
    plan: dict[str, Header] = {}
    left_out, unexpected = [], []
    for part_name, part in parts.items():
        for name, header in part.tensors.items():
            reason = next((why for pattern, why in LEFT_OUT if re.match(pattern, f"{part_name}:{name}")), None)
            ours = our_name(part_name, name)
            if reason is not None:
                left_out.append((f"{part_name}/{name}", reason))
            elif ours is None:
                unexpected.append(f"{part_name}/{name}")
            else:
                plan[ours] = header
    if unexpected:
        raise InputError(f"{_some(unexpected)} unexpected: UniRS has no such part; is this another kind of checkpoint?")
    return plan, left_out


def our_name(part: str, name: str) -> str | None:
    """The published name of a tensor -> ours; None for one that UniRS does not have."""
    if part == "llm":
        return f"language_model.{name}"
    if part == "vision_tower":
        return f"vision_tower.{name.removeprefix('vision_model.')}"
    found = re.fullmatch(r"layers\.(?:single\.)?([124])\.(weight|bias)", name)
    if found:
        return f"projector.{PROJECTOR[found[1]]}.{found[2]}"
    found = re.fullmatch(r"layers\.change\.(h_embedding|w_embedding|Conv1|LN\.left\.(\d))\.(\w+)", name)
    if found is None:
        return None
    ours = {"h_embedding": "column", "w_embedding": "row", "Conv1": "fuse"}.get(found[1], f"refine.{found[2]}")
    return f"change.{ours}.{found[3]}"


def compare(plan: Mapping[str, Header], config: UniRSConfig, family: Family) -> list[str]:
    """Names that are new. Raises InputError that lists what is missing, what is unexpected, and what does not fit."""
    with torch.device("meta"):
        model = UniRSForConditionalGeneration(config)
    expected = {name: tuple(value.shape) for name, value in model.state_dict().items()}
    if config.tie_word_embeddings:
        expected.pop("language_model.lm_head.weight", None)
    new = [name for name in expected if name.startswith("change.")] if family == "vila" else []
    missing = [name for name in expected if name not in plan and name not in new]
    unexpected = [name for name in plan if name not in expected]
    if missing or unexpected:
        parts = [f"{_some(missing)} missing"] if missing else []
        parts += [f"{_some(unexpected)} unexpected"] if unexpected else []
        raise InputError(f"{'; '.join(parts)}: the tensors do not fit the config.json files, download the folder again")
    for name, header in plan.items():
        if header.shape != expected[name]:
            raise InputError(f"{header.file.parent.name}: {name} is {header.shape}, expected {expected[name]} by config.json")
    return new


def new_change(config: UniRSConfig, seed: int, dtype: torch.dtype) -> dict[str, torch.Tensor]:
    """Change extraction drawn from a seed, by our names."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        module = ChangeExtraction(config.vision_config.hidden_size, config.pair_size // config.patch)
    state = module.state_dict()
    return {f"change.{name}": value.to(dtype) if value.is_floating_point() else value for name, value in state.items()}


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


def _common_dtype(part: Part) -> torch.dtype:
    kinds = [header.dtype for header in part.tensors.values() if header.dtype not in WHOLE]
    return DTYPES[max(set(kinds), key=kinds.count)]


def _write(plan: Mapping[str, Header], drawn: Mapping[str, torch.Tensor], out: Path, progress: Callable[[str], None]) -> int:
    """Shards and, for more than one, their index; -> number of parameters."""
    shards: list[list[str]] = [[]]
    filled, parameters = 0, 0
    for name, header in plan.items():
        count = int(torch.Size(header.shape).numel())
        parameters += count
        size = count * {"F32": 4, "I64": 8, "I32": 4}.get(header.dtype, 2)
        if filled + size > SHARD and shards[-1]:
            shards.append([])
            filled = 0
        shards[-1].append(name)
        filled += size
    weight_map: dict[str, str] = {}
    for number, names in enumerate(shards, 1):
        file = "model.safetensors" if len(shards) == 1 else f"model-{number:05d}-of-{len(shards):05d}.safetensors"
        progress(f"{file}: {len(names)} tensors")
        tensors = {name: _load(plan[name]) for name in names}
        if number == len(shards):
            tensors |= drawn
            parameters += sum(value.numel() for value in drawn.values())
        save_file(tensors, out / file, metadata={"format": "pt"})
        weight_map |= dict.fromkeys(tensors, file)
    if len(shards) > 1:
        index = {"metadata": {"total_parameters": parameters}, "weight_map": weight_map}
        (out / "model.safetensors.index.json").write_text(json.dumps(index, indent=1))
    return parameters


def _load(header: Header) -> torch.Tensor:
    with safe_open(header.file, framework="pt") as file:
        return file.get_tensor(header.name)


def _some(names: list[str]) -> str:
    shown = ", ".join(names[:LISTED])
    rest = f" and {len(names) - LISTED} more" if len(names) > LISTED else ""
    return f"{len(names)} tensor{'s' if len(names) > 1 else ''} ({shown}{rest})"
