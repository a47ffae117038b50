"""The classes of a land-cover map: what the ground of one date is."""

from __future__ import annotations

# Index of a land-cover map. "built-up" is roofs; "road and paved" any sealed ground; crops count as low vegetation in any season.
LAND_COVER_CLASSES = (
    "built-up",
    "road and paved",
    "bare ground",
    "low vegetation and crops",
    "trees",
    "water",
)
COARSEST = 1.25  # metres per pixel: in coarser pairs the land cover is not reliable enough to be mapped (docs/experiments.md)
# What the land-cover head reads: maps of the guide of fine imagery, at strides 4, 8, 16 and 4 (`models.guide.modeling`), and the
# images themselves.
GUIDE_MAPS = ("level_4", "level_8", "level_16", "decoded_4")
PIXELS = "pixels"
