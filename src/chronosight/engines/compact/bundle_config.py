"""The config.json of a compact weights folder, checked once, and the files that it vouches for."""

from __future__ import annotations

import os
import zlib
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from chronosight.engines.compact.guide_outputs import FINE_SHARE
from chronosight.errors import InputError
from chronosight.files import check_regular_file, read_json_object
from chronosight.models.weight_files import MAX_CONFIG_BYTES, check, check_tokenizer
from chronosight.tasks.clue import GuideForm
from chronosight.tasks.land_cover import LAND_COVER_CLASSES

FORMAT = 1
CHECKED_FILES = (".onnx", ".npy", ".safetensors", "tokenizer.json")
MAX_BYTES = 2 << 30  # of one file
KEPT = 100  # lines of the cache

_Side = Annotated[int, Field(strict=True, ge=16, le=4096)]
_Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
_Times = Annotated[float, Field(strict=True, ge=1, le=2)]


class Checksum(BaseModel):
    """What a file of the folder must be."""

    bytes: Annotated[int, Field(strict=True, ge=0)]
    crc32: Annotated[int, Field(strict=True, ge=0, lt=1 << 32)]


class CountOfOne(BaseModel):
    """Calibration of the answer "1" to "how many"."""

    a: _Number = 1.0
    b: _Number = 0.0
    nouns: list[str] = []


class PresenceConfig(BaseModel):
    """How the classifier in presence.npy is read."""

    nouns: Annotated[list[str], Field(min_length=1, max_length=1000)]
    classifier: _Number
    model: _Number
    bias: _Number
    by_noun: dict[str, Annotated[list[_Number], Field(min_length=3, max_length=3)]] = {}
    confident: dict[str, dict[Literal["yes", "no"], _Number]]
    one: CountOfOne


class SceneClassifierConfig(BaseModel):
    """The classes of the classifier in scene_classifier.npy, by row."""

    classes: Annotated[list[Annotated[str, Field(min_length=1, max_length=100)]], Field(min_length=2, max_length=1000)]


class FamiliarConfig(BaseModel):
    """How far an image's features may lie from the training images' (familiar.npy)."""

    limit: Annotated[_Number, Field(gt=0)]


class GroundSizeConfig(BaseModel):
    """How far the true ground size may lie below and above its estimate (ground_size.npy), in octaves.

    `spread`: the same for both, in weights of version 0.10 and older.
    """

    finer: Annotated[_Number, Field(ge=0, le=10)] | None = None
    coarser: Annotated[_Number, Field(ge=0, le=10)] | None = None
    spread: Annotated[_Number, Field(ge=0, le=10)] | None = None

    @model_validator(mode="after")
    def _both_sides(self) -> GroundSizeConfig:
        if self.spread is None and (self.finer is None or self.coarser is None):
            raise ValueError('needs "finer" and "coarser"')
        return self


class FineGuideConfig(BaseModel):
    """The guide of fine imagery (guide_fine.onnx).

    `up_to`: metres per pixel of the coarsest pairs that it compares alone. `mixed_up_to`: of those whose map is the mean of both
    guides; none where it is 0. `mixed_share`: its share in that mean. `mixed_at`: how much larger the other guide and this one
    are shown such pairs. `halved`: share of the pairs at half their size in the map of those that it compares alone, where 0 is
    all `views` of the pairs as they are. `finest_up_to`: of those that are compared at `finest` too, by a guide of their own
    (guide_finest.onnx) where `finest_guide` says so; none where it is 0.
    """

    metres_per_pixel: Annotated[float, Field(strict=True, gt=0, le=1000)]
    up_to: Annotated[float, Field(strict=True, gt=0, le=1000)]
    mixed_up_to: Annotated[float, Field(strict=True, ge=0, le=1.5)] = 0.0
    mixed_share: Annotated[_Number, Field(ge=0, le=1)] = FINE_SHARE
    mixed_at: tuple[_Times, _Times] = (1.0, 1.0)
    finest: Annotated[float, Field(strict=True, gt=0, le=1000)] = 0.25
    finest_up_to: Annotated[float, Field(strict=True, ge=0, le=1000)] = 0.0
    finest_guide: bool = False
    views: Literal[1, 2] = 1
    halved: Annotated[_Number, Field(ge=0, lt=1)] = 0.0


_SixNumbers = Annotated[list[_Number], Field(min_length=len(LAND_COVER_CLASSES), max_length=len(LAND_COVER_CLASSES))]


class LandCoverConfig(BaseModel):
    """How the scores of the land-cover head (land_cover.onnx) are read, by class: calibration, and from where on it is known.

    `agreeing`: from where on it is known where both dates show the same group. `scale_coarse` and so on: for pairs that the guide
    of fine imagery does not compare alone; those of fine pairs where they are missing (of `agreeing`, none). `up_to`: metres
    per pixel of the coarsest pairs whose land cover is mapped; those of fine imagery alone where it is 0.
    """

    scale: _SixNumbers
    bias: _SixNumbers
    least: _SixNumbers
    agreeing: _SixNumbers | None = None
    scale_coarse: _SixNumbers | None = None
    bias_coarse: _SixNumbers | None = None
    least_coarse: _SixNumbers | None = None
    agreeing_coarse: _SixNumbers | None = None
    up_to: Annotated[float, Field(strict=True, ge=0, le=1.5)] = 0.0


