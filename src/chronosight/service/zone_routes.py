"""/api/zones: a file of zones -> the GeoJSON that jobs take, checked. Nothing of it is kept."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, File, UploadFile

from chronosight.errors import InputError
from chronosight.limits import MAX_ZONES_BYTES
from chronosight.reports.zones_file import read_zones, zones_geojson
from chronosight.service.messages import with_shown_names
from chronosight.service.scenes import shown_name

router = APIRouter(prefix="/api/zones", tags=["jobs"])
FORM_BYTES = 64 << 10  # of a form beside the file in it
STORED = "zones"


@router.post("", max_body_size=MAX_ZONES_BYTES + FORM_BYTES, form_limits={"max_files": 1, "max_fields": 0})
def read_zones_file(file: Annotated[UploadFile, File()]) -> dict[str, Any]:
    """Reads named polygons from GeoJSON or the one layer of a GeoPackage, and gives them as GeoJSON for `zones` of a job."""
    name = shown_name(file.filename or "zones")
    with tempfile.TemporaryDirectory(prefix="chronosight-") as folder:
        path = Path(folder) / STORED
        with path.open("wb") as target:
            shutil.copyfileobj(file.file, target)
        try:
            zones = read_zones(path)
        except InputError as error:
            raise InputError(with_shown_names(str(error).replace(str(path), STORED), [STORED], [name])) from None
    return zones_geojson(zones)
