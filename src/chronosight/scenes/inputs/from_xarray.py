"""xarray DataArrays as rasters, with the georeference that rioxarray keeps in them; rioxarray itself is not needed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np
from affine import Affine

from chronosight.errors import InputError
from chronosight.scenes.inputs.from_array import storable
from chronosight.scenes.inputs.place import one_crs
from chronosight.scenes.inputs.raster import Raster
from chronosight.scenes.inputs.times import time_given

# Names of dimensions, as in rioxarray, stackstac, odc-stac and CF.
_Y, _X = ("y", "lat", "latitude", "northing"), ("x", "lon", "longitude", "easting")
_BAND, _TIME = ("band", "bands", "channel", "channels", "wavelength"), ("time", "date", "times", "dates")
EVEN = 0.01  # share of a pixel by which coordinates may be off an even grid


def rasters(array: Any, name: str) -> list[tuple[Raster, datetime | None]]:
    """The images of a DataArray.

    Args:
        array: With dimensions y and x, perhaps band, perhaps time, in any order.
        name: For messages.

    Returns:
        A raster for each time, and the time where it is known.

    Raises:
        InputError: It has other dimensions, another number type, or coordinates on no even grid.
    """
    dims = {role: _dimension(array, names) for role, names in (("time", _TIME), ("band", _BAND), ("y", _Y), ("x", _X))}
    rest = [str(dim) for dim in array.dims if dim not in dims.values()]
    if dims["y"] is None or dims["x"] is None or rest:
        found = ", ".join(map(str, array.dims)) or "none"
        raise InputError(f"{name} is a DataArray of dimensions {found}, expected y and x, perhaps band and time: rename them")
    order = [dim for dim in dims.values() if dim is not None]
    values = np.asarray(array.transpose(*order).values)
    if 0 in values.shape:
        raise InputError(f"{name} is an empty DataArray of shape {array.shape}")
    values = values if dims["time"] is not None else values[None]
    values = values if dims["band"] is not None else values[:, None]
    crs, transform = _crs(array, name), _transform(array, dims["x"], dims["y"], name)
    times = _times(array, dims["time"], len(values))
    nodata = _nodata(array)
    names = _band_names(array, dims["band"], values.shape[1])
    return [
        (Raster(storable(image, name), None, crs, transform, nodata, names), time)
        for image, time in zip(values, times, strict=True)
    ]


def _dimension(array: Any, names: tuple[str, ...]) -> Any:
    return next((dim for dim in array.dims if str(dim).lower() in names), None)


def _mapping(array: Any) -> dict[str, Any]:
    """Attributes of the coordinate that holds the georeference."""
    named = array.encoding.get("grid_mapping") or array.attrs.get("grid_mapping")
    for coordinate in (named, "spatial_ref", "crs"):
        if coordinate is not None and coordinate in array.coords and array.coords[coordinate].attrs:
            return dict(array.coords[coordinate].attrs)
    return {}


def _crs(array: Any, name: str) -> Any:
    mapping = _mapping(array)
    found = mapping.get("crs_wkt") or mapping.get("spatial_ref") or array.attrs.get("crs")
    if found is None:
        return None
    try:
        return one_crs(found)
    except InputError:
        text = str(found)[:60]
        raise InputError(f"{name} is a DataArray whose CRS cannot be read ({text!r}): set it with rio.write_crs") from None


def _transform(array: Any, x: Any, y: Any, name: str) -> Affine | None:
    """Of the upper left corner, from the coordinates; the stored one where they agree with it, which is exact."""
    stored = _stored(_mapping(array).get("GeoTransform"))
    if x not in array.coords or y not in array.coords:
        return stored
    across, down = _axis(array, x, name), _axis(array, y, name)
    height, width = array.sizes[y], array.sizes[x]
    if across is None or down is None:  # one row or one column: nothing gives its size
        return stored
    (left, a), (top, e) = across, down
    found = Affine(a, 0.0, left - a / 2, 0.0, e, top - e / 2)
    if stored is not None and (stored.b or stored.d):  # a turned grid, whose coordinates are not one axis each
        return stored
    if stored is not None and _agree(stored, found, width, height):
        return stored
    return None if _agree(Affine.translation(-0.5, -0.5), found, width, height) else found


def _stored(text: Any) -> Affine | None:
    try:
        numbers = [float(part) for part in str(text).split()]
    except ValueError:
        return None
    return Affine.from_gdal(*numbers) if len(numbers) == 6 else None


def _axis(array: Any, dim: Any, name: str) -> tuple[float, float] | None:
    """First coordinate and step of an axis; None for a single one."""
    values = np.asarray(array.coords[dim].values)
    if values.dtype.kind not in "iuf" or values.ndim != 1:
        raise InputError(f"{name} is a DataArray whose {dim} coordinates are no numbers, expected those of pixel centres")
    values = values.astype(np.float64)
    if len(values) < 2:
        return None
    step = float(values[-1] - values[0]) / (len(values) - 1)
    even = np.linspace(values[0], values[-1], len(values))
    if not np.isfinite(values).all() or step == 0 or np.abs(values - even).max() > EVEN * abs(step):
        raise InputError(f"{name} is a DataArray whose {dim} coordinates are not evenly spaced: bring it onto a grid first")
    return float(values[0]), step


def _agree(one: Affine, other: Affine, width: int, height: int) -> bool:
    """Whether two transforms place all corners alike, to a hundredth of a pixel."""
    if one.is_degenerate:
        return False
    corners = [(0, 0), (width, 0), (0, height), (width, height)]
    return all(abs(value) <= EVEN for corner in corners for value in np.subtract(~one * (other * corner), corner).tolist())


def _times(array: Any, dim: Any, count: int) -> list[datetime | None]:
    """Times of the dates: of the dimension, else of a single coordinate."""
    name = dim if dim is not None else next((c for c in array.coords if str(c).lower() in _TIME), None)
    if name is None or name not in array.coords:
        return [None] * count
    values = np.atleast_1d(np.asarray(array.coords[name].values))
    if len(values) != count:
        return [None] * count
    try:
        return [time_given(value.item() if value.dtype.kind in "US" else value) for value in values]
    except (InputError, AttributeError):  # a calendar of its own, or numbers
        return [None] * count


def _nodata(array: Any) -> float | None:
    value = array.attrs.get("_FillValue", array.attrs.get("nodata"))
    try:
        return None if value is None else float(value)
    except (TypeError, ValueError):
        return None


def _band_names(array: Any, dim: Any, count: int) -> tuple[str, ...]:
    """Names of the bands: rioxarray's long_name, else the labels of the dimension where they are texts."""
    long = array.attrs.get("long_name")
    if isinstance(long, (list, tuple)) and len(long) == count:
        return tuple(map(str, long))
    if dim is not None and dim in array.coords:
        labels = np.atleast_1d(np.asarray(array.coords[dim].values))
        if labels.dtype.kind in "US" or (labels.dtype.kind == "O" and all(isinstance(label, str) for label in labels)):
            return tuple(map(str, labels))
    return ()
