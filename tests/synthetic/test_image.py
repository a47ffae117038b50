from collections import Counter

import numpy as np
import pytest
from scipy import ndimage

from chronosight.synthetic import render_image
from chronosight.synthetic.truth import LAND_COVER, OBJECT_CLASSES
from chronosight.tasks.wording import parse_reply

SIZE = 128


@pytest.fixture(scope="module")
def images():
    return [render_image(seed, SIZE) for seed in range(60)]


def count_of(image, name):
    return sum(thing.class_name == name for thing in image.objects)


def test_a_seed_fixes_the_image():
    first, again = render_image(5, SIZE), render_image(5, SIZE)
    assert np.array_equal(first.pixels, again.pixels)
    assert first.captions == again.captions and first.questions == again.questions


def test_shapes_and_labels(images):
    for image in images:
        assert image.pixels.shape == (SIZE, SIZE, 3) and image.pixels.dtype == np.uint8
        assert image.class_map.shape == (SIZE, SIZE) and image.class_map.max() < len(LAND_COVER)
        assert len(image.captions) == 5 and all(image.captions)
        assert {thing.class_name for thing in image.objects} <= set(OBJECT_CLASSES)


def test_replies_can_be_read_and_agree_with_the_objects(images):
    counted = 0
    for image in images:
        for question, reply in image.questions:
            value = parse_reply(question.task, reply)
            assert value is not None
            if question.task == "object_count":
                assert value == count_of(image, question.subject) <= 9
                counted += 1
            elif question.task == "presence" and question.subject not in ("trees", "roads"):
                assert value == (count_of(image, question.subject) > 0)
            elif question.task == "comparison":
                more = count_of(image, question.subject) > count_of(image, question.other)
                assert value == more
            elif question.task == "rural_urban":
                assert value == image.rural_urban
    assert counted > 30


def test_yes_and_no_are_balanced(images):
    said = Counter((q.task, reply) for image in images for q, reply in image.questions)
    assert said["presence", "Yes"] == said["presence", "No"] > 50
    assert 0.35 < said["comparison", "Yes"] / (said["comparison", "Yes"] + said["comparison", "No"]) < 0.65


def test_objects_lie_where_the_land_cover_says(images):
    cover = {"buildings": "building", "boats": "boat", "planes": "plane", "cars": "car"}
    checked = 0
    for image in images:
        for thing in image.objects:
            if thing.class_name in cover:
                x, y = (int(np.clip(round(c), 0, SIZE - 1)) for c in thing.centre)
                near = image.class_map[max(0, y - 6) : y + 7, max(0, x - 6) : x + 7]
                assert LAND_COVER.index(cover[thing.class_name]) in near
                checked += 1
    assert checked > 60


def test_counted_vehicles_stand_out(images):
    """A vehicle that is asked about differs from what is around it."""
    for image in images:
        grey = image.pixels.mean(-1)
        for thing in image.objects:
            if thing.class_name in ("cars", "boats"):
                x, y = (int(c) for c in thing.centre)
                own = grey[max(0, y - 1) : y + 2, max(0, x - 1) : x + 2].mean()
                ring = grey[max(0, y - 12) : y + 13, max(0, x - 12) : x + 13]
                assert ring.max() - ring.min() > 15 and abs(own - np.median(ring)) > 5


def test_a_count_of_zero_means_none_on_the_map(images):
    label = {"boats": "boat", "planes": "plane", "pools": "pool"}
    for image in images:
        for question, reply in image.questions:
            if question.task == "object_count" and reply == "0" and question.subject in label:
                here = image.class_map == LAND_COVER.index(label[question.subject])
                assert ndimage.sum(here) < 12