class CaptionerConfig(BaseModel):
    """The captioner of changes (captioner.onnx, captioner_words.onnx): its words, the first four of which are no words."""

    words: Annotated[list[Annotated[str, Field(min_length=1, max_length=100)]], Field(min_length=5, max_length=20_000)]


class BundleConfig(BaseModel):
    """What the compact engine reads of config.json; other keys are allowed."""

    model_config = ConfigDict(extra="allow")

    format: Literal[1]
    name: Annotated[str, Field(max_length=200)] = "compact"
    version: Annotated[str, Field(max_length=200)] = ""
    metres_per_pixel: Annotated[float, Field(strict=True, gt=0, le=1000)]
    classes: Annotated[list[Annotated[str, Field(max_length=100)]], Field(min_length=2, max_length=100)]
    guide_form: GuideForm = "none"
    guide_views: Literal[1, 2] = 1
    image_views: Literal[1, 2] = 1
    image_size: _Side | None = None
    pair_size: _Side | None = None
    video_size: _Side | None = None
    video_frames: Annotated[int, Field(strict=True, ge=1, le=4096)] | None = None
    from_objects: list[str] = []
    calibration: dict[str, dict[str, _Number]] = {}
    presence: PresenceConfig | None = None
    scene_classifier: SceneClassifierConfig | None = None
    familiar: FamiliarConfig | None = None
    fine_guide: FineGuideConfig | None = None
    ground_size: GroundSizeConfig | None = None
    land_cover: LandCoverConfig | None = None
    captioner: CaptionerConfig | None = None
    checksums: dict[str, Checksum] = {}


def read_bundle_config(folder: Path) -> dict[str, Any]:
    """Reads and checks config.json.

    Args:
        folder: A compact weights folder.

    Returns:
        Its JSON values.

    Raises:
        InputError: There is no such folder or file, or a key is missing or of a wrong type or range.
    """
    if not folder.is_dir():
        raise InputError(f"no weights folder at {folder}; give a folder with config.json (--weights DIR)")
    path = folder / "config.json"
    if not path.is_file():
        raise InputError(f"weights folder {folder} has no config.json; give a folder that chronosight exported")
    config = read_json_object(path, "the config.json of a weights folder; copy the folder again", MAX_CONFIG_BYTES)
    if config.get("format") != FORMAT:
        found = str(config.get("format"))[:40]
        raise InputError(f"weights at {folder} have format {found}, expected {FORMAT}; update chronosight")
    check(BundleConfig, config, path)
    config.setdefault("guide_form", "none")
    return config


def verify(path: Path, config: dict[str, Any]) -> None:
    """Checks that a file of the folder is the one that config.json vouches for.

    A file is read for it once: what was found right is kept in the user's cache folder by path, size and time of change.

    Args:
        path: The file.
        config: Of `read_bundle_config`; a folder of an older release has no checksums, and its files are taken as they are.

    Raises:
        InputError: It is missing, no regular file, damaged, or a tokenizer that lengthens texts without bound.
    """
    if not path.is_file():
        raise InputError(f"weights folder {path.parent} has no {path.name}; give a complete one (--weights DIR)")
    check_regular_file(path, "a file of a weights folder", MAX_BYTES)
    expected = config.get("checksums", {}).get(path.name)
    found = path.stat()
    key = f"{path.resolve()}|{found.st_size}|{found.st_mtime_ns}|{expected and expected['crc32']}"
    known = _known()
    if key in known:
        return
    if expected is not None and (found.st_size != expected["bytes"] or crc32(path) != expected["crc32"]):
        raise InputError(f"weights file {path} is damaged: it is not the one that config.json names; copy the folder again")
    if path.name == "tokenizer.json":
        check_tokenizer(path)
    known[key] = None
    _keep(list(known))


@cache
def _known() -> dict[str, None]:
    """Files found right before, oldest first; empty where there is no cache."""
    try:
        lines = _cache_file().read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError, RuntimeError):
        return {}
    return dict.fromkeys(lines)


def _keep(keys: list[str]) -> None:
    try:
        path = _cache_file()
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f".{path.name}.{os.getpid()}")
        part.write_text("\n".join(keys[-KEPT:]) + "\n", encoding="utf-8")
        part.replace(path)
    except (OSError, ValueError, RuntimeError):
        pass  # without a cache folder each start reads the files again


def _cache_file() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "chronosight" / "verified.txt"


def checksums(folder: Path) -> dict[str, dict[str, int]]:
    """Sizes and checksums of the files of a weights folder, for its config.json: against damage, not against forgery.

    Args:
        folder: The weights folder.

    Returns:
        "bytes" and "crc32" by file name.
    """
    files = sorted(path for path in folder.iterdir() if path.name.endswith(CHECKED_FILES))
    return {path.name: {"bytes": path.stat().st_size, "crc32": crc32(path)} for path in files}


def crc32(path: Path) -> int:
    """CRC-32 of a file.

    Args:
        path: The file.

    Returns:
        The checksum, an unsigned 32-bit integer.
    """
    value = 0
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            value = zlib.crc32(block, value)
    return value
