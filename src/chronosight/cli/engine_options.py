"""The options that say which engine answers, the same for every command that asks one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from chronosight.cli.options import with_options
from chronosight.errors import InputError

if TYPE_CHECKING:
    from chronosight.engines.engine import Engine

Weights = Annotated[
    Path | None,
    typer.Option(
        help="Weights folder to use instead of the one that ships; a hub id too for unirs and changevg.",
        show_default=False,
    ),
]
EngineName = Annotated[str, typer.Option(help="compact; changevg (guide and Qwen-VL); unirs (UniRS at full size).")]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="NAME=VALUE",
        help="Setting of the engine unirs; repeatable, see docs/unirs.md.",
        show_default=False,
    ),
]
Classes = Annotated[
    str | None,
    typer.Option(
        "--classes",
        metavar="LIST",
        help="What is mapped: buildings,roads leaves out land cover; all by default (engine compact).",
        show_default=False,
    ),
]
_OF_CHANGEVG = "Options of the engine changevg"
Adapter = Annotated[Path | None, typer.Option(help="Folder of a LoRA adapter.", show_default=False, rich_help_panel=_OF_CHANGEVG)]
GuideWeights = Annotated[
    Path | None,
    typer.Option(
        "--guide",
        help="Weights folder whose guide to use instead of the one that ships.",
        show_default=False,
        rich_help_panel=_OF_CHANGEVG,
    ),
]
GuideFormName = Annotated[
    str | None,
    typer.Option(
        "--guide-form",
        help="What the model gets from the guide: none, caption, detail or full.",
        show_default=False,
        rich_help_panel=_OF_CHANGEVG,
    ),
]
EndpointUrl = Annotated[
    str | None,
    typer.Option(
        "--endpoint",
        help="OpenAI-compatible server of the model: http://127.0.0.1:8000/v1.",
        show_default=False,
        rich_help_panel=_OF_CHANGEVG,
    ),
]
PrecisionName = Annotated[
    str | None,
    typer.Option("--precision", help="auto, bf16, fp32 or 4bit.", show_default=False, rich_help_panel=_OF_CHANGEVG),
]


@dataclass(frozen=True)
class EngineChoice:
    """What was chosen; nothing is loaded before `load`. options: those of `chronosight.engines.load` that were given."""

    name: str = "compact"
    weights: Path | None = None
    options: dict[str, Any] = field(default_factory=dict)

    def load(self) -> Engine:
        """The engine. Raises InputError for one that is unknown or cannot be loaded."""
        from chronosight.engines import load

        if self.name == "changevg" and "endpoint" not in self.options:
            quiet_transformers()
        return load(self.name, None if self.weights is None else self.weights.as_posix(), **self.options)


def check_classes(files: Sequence[str], chosen: EngineChoice) -> None:
    """Checks that classes are not chosen for results, whose classes were chosen when they were made.

    Args:
        files: What is asked about.
        chosen: The engine and its options.

    Raises:
        InputError: They are.
    """
    from chronosight.pipeline import result_folder

    if "classes" in chosen.options and (folder := result_folder(files)) is not None:
        raise InputError(f"{folder} holds results, which keep the classes they were made with: leave --classes out")


def engine_options(
    weights: Weights = None,
    engine: EngineName = "compact",
    settings: Settings = None,
    adapter: Adapter = None,
    guide: GuideWeights = None,
    guide_form: GuideFormName = None,
    endpoint: EndpointUrl = None,
    precision: PrecisionName = None,
    classes: Classes = None,
) -> EngineChoice:
    """The engine that the options choose."""
    given = {"adapter": adapter, "guide": guide, "guide_form": guide_form, "endpoint": endpoint, "precision": precision,
             "classes": classes}  # fmt: skip
    options = {name: value for name, value in given.items() if value is not None}
    return EngineChoice(engine, weights, options | dict(parse_setting(text) for text in settings or ()))


with_engine = with_options(chosen=engine_options)


def quiet_transformers() -> None:
    """No progress bars and warnings of libraries among the answers."""
    from importlib.util import find_spec

    if find_spec("transformers") is not None:
        from transformers.utils import logging

        logging.disable_progress_bar()
        logging.set_verbosity_error()


def parse_setting(text: str) -> tuple[str, Any]:
    """Yes and no, whole numbers and fractions become what they are, the rest stays text.

    Raises InputError for a text that is not NAME=VALUE.

    Args:
        text: The value as typed.

    Returns:
        A bool, int, float or text.
    """
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
