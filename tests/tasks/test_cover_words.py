"""Which kinds of ground people say were lost or gained."""

import pytest

from chronosight.tasks.cover_words import KINDS, kinds_lost_and_gained


@pytest.mark.parametrize(
    ("sentence", "kinds"),
    [
        ("many trees are removed and a row of houses is built", {"trees"}),
        ("the forest is replaced by bareland", {"trees", "open ground"}),
        ("some houses are built in the woods", {"trees"}),
        ("a building with a parking lot appears on the grassland", {"paved", "open ground"}),
        ("a pond appears", {"water"}),
        ("a house is built beside the trees", set()),
        ("a villa appears near the big old trees", set()),
        ("a house surrounded by woods shows up", set()),
        ("the woods are replaced by a new road", {"trees", "paved"}),
        ("the scene is the same as before", set()),
        ("street lamps and a wooden hut", {"paved"}),
    ],
)
def test_a_kind_counts_where_it_went_or_came_and_not_as_a_place(sentence, kinds):
    assert kinds_lost_and_gained(sentence) == kinds
    assert kinds <= set(KINDS)
