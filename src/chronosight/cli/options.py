"""Arguments and options that several commands share."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer

from chronosight.errors import InputError, install_hint
from chronosight.pipeline.opening import Opening

if TYPE_CHECKING:
    from chronosight.engines.generalise import ObjectLimits

Command: TypeAlias = Callable[..., None]

Bands = Annotated[
    str | None,
    typer.Option(metavar="R,G,B", help="Numbers of the red, green and blue band, from 1: 4,3,2.", show_default=False),
]
Frames = Annotated[int, typer.Option(min=1, help="Number of frames taken from a video.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, one line per answer; errors too.")]
NoRegister = Annotated[bool, typer.Option("--no-register", help="Do not correct a small shift between the dates.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print only the answer or the result: no notes, no progress.")]
Resize = Annotated[bool, typer.Option("--resize", help="Resize plain images of different sizes to the first one's size.")]
Zones = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Named polygons (GeoJSON, GeoPackage): counts and areas for each.", show_default=False),
]
MinArea = Annotated[
    float, typer.Option(min=0, metavar="M2", help="Two dates: leave out changed objects smaller than this, in square metres.")
]
MinConfidence = Annotated[
    float, typer.Option(min=0, max=1, metavar="P", help="Two dates: leave out changed objects less probable than this, 0 to 1.")
]
Force = Annotated[bool, typer.Option("--force", help="Accept imagery far coarser than the model was trained on.")]

MetresPerPixel = Annotated[
    float | None,
    typer.Option(
        "--metres-per-pixel",
        metavar="M",
        help="Ground size of a pixel of images without a georeference: areas are then square metres.",
        show_default=False,
    ),
]


def _allow_remote(entries: list[str] | None) -> list[str] | None:
    if entries:
        from chronosight.scenes.remote import allow_remote

        allow_remote(entries)
    return entries


AllowRemote = Annotated[
    list[str] | None,
    typer.Option(
        "--allow-remote",
        metavar="HOST",
        callback=_allow_remote,
        help="Host (data.example.org), bucket (s3://name) or vrt that may be read; repeatable.",
        show_default=False,
    ),
]
Asset = Annotated[
    str | None, typer.Option(metavar="NAME", help="STAC items: key or role of the asset to use.", show_default=False)
]
Ask = Annotated[list[str] | None, typer.Option(metavar="QUESTION", help="Question to answer; repeatable.", show_default=False)]
Video = Annotated[bool, typer.Option("--video", help="Treat a folder or several images as frames of a video.")]


def with_options(**groups: Callable[..., Any]) -> Callable[[Command], Command]:
    """Gives a command further options, so that what several commands share is declared once.

    Args:
        **groups: By the name of a keyword parameter: the function whose parameters are options of the command in its place, and
            whose result the parameter gets.

    Returns:
        A decorator.
    """

    def decorate(command: Command) -> Command:
        own = [p for p in inspect.signature(command, eval_str=True).parameters.values() if p.name not in groups]
        shared = {name: list(inspect.signature(make, eval_str=True).parameters.values()) for name, make in groups.items()}

        @functools.wraps(command)
        def with_groups(**values: Any) -> None:
            made = {name: make(**{p.name: values.pop(p.name) for p in shared[name]}) for name, make in groups.items()}
            command(**values, **made)

        every = [*own, *(p for group in shared.values() for p in group)]
        parameters = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in every]
        del with_groups.__wrapped__  # its parameters are not this one's
        with_groups.__annotations__ = {p.name: p.annotation for p in parameters}
        with_groups.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        return with_groups

    return decorate


def opening_options(
    resize: Resize = False,
    bands: Bands = None,
    no_register: NoRegister = False,
    force: Force = False,
    metres_per_pixel: MetresPerPixel = None,
    allow_remote: AllowRemote = None,
) -> Opening:
    """How images are opened, as the options say; what may be read from elsewhere is set by the option itself."""
    return Opening(resize, parse_bands(bands), register=not no_register, force=force, metres_per_pixel=metres_per_pixel)


def object_limits(min_area: float, min_confidence: float) -> ObjectLimits | None:
    """The limits as given; None where nothing is to be left out.

    Args:
        min_area: Smallest area in square metres; 0 for no limit.
        min_confidence: Lowest confidence in [0, 1]; 0 for no limit.

    Returns:
        The limits, or None.
    """
    from chronosight.engines.generalise import ObjectLimits

    return ObjectLimits(min_area, min_confidence) or None


def parse_point(text: str) -> tuple[float, float]:
    """Parses a point.

    Args:
        text: Such as "11.5,48.1".

    Returns:
        (longitude, latitude) in degrees.

    Raises:
        InputError: It is anything but a longitude and a latitude.
    """
    try:
        lon, lat = (float(part) for part in text.split(","))
    except ValueError:
        lon, lat = float("nan"), float("nan")
    if not (-180 <= lon <= 180 and -90 <= lat <= 90):
        raise InputError(f'--at is "{text}", expected longitude,latitude in degrees, such as 11.5,48.1')
    return lon, lat


def parse_bands(text: str | None) -> tuple[int, int, int] | None:
    """Parses band numbers.

    Args:
        text: Such as "4,3,2".

    Returns:
        Three numbers from 1 on.

    Raises:
        InputError: It is anything else.
    """
    if text is None:
        return None
    parts = [part.strip() for part in text.split(",")]
    if len(parts) != 3 or not all(part.isdecimal() and int(part) > 0 for part in parts):
        raise InputError(f'--bands is "{text}", expected three band numbers from 1 on, such as 4,3,2')
    red, green, blue = (int(part) for part in parts)
    return red, green, blue


def need_extra(extra: str, *modules: str) -> None:
    """Checks that an optional part of the package is installed.

    Args:
        extra: Name of the extra.
        *modules: Modules that it brings.

    Raises:
        InputError: A module is missing; the message names the extra to install.
    """
    from importlib.util import find_spec

    missing = [name for name in modules if find_spec(name) is None]
    if missing:
        raise InputError(f"this command needs {', '.join(missing)}; install with: {install_hint(extra)}")
