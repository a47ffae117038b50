"""Seeded renderer of overhead scenes, with complete truth. Everything follows from the seed.

render_pair(seed, size)             one place at two dates: masks, changed objects, captions
render_image(seed, size)            one image: land cover, objects, captions, questions with replies
render_video(seed, event, ...)      a short video of one event
difference_only(image, seed)        any image in the light and season of another day
"""

from chronosight.synthetic.image import render_image
from chronosight.synthetic.light import difference_only
from chronosight.synthetic.pair import render_pair
from chronosight.synthetic.truth import EVENTS
from chronosight.synthetic.video import render_video

__all__ = ["EVENTS", "difference_only", "render_image", "render_pair", "render_video"]
