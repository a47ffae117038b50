"""Tower pretraining on small pictures drawn here: batches are the same at every call, a step learns, a stopped run
resumes."""

from pathlib import Path

import numpy as np
import pytest
import torch

from chronosight.datasets.aid_ucm import StillImage
from chronosight.datasets.caption_nouns import NOUNS
from chronosight.datasets.places import PlacePair
from chronosight.models.unirs.conv_tower import ConvTower, ConvTowerConfig
from chronosight.training.compact.augment import crop, light, mix, random_box, turn
from chronosight.training.compact.tower import TowerWithHeads
from chronosight.training.compact.tower_batches import Stills, TowerBatches, noun_labels, scene_names

SMALL = {"hidden_size": 16, "widths": [8, 8, 16, 16], "depths": [1, 1, 1, 1], "stem_width": 8}


@pytest.fixture(scope="module")
def batches():
    rng = np.random.default_rng(0)
    images = [StillImage(f"a/{i}", "aid", ("pond", "port")[i % 2], ("a pond",) * 5, Path("x")) for i in range(6)]
    pixels = rng.integers(0, 255, (6, 60, 60, 3), dtype=np.uint8)
    stills = {"aid": Stills(images, pixels, np.stack([noun_labels(i.captions) for i in images]))}
    before = rng.integers(0, 255, (128, 128, 3), dtype=np.uint8)
    mask = np.zeros((128, 128), bool)
    mask[:64, :64] = True
    place = PlacePair("p", "p", 1.0, before, before[::-1].copy(), mask, ())
    return TowerBatches(stills, [place], None, 4, 3, images=4, pairs=2, rendered=0, sides=(64,))


def test_batches_come_again(batches):
    first, again = batches[2], batches[2]
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["frames"], batches[3]["frames"])


def test_batch_shapes_and_ranges(batches):
    batch = batches[0]
    assert batch["frames"].shape == (4 + 2 * 2, 3, 64, 64)
    assert batch["frames"].min() >= 0 and batch["frames"].max() <= 1
    assert batch["changed"].shape == (2, 2, 4, 4) and batch["changed"].max() > 0
    assert batch["nouns"][0, list(NOUNS).index("ponds")] == 1


def test_a_tower_of_single_images_alone(batches):
    alone = TowerBatches(batches.stills, [], None, 4, 3, images=4, pairs=0, rendered=0, sides=(64,))
    model = TowerWithHeads(ConvTower(ConvTowerConfig(**SMALL)), len(scene_names(batches.stills)), grid=4)
    losses = model(**alone[0])
    assert alone[0]["frames"].shape[0] == 4 and "changed" not in losses
    assert all(torch.isfinite(loss) for loss in losses.values())


def test_every_image_once_an_epoch(batches):
    labels = torch.cat([batches[i]["scene"] for i in range(3)])  # 12 pictures shown, 6 there
    assert labels.bincount().tolist() == [6, 6]


def test_losses_fall(batches):
    torch.manual_seed(0)
    model = TowerWithHeads(ConvTower(ConvTowerConfig(**SMALL)), len(scene_names(batches.stills)), grid=4)
    optimizer = torch.optim.AdamW(model.parameters(), 3e-3)
    totals = []
    for _ in range(12):
        loss = torch.stack(list(model(**batches[0]).values())).sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        totals.append(loss.item())
    assert totals[-1] < 0.8 * totals[0]


def test_turns_are_the_eight_of_a_square():
    square = torch.arange(9).reshape(1, 3, 3)
    assert len({tuple(turn(square, k).flatten().tolist()) for k in range(8)}) == 8
    assert torch.equal(turn(square, 0), square)


def test_light_keeps_range_and_zero_strength_keeps_pixels():
    rng = np.random.default_rng(1)
    frames = torch.rand(3, 3, 8, 8)
    assert torch.allclose(light(frames.clone(), rng, 0.0), frames, atol=1e-5)
    lit = light(frames.clone(), rng, 2.0)
    assert lit.min() >= 0 and lit.max() <= 1 and not torch.allclose(lit, frames, atol=0.01)


def test_mixed_share_is_the_share_of_pixels():
    for seed in range(12):
        frames = torch.stack([torch.full((3, 20, 20), float(i)) for i in range(4)])
        mixed, other, share = mix(frames.clone(), np.random.default_rng(seed))
        expected = share * frames + (1 - share) * frames[other]
        assert torch.allclose(mixed.mean((1, 2, 3)), expected.mean((1, 2, 3)), atol=1e-4)


def test_boxes_stay_inside():
    rng = np.random.default_rng(2)
    pixels = np.zeros((40, 60, 3), np.uint8)
    for _ in range(50):
        box = random_box(rng, 40, 60, (0.1, 1.0))
        assert 0 <= box[0] < box[2] <= 60 and 0 <= box[1] < box[3] <= 40
    assert crop(pixels, box, 32).shape == (3, 32, 32)
