import numpy as np
import pytest

from chronosight.synthetic import EVENTS, render_video
from chronosight.tasks.event import EVENTS as ERA

SIZE = 64


def test_events_are_named_as_the_task_names_them():
    assert set(EVENTS) <= set(ERA)


@pytest.mark.parametrize("event", EVENTS)
def test_a_film_of_every_event(event):
    film = render_video(3, event, frames=4, size=SIZE)
    assert film.frames.shape == (4, SIZE, SIZE, 3) and film.frames.dtype == np.uint8
    assert film.event == event and len(film.captions) == 5
    assert np.array_equal(film.frames, render_video(3, event, frames=4, size=SIZE).frames)


def test_seeds_alone_go_through_all_events():
    assert {render_video(seed, frames=2, size=SIZE).event for seed in range(len(EVENTS))} == set(EVENTS)


def test_an_unknown_event_is_refused():
    with pytest.raises(ValueError, match="expected one of"):
        render_video(0, "earthquake")


def test_motion_alone_does_not_separate_events_from_quiet_scenes():
    """The camera moves in quiet scenes as well: their frames differ."""
    quiet = [render_video(seed, "non-event", frames=3, size=SIZE).frames.astype(int) for seed in range(6)]
    assert np.median([np.abs(frames[0] - frames[-1]).mean() for frames in quiet]) > 2


def test_a_fire_is_bright_and_warm():
    warm = []
    for seed in range(6):
        frames = render_video(seed, "fire", frames=3, size=SIZE).frames.astype(int)
        warm.append(((frames[..., 0] > 180) & (frames[..., 0] - frames[..., 2] > 90)).any((1, 2)).any())
    assert np.mean(warm) >= 0.8
