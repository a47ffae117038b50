"""Arguments and options that several commands share, and the opening of scenes from them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chronosight.errors import InputError

if TYPE_CHECKING:
    from chronosight.scenes.scene import Scene

Bands = Annotated[str | None, typer.Option(help="Bands that are red, green and blue, counted from 1: 4,3,2.", show_default=False)]
Frames = Annotated[int, typer.Option(min=1, help="Frames taken from a video.")]
Json = Annotated[bool, typer.Option("--json", help="One machine-readable line per answer.")]
NoRegister = Annotated[bool, typer.Option("--no-register", help="Do not correct a small shift between the dates.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Only the answer.")]
Resize = Annotated[bool, typer.Option("--resize", help="Bring plain images of different size to one size.")]
Zones = Annotated[Path | None, typer.Option(help="GeoJSON of named polygons: counts and areas for each.", show_default=False)]
Force = Annotated[bool, typer.Option("--force", help="Take imagery far coarser than the model knows.")]


def open_inputs(
    paths: Sequence[str], resize: bool, bands: str | None, frames: int, no_register: bool, force: bool = False
) -> Scene:
    from chronosight.scenes.open import open_scene

    return open_scene(*paths, resize=resize, bands=parse_bands(bands), frames=frames, register=not no_register, force=force)


def parse_bands(text: str | None) -> tuple[int, int, int] | None:
    """ "4,3,2" -> (4, 3, 2). Raises InputError for anything but three numbers from 1 on."""
    if text is None:
        return None
    parts = [part.strip() for part in text.split(",")]
    if len(parts) != 3 or not all(part.isdecimal() and int(part) > 0 for part in parts):
        raise InputError(f'--bands is "{text}", expected three band numbers from 1 on, such as 4,3,2')
    red, green, blue = (int(part) for part in parts)
    return red, green, blue


def need_extra(extra: str, *modules: str) -> None:
    """Raises InputError, naming the extra to install, where one of its modules is missing."""
    from importlib.util import find_spec

    missing = [name for name in modules if find_spec(name) is None]
    if missing:
        raise InputError(f"this command needs {', '.join(missing)}; install with: pip install chronosight[{extra}]")
