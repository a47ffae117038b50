"""Where and in which precision a full-size model runs, by what the machine has: decided once, with the reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from chronosight.errors import InputError

Precision = Literal["auto", "fp32", "bf16", "int8"]
PRECISIONS = ("auto", "fp32", "bf16", "int8")
BYTES = {"fp32": 4, "bf16": 2, "int8": 1.15}  # a weight; int8 leaves embeddings and the head in bf16
ROOM = 1.2  # times the weights, for activations and the cache


@dataclass(frozen=True)
class Placement:
    """precision: of the weights. device: "cpu", "cuda:0", or "auto" to spread over the GPUs and, at last, main memory."""

    precision: Literal["fp32", "bf16", "int8"]
    device: str
    reason: str


def place(
    parameters: int,
    gpus: Sequence[int] = (),
    ram: int = 0,
    precision: Precision = "auto",
    device: str | None = None,
    bf16: bool = True,
) -> Placement:
    """Chooses precision and device of a model.

    Left to choose, it is bf16 on the emptiest GPU, else spread over all, else int8 on one, else fp32, bf16 or int8 in main
    memory.

    Args:
        parameters: Number of the model's parameters.
        gpus: Free bytes of each GPU.
        ram: Free bytes of main memory.
        precision: "fp32", "bf16" or "int8"; "auto" to have it chosen.
        device: Such as "cpu" or "cuda:0"; None to have it chosen.
        bf16: Whether the GPUs know bf16.

    Returns:
        Precision, device and the reason.

    Raises:
        InputError: The model fits nowhere, or the precision is not one of these.
    """
    if precision not in PRECISIONS:
        raise InputError(f'there is no precision "{precision}"; give one of {", ".join(PRECISIONS)}')

    def need(kind: str) -> float:
        return parameters * BYTES[kind] * ROOM

    if device is not None:
        asked = precision if precision != "auto" else ("bf16" if device != "cpu" else "fp32")
        return Placement(asked, device, "as asked for")
    best = max(range(len(gpus)), key=lambda i: gpus[i]) if gpus else None
    wanted = [precision] if precision != "auto" else (["bf16", "int8"] if bf16 else ["fp32", "int8"])
    if best is not None:
        for kind in wanted:
            if need(kind) <= gpus[best]:
                return Placement(kind, f"cuda:{best}", f"{_gib(need(kind))} needed, GPU {best} has {_gib(gpus[best])} free")  # type: ignore[arg-type]
            if kind != "int8" and need(kind) <= sum(gpus):
                return Placement(kind, "auto", f"{_gib(need(kind))} needed, spread over {len(gpus)} GPUs")  # type: ignore[arg-type]
    for kind in [precision] if precision != "auto" else ["fp32", "bf16", "int8"]:
        if need(kind) <= ram:
            return Placement(kind, "cpu", f"{_gib(need(kind))} needed, main memory has {_gib(ram)} free")  # type: ignore[arg-type]
    least = precision if precision != "auto" else "int8"
    raise InputError(
        f"the model needs {_gib(need(least))} in {least}; the machine has {_gib(max([*gpus, ram]))} free: close other programs, "
        "or use a smaller model"
    )


def measure() -> tuple[list[int], int, bool]:
    """-> (free bytes of each GPU, free bytes of main memory, whether the GPUs know bf16)."""
    import psutil
    import torch

    gpus = [torch.cuda.mem_get_info(i)[0] for i in range(torch.cuda.device_count())] if torch.cuda.is_available() else []
    return gpus, psutil.virtual_memory().available, bool(gpus) and torch.cuda.is_bf16_supported()


def _gib(number: float) -> str:
    return f"{number / 2**30:.1f} GiB"
