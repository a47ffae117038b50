"""`chronosight merge`: a Qwen-VL and a LoRA adapter -> one model folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from chronosight.cli.engine_options import quiet_transformers
from chronosight.cli.options import need_extra


def merge(
    weights: Annotated[Path, typer.Option(help="Downloaded Qwen-VL folder.", show_default=False)],
    adapter: Annotated[Path, typer.Option(help="LoRA folder.", show_default=False)],
    out: Annotated[Path, typer.Option(help="Folder to write.", show_default=False)],
) -> None:
    """Write a Qwen-VL with its adapter merged in: for vLLM, or for changevg without --adapter."""
    need_extra("models", "torch", "transformers", "peft")
    quiet_transformers()
    from chronosight.models.changevg.loading import find_folder
    from chronosight.models.changevg.merge import merge_adapter

    merge_adapter(find_folder(weights.as_posix()), adapter, out)
    print(f"Written to {out}")
