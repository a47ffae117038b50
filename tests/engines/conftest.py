import pytest

from chronosight.engines import load
from small_scenes import ground, pair


@pytest.fixture
def engine(bundle_folder):
    return load(weights=bundle_folder, threads=1)


@pytest.fixture
def changed_pair():
    """128 x 160: one new building in the top left corner, one gone in the lower row, center."""
    frames = ground(128, 160)
    frames[1, 10:30, 15:45] = 220
    frames[0, 100:112, 70:86] = 230
    return pair(frames)
