"""Makes the full-size engine from what a user gives."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from chronosight.engines.unirs.clue_cache import CachedClues
from chronosight.engines.unirs.clues import PROVIDERS, BaseModelClues, FileClues, GuideClues, NoClues
from chronosight.engines.unirs.engine import UniRSEngine
from chronosight.engines.unirs.model import UniRSModel
from chronosight.engines.unirs.placement import Precision
from chronosight.engines.unirs.weights import find_weights
from chronosight.errors import InputError


def load_unirs(
    weights: str | Path | None,
    adapter: str | Path | None = None,
    clues: Literal["none", "base", "guide", "file"] = "none",
    clue_file: str | Path | None = None,
    clue_cache: str | Path | None = None,
    base: str | Path | None = None,
    fetch: bool = False,
    precision: Precision = "auto",
    device: str | None = None,
    batch: int = 8,
    temperature: float = 0.0,
    resolution: int | None = None,
) -> UniRSEngine:
    """Loads UniRS at full size (arXiv 2412.20742).

    Args:
        weights: A converted weights folder, or a hub id; see `find_weights`.
        adapter: Folder of a LoRA adapter.
        clues: The clue provider (`engines.unirs.clues`).
        clue_file: File of the clues, for the provider "file" alone.
        clue_cache: File in which clues are kept.
        base: Weights before fine-tuning, where the whole model was tuned and no adapter can be switched off: a second copy in
            memory.
        fetch: Whether a hub id may be downloaded; see `find_weights`.
        precision: Precision of the weights; "auto" chooses by memory.
        device: Such as "cpu" or "cuda:0"; None chooses by memory.
        batch: Questions answered at once.
        temperature: 0 takes the likeliest token.
        resolution: Side of the frames in pixels, of every kind; positions are interpolated. None keeps the model's own.

    Returns:
        The engine.

    Raises:
        InputError: Options do not go together, or weights are missing or do not fit into memory.
    """
    if clues not in PROVIDERS:
        raise InputError(f'there is no clue provider "{clues}"; give one of {", ".join(PROVIDERS)}')
    if (clues == "file") != (clue_file is not None):
        raise InputError("a clue file goes with the provider file, and only with it; give both or neither")
    if clues == "base" and adapter is None and base is None:
        raise InputError(
            "the clue provider base needs the weights before fine-tuning: an adapter to switch off, or the base's folder"
        )
    model = UniRSModel.load(find_weights(weights, fetch), Path(adapter) if adapter else None, precision, device)
    if resolution is not None:
        model.resize(resolution)
    guide = None
    provider: Any = NoClues()
    if clues == "base":
        before = model if base is None else UniRSModel.load(find_weights(base, fetch), None, precision, device)
        provider = BaseModelClues(before, batch)
    elif clues == "guide":
        from chronosight.engines.compact.bundle import SHIPPED, Bundle
        from chronosight.engines.compact.engine import CompactEngine

        guide = CompactEngine(Bundle(SHIPPED))
        provider = GuideClues(guide)
    elif clue_file is not None:
        provider = FileClues(clue_file)
    return UniRSEngine(model, CachedClues(provider, clue_cache), guide, batch, temperature=temperature)
