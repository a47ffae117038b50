"""Whatever raster cannot be used ends in one line that says why, and leaves nothing half-written."""

import pytest

from bad_rasters import BAD_RASTERS
from chronosight import pipeline
from chronosight.engines.compact.bundle import Bundle
from chronosight.engines.compact.engine import CompactEngine
from chronosight.errors import InputError
from chronosight.scenes.large import choose
from chronosight.scenes.large.opened import open_header


@pytest.mark.parametrize("kind", BAD_RASTERS)
def test_one_line_and_nothing_written(kind, bundle_folder, tmp_path, monkeypatch):
    monkeypatch.setattr(choose, "LARGE_PIXELS", 0)
    make, reason = BAD_RASTERS[kind]
    paths = make(tmp_path)
    out = tmp_path / "new" / "out"
    with pytest.raises(InputError) as caught:
        headers = choose.large_pair(*map(str, paths)) or tuple(open_header(path) for path in paths)
        pipeline.describe_whole_scene(headers, CompactEngine(Bundle(bundle_folder, threads=1)), out)
    message = str(caught.value)
    assert reason in message
    assert "\n" not in message and len(message) < 320
    assert not out.parent.exists()
