"""Imagery that no training sees, kept for choosing and for calibration; and what is left for training.

Half-metre pairs (`native_train`): drawn at random, near-duplicates together (those whose half-resolution images correlate above
0.8 for some shift). Places of `train` that show the same ground (above 0.78 for some shift and scale) are left out of training
with them. Chips of buildings: whole columns of the map's tiles.
"""

from __future__ import annotations

from pathlib import Path

from chronosight.datasets.buildings import BuildingChip, held_out_columns, load_chips
from chronosight.datasets.places import PlacePair, load_places

_NUMBERS = """
0002 0004 0016 0023 0024 0026 0029 0038 0039 0044 0045 0051 0054 0055 0059 0062
0064 0069 0070 0072 0088 0098 0109 0115 0118 0128 0132 0133 0134 0137 0147 0150
0152 0158 0164 0170 0172 0181 0186 0193 0199 0200 0206 0210 0215 0217 0219 0231
0234 0235 0238 0241 0248 0249 0261 0267 0273 0299 0305 0308 0309 0311 0320 0326
"""
NATIVE_HELD_OUT = frozenset(f"tr{number}" for number in _NUMBERS.split())
SAME_GROUND = frozenset({"train_tile_123", "train_tile_143", "train_tile_172", "train_tile_240"})


def training_places(data: str | Path) -> list[PlacePair]:
    """Places of `train` without those that show held-out ground.

    Args:
        data: Folder with pairs/.

    Returns:
        The places.

    Raises:
        InputError: The folder has another layout.
    """
    return [place for place in load_places(data, "train") if place.place not in SAME_GROUND]


def native_pairs(data: str | Path, held_out: bool) -> list[PlacePair]:
    """Half-metre pairs.

    Args:
        data: Folder with pairs/.
        held_out: Those held out; else those for training.

    Returns:
        The pairs.

    Raises:
        InputError: The folder has another layout.
    """
    return [pair for pair in load_places(data, "native_train") if (pair.id in NATIVE_HELD_OUT) == held_out]


def building_chips(data: str | Path, held_out: bool) -> list[BuildingChip]:
    """Chips of buildings.

    Args:
        data: Folder with buildings/.
        held_out: Those held out; else those for training.

    Returns:
        The chips.

    Raises:
        InputError: The folder has another layout.
    """
    chips = load_chips(data)
    columns = held_out_columns(chips)
    return [chip for chip in chips if (chip.column in columns) == held_out]
