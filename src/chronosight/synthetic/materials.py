"""Colours of the ground and of what stands on it, as a camera in neutral light sees them; and how rough they look."""

from __future__ import annotations

import numpy as np

from chronosight.synthetic.plan import Colour

# kind -> (dark, light when dry, dark, light when lush, grain, spread of the mix, tufts, land cover)
# grain: strength of the fine texture. spread: how strongly noise moves between dark and light. tufts: strength of clumps of a
# metre or so. Dry grass is straw-coloured and tufted; bare soil is browner, its green falls off from red, and it is smooth.
GROUNDS: dict[str, tuple[Colour, Colour, Colour, Colour, float, float, float, str]] = {
    "grass": ((0.46, 0.42, 0.27), (0.63, 0.58, 0.39), (0.31, 0.33, 0.22), (0.45, 0.46, 0.32), 0.035, 0.30, 0.02, "grass"),
    "scrub": ((0.42, 0.385, 0.26), (0.62, 0.57, 0.41), (0.30, 0.32, 0.21), (0.49, 0.48, 0.35), 0.05, 0.32, 0.032, "grass"),
    "lawn": ((0.43, 0.42, 0.27), (0.55, 0.525, 0.36), (0.29, 0.35, 0.20), (0.38, 0.43, 0.27), 0.025, 0.25, 0.01, "grass"),
    "soil": ((0.60, 0.485, 0.39), (0.78, 0.665, 0.56), (0.55, 0.45, 0.36), (0.73, 0.625, 0.52), 0.014, 0.35, 0.0, "bare land"),
    "red soil": ((0.51, 0.36, 0.265), (0.69, 0.52, 0.41), (0.48, 0.355, 0.26),
        (0.63, 0.485, 0.385), 0.014, 0.30, 0.0, "bare land"),
    "sand": ((0.67, 0.58, 0.45), (0.83, 0.75, 0.62), (0.64, 0.56, 0.43), (0.80, 0.73, 0.60), 0.012, 0.25, 0.0, "bare land"),
    "crop": ((0.52, 0.45, 0.27), (0.66, 0.58, 0.38), (0.25, 0.34, 0.17), (0.37, 0.45, 0.25), 0.02, 0.18, 0.0, "field"),
    "ploughed": ((0.38, 0.29, 0.22), (0.50, 0.40, 0.31), (0.34, 0.27, 0.20), (0.46, 0.38, 0.29), 0.025, 0.18, 0.0, "field"),
    "stubble": ((0.60, 0.53, 0.38), (0.72, 0.65, 0.48), (0.52, 0.50, 0.32), (0.66, 0.61, 0.42), 0.03, 0.2, 0.015, "field"),
    "wood floor": ((0.30, 0.26, 0.19), (0.44, 0.38, 0.29), (0.20, 0.22, 0.13), (0.34, 0.33, 0.22), 0.04, 0.3, 0.0, "trees"),
    "mud": ((0.44, 0.36, 0.285), (0.56, 0.465, 0.375), (0.40, 0.34, 0.265), (0.54, 0.46, 0.365), 0.014, 0.30, 0.0, "bare land"),
    "water dark": ((0.07, 0.11, 0.10), (0.11, 0.16, 0.14), (0.07, 0.12, 0.10), (0.11, 0.17, 0.14), 0.006, 0.3, 0.0, "water"),
    "water blue": ((0.12, 0.22, 0.29), (0.18, 0.29, 0.35), (0.10, 0.22, 0.29),
        (0.17, 0.29, 0.36), 0.008, 0.25, 0.0, "water"),
    "water green": ((0.16, 0.25, 0.19), (0.22, 0.31, 0.24), (0.15, 0.26, 0.18),
        (0.22, 0.32, 0.24), 0.006, 0.25, 0.0, "water"),
    "water muddy": ((0.38, 0.34, 0.24), (0.48, 0.43, 0.32), (0.34, 0.33, 0.22),
        (0.46, 0.42, 0.30), 0.008, 0.3, 0.0, "water"),
}  # fmt: skip
GROUND_NAMES = tuple(GROUNDS)
ROWED = ("crop", "ploughed", "stubble")

ROOFS: tuple[tuple[Colour, float], ...] = (
    ((0.46, 0.42, 0.39), 0.24), ((0.40, 0.35, 0.31), 0.18), ((0.54, 0.52, 0.50), 0.16), ((0.33, 0.32, 0.32), 0.12),
    ((0.60, 0.53, 0.45), 0.10), ((0.58, 0.42, 0.31), 0.10), ((0.80, 0.79, 0.77), 0.06), ((0.45, 0.50, 0.54), 0.04),
)  # fmt: skip
HALL_ROOFS: tuple[tuple[Colour, float], ...] = (
    ((0.90, 0.89, 0.87), 0.34), ((0.74, 0.73, 0.70), 0.22), ((0.58, 0.57, 0.56), 0.14), ((0.66, 0.71, 0.75), 0.1),
    ((0.45, 0.43, 0.41), 0.1), ((0.38, 0.52, 0.50), 0.05), ((0.62, 0.36, 0.28), 0.05),
)  # fmt: skip
CARS: tuple[tuple[Colour, float], ...] = (
    ((0.92, 0.92, 0.92), 0.34), ((0.12, 0.12, 0.13), 0.22), ((0.72, 0.73, 0.74), 0.18), ((0.62, 0.14, 0.12), 0.1),
    ((0.16, 0.22, 0.42), 0.1), ((0.50, 0.46, 0.38), 0.06),
)  # fmt: skip
POOL: Colour = (0.30, 0.68, 0.76)


def draw_colour(rng: np.random.Generator, choices: tuple[tuple[Colour, float], ...], spread: float = 0.03) -> Colour:
    """Draws a colour by weight, a little lighter or darker and a little off in hue.

    Args:
        rng: Draws it.
        choices: Colours with weights.
        spread: Standard deviation of the lightness, in [0, 1].

    Returns:
        (red, green, blue) in [0, 1].
    """
    weights = np.array([weight for _, weight in choices])
    colour = choices[int(rng.choice(len(choices), p=weights / weights.sum()))][0]
    return tint(rng, colour, spread)


def tint(rng: np.random.Generator, colour: Colour, spread: float = 0.03) -> Colour:
    """Makes a colour a little lighter or darker, as things of one kind are.

    Args:
        rng: Draws the difference.
        colour: (red, green, blue) in [0, 1].
        spread: Standard deviation of the lightness, in [0, 1].

    Returns:
        (red, green, blue) in [0.02, 0.98].
    """
    level = rng.normal(0, spread)
    red, green, blue = (float(np.clip(c + level + rng.normal(0, spread / 3), 0.02, 0.98)) for c in colour)
    return red, green, blue
