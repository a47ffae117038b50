"""What the captioner of changes reads of a pair."""

import numpy as np
import pytest

from chronosight.tasks.change_captions import GRID, caption_inputs, pooled, shown_size


@pytest.mark.parametrize("side", [4, 8, 12, 128])
def test_pooling_takes_all_pixels_that_a_place_touches(side):
    maps = np.random.default_rng(0).normal(size=(1, 2, side, side))
    found = pooled(maps)
    assert found.shape == (1, 2, GRID * GRID) and found.dtype == np.float32
    for at in (0, 11, 63):
        rows, columns = (slice(k * side // GRID, -(-(k + 1) * side // GRID)) for k in divmod(at, GRID))
        np.testing.assert_allclose(found[0, :, at], maps[0, :, rows, columns].mean(axis=(1, 2)), rtol=1e-5)


def test_swapped_dates_swap_features_and_the_sign_of_the_change():
    rng = np.random.default_rng(1)
    maps = {
        "class_logits": rng.normal(size=(1, 3, 64, 64)), "appeared_logit": rng.normal(size=(1, 1, 64, 64)),
        "level_8": rng.normal(size=(2, 5, 8, 8)), "level_16": rng.normal(size=(2, 7, 4, 4)),
    }  # fmt: skip
    swapped = maps | {"appeared_logit": -maps["appeared_logit"]} | {k: maps[k][::-1] for k in ("level_8", "level_16")}
    there, back = caption_inputs(maps), caption_inputs(swapped)
    assert there["earlier"].shape == (1, 12, 64) and there["changes"].shape == (1, 5, 64)
    np.testing.assert_array_equal(there["earlier"], back["later"])
    np.testing.assert_allclose(there["changes"][:, :4], back["changes"][:, :4])
    np.testing.assert_allclose(there["changes"][:, 4], -back["changes"][:, 4], atol=1e-6)
    assert (there["changes"][:, 2:4] >= there["changes"][:, :2]).all()  # the largest probability is above the mean


@pytest.mark.parametrize(
    ("height", "width", "metres", "expected"),
    [(128, 128, 1.0, (128, 128)), (256, 256, 0.5, (128, 128)), (512, 512, 0.2, (96, 96)), (256, 100, None, (256, 96)),
     (900, 40, None, (256, 64))],
)  # fmt: skip
def test_pairs_are_shown_at_a_metre_a_pixel(height, width, metres, expected):
    assert shown_size(height, width, metres) == expected
