"""`chronosight card`: the model card of a weights folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def card(
    weights: Annotated[Path, typer.Option(help="Weights folder the card is written into.", show_default=False)],
    results: Annotated[
        Path | None, typer.Option(help="JSON file of `chronosight eval` on these weights.", show_default=False)
    ] = None,
) -> None:
    """Write MODEL_CARD.md of a weights folder from its config.json and measured results."""
    from chronosight.evaluation.model_card import write_model_card

    print(f"Written to {write_model_card(weights, results)}")
