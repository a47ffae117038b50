"""Makes the engine `changevg` of what the user named: weights here or an endpoint, an adapter, a guide."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from chronosight.engines.changevg.engine import ChangeVGEngine
from chronosight.engines.changevg.language_model import LanguageModel
from chronosight.engines.compact.bundle import SHIPPED, Bundle
from chronosight.errors import InputError, install_hint
from chronosight.models.changevg.settings import FILE, Settings
from chronosight.tasks.clue import GuideForm

if TYPE_CHECKING:
    from chronosight.models.changevg.loading import Precision

UNTUNED = Settings(guide_form="full", wording="plain")
PRECISIONS = ("auto", "fp32", "bf16", "4bit")


def load_changevg(
    weights: str | Path | None = None,
    adapter: str | Path | None = None,
    guide: str | Path | None = None,
    guide_form: str | None = None,
    endpoint: str | None = None,
    precision: str = "auto",
    threads: int | None = None,
) -> ChangeVGEngine:
    """Loads the engine `changevg` (arXiv 2509.23105).

    Args:
        weights: A Qwen2.5-VL or Qwen3-VL folder, or a hub id that is in the hub's local cache; the adapter's own base when None.
            With an endpoint, the name of the model that it serves, its first when None.
        adapter: A LoRA folder; its changevg.json holds the settings of its training. With an endpoint only that file is read: the
            server has the adapter.
        guide: Weights of the compact engine whose guide to use; the shipped ones when None.
        guide_form: "none", "caption", "detail" or "full", in place of the adapter's own, or of "full" for weights without one.
        endpoint: Address of an OpenAI-compatible server, up to and with /v1.
        precision: "auto", "fp32", "bf16" or "4bit".
        threads: CPU threads of each graph of the guide; the number of physical cores when None.

    Returns:
        The engine, ready to answer.

    Raises:
        InputError: Something is missing or does not fit; one line says what to do.
    """
    if guide_form is not None and guide_form not in get_args(GuideForm):
        raise InputError(f'unknown guide form "{guide_form}", expected one of {", ".join(get_args(GuideForm))}')
    if precision not in PRECISIONS:
        raise InputError(f'unknown precision "{precision}", expected one of {", ".join(PRECISIONS)}')
    if adapter is not None and not Path(adapter).is_dir():
        raise InputError(f"no adapter folder at {adapter}; give one that holds adapter_config.json (--adapter DIR)")
    bundle = Bundle(Path(guide) if guide is not None else SHIPPED, threads)
    facts: dict[str, Any] = {"guide_sha256": bundle.facts["weights_sha256"]}
    model: LanguageModel
    if endpoint is not None:
        from chronosight.engines.changevg.endpoint import Endpoint

        settings = _with_form(Settings.load(adapter) if adapter is not None else UNTUNED, guide_form)
        model = Endpoint(endpoint, None if weights is None else str(weights), settings.max_pixels)
        facts["endpoint"] = endpoint
    else:
        model, settings = _local(weights, adapter, guide_form, precision)
    if adapter is not None:
        facts |= {"adapter": Path(adapter).name, "adapter_sha256": _hash(Path(adapter))}
    facts |= {"guide_form": settings.guide_form, "wording": settings.wording, "max_pixels": settings.max_pixels}
    return ChangeVGEngine(model, bundle, settings, facts)


def _local(
    weights: str | Path | None, adapter: str | Path | None, guide_form: str | None, precision: Any
) -> tuple[LanguageModel, Settings]:
    missing = [name for name in ("torch", "transformers", "peft") if find_spec(name) is None]
    if missing:
        needs = f"the engine changevg needs {', '.join(missing)}"
        raise InputError(f"{needs}; install with: {install_hint('models')}, or give --endpoint URL")
    from chronosight.engines.changevg.local import LocalModel
    from chronosight.models.changevg.adapter import base_model
    from chronosight.models.changevg.loading import find_folder

    if weights is None:
        weights = base_model(Path(adapter)) if adapter is not None else None
    if weights is None:
        raise InputError("the engine changevg needs weights: a downloaded Qwen-VL folder (--weights DIR), or --endpoint URL")
    folder = find_folder(weights)
    tuned = adapter if adapter is not None else folder if (folder / FILE).is_file() else None
    settings = _with_form(Settings.load(tuned) if tuned is not None else UNTUNED, guide_form)
    chosen: Precision = precision
    return LocalModel(folder, settings, Path(adapter) if adapter is not None else None, chosen), settings


def _with_form(settings: Settings, form: Any) -> Settings:
    return settings if form is None else replace(settings, guide_form=form)


def _hash(adapter: Path) -> str:
    path = adapter / "adapter_model.safetensors"
    if not path.is_file():
        return ""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
