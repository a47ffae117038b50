"""The parts that the overlay and the page share: photographs at a readable size, and the change drawn over them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from chronosight.reports.codes import colour_of
from chronosight.reports.cover_codes import pair_colours
from chronosight.results.changed_object import ChangedObject
from chronosight.results.land_cover_change import CoverObject
from chronosight.results.zones import Zone
from chronosight.scenes.lonlat import to_pixels
from chronosight.scenes.scene import Scene

FILL_ALPHA = 84  # of 255: the photograph stays readable underneath
COVER_ALPHA = 120  # a class is recognised by its colour alone, so it must not mix with the ground
COVER_HALO = (255, 255, 255, 230)  # a light rim: classes before are often dark
HALO = (12, 14, 17, 190)  # a dark rim keeps light outlines visible on light roofs and roads
SMOOTH = 2  # the outlines are drawn this much larger, then reduced, for smooth edges


def photograph(frame: np.ndarray, valid: np.ndarray, size: tuple[int, int]) -> Image.Image:
    """One date as RGB; pixels without data are grey.

    Args:
        frame: (H, W, 3) uint8.
        valid: (H, W) bool, where there is data.
        size: (width, height) of the result in pixels.

    Returns:
        The image.
    """
    if not valid.all():
        frame = np.where(valid[..., None], frame, np.uint8(128))
    image = Image.fromarray(frame)
    if image.size == size:
        return image
    return image.resize(size, Image.Resampling.BICUBIC if size[0] > image.width else Image.Resampling.LANCZOS)


def draw_change(
    photo: Image.Image, codes: np.ndarray, palette: dict[int, tuple[int, int, int]], objects: Sequence[ChangedObject]
) -> Image.Image:
    """Fills changed pixels lightly and outlines every object.

    Args:
        photo: The image; it may be larger or smaller than the pixel grid of the objects.
        codes: (H, W) uint8 change map on the pixel grid of the objects.
        palette: Colour of each code.
        objects: The changed objects.

    Returns:
        A new image.
    """
    width, height = photo.size
    table = np.zeros((256, 4), np.uint8)
    for value, colour in palette.items():
        table[value] = (*colour, FILL_ALPHA)
    small = Image.fromarray(codes).resize(photo.size, Image.Resampling.NEAREST)
    fill = Image.fromarray(table[np.asarray(small)])
    lines = Image.new("RGBA", (width * SMOOTH, height * SMOOTH))
    pen = ImageDraw.Draw(lines)
    scale = np.array([width * SMOOTH / codes.shape[1], height * SMOOTH / codes.shape[0]])
    stroke = max(2, round(width / 400)) * SMOOTH
    rings = [[tuple(point) for point in (item.outline * scale).tolist()] for item in objects]
    for ring in rings:
        pen.line(ring, fill=HALO, width=stroke + 2 * SMOOTH, joint="curve")
    for item, ring in zip(objects, rings, strict=True):
        pen.line(ring, fill=(*colour_of(item.class_name, item.direction), 255), width=stroke, joint="curve")
    drawn = Image.alpha_composite(photo.convert("RGBA"), fill)
    return Image.alpha_composite(drawn, lines.reduce(SMOOTH)).convert("RGB")


def draw_cover(photo: Image.Image, shape: tuple[int, int], objects: Sequence[CoverObject]) -> Image.Image:
    """Fills land-cover objects in the colour of the class after, and outlines them in that of the class before.

    Args:
        photo: The image; it may be larger or smaller than the pixel grid of the objects.
        shape: (height, width) of that grid.
        objects: The land-cover objects.

    Returns:
        A new image.
    """
    width, height = photo.size
    layer = Image.new("RGBA", (width * SMOOTH, height * SMOOTH))
    pen = ImageDraw.Draw(layer)
    scale = np.array([width * SMOOTH / shape[1], height * SMOOTH / shape[0]])
    stroke = max(2, round(width / 400)) * SMOOTH
    for item in objects:
        fill, rim = pair_colours(item.key)
        rings = [[tuple(point) for point in (ring * scale).tolist()] for ring in (item.outline, *item.holes)]
        pen.polygon(rings[0], fill=(*fill, COVER_ALPHA))
        for ring in rings[1:]:
            pen.polygon(ring, fill=(0, 0, 0, 0))
        for ring in rings:
            pen.line(ring, fill=COVER_HALO, width=stroke + 2 * SMOOTH, joint="curve")
            pen.line(ring, fill=(*rim, 255), width=stroke, joint="curve")
    return Image.alpha_composite(photo.convert("RGBA"), layer.reduce(SMOOTH)).convert("RGB")


def draw_zones(photo: Image.Image, scene: Scene, zones: Sequence[Zone]) -> Image.Image:
    """Draws the outlines and the names of zones.

    Args:
        photo: The image.
        scene: The scene that it shows.
        zones: The zones.

    Returns:
        A new image; `photo` where the scene has no place on the Earth.
    """
    if to_pixels(scene, np.empty((0, 2))) is None:
        return photo
    drawn = photo.copy()
    pen = ImageDraw.Draw(drawn)
    font = ImageFont.load_default(size=15)
    scale = np.array([photo.width / scene.width, photo.height / scene.height])
    for zone in zones:
        seen = []
        for part in getattr(zone.shape, "geoms", [zone.shape]):
            pixels = to_pixels(scene, np.asarray(part.exterior.coords)[:, :2])
            assert pixels is not None
            ring = [tuple(point) for point in (pixels * scale).tolist()]
            pen.line(ring, fill=(12, 14, 17), width=4, joint="curve")
            pen.line(ring, fill=(255, 255, 255), width=2, joint="curve")
            seen.append(np.clip(pixels * scale, 0, photo.size))
        corners = np.concatenate(seen)
        x, y = ((corners.min(axis=0) + corners.max(axis=0)) / 2).tolist()
        pen.text((x, y), zone.name, (255, 255, 255), font, anchor="mm", stroke_width=2, stroke_fill=(12, 14, 17))
    return drawn
