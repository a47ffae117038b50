"""Videos, animations, folders and series: which frames are used, and in which order."""

from datetime import datetime

import numpy as np
import pytest
from PIL import Image

from bad_inputs import texture, write_png, write_tiff, write_video
from chronosight.scenes.open import open_scene
from chronosight.scenes.sampling import sample_indices


def greys(scene):
    """Brightness of each frame over 10: the number of the frame in `write_video`."""
    return [round(float(frame.mean()) / 10) for frame in scene.frames]


def test_sampling_is_the_papers_where_there_are_enough():
    assert sample_indices(20, 8) == [0, 2, 5, 7, 10, 12, 15, 18]
    assert sample_indices(5, 8) == [0, 1, 2, 3, 4]
    assert sample_indices(8, 8) == [0, 1, 2, 3, 4, 5, 6, 7]
    assert sample_indices(9, 8) == [0, 1, 2, 3, 4, 5, 6, 7]


@pytest.mark.parametrize("ending", ["mp4", "mov", "avi", "mkv"])
def test_video_files(ending, tmp_path):
    scene = open_scene(write_video(tmp_path / f"a.{ending}", 20))
    assert scene.kind == "video" and scene.frames.shape == (8, 64, 64, 3) and scene.valid.all()
    assert greys(scene) == [0, 2, 5, 7, 10, 12, 15, 18]


def test_number_of_frames_is_configurable(tmp_path):
    assert greys(open_scene(write_video(tmp_path / "a.mp4", 20), frames=3)) == [0, 9, 18]


def test_a_long_video_is_read_by_jumping(tmp_path, monkeypatch):
    monkeypatch.setattr("chronosight.scenes.video._SEEK_GAP", 1)
    for ending in ("mp4", "mkv"):
        assert greys(open_scene(write_video(tmp_path / f"a.{ending}", 25))) == sample_indices(25, 8)


def test_short_videos_are_padded_with_black_on_the_left(tmp_path):
    scene = open_scene(write_video(tmp_path / "a.mp4", 5))
    assert greys(scene) == [0, 0, 0, 0, 1, 2, 3, 4]
    assert (scene.frames[:3] == 0).all() and "3 black" in scene.notes[0]


def write_gif(path, frames):
    pictures = [Image.fromarray(np.full((32, 40, 3), 10 * i, np.uint8)) for i in range(frames)]
    pictures[0].save(path, save_all=True, append_images=pictures[1:], duration=200)
    return path


def test_gif(tmp_path):
    scene = open_scene(write_gif(tmp_path / "a.gif", 20))
    assert scene.kind == "video" and greys(scene) == [0, 2, 5, 7, 10, 12, 15, 18]


def test_gif_of_one_frame_is_an_image(tmp_path):
    scene = open_scene(write_gif(tmp_path / "a.gif", 1))
    assert scene.kind == "image" and scene.frames.shape == (1, 32, 40, 3)


def test_times_of_frames_from_the_name(tmp_path):
    scene = open_scene(write_gif(tmp_path / "a_20200102T030405.gif", 20))
    assert scene.times[0] == datetime(2020, 1, 2, 3, 4, 5) and scene.times[1] == datetime(2020, 1, 2, 3, 4, 5, 400_000)


def test_folder_of_frames_in_natural_order(tmp_path):
    for i in range(20):
        write_png(tmp_path / f"frame{i}.png", np.full((32, 32, 3), 10 * i, np.uint8))
    (tmp_path / "readme.txt").write_text("passed over")
    (tmp_path / ".hidden.png").write_bytes(b"passed over")
    scene = open_scene(tmp_path)
    assert scene.kind == "video" and greys(scene) == [0, 2, 5, 7, 10, 12, 15, 18]


def test_series_of_places_lies_on_the_first_grid(tmp_path):
    ground = texture(100, 100)
    paths = [
        write_tiff(tmp_path / f"{i}_2020010{i + 1}.tif", ground[i : 90 + i, i : 90 + i], x=600_000 + i, y=3_300_000 - i)
        for i in range(4)
    ]
    scene = open_scene(*paths, video=True)
    assert scene.kind == "video" and scene.frames.shape == (8, 87, 87, 3) and (scene.frames[:4] == 0).all()
    for frame in scene.frames[4:]:
        np.testing.assert_array_equal(frame, ground[3:90, 3:90])
    assert scene.georeference.transform * (0, 0) == (600_003, 3_299_997)
    assert [time and time.day for time in scene.times] == [None] * 4 + [1, 2, 3, 4]


def test_series_shares_one_stretch(tmp_path):
    paths = [write_tiff(tmp_path / f"{i}.tif", texture().astype(np.uint16) * 10 * (i + 1)) for i in range(3)]
    means = [frame.mean() for frame in open_scene(*paths, frames=3).frames[:2]]
    assert means[1] > means[0] + 20


def test_front_door(tmp_path):
    import chronosight

    np.testing.assert_array_equal(chronosight.open(write_png(tmp_path / "a.png")).frames[0], texture())
