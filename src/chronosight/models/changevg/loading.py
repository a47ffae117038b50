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

Precision = Literal["auto", "fp32", "bf16", "4bit"]
KNOWN = ("qwen2_5_vl", "qwen3_vl")


def find_folder(weights: str | Path) -> Path:
    """A model folder: the path given, or where the hub's cache keeps that id. Nothing is downloaded.

    Raises InputError where there is neither.
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
    """The model, ready to answer, on the GPU where there is one.

    precision "auto": bfloat16 on a GPU, else the precision the weights are stored in (float16 as bfloat16: processors
    are slow at it). "4bit": needs bitsandbytes; the adapter then stays beside the weights, because 4-bit weights cannot
    take it in. Raises InputError for another kind of model, incomplete weights, or a precision that cannot be had.
    """
    if not (folder / "config.json").is_file():
        raise InputError(f"{folder} has no config.json, expected a downloaded Qwen-VL folder; download it again")
    config = AutoConfig.from_pretrained(folder, local_files_only=True)
    if config.model_type not in KNOWN:
        raise InputError(f"{folder} holds a {config.model_type}, expected {' or '.join(KNOWN)}; give a Qwen-VL folder")
    if not list(folder.glob("*.safetensors")):
        raise InputError(f"{folder} has no .safetensors weights, expected those of a Qwen-VL; download it again")
    gpu = torch.cuda.is_available()
    options: dict[str, Any] = {"dtype": _dtype(config, precision, gpu)}
    if precision == "4bit":
        options["quantization_config"] = _four_bit()
        options["device_map"] = {"": 0 if gpu else "cpu"}
    try:
        loaded: Any = AutoModelForImageTextToText.from_pretrained(
            folder, local_files_only=True, use_safetensors=True, output_loading_info=True, **options
        )
        model, report = loaded
    except (OSError, ValueError, RuntimeError) as error:
        reason = str(error).strip().partition("\n")[0]
        raise InputError(f"weights in {folder} cannot be read ({reason}); download them again") from error
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
    stored = getattr(config, "dtype", None) or torch.float32
    if isinstance(stored, str):
        stored = getattr(torch, stored)
    if gpu:
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16
    return torch.bfloat16 if stored == torch.float16 else stored


def _four_bit() -> Any:
    if importlib.util.find_spec("bitsandbytes") is None:
        raise InputError("4-bit weights need bitsandbytes, which is not installed; pip install bitsandbytes, or use bf16")
    from transformers import BitsAndBytesConfig

    return BitsAndBytesConfig(
        load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=torch.bfloat16, bnb_4bit_use_double_quant=True
    )
