"""Merges a LoRA adapter into the weights it was trained for."""

from __future__ import annotations

import shutil
from pathlib import Path

from chronosight.errors import InputError
from chronosight.models.changevg.loading import load_model
from chronosight.models.changevg.settings import Settings

KEPT_FILES = (
    "tokenizer.json", "tokenizer_config.json", "preprocessor_config.json", "processor_config.json", "chat_template.json",
    "chat_template.jinja", "vocab.json", "merges.txt", "special_tokens_map.json", "added_tokens.json",
)  # fmt: skip


def merge_adapter(weights: Path, adapter: Path, out: Path) -> Path:
    """Writes a folder that is the model with the adapter in it: for vLLM, or to be used without peft.

    The precision stays that of the stored weights.

    Args:
        weights: A Qwen-VL folder.
        adapter: Folder of a LoRA adapter.
        out: The folder to write; new or empty.

    Returns:
        `out`.

    Raises:
        InputError: `out` is not empty, or weights and adapter do not fit.
    """
    if out.exists() and any(out.iterdir()):
        raise InputError(f"{out} is not empty, expected a new folder; name another or remove it")
    part = out.with_name(out.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    model = load_model(weights, adapter)
    model.save_pretrained(part)
    for name in KEPT_FILES:
        if (weights / name).is_file():
            shutil.copy(weights / name, part / name)
    Settings.load(adapter).save(part)  # how it is asked goes with the weights
    if out.exists():
        out.rmdir()
    part.rename(out)
    return out
