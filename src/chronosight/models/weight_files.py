"""Checks on a model folder, made on our own reading of its files before any library opens them.

A folder that somebody downloaded is input like any other: a model type that only its own code knows, a size that fills the
memory, or a tokenizer that multiplies its text are refused in one line. No file is executed, no pickle is read.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from chronosight.errors import InputError
from chronosight.files import read_json_object

MAX_CONFIG_BYTES = 4 << 20
MAX_TOKENIZER_BYTES = 64 << 20  # the largest published ones have some 20 MB
MAX_GROWTH = 64  # times that a tokenizer may lengthen a text before it is cut into tokens
MAX_PADDING = 1 << 14  # tokens

M = TypeVar("M", bound=BaseModel)


Layers = Annotated[int, Field(strict=True, ge=1, le=512)]
Heads = Annotated[int, Field(strict=True, ge=1, le=1024)]
Side = Annotated[int, Field(strict=True, ge=1, le=1 << 13)]
Width = Annotated[int, Field(strict=True, ge=1, le=1 << 16)]
Inner = Annotated[int, Field(strict=True, ge=1, le=1 << 18)]
Vocabulary = Annotated[int, Field(strict=True, ge=1, le=1 << 21)]
Positions = Annotated[int, Field(strict=True, ge=1, le=1 << 24)]


class ModelSizes(BaseModel):
    """The sizes that a transformers config may name, each within what a published model could have."""

    model_config = ConfigDict(extra="allow", protected_namespaces=())

    model_type: str | None = None
    hidden_size: Width | None = None
    out_hidden_size: Width | None = None
    intermediate_size: Inner | None = None
    num_hidden_layers: Layers | None = None
    depth: Layers | None = None
    num_attention_heads: Heads | None = None
    num_key_value_heads: Heads | None = None
    num_heads: Heads | None = None
    head_dim: Heads | None = None
    vocab_size: Vocabulary | None = None
    max_position_embeddings: Positions | None = None
    patch_size: Side | None = None
    image_size: Side | None = None
    text_config: ModelSizes | None = None
    vision_config: ModelSizes | None = None


def check(schema: type[M], values: Any, where: object) -> M:
    """Validates values read from a file.

    Args:
        schema: What they should be.
        values: As read from JSON.
        where: The file, for the message.

    Returns:
        The values as a model of `schema`.

    Raises:
        InputError: They are something else; the message names the first key that is wrong.
    """
    try:
        return schema.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join(map(str, first["loc"])) or "the document"
        found = "" if first["type"] == "missing" else f" (found {_short(first['input'])})"
        raise InputError(f"{where}: {key}: {first['msg'].lower()}{found}; get the folder again, whole") from None


def read_model_config(folder: Path, model_types: Collection[str], sizes: type[ModelSizes] = ModelSizes) -> dict[str, Any]:
    """Reads a model folder's config.json ourselves, so that no library meets a model type that it would run code for.

    Args:
        folder: The model folder.
        model_types: The values of `model_type` that are known.
        sizes: The schema of its sizes.

    Returns:
        The config as JSON values.

    Raises:
        InputError: There is no such file, the model type is another one, or a size is out of range.
    """
    path = folder / "config.json"
    if not path.is_file():
        raise InputError(f"{folder} has no config.json, expected a complete model folder; get it again, whole")
    config = read_json_object(path, "the config.json of a model folder", MAX_CONFIG_BYTES)
    found = config.get("model_type")
    if found not in model_types:
        named = f'holds a model of type "{_short(found)}"' if isinstance(found, str) else "names no model_type"
        raise InputError(f"{folder} {named}, expected {' or '.join(model_types)}; give the folder of such a model")
    check(sizes, config, path)
    return config


def check_tokenizer(path: Path) -> None:
    """Checks that a tokenizer.json cannot lengthen a text without bound.

    Args:
        path: The file, in the format of the tokenizers library.

    Raises:
        InputError: It is missing, too large, no JSON object, or its normalizer, decoder or padding multiplies texts.
    """
    values = read_json_object(path, "the tokenizer.json of a model folder", MAX_TOKENIZER_BYTES)
    for part in ("normalizer", "decoder"):
        if _growth(values.get(part)) > MAX_GROWTH:
            raise InputError(f"{path}: its {part} makes texts more than {MAX_GROWTH} times as long; get the folder again")
    if _padding(values.get("padding")) > MAX_PADDING:
        raise InputError(f"{path}: it pads every text to more than {MAX_PADDING:,} tokens; get the folder again")


def check_parameters(folder: Path, parameters: int) -> None:
    """Checks that a config describes no model much larger than the weights beside it.

    Args:
        folder: The model folder, with its safetensors files.
        parameters: Number of parameters by the config.

    Raises:
        InputError: The files could not hold that many: at four bits each they would be larger.
    """
    size = sum(path.stat().st_size for path in folder.glob("*.safetensors"))
    if parameters > 2 * size + (1 << 20):
        raise InputError(f"{folder}: config.json describes {parameters:,} parameters, the weights have {size:,} bytes; "
                         "get the folder again, whole")  # fmt: skip


@contextmanager
def library_errors(what: str, remedy: str) -> Iterator[None]:
    """Turns whatever a library raises about a user's file into one line.

    Args:
        what: What cannot be used, for the message: "weights in FOLDER".
        remedy: What to do about it.

    Raises:
        InputError: Anything went wrong inside.
    """
    try:
        yield
    except InputError:
        raise
    except Exception as error:  # the Rust and protobuf sides raise plain Exception, configs whatever a wrong type leads to
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise InputError(f"{what} cannot be read ({reason}); {remedy}") from error


def _growth(step: Any) -> float:
    """How many times as long a text may be after a step of a tokenizer; infinite for what is no step."""
    if step is None:
        return 1
    if not isinstance(step, dict):
        return math.inf
    kind, content = step.get("type"), step.get("content")
    if kind == "Sequence":
        steps = step.get("normalizers", step.get("decoders", []))
        return math.prod(map(_growth, steps)) if isinstance(steps, list) and len(steps) <= 32 else math.inf
    if kind == "Replace":
        pattern = step.get("pattern")
        literal = pattern.get("String") if isinstance(pattern, dict) else None
        if not isinstance(content, str):
            return math.inf
        # A regular expression may match between any two characters.
        return max(1.0, len(content) / len(literal)) if isinstance(literal, str) and literal else 1.0 + len(content)
    if kind == "Prepend":
        prefix = step.get("prepend")
        return 1.0 + len(prefix) / 16 if isinstance(prefix, str) else math.inf
    return 1.25 if kind in ("NFD", "NFKD", "NFKC", "ByteLevel", "BertNormalizer") else 1


def _padding(padding: Any) -> float:
    if padding is None:
        return 0
    if not isinstance(padding, dict):
        return math.inf
    strategy, multiple = padding.get("strategy"), padding.get("pad_to_multiple_of")
    fixed = strategy.get("Fixed", 0) if isinstance(strategy, dict) else 0
    return max(value if isinstance(value, int | float) else 0 for value in (fixed, multiple))


def _short(value: Any, most: int = 40) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= most else f"{text[:most]} ..."
