"""Folders and several images: pairs and dates are distinguished from frames, and asked back."""

import pytest

from bad_inputs import texture, write_png
from chronosight.cli.describe import second_date
from chronosight.errors import InputError
from chronosight.scenes.open import open_scene


def images(folder, *names):
    folder.mkdir(exist_ok=True, parents=True)
    return [write_png(folder / f"{name}.png", texture(seed=index)) for index, name in enumerate(names)]


def test_a_folder_of_pairs_is_no_video(tmp_path):
    images(tmp_path / "pairs", "x_before", "x_after", "y_before", "y_after")
    with pytest.raises(InputError, match=r"holds 2 pairs of dates .*chronosight batch pairs.*--video"):
        open_scene(tmp_path / "pairs")
    assert open_scene(tmp_path / "pairs", video=True).kind == "video"
    images(tmp_path / "split" / "before", "x")
    images(tmp_path / "split" / "after", "x")
    with pytest.raises(InputError, match=r"holds a pair of dates.*give its two images"):
        open_scene(tmp_path / "split")


@pytest.mark.parametrize("names", [("p_2012", "p_2015", "p_2018"), ("20120731", "20150926", "20180716")])
def test_dates_of_one_place_are_no_video(tmp_path, names):
    paths = images(tmp_path / "dates", *names)
    for given in ([tmp_path / "dates"], paths):
        with pytest.raises(InputError, match=r"3 dates of one place.*chronosight timeline.*--video"):
            open_scene(*given)
        assert open_scene(*given, video=True).kind == "video"


def test_frames_are_a_video_and_a_note_says_so(tmp_path):
    paths = images(tmp_path / "frames", "frame1", "frame2", "frame10")
    for given in ([tmp_path / "frames"], paths):
        scene = open_scene(*given)
        assert scene.kind == "video" and "3 images were taken as the frames of a video" in scene.notes[0]
    assert not any("were taken as" in note for note in open_scene(*paths, video=True).notes)


def test_describe_asks_back(tmp_path):
    assert second_date("a.tif", "b.tif", ()) == "b.tif"
    for given, said in ((("a.tif", "b.tif", ["c.tif"]), "3 images.*chronosight timeline"), (("a.tif", None, []), "only a.tif"),
                        ((str(tmp_path), None, []), "is a folder.*chronosight batch")):  # fmt: skip
        with pytest.raises(InputError, match=said):
            second_date(*given)
