"""Short videos of events. Scene, camera and light are the same for all events; only what happens gives an event away."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from chronosight.synthetic import events
from chronosight.synthetic.canvas import Canvas, DrawMoment, render_frames
from chronosight.synthetic.light import draw_conditions
from chronosight.synthetic.paint import draw_texture, paint
from chronosight.synthetic.truth import EVENTS, RenderedVideo

ROOM = 1.5  # side of the painted world over that of the view, for the camera to move in

CAPTIONS: dict[str, tuple[str, ...]] = {
    "fire": (
        "a fire is burning and smoke rises from it", "thick smoke drifts away from a fire",
        "flames and growing smoke can be seen from above", "something is on fire and the smoke spreads with the wind",
        "a cloud of smoke grows over the burning place",
    ),
    "flood": (
        "the land is flooded and the water is rising", "muddy water covers more and more of the ground",
        "a flood spreads over the area", "only higher ground and roofs stay out of the rising water",
        "brown water floods the scene",
    ),
    "traffic congestion": (
        "the road is jammed with slow vehicles", "many cars stand close together on a congested road",
        "dense traffic crawls along the road", "long queues of vehicles fill all lanes of the road",
        "a traffic jam with cars bumper to bumper",
    ),
    "constructing": (
        "a building is under construction with a crane beside it", "machines work on a construction site",
        "the structure on the building site grows", "a crane turns over a building that is being built",
        "diggers and a crane are at work on a building site",
    ),
    "boating": (
        "boats move over the water and leave wakes", "boats are sailing across the water",
        "white wakes follow the boats on the water", "people are boating on open water",
        "boats speed along and leave foam behind them",
    ),
    "ploughing": (
        "a tractor ploughs a field and leaves dark soil behind it", "a tractor turns the soil row by row",
        "the field is being ploughed by a tractor", "dark furrows grow behind a tractor on the field",
        "a machine ploughs the farmland",
    ),
    "harvesting": (
        "a harvester cuts the crop stripe by stripe", "a combine harvester drives through the ripe field",
        "the crop is being harvested", "a machine leaves pale stripes of stubble in the field",
        "the grain is cut by a harvester",
    ),
    "non-event": (
        "nothing special happens in the scene", "an ordinary scene seen by a moving camera",
        "the camera drifts over a quiet place", "a calm scene without any event", "there is no event in this video",
    ),
}  # fmt: skip


def render_video(seed: int, event: str | None = None, frames: int = 8, size: int = 128) -> RenderedVideo:
    """Renders a video of one event.

    Args:
        seed: Fixes everything.
        event: One of EVENTS; None takes EVENTS[seed % len(EVENTS)].
        frames: Number of frames.
        size: Side in pixels.

    Returns:
        Frames, event and captions.

    Raises:
        ValueError: The event is not among EVENTS.
    """
    name = EVENTS[seed % len(EVENTS)] if event is None else event
    if name not in EVENTS:
        raise ValueError(f"event {name!r}: expected one of {', '.join(EVENTS)}")
    rng = np.random.default_rng((seed, size, frames, EVENTS.index(name)))
    canvas, draw = _prepare(rng, name, size)
    captions = rng.permutation(np.asarray(CAPTIONS[name]))
    return RenderedVideo(render_frames(rng, canvas, draw, frames, size), name, tuple(str(c) for c in captions))


def _prepare(rng: np.random.Generator, event: str, size: int) -> tuple[Canvas, DrawMoment]:
    world = round(size * ROOM)
    step = float(rng.uniform(0.35, 0.75)) * 128 / size
    scene = events.BACKDROPS[event]
    plan = scene[int(rng.integers(len(scene)))](rng, world * step)
    date = draw_conditions(rng)
    date = replace(date, mean=max(date.mean, 0.3), haze=0.5 * date.haze)
    texture = draw_texture(rng, world, step)
    painted = paint(rng, plan.plan, texture, date, 0, world, step)
    planes = np.ascontiguousarray(painted.pixels.transpose(2, 0, 1), np.float32)
    canvas = Canvas(rng, plan, world, step, planes, painted.cover, date)
    return canvas, events.DRAW[event](canvas)
