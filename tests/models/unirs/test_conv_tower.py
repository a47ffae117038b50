"""The compact vision tower: its grid, its cost, and that it comes back as it was saved."""

import pytest
import torch
from torch import nn

from chronosight.models.unirs.conv_tower import ConvTower, ConvTowerConfig


@pytest.mark.parametrize("size", [(128, 128), (144, 192), (16, 48)])
@torch.no_grad()
def test_one_feature_every_16_pixels(size):
    tower = ConvTower(ConvTowerConfig()).eval()
    assert tower(torch.rand(2, 3, *size)).shape == (2, 256, size[0] // 16, size[1] // 16)


@torch.no_grad()
def test_default_stays_within_its_budget():
    tower = ConvTower(ConvTowerConfig()).eval()
    macs = []
    for layer in tower.modules():
        if isinstance(layer, nn.Conv2d):
            layer.register_forward_hook(lambda layer, _, output: macs.append(output.numel() * layer.weight[0].numel()))
    tower(torch.rand(1, 3, 256, 256))
    assert sum(parameter.numel() for parameter in tower.parameters()) <= 4.5e6
    assert sum(macs) <= 1.0e9


def test_blocks_start_as_their_shortcuts():
    block = ConvTower(ConvTowerConfig()).eval().stages[0][1]
    x = torch.rand(1, 32, 8, 8)
    assert torch.allclose(block(x), x)


@torch.no_grad()
def test_saved_and_loaded_gives_equal_features(tmp_path):
    tower = ConvTower(ConvTowerConfig(hidden_size=16, stem_width=8, widths=[8, 8, 16, 16], depths=[1, 2, 1, 1]))
    tower.train()(torch.rand(4, 3, 32, 32))  # moves the running statistics
    for parameter in tower.parameters():
        parameter.add_(0.05 * torch.randn_like(parameter))
    frames = torch.rand(2, 3, 48, 48)
    tower.eval().save_pretrained(tmp_path)
    loaded = ConvTower.from_pretrained(tmp_path).eval()
    assert torch.equal(tower(frames), loaded(frames))
    assert [path.name for path in tmp_path.glob("*.safetensors")] == ["model.safetensors"]
