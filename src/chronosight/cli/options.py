"""Arguments and options that several commands share, and the opening of scenes and engines from them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from chronosight.errors import InputError

if TYPE_CHECKING:
    from chronosight.engines.compact.bundle import Bundle
    from chronosight.scenes.scene import Scene

Bands = Annotated[str | None, typer.Option(help="Bands that are red, green and blue, counted from 1: 4,3,2.", show_default=False)]
Frames = Annotated[int, typer.Option(min=1, help="Frames taken from a video.")]
Json = Annotated[bool, typer.Option("--json", help="One machine-readable line per answer.")]
NoRegister = Annotated[bool, typer.Option("--no-register", help="Do not correct a small shift between the dates.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Only the answer.")]
Resize = Annotated[bool, typer.Option("--resize", help="Bring plain images of different size to one size.")]
Zones = Annotated[Path | None, typer.Option(help="GeoJSON of named polygons: counts and areas for each.", show_default=False)]
Force = Annotated[bool, typer.Option("--force", help="Take imagery far coarser than the model knows.")]
Weights = Annotated[
    Path | None,
    typer.Option(
        help="Weights folder of the engine, in place of the one that ships; of unirs and changevg also a hub id.",
        show_default=False,
    ),
]
Engine = Annotated[str, typer.Option(help="compact; changevg: the guide and a Qwen-VL; unirs: UniRS at full size.")]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="NAME=VALUE",
        help="Setting of the engine unirs, any number of times; see docs/unirs.md.",
        show_default=False,
    ),
]
_OF_CHANGEVG = "Of the engine changevg"
Adapter = Annotated[Path | None, typer.Option(help="LoRA folder.", show_default=False, rich_help_panel=_OF_CHANGEVG)]
GuideWeights = Annotated[
    Path | None,
    typer.Option(
        "--guide",
        help="Weights folder whose guide looks, in place of the one that ships.",
        show_default=False,
        rich_help_panel=_OF_CHANGEVG,
    ),
]
GuideFormName = Annotated[
    str | None,
    typer.Option(
        "--guide-form",
        help="What the model is told of it: none, caption, detail or full.",
        show_default=False,
        rich_help_panel=_OF_CHANGEVG,
    ),
]
EndpointUrl = Annotated[
    str | None,
    typer.Option(
        "--endpoint",
        help="OpenAI-compatible server that has the model: http://127.0.0.1:8000/v1.",
        show_default=False,
        rich_help_panel=_OF_CHANGEVG,
    ),
]
PrecisionName = Annotated[
    str | None,
    typer.Option("--precision", help="auto, bf16, fp32 or 4bit.", show_default=False, rich_help_panel=_OF_CHANGEVG),
]

MakeEngine = Callable[[], Any]


def open_inputs(paths: Sequence[str], resize: bool, bands: str | None, frames: int, no_register: bool) -> Scene:
    from chronosight.scenes.open import open_scene

    return open_scene(*paths, resize=resize, bands=parse_bands(bands), frames=frames, register=not no_register)


def load_engine(weights: Path | None, engine: str = "compact", settings: Sequence[str] | None = None, **options: Any) -> Any:
    """settings: NAME=VALUE each. options: of `chronosight.engines.load`; what is None was not given."""
    from chronosight.engines import load

    given = {name: value for name, value in options.items() if value is not None}
    given |= dict(parse_setting(text) for text in settings or ())
    if engine == "changevg" and "endpoint" not in given:
        quiet_transformers()
    return load(engine, None if weights is None else weights.as_posix(), **given)


def guide_bundle(engine: Any) -> Bundle:
    """Weights of the compact engine. Raises InputError for another engine, which cannot look at whole scenes."""
    if not hasattr(engine, "bundle"):
        raise InputError("whole scenes, and places in them, are looked at by the engine compact; leave --engine out")
    bundle: Bundle = engine.bundle
    return bundle


def quiet_transformers() -> None:
    """No progress bars and warnings of libraries among the answers."""
    from importlib.util import find_spec

    if find_spec("transformers") is not None:
        from transformers.utils import logging

        logging.disable_progress_bar()
        logging.set_verbosity_error()


def parse_setting(text: str) -> tuple[str, Any]:
    """yes and no, whole numbers and fractions become what they are, the rest stays text. Raises InputError for a text that
    is not NAME=VALUE."""
    name, sign, value = text.partition("=")
    if not sign or not name.isidentifier() or not value:
        raise InputError(f'--set is "{text}", expected NAME=VALUE, such as precision=int8')
    if value in ("yes", "no"):
        return name, value == "yes"
    for kind in (int, float):
        try:
            return name, kind(value)
        except ValueError:
            continue
    return name, value


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
