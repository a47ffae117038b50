"""What all recipes share: fields that many have; unknown fields are errors, and old names of fields work for one release."""

from __future__ import annotations

import warnings
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field, model_validator

# Fields that many recipes have, each with its description; a recipe gives the default.
Count = Annotated[int, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1)]
Steps = Annotated[int, Field(ge=0, description="Optimizer steps.")]
LearningRate = Annotated[float, Field(gt=0, description="Peak; cosine to 0.")]
WeightDecay = Annotated[float, Field(ge=0, description="Of AdamW.")]
Warmup = Annotated[float, Field(ge=0, le=1, description="Share of the steps over which the learning rate rises.")]
Ema = Annotated[
    float, Field(ge=0, lt=1, description="Decay of the exponential moving average of the weights; the average is what is saved.")
]
SaveEvery = Annotated[int, Field(ge=1, description="Optimizer steps between checkpoints.")]
LogEvery = Annotated[int, Field(ge=1, description="Optimizer steps between lines of the log.")]
Threads = Annotated[int, Field(ge=0, description="CPU threads; 0 for torch's own choice.")]


class Recipe(BaseModel):
    """Base of every recipe and of its sections; immutable."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    renamed: ClassVar[dict[str, str]] = {}
    """Old field name -> the name it has now."""

    @model_validator(mode="before")
    @classmethod
    def _check_values(cls, values: Any) -> Any:
        if not isinstance(values, dict):
            return values
        values = dict(values)
        for old, new in cls.renamed.items():
            if old in values:
                if new in values:
                    raise ValueError(f"{old} is the old name of {new}; give {new} alone")
                message = f"{old} is now called {new}; the old name works until the next release"
                warnings.warn(message, FutureWarning, stacklevel=2)
                values[new] = values.pop(old)
        for name, value in values.items():
            if isinstance(value, bool) and name in cls.model_fields and cls.model_fields[name].annotation in (int, float):
                raise ValueError(f"{name} is {value}, expected a number")
        return values
