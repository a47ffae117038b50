"""Half-metre pairs (`native_train`) that no training sees: kept for choosing and for calibration.

Drawn at random, near-duplicates together (those whose half-resolution images correlate above 0.8 for some shift). Places of
`train` that show the same ground (above 0.78 for some shift and scale) are left out of training with them.
"""

from __future__ import annotations

_NUMBERS = """
0002 0004 0016 0023 0024 0026 0029 0038 0039 0044 0045 0051 0054 0055 0059 0062
0064 0069 0070 0072 0088 0098 0109 0115 0118 0128 0132 0133 0134 0137 0147 0150
0152 0158 0164 0170 0172 0181 0186 0193 0199 0200 0206 0210 0215 0217 0219 0231
0234 0235 0238 0241 0248 0249 0261 0267 0273 0299 0305 0308 0309 0311 0320 0326
"""
NATIVE_HELD_OUT = frozenset(f"tr{number}" for number in _NUMBERS.split())
SAME_GROUND = frozenset({"train_tile_123", "train_tile_143", "train_tile_172", "train_tile_240"})
