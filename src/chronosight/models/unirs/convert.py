"""A published VILA-1.5 or UniRS folder -> our safetensors checkpoint of `models/unirs` (arXiv 2412.20742).

Every tensor is accounted for before anything is written: taken over, left out for a reason, new, or else an error. Values
are copied as they are, so memory stays at one file's worth.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file

from chronosight.errors import InputError
from chronosight.models.unirs.change_extraction import ChangeExtraction
from chronosight.models.unirs.chat_processing import ChatProcessor
from chronosight.models.unirs.configuration import UniRSConfig
from chronosight.models.unirs.modeling import UniRSForConditionalGeneration
from chronosight.models.unirs.published_config import read_config
from chronosight.models.unirs.published_names import Family, plan_names, some
from chronosight.models.unirs.published_tokenizer import read_tokenizer
from chronosight.models.unirs.vila_folder import WHOLE, Header, Part, read_parts
from chronosight.models.weight_files import library_errors

SHARD = 4 * 2**30  # bytes a file at most
DTYPES = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}


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
    """Converts a published checkpoint: config.json, model*.safetensors, tokenizer and prompt.json.

    The output is complete or not there at all.

    Args:
        folder: Folder of a VILA-1.5 or UniRS checkpoint.
        out: Folder to write; new or empty.
        family: "vila" has no change extraction, so it gets one drawn from `seed`, to be trained; "unirs" has one.
        seed: Seed of the change extraction.
        progress: Called with each step.

    Returns:
        What was converted, left out and added.

    Raises:
        InputError: The folder is no such checkpoint, or `out` is not empty.
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


def compare(plan: Mapping[str, Header], config: UniRSConfig, family: Family) -> list[str]:
    """Compares the published tensors with those that the model expects.

    Args:
        plan: Published tensors by our names.
        config: Configuration of the model.
        family: "vila" or "unirs".

    Returns:
        Names of the tensors that are new.

    Raises:
        InputError: Tensors are missing, unexpected, or of another shape; the message lists them.
    """
    with library_errors("a config.json of the folder", "download the folder again"), torch.device("meta"):
        model = UniRSForConditionalGeneration(config)
    expected = {name: tuple(value.shape) for name, value in model.state_dict().items()}
    if config.tie_word_embeddings:
        expected.pop("language_model.lm_head.weight", None)
    new = [name for name in expected if name.startswith("change.")] if family == "vila" else []
    missing = [name for name in expected if name not in plan and name not in new]
    unexpected = [name for name in plan if name not in expected]
    if missing or unexpected:
        parts = [f"{some(missing)} missing"] if missing else []
        parts += [f"{some(unexpected)} unexpected"] if unexpected else []
        raise InputError(f"{'; '.join(parts)}: the tensors do not fit the config.json files, download the folder again")
    for name, header in plan.items():
        if header.shape != expected[name]:
            raise InputError(f"{header.file.parent.name}: {name} is {header.shape}, expected {expected[name]} by config.json")
    return new


def new_change(config: UniRSConfig, seed: int, dtype: torch.dtype) -> dict[str, torch.Tensor]:
    """A change extraction drawn from a seed.

    Args:
        config: Configuration of the model.
        seed: The seed.
        dtype: Type of the tensors.

    Returns:
        Tensors by our names.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        module = ChangeExtraction(config.vision_config.hidden_size, config.pair_size // config.patch)
    state = module.state_dict()
    return {f"change.{name}": value.to(dtype) if value.is_floating_point() else value for name, value in state.items()}


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
