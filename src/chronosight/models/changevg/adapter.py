"""LoRA adapters (peft) on a Qwen-VL: checked, loaded and applied.

Every weight of the adapter must find its place. peft alone would leave what it cannot place at its random start with no
more than a warning, and adapters made before transformers 4.52 name the same layers otherwise.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

from chronosight.errors import InputError
from chronosight.files import read_json_object
from chronosight.models.weight_files import MAX_CONFIG_BYTES, library_errors

# Names of older releases -> today's, after the "base_model.model." that peft puts before all of them.
OLD_NAMES = (("model.layers.", "model.language_model.layers."), ("visual.", "model.visual."))


def apply_adapter(model: Any, folder: str | Path, merge: bool = True) -> Any:
    """Lays the adapter of a folder over a model.

    Args:
        model: A Qwen-VL of transformers.
        folder: The adapter's folder.
        merge: Whether its product is added into the weights, so that it costs nothing more.

    Returns:
        The model with the adapter.

    Raises:
        InputError: The folder holds no LoRA adapter, or one that was made for another model.
    """
    from peft import LoraConfig, get_peft_model, set_peft_model_state_dict
    from safetensors.torch import load_file

    folder = Path(folder)
    read_adapter_config(folder)
    with library_errors(f"adapter in {folder}", "copy it again"):
        config: Any = LoraConfig.from_pretrained(str(folder), trust_remote_code=False)
        config.inference_mode = True
        stored = load_file(folder / "adapter_model.safetensors")
    weights = {_today(name): value for name, value in stored.items()}
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


def base_model(adapter: Path) -> str | None:
    """The model an adapter was made for, as its own configuration names it; None where it names none.

    Args:
        adapter: Folder of the adapter.

    Returns:
        A path or a hub id; None.

    Raises:
        InputError: The configuration is no JSON object.
    """
    path = adapter / "adapter_config.json"
    if not path.is_file():
        return None
    name = read_json_object(path, "a LoRA adapter as peft writes it", MAX_CONFIG_BYTES).get("base_model_name_or_path")
    return name if isinstance(name, str) else None


def read_adapter_config(folder: Path) -> dict[str, Any]:
    """Reads a LoRA adapter's configuration ourselves, before peft does.

    Args:
        folder: The adapter's folder.

    Returns:
        The configuration as JSON values.

    Raises:
        InputError: A file is missing, it is another kind of adapter, or it names modules to import.
    """
    for name in ("adapter_config.json", "adapter_model.safetensors"):
        if not (folder / name).is_file():
            raise InputError(f"{folder} has no {name}, expected a LoRA adapter as peft writes it (--adapter DIR)")
    config = read_json_object(folder / "adapter_config.json", "a LoRA adapter as peft writes it", MAX_CONFIG_BYTES)
    kind = config.get("peft_type")
    if kind != "LORA":
        raise InputError(f"{folder} holds an adapter of type {str(kind)[:40]}, expected LORA; give a LoRA adapter")
    if config.get("megatron_config") is not None:  # peft imports the module that goes with it by name
        raise InputError(f"{folder} names a module to import (megatron_config); give an adapter for transformers")
    return config
