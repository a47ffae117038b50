"""Reading a published checkpoint folder of VILA-1.5 or UniRS: configs and tensor headers, nothing executed, no pickle.

FOLDER/config.json                 optional: frames of a video, the tower's layer
FOLDER/llm/                        Llama: config.json, *.safetensors, tokenizer.json or tokenizer.model
FOLDER/vision_tower/               SigLIP: config.json, *.safetensors, preprocessor_config.json
FOLDER/mm_projector/               config.json, *.safetensors
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open

from chronosight.errors import InputError
from chronosight.files import read_json_object
from chronosight.models.weight_files import MAX_CONFIG_BYTES

PARTS = ("llm", "vision_tower", "mm_projector")
PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt", "*.pkl")
FLOATS = ("F32", "F16", "BF16")
WHOLE = ("I64", "I32")  # counters and position ids


@dataclass(frozen=True)
class Header:
    """Where a tensor lies, under which name, and what it is. dtype: as safetensors names it."""

    file: Path
    name: str
    shape: tuple[int, ...]
    dtype: str


@dataclass(frozen=True)
class Part:
    """One of the three folders. tensors: by the names the files give them."""

    folder: Path
    config: dict[str, Any]
    tensors: dict[str, Header]


def read_parts(folder: str | Path) -> dict[str, Part]:
    """Reads the three parts of a published folder: configurations and headers.

    Args:
        folder: Folder of a VILA-1.5 or UniRS checkpoint.

    Returns:
        The parts by name.

    Raises:
        InputError: The folder is not laid out as above.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise InputError(f"no folder {folder}; give the folder of a VILA-1.5 or UniRS checkpoint")
    missing = [name for name in PARTS if not (folder / name).is_dir()]
    if missing:
        raise InputError(f"{folder} has no {missing[0]}/; expected llm/, vision_tower/ and mm_projector/ in a checkpoint folder")
    return {name: Part(folder / name, read_json(folder / name / "config.json"), read_headers(folder / name)) for name in PARTS}


def read_json(path: Path) -> dict[str, Any]:
    """Reads a JSON object of the folder.

    Args:
        path: The file.

    Returns:
        The object.

    Raises:
        InputError: There is no such file, or it is no JSON object.
    """
    if not path.is_file():
        raise InputError(f"{path} is missing; download the checkpoint folder again, whole")
    return read_json_object(path, "a file of a checkpoint folder; download it again", MAX_CONFIG_BYTES)


def read_headers(folder: Path) -> dict[str, Header]:
    """Names, shapes and types of all tensors in a folder's safetensors files, without reading their values.

    Args:
        folder: The folder.

    Returns:
        Headers by tensor name.

    Raises:
        InputError: A file is damaged, two files hold the same name, or the tensors are quantised.
    """
    files = _files(folder)
    tensors: dict[str, Header] = {}
    for path in files:
        try:
            with safe_open(path, framework="pt") as file:
                for name in file.keys():  # noqa: SIM118  (safe_open is no mapping)
                    part = file.get_slice(name)
                    if name in tensors:
                        raise InputError(f"{path} and {tensors[name].file.name} both hold {name}; delete the files left over")
                    tensors[name] = Header(path, name, tuple(part.get_shape()), part.get_dtype())
        except (SafetensorError, OSError) as error:
            raise InputError(f"{path} is damaged or cut short ({' '.join(str(error).split())}); download it again") from None
    for name, header in tensors.items():
        if header.dtype not in FLOATS + WHOLE:
            raise InputError(
                f"{header.file} holds {name} as {header.dtype}, expected one of {', '.join(FLOATS)}: quantised checkpoints "
                "cannot be converted, give the original"
            )
    return tensors


def _files(folder: Path) -> list[Path]:
    index = folder / "model.safetensors.index.json"
    if index.is_file():
        weight_map = read_json(index).get("weight_map")
        if not isinstance(weight_map, dict) or not weight_map:
            raise InputError(f"{index} has no weight_map; download it again")
        names = sorted({str(name) for name in weight_map.values()})
        if any("/" in name or "\\" in name for name in names):
            raise InputError(f"{index} names files outside its folder; expected plain file names, so it is not used")
        missing = [name for name in names if not (folder / name).is_file()]
        if missing:
            raise InputError(f"{folder} lacks {', '.join(missing)}, named in {index.name}; download the folder again, whole")
        return [folder / name for name in names]
    files = sorted(folder.glob("*.safetensors"))
    if files:
        return files
    pickles = sorted(path.name for pattern in PICKLES for path in folder.glob(pattern))
    if pickles:
        raise InputError(
            f"{folder} holds {pickles[0]} and no safetensors: a pickle can run any code when it is read, so it is not; "
            "get the safetensors files, or convert it where you trust its source"
        )
    raise InputError(f"{folder} holds no weights; expected *.safetensors, download the folder again, whole")
