"""JPEG 2000, where GDAL reads it: the same image as in a GeoTIFF; headers that would take all memory are refused."""

import struct

import numpy as np
import pytest
import rasterio
from rasterio.transform import from_origin

from bad_inputs import texture, write_tiff
from chronosight.errors import InputError
from chronosight.scenes import files
from chronosight.scenes.files import file_format, has_jpeg_2000
from chronosight.scenes.large.choose import large_pair
from chronosight.scenes.open import open_scene

needs_driver = pytest.mark.skipif(not has_jpeg_2000(), reason="this build of GDAL does not read JPEG 2000")


def write_jp2(path, pixels, **options):
    height, width, count = pixels.shape
    with rasterio.open(
        path, "w", driver="JP2OpenJPEG", width=width, height=height, count=count, dtype=pixels.dtype, crs="EPSG:32614",
        transform=from_origin(600_000, 3_300_000, 1, 1), QUALITY=100, REVERSIBLE="YES", **options,
    ) as file:  # fmt: skip
        file.write(pixels.transpose(2, 0, 1))
    return path


def codestream(side=100, tile=64, components=3):
    """A header without an image."""
    size = struct.pack(">HIIIIIIIIH", 0, side, side, 0, 0, tile, tile, 0, 0, components) + b"\x07\x01\x01" * components
    return b"\xff\x4f\xff\x51" + struct.pack(">H", len(size) + 2) + size + b"\xff\xd9"


@needs_driver
@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")  # of the driver while it writes
def test_the_same_image_as_in_a_geotiff(tmp_path):
    before, after = texture(seed=1), texture(seed=2)
    jp2 = [write_jp2(tmp_path / f"{name}.jp2", pixels) for name, pixels in (("a", before), ("b", after))]
    tif = [write_tiff(tmp_path / f"{name}.tif", pixels) for name, pixels in (("a", before), ("b", after))]
    one, other = open_scene(*jp2), open_scene(*tif)
    assert np.array_equal(one.frames, other.frames) and one.georeference == other.georeference
    wide = before.astype(np.uint16) * 40
    one = open_scene(write_jp2(tmp_path / "wide.jp2", wide, NBITS=14))
    assert np.array_equal(one.frames, open_scene(write_tiff(tmp_path / "wide.tif", wide)).frames)


@needs_driver
@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_large_pairs_are_read_window_by_window(tmp_path):
    pixels = np.kron(texture(32, 32), np.ones((64, 64, 1), np.uint8))
    earlier, later = large_pair(*(str(write_jp2(tmp_path / name, pixels)) for name in ("a.jp2", "b.jp2")))
    assert earlier.driver == later.driver == "JP2OpenJPEG"
    assert np.array_equal(earlier.read((500, 600, 90, 80)).values, pixels[600:680, 500:590].transpose(2, 0, 1))


@needs_driver
@pytest.mark.parametrize(
    ("content", "said"),
    [
        (codestream(10_000, 20), "250,000 tiles of 3 bands"),
        (codestream(100, 64, 2000), "2000 bands"),
        (codestream(100_000, 50_000), "4 gigapixels"),
        (codestream(0), "makes no sense"),
        (codestream()[:30], "without an image"),
        (b"\x00\x00\x00\x0cjP  \r\n\x87\n" + struct.pack(">I4sQ", 1, b"free", 24) + bytes(8) + b"\x00\x00\x00\x00jp2c"
         + codestream(10_000, 20), "250,000 tiles"),
        (b"\x00\x00\x00\x0cjP  \r\n\x87\n" + struct.pack(">I4sQ", 1, b"free", 1 << 63), "without an image"),
        (codestream(), "damaged"),
    ],
)  # fmt: skip
def test_headers_are_checked_before_anything_is_reserved(tmp_path, content, said):
    (tmp_path / "a.jp2").write_bytes(content)
    with pytest.raises(InputError, match=said) as caught:
        open_scene(tmp_path / "a.jp2")
    assert "\n" not in str(caught.value)


@needs_driver
@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_a_cut_file_is_refused(tmp_path):
    path = write_jp2(tmp_path / "a.jp2", texture(256, 256))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(InputError, match="damaged"):
        open_scene(path)


def test_without_the_driver_the_error_says_so(tmp_path, monkeypatch):
    (tmp_path / "a.jp2").write_bytes(codestream())
    monkeypatch.setattr(files, "has_jpeg_2000", lambda: False)
    with pytest.raises(InputError, match="this build of GDAL cannot read: convert it"):
        file_format(tmp_path / "a.jp2")
