"""The one way in which training writes into a weights folder: arrays, networks, config.json with its checksums.

Each file is written under a temporary name first, so a stop leaves the old file or the new one; files that belong together
take their places together.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from chronosight.engines.compact.bundle_config import checksums
from chronosight.files import write_json

if TYPE_CHECKING:
    import torch


def write_array(folder: Path, name: str, array: np.ndarray) -> None:
    """Writes an array.

    Args:
        folder: Weights folder.
        name: Name of the file without ".npy".
        array: The array.
    """
    part = folder / f".{name}.partial.npy"
    np.save(part, array)
    part.replace(folder / f"{name}.npy")


def write_config(folder: Path, config: dict[str, Any]) -> None:
    """Writes config.json, its checksums those of the files that are there; to be called after the files are written.

    Args:
        folder: Weights folder.
        config: All of the configuration, as JSON types. "checksums" is set, unless it is missing, as in the weights of old
            releases: these stay without.
    """
    if "checksums" in config:
        config["checksums"] = checksums(folder)
    write_json(folder / "config.json", config)


def write_network(
    folder: Path, graph: str, export: Callable[[Path], dict[str, float]], trainable: str, state: Mapping[str, torch.Tensor]
) -> dict[str, float]:
    """Writes a network as the graph that the engine runs, and its weights as float16, from which training can go on.

    Args:
        folder: Weights folder.
        graph: Name of the ONNX file.
        export: Writes the graph to a path, and returns its differences from torch.
        trainable: Name of the safetensors file.
        state: The weights by name.

    Returns:
        What `export` returned.

    Raises:
        ValueError: The graph differs from torch; the folder is left as it was.
    """
    from safetensors.torch import save_file

    from chronosight.training.export.half import as_float16

    with added_files(folder) as part:
        differences = export(part / graph)
        save_file(as_float16(state), part / trainable)
        (part / trainable).chmod(0o644)  # safetensors keeps its files to their owner
    return differences


@contextmanager
def added_files(folder: Path) -> Iterator[Path]:
    """Files that are added together.

    Args:
        folder: Weights folder.

    Yields:
        An empty folder to write them to. They move into the weights folder at the end, in place of those of the same names;
        after an error none does.
    """
    part = folder / ".added.partial"
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir()
    try:
        yield part
        for path in sorted(part.iterdir()):
            os.replace(path, folder / path.name)
    finally:
        shutil.rmtree(part, ignore_errors=True)
