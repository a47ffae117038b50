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
# What the land-cover head reads: maps of the guide of fine imagery, at strides 4, 8, 16 and 4 (`models.guide.modeling`).
GUIDE_MAPS = ("level_4", "level_8", "level_16", "decoded_4")
