"""The sheets a scene is drawn on, at twice the size of the image, and drawing on them in metres."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

from chronosight.synthetic.plan import Colour, Point
from chronosight.synthetic.truth import LAND_COVER

COVER = {name: index for index, name in enumerate(LAND_COVER)}
SCALE = 2  # sheet pixels per image pixel
# Red, green, blue, cover. Pillow divides colours by their cover when it halves "RGBA", which leaves bright rims;
# it averages the four planes of this mode as they are.
FOUR_PLANES = "CMYK"


class Layers:
    """The sheets drawn on, at SCALE times the size; a point is given in metres."""

    def __init__(self, size: int, metres_per_pixel: float, shift: tuple[float, float]) -> None:
        self.size, self.step, self.shift = size, metres_per_pixel, shift
        big = (size * SCALE, size * SCALE)
        self.sheets = {
            "flat": Image.new(FOUR_PLANES, big), "raised": Image.new(FOUR_PLANES, big),
            "cover": Image.new("L", big, 255),
            "shadow": Image.new("L", big), "changed": Image.new("L", big),
        }  # fmt: skip
        self.pens = {name: ImageDraw.Draw(sheet) for name, sheet in self.sheets.items()}

    def at(self, points: list[Point]) -> list[Point]:
        """Converts metres to pixels of the sheets.

        Args:
            points: Points in metres.

        Returns:
            The points in sheet pixels.
        """
        k = SCALE / self.step
        dx, dy = self.shift[0] * SCALE, self.shift[1] * SCALE
        return [(x * k + dx, y * k + dy) for x, y in points]

    def polygon(self, sheet: str, points: list[Point], fill: int | tuple[int, int, int, int]) -> None:
        """Draws a filled polygon.

        Args:
            sheet: Name of the sheet.
            points: Corners in metres.
            fill: Grey value or colour.
        """
        self.pens[sheet].polygon(self.at(points), fill=fill)

    def line(self, sheet: str, points: list[Point], width: float, fill: int | tuple[int, int, int, int]) -> None:
        """Draws a line.

        Args:
            sheet: Name of the sheet.
            points: Its points in metres.
            width: Its width in metres.
            fill: Grey value or colour.
        """
        pixels = max(1, round(width * SCALE / self.step))
        self.pens[sheet].line(self.at(points), fill=fill, width=pixels, joint="curve" if pixels > 3 else None)

    def half(self, name: str) -> np.ndarray:
        """A sheet at image size; colours are already multiplied by their cover.

        Args:
            name: Name of the sheet.

        Returns:
            (H, W) or (4, H, W) float32 in [0, 1].
        """
        small = np.asarray(self.sheets[name].reduce(SCALE))
        planes = small.transpose(2, 0, 1) if small.ndim == 3 else small
        return np.ascontiguousarray(planes, np.float32) * np.float32(1 / 255)

    def labels(self, name: str) -> np.ndarray:
        """A sheet of labels at image size.

        Args:
            name: Name of the sheet.

        Returns:
            (H, W) uint8.
        """
        return np.array(np.asarray(self.sheets[name])[SCALE // 2 :: SCALE, SCALE // 2 :: SCALE])


def rgba(colour: Colour, light: float = 1.0) -> tuple[int, int, int, int]:
    """An opaque 8-bit colour.

    Args:
        colour: (red, green, blue) in [0, 1].
        light: Factor on all three.

    Returns:
        (red, green, blue, alpha), 0 to 255.
    """
    red, green, blue = (max(0, min(255, int(255 * c * light))) for c in colour)
    return red, green, blue, 255
