"""Where the weights of the full-size engine come from: a folder, or a hub id where the user switched fetching on."""

from __future__ import annotations

import re
from pathlib import Path

from chronosight.errors import InputError

HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+")
FETCHED = ("*.json", "*.safetensors", "tokenizer.model", "*/*.json", "*/*.safetensors", "*/tokenizer.model")  # never pickle


def find_weights(weights: str | Path | None, fetch: bool = False) -> Path:
    """Finds a converted weights folder.

    Args:
        weights: A folder, or a hub id (owner/name), which is searched for in the local cache.
        fetch: Whether a hub id that is not cached is downloaded.

    Returns:
        The folder.

    Raises:
        InputError: There is none, or it is a published folder that was not converted yet.
    """
    if weights is None:
        raise InputError("the engine unirs ships no weights; give --weights DIR, made by: chronosight convert vila|unirs DIR OUT")
    folder = Path(weights)
    if not folder.exists() and HUB_ID.fullmatch(str(weights)):
        folder = _from_hub(str(weights), fetch)
    if not folder.is_dir():
        raise InputError(f"no weights folder {weights}; expected a folder made by: chronosight convert vila|unirs DIR OUT")
    if (folder / "llm").is_dir() and (folder / "mm_projector").is_dir():
        raise InputError(f"{folder} is a published checkpoint; convert it first: chronosight convert vila|unirs {folder} OUT")
    if not (folder / "config.json").is_file() or not list(folder.glob("model*.safetensors")):
        raise InputError(f"{folder} has no config.json or no model.safetensors; expected a folder made by chronosight convert")
    return folder


def _from_hub(name: str, fetch: bool) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(name, allow_patterns=list(FETCHED), local_files_only=not fetch))
    except LocalEntryNotFoundError:
        if fetch:
            raise InputError(f"{name} cannot be fetched: the hub is not reachable; give a folder") from None
        raise InputError(
            f"{name} is no folder here; to fetch it from the hub (gigabytes) say fetch=True, on the command line --set fetch=yes"
        ) from None
    except (HfHubHTTPError, HFValidationError, OSError) as error:
        raise InputError(f"{name} cannot be fetched ({' '.join(str(error).split())[:200]}); give a folder") from None
