"""A Qwen-VL from a folder or from the hub's local cache, in the precision that the machine allows, adapter merged in."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from typing import Any, Literal

import torch
from transformers import AutoConfig, AutoModelForImageTextToText

from chronosight.errors import InputError
from chronosight.models.changevg.adapter import apply_adapter
from chronosight.models.changevg.settings import MODEL_TYPES
from chronosight.models.weight_files import check_parameters, library_errors, read_model_config

Precision = Literal["auto", "fp32", "bf16", "4bit"]


def find_folder(weights: str | Path) -> Path:
    """Finds a model folder. Nothing is downloaded.

    Args:
        weights: A folder, or the id of a model in the hub's local cache.

    Returns:
        The folder.

    Raises:
        InputError: There is neither.
    """
    folder = Path(weights)
    if folder.is_dir():
        return folder
    if re.fullmatch(r"[\w.-]+/[\w.-]+", str(weights)):
        from huggingface_hub import snapshot_download

        try:
            return Path(snapshot_download(str(weights), local_files_only=True))
        except Exception:  # several kinds, all of them "not here"
            raise InputError(
                f"no folder {weights}, and it is not in the hub's cache; download it with: hf download {weights}"
            ) from None
    raise InputError(f"no weights folder at {weights}; give a downloaded Qwen-VL folder (--weights DIR)")


def load_model(folder: Path, adapter: Path | None = None, precision: Precision = "auto") -> Any:
    """Loads the model, ready to answer, on the GPU where there is one.

    Args:
        folder: A downloaded Qwen2.5-VL or Qwen3-VL folder.
        adapter: Folder of a LoRA adapter, merged into the weights.
        precision: "auto" is bfloat16 on a GPU, else the precision the weights are stored in (float16 as bfloat16:
            processors are slow at it). "4bit" needs bitsandbytes; the adapter then stays beside the weights, because
            4-bit weights cannot take it in.

    Returns:
        The model of transformers, in eval mode.

    Raises:
        InputError: It is another kind of model, the weights are incomplete or damaged, or the precision cannot be had.
    """
    read_model_config(folder, MODEL_TYPES)  # before transformers sees it: it would offer to run a folder's own code
    if not list(folder.glob("*.safetensors")):
        raise InputError(f"{folder} has no .safetensors weights, expected those of a Qwen-VL; download it again")
    with library_errors(f"config.json of {folder}", "download it again"):
        config = AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
        with torch.device("meta"):
            empty = AutoModelForImageTextToText.from_config(config, trust_remote_code=False)
    check_parameters(folder, sum(parameter.numel() for parameter in empty.parameters()))
    gpu = torch.cuda.is_available()
    options: dict[str, Any] = {"dtype": _dtype(config, precision, gpu)}
    if precision == "4bit":
        options["quantization_config"] = _four_bit()
        options["device_map"] = {"": 0 if gpu else "cpu"}
    with library_errors(f"weights in {folder}", "download them again"):
        loaded: Any = AutoModelForImageTextToText.from_pretrained(
            folder, local_files_only=True, use_safetensors=True, trust_remote_code=False, output_loading_info=True, **options
        )
        model, report = loaded
    if report["missing_keys"]:
        missing = sorted(report["missing_keys"])
        raise InputError(f"{folder} lacks {len(missing)} weights, {missing[0]} first; download it again")
    if gpu and precision != "4bit":
        model.to("cuda")
    if adapter is not None:
        model = apply_adapter(model, adapter, merge=precision != "4bit")
    return model.eval()


def _dtype(config: Any, precision: Precision, gpu: bool) -> torch.dtype:
    if precision == "fp32":
        return torch.float32
    if precision == "bf16":
        return torch.bfloat16
    stored: Any = getattr(config, "dtype", None) or torch.float32
    if isinstance(stored, str):
        stored = getattr(torch, stored, torch.float32)
    if gpu:
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16
    return torch.bfloat16 if stored == torch.float16 or not isinstance(stored, torch.dtype) else stored


def _four_bit() -> Any:
    if importlib.util.find_spec("bitsandbytes") is None:
        raise InputError("4-bit weights need bitsandbytes, which is not installed; pip install bitsandbytes, or use bf16")
    from transformers import BitsAndBytesConfig

    make: Any = BitsAndBytesConfig
    return make(
        load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=torch.bfloat16, bnb_4bit_use_double_quant=True
    )
