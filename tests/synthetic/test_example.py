import numpy as np
import rasterio
from PIL import Image

from chronosight.synthetic import example


def test_examples_are_small_and_georeferenced(tmp_path, monkeypatch):
    monkeypatch.setattr(example, "FRAMES_PER_SECOND", 1)
    example.write_examples(tmp_path)
    names = {"before.tif", "after.tif", "image.png", "video.mp4"}
    assert {path.name for path in tmp_path.iterdir()} == names
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) < 2_000_000
    with rasterio.open(tmp_path / "before.tif") as first, rasterio.open(tmp_path / "after.tif") as second:
        assert first.crs.to_epsg() == 32614 and first.res == (1.0, 1.0) and first.shape == (512, 512)
        assert first.transform == second.transform
        assert not np.array_equal(first.read(), second.read())
    assert Image.open(tmp_path / "image.png").size == (256, 256)
