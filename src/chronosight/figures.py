"""Numbers to a few figures, as people write them: "1,000", never "1e+03"."""

from __future__ import annotations

import math


def figures(value: float, digits: int = 3) -> str:
    """A number to so many figures.

    Args:
        value: Finite.
        digits: How many figures.

    Returns:
        Such as "0.25", "12.3" or "1,230".
    """
    rounded = float(f"{value:.{digits}g}")
    if not rounded:
        return "0"
    text = f"{rounded:,.{max(0, digits - 1 - math.floor(math.log10(abs(rounded))))}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
