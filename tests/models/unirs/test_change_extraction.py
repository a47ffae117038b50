"""The module against its published equations, written out in numpy (arXiv 2412.20742)."""

import numpy as np
import torch
from torch import nn

from chronosight.models.unirs.change_extraction import ChangeExtraction


def equations(module: ChangeExtraction, before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """(D, n, n) twice -> (D, n, n), with BatchNorm in evaluation mode; the grid is that of the tables."""
    weights = {name: value.numpy().astype(np.float64) for name, value in module.state_dict().items()}
    n = before.shape[1]
    half = before.shape[0] // 2
    position = np.zeros((2 * half, n, n))
    for y in range(n):
        for x in range(n):
            position[:half, y, x] = weights["column.weight"][x]
            position[half:, y, x] = weights["row.weight"][y]
    f1, f2 = before + position, after + position
    s = (f1 * f2).sum(0) / (np.sqrt((f1**2).sum(0)) * np.sqrt((f2**2).sum(0)))
    fused = point(np.concatenate([f1, f2]) + s, weights, "fuse")
    x = np.maximum(norm(point(fused, weights, "refine.0"), weights, "refine.1"), 0)
    kernel, padded = weights["refine.3.weight"], np.pad(x, ((0, 0), (1, 1), (1, 1)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(1, 2))
    x = np.einsum("iyxab,oiab->oyx", windows, kernel) + weights["refine.3.bias"][:, None, None]
    x = np.maximum(norm(x, weights, "refine.4"), 0)
    x = norm(point(x, weights, "refine.6"), weights, "refine.7")
    return np.maximum(fused + x, 0)


def point(x: np.ndarray, weights: dict, name: str) -> np.ndarray:
    return np.einsum("iyx,oi->oyx", x, weights[f"{name}.weight"][:, :, 0, 0]) + weights[f"{name}.bias"][:, None, None]


def norm(x: np.ndarray, weights: dict, name: str) -> np.ndarray:
    mean, var, gain, bias = (
        weights[f"{name}.{part}"][:, None, None] for part in ("running_mean", "running_var", "weight", "bias")
    )
    return (x - mean) / np.sqrt(var + 1e-5) * gain + bias


def random_module(channels: int = 12, grid: int = 7) -> ChangeExtraction:
    torch.manual_seed(0)
    module = ChangeExtraction(channels, grid).eval()
    for layer in module.modules():
        if isinstance(layer, nn.BatchNorm2d):
            for tensor in (layer.weight.data, layer.bias.data, layer.running_mean, layer.running_var):
                tensor.uniform_(0.5, 1.5)
    return module


@torch.no_grad()
def test_equals_the_published_equations():
    module = random_module()
    before, after = torch.randn(2, 3, 12, 7, 7)
    found = module(before, after)
    for i in range(3):
        expected = equations(module, before[i].double().numpy(), after[i].double().numpy())
        np.testing.assert_allclose(found[i].numpy(), expected, atol=1e-5)


@torch.no_grad()
def test_order_of_dates_matters():
    module = random_module()
    before, after = torch.randn(2, 1, 12, 7, 7)
    assert not torch.allclose(module(before, after), module(after, before), atol=0.1)


@torch.no_grad()
def test_position_is_column_part_then_row_part_and_interpolates():
    module = ChangeExtraction(4, 5)
    module.column.weight[:] = torch.arange(5.0)[:, None]
    module.row.weight[:] = 10 * torch.arange(5.0)[:, None]
    same = module.position(5, 5)
    assert same[0, 3].tolist() == [0, 1, 2, 3, 4] and same[2, :, 1].tolist() == [0, 10, 20, 30, 40]
    other = module.position(3, 10)
    assert other.shape == (4, 3, 10)
    assert other[0, 2].diff().min() >= 0 and other[0, 0, 4:6].tolist() == [1.75, 2.25]
    assert torch.equal(other[0, 0], other[0, 2]) and torch.equal(other[3, :, 0], other[3, :, 9])
