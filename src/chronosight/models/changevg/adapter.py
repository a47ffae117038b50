"""LoRA adapters (peft) on a Qwen-VL: laid over it, merged into it, written out as one model.

Every weight of the adapter must find its place. peft alone would leave what it cannot place at its random start with no
more than a warning, and adapters made before transformers 4.52 name the same layers otherwise.
"""

from __future__ import annotations

import json
import shutil
import warnings
from pathlib import Path
from typing import Any

from chronosight.errors import InputError
from chronosight.models.changevg.settings import Settings

# Names of older releases -> today's, after the "base_model.model." that peft puts before all of them.
OLD_NAMES = (("model.layers.", "model.language_model.layers."), ("visual.", "model.visual."))
KEPT_FILES = (
    "tokenizer.json", "tokenizer_config.json", "preprocessor_config.json", "processor_config.json", "chat_template.json",
    "chat_template.jinja", "vocab.json", "merges.txt", "special_tokens_map.json", "added_tokens.json",
)  # fmt: skip


def apply_adapter(model: Any, folder: str | Path, merge: bool = True) -> Any:
    """The model with the adapter of a folder; merge: its product added into the weights, so that it costs nothing more.

    Raises InputError for a folder without an adapter, and for one that was made for another model.
    """
    from peft import PeftConfig, get_peft_model, set_peft_model_state_dict
    from safetensors.torch import load_file

    folder = Path(folder)
    for name in ("adapter_config.json", "adapter_model.safetensors"):
        if not (folder / name).is_file():
            raise InputError(f"{folder} has no {name}, expected a LoRA adapter as peft writes it (--adapter DIR)")
    config: Any = PeftConfig.from_pretrained(str(folder))
    if config.peft_type != "LORA":
        raise InputError(f"{folder} holds an adapter of type {config.peft_type}, expected LORA; give a LoRA adapter")
    config.inference_mode = True
    weights = {_today(name): value for name, value in load_file(folder / "adapter_model.safetensors").items()}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # peft's use of an older name of transformers, no user's doing
            wrapped: Any = get_peft_model(model, config)
        result: Any = set_peft_model_state_dict(wrapped, weights)
    except (ValueError, RuntimeError) as error:  # no such layers, or of another size
        reason = str(error).strip().partition("\n")[0]
        raise InputError(f"the adapter in {folder} does not fit this model ({reason}); give the one it was made for") from error
    left = list(result.unexpected_keys) + [name for name in result.missing_keys if "lora_" in name]
    if left:
        raise InputError(f"{len(left)} weights of the adapter in {folder} have no place in this model, {left[0]} first")
    return wrapped.merge_and_unload() if merge else wrapped


def _today(name: str) -> str:
    head, found, rest = name.partition("base_model.model.")
    if not found:
        return name
    for old, new in OLD_NAMES:
        if rest.startswith(old):
            return head + found + new + rest.removeprefix(old)
    return name


def merge_adapter(weights: Path, adapter: Path, out: Path) -> Path:
    """Writes a folder that is the model with the adapter in it: for vLLM, or to be used without peft.

    The precision stays that of the stored weights. Raises InputError where `out` is not empty.
    """
    from chronosight.models.changevg.loading import load_model

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


def base_model(adapter: Path) -> str | None:
    """The model an adapter was made for, as its own configuration names it."""
    path = adapter / "adapter_config.json"
    if not path.is_file():
        return None
    return json.loads(path.read_text(encoding="utf-8")).get("base_model_name_or_path")
