"""Whatever a user gives that cannot be used ends in one line that names the file and says what to do."""

from pathlib import Path

import pytest

from bad_inputs import BAD_INPUTS, write_png, write_tiff
from chronosight.errors import InputError
from chronosight.scenes.open import open_scene

# A word of the reason each must give: the right error, not just any.
REASON = {
    "missing": "does not exist", "address": "address", "virtual_path": "address", "empty_file": "is empty",
    "text_file": "a text file", "pdf": "a PDF", "random_bytes": "unknown type", "vrt": "virtual raster",
    "pipe": "pipe", "truncated_tiff": "cut short", "truncated_png": "cut short", "truncated_jpeg": "cut short",
    "truncated_webp": "cut short", "truncated_gif": "cut short", "truncated_mp4": "cut short",
    "truncated_avi": "cut short", "video_without_frames": "none.avi", "folder_without_frames": "holds no",
    "absurd_size": "100 megapixels", "bomb": "100 megapixels", "tiny": "at least 16", "all_nodata": "no data",
    "complex_numbers": "complex", "many_unnamed_bands": "bands", "different_sizes": "expected one size",
    "one_without_place": "expected one size", "no_overlap": "do not overlap", "overlap_too_small": "at least 16",
    "no_common_data": "in common", "series_of_sizes": "expected one size", "video_in_a_pair": "one video or animation at a time",
    "folder_in_a_pair": "folder",
}  # fmt: skip


@pytest.mark.parametrize("kind", BAD_INPUTS)
def test_one_line_that_names_the_file(kind, tmp_path):
    paths = BAD_INPUTS[kind](tmp_path)
    with pytest.raises(InputError) as caught:
        open_scene(*paths)
    message = str(caught.value)
    assert REASON[kind] in message
    assert "\n" not in message and len(message) < 300
    assert any(Path(path).name in message for path in paths) or "overlap with" in message


@pytest.mark.parametrize("bands", [(0, 1, 2), (1, 2, 4), (1, 2), (1, 2, 3, 4)])
def test_bands_that_are_not_there(bands, tmp_path):
    with pytest.raises(InputError, match="band"):
        open_scene(write_png(tmp_path / "a.png"), bands=bands)


@pytest.mark.parametrize("frames", [0, -1, 1000])
def test_number_of_frames(frames, tmp_path):
    with pytest.raises(InputError, match="expected 1 to 64"):
        open_scene(write_png(tmp_path / "a.png"), frames=frames)


def test_nothing_given():
    with pytest.raises(InputError, match="no file"):
        open_scene()


def test_a_name_with_a_line_break_stays_one_line(tmp_path):
    with pytest.raises(InputError) as caught:
        open_scene(tmp_path / "a\nb.png")
    assert "\n" not in str(caught.value)


def test_odd_names_are_read(tmp_path):
    import numpy as np

    path = write_tiff(tmp_path / "we ird?#é!name.tif", np.full((32, 32, 3), 9, np.uint8))
    assert (open_scene(path).frames == 9).all()
