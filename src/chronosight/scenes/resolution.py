"""The ground size of pixels: what the model was trained on, and the grid that a scene is analysed on."""

from __future__ import annotations

import math
from dataclasses import replace

from affine import Affine

from chronosight.errors import InputError
from chronosight.figures import figures
from chronosight.scenes.doubts import doubt_of_resolution
from chronosight.scenes.grid import Grid
from chronosight.scenes.ground import pixel_vectors
from chronosight.scenes.names import display_names
from chronosight.scenes.scene import Scene

TRAINED = 1.0  # metres a pixel at which the shipped models were trained to see change
AS_IT_IS = 1.2  # a grid within this factor of the trained ground size is kept,
SQUARE = 1.05  # where its pixels are as wide as high on the ground to within this one
DOUBTFUL = 2.0  # times the trained ground size: from here on answers are uncertain
REFUSED = 4.0  # from here on a house is a pixel or two, and upsampling shows none
STATED = (0.01, 1000.0)  # metres: least and most that a user may state as the size of a pixel
AGREE = 1.05  # factor within which a stated size is that of the georeference


def pixel_sides(grid: Grid) -> tuple[float, float] | None:
    """Ground size of the pixel at the grid's middle.

    Args:
        grid: The grid.

    Returns:
        (width, height) in metres; None without a place on the Earth.
    """
    vectors = pixel_vectors(grid, [grid.width / 2], [grid.height / 2])
    if vectors is None:
        return None
    wide, high = math.hypot(*vectors[0, 0]), math.hypot(*vectors[0, 1])
    return (wide, high) if wide > 0 and high > 0 else None


def squared(grid: Grid) -> tuple[Grid, str]:
    """A grid whose pixels are square on the ground.

    Args:
        grid: any grid; pixels in degrees are half as wide as high at 60 degrees of latitude.

    Returns:
        The grid itself where its pixels are square to within SQUARE, else one over the same ground with about as many square
        pixels; and a note for the user, "" where nothing was done.
    """
    sides = pixel_sides(grid)
    if sides is None or max(sides) <= SQUARE * min(sides):
        return grid, ""
    wide, high = sides
    side = math.sqrt(wide * high)
    width, height = max(1, round(grid.width * wide / side)), max(1, round(grid.height * high / side))
    scale = Affine.scale(grid.width / width, grid.height / height)
    note = f"pixels of {figures(wide)} x {figures(high)} m on the ground were resampled to square ones of {figures(side)} m"
    return Grid(grid.crs, grid.transform * scale, width, height), note


def check_resolution(name: str, metres: float | None, known: float, force: bool) -> str:
    """Refuse a date of a pair whose pixels are far too coarse.

    Args:
        name: of the file, for messages.
        metres: ground size of its pixels, None where it is not known.
        known: the ground size that the model was trained at, in metres.
        force: do not refuse.

    Returns:
        A note for the user, "" where there is nothing to say.

    Raises:
        InputError: from REFUSED times the trained size on, unless forced.
    """
    if metres is None or metres < DOUBTFUL * known:
        return ""
    if metres >= REFUSED * known and not force:
        raise InputError(
            f"{name} has pixels of {figures(metres)} m, expected about {known:g} m (finer is fine): the model has never seen "
            f"ground this coarse, a house is {'less than a pixel' if metres > 9 else 'a pixel or two'}; "
            "give finer imagery, or --force to try all the same"
        )
    return f"{name} has pixels of {figures(metres)} m; the model was trained on {known:g} m: its answers are uncertain here"


def working_grid(grid: Grid, known: float) -> tuple[Grid, str]:
    """The grid that a large pair is analysed on.

    Args:
        grid: of the earlier date.
        known: the ground size that the model was trained at, in metres.

    Returns:
        The grid itself where its pixels are about square on the ground and of the trained size, else one over the same ground
        that is, never finer than a quarter of a pixel; and a note for the user, "" where nothing was done.
    """
    sides = pixel_sides(grid)
    if sides is None:
        return grid, ""
    wide, high = sides
    kept = all(known / AS_IT_IS <= side <= known * AS_IT_IS for side in sides)
    if kept and max(sides) <= SQUARE * min(sides):
        return grid, ""
    width = max(1, round(grid.width * wide / max(known, wide / REFUSED)))
    height = max(1, round(grid.height * high / max(known, high / REFUSED)))
    scale = Affine.scale(grid.width / width, grid.height / height)
    note = f"analysed with pixels of {figures(wide * grid.width / width)} m, which the model was trained on, instead of "
    note += f"{figures(wide)} m" if abs(wide / high - 1) < 0.01 else f"{figures(wide)} x {figures(high)} m"
    return Grid(grid.crs, grid.transform * scale, width, height), note


def check_stated(metres: float | None) -> None:
    """Checks a ground size that the user states.

    Args:
        metres: Metres per pixel; None for none.

    Raises:
        InputError: It is outside STATED, or no number.
    """
    if metres is None:
        return
    least, most = STATED
    number = isinstance(metres, (int, float)) and not isinstance(metres, bool)
    if not number or not least <= metres <= most:
        shown = f"{metres:g}" if number else repr(metres)
        raise InputError(
            f"metres per pixel is {shown}, expected a number from {least:g} to {most:g}: give the side of a pixel on the ground"
        )


def check_agreement(name: str, own: float | None, stated: float | None) -> None:
    """Refuse a stated ground size where the georeference gives another.

    Args:
        name: of the file, for messages.
        own: ground size by the georeference, None without one.
        stated: by the user, None where nothing was stated.

    Raises:
        InputError: they differ by more than AGREE.
    """
    if own is None or stated is None or max(own, stated) <= AGREE * min(own, stated):
        return
    raise InputError(
        f"{name} has a georeference with pixels of {figures(own)} m, but {stated:g} metres per pixel were stated: leave that "
        "out, or put the georeference right"
    )


def with_stated_size(scene: Scene, stated: float | None, force: bool = False) -> Scene:
    """A scene with the ground size of its pixels as the user states it, where its files do not give one.

    Args:
        scene: Any scene; of images of different sizes, the pixels of the first.
        stated: Metres a pixel, or None.
        force: Take pixels of a pair that are far too coarse.

    Raises:
        InputError: The georeference gives another size, or the pixels of a pair are far too coarse.
    """
    if stated is None:
        return scene
    name = display_names(scene.sources[:1])[0]
    if scene.metres_per_pixel is not None:
        check_agreement(name, scene.metres_per_pixel, stated)
        return scene
    if scene.kind == "pair":
        check_resolution(name, stated, TRAINED, force)
    return replace(scene, metres_per_pixel=float(stated), doubts=(*scene.doubts, *doubt_of_resolution(scene.kind, stated)))
