"""Graphs without what nobody reads, whose enlargements have constant factors and give the same."""

import numpy as np
import onnx
import torch
from torch import nn
from torch.nn import functional as F

from chronosight.engines.compact.sessions import open_session
from chronosight.training.export.graph import export_graph
from chronosight.training.export.leaner_graph import drop_outputs, fix_enlargements, sums_as_convolutions


class Enlarging(nn.Module):
    """A map enlarged twice, and one enlarged to a size of its own, which no factor gives."""

    def __init__(self):
        super().__init__()
        self.own, self.other = nn.Conv2d(3, 8, 3, 2, 1), nn.Conv2d(3, 8, 1)

    def forward(self, x):
        twice = F.interpolate(self.own(x), size=x.shape[-2:], mode="bilinear", align_corners=False)
        return twice, F.interpolate(self.other(x), size=(24, 40), mode="bilinear", align_corners=False)


def test_enlargements_by_a_whole_factor_are_constant_and_give_the_same(tmp_path):
    torch.manual_seed(0)
    net, path = Enlarging().eval(), tmp_path / "graph.onnx"
    sides = 2 * torch.export.Dim("rows", min=1, max=64), 2 * torch.export.Dim("columns", min=1, max=64)
    export_graph(net, (torch.rand(1, 3, 16, 24),), path, ["x"], ["twice", "other"], [{2: sides[0], 3: sides[1]}])
    feeds = [{"x": np.random.default_rng(side).random((1, 3, side, 2 * side), np.float32)} for side in (16, 20)]
    fix_enlargements(path, feeds)
    enlarging = [node for node in onnx.load(str(path)).graph.node if node.op_type == "Resize"]
    assert sorted(len(node.input) for node in enlarging) == [3, 4], "sizes stay where no factor fits"
    session = open_session(path, 1)
    for feed in feeds:
        with torch.no_grad():
            wanted = net(torch.from_numpy(feed["x"]))
        for expected, found in zip(wanted, session.run(["twice", "other"], feed), strict=True):
            np.testing.assert_allclose(found, expected.numpy(), atol=1e-5)


def test_what_an_output_alone_rests_on_goes_with_it(tmp_path):
    net, path = Enlarging().eval(), tmp_path / "graph.onnx"
    export_graph(net, (torch.rand(1, 3, 16, 24),), path, ["x"], ["twice", "other"], [{}])
    model = onnx.load(str(path))
    drop_outputs(model, ["other"])
    assert [item.name for item in model.graph.output] == ["twice"]
    assert [node.op_type for node in model.graph.node if node.op_type in ("Conv", "Resize")] == ["Conv", "Resize"]
    assert sorted(tuple(item.dims) for item in model.graph.initializer if len(item.dims) > 1) == [(8, 3, 3, 3)]
    onnx.checker.check_model(model)


class Adding(nn.Module):
    """A sum over channels, one over rows, and one that takes the channels away."""

    def forward(self, x):
        return x.square().sum(1, keepdim=True), x.sum(2, keepdim=True), x.sum(1)


def test_only_sums_over_channels_that_keep_their_place_become_convolutions(tmp_path):
    path, x = tmp_path / "graph.onnx", torch.rand(2, 24, 16, 20)
    export_graph(Adding(), (x,), path, ["x"], ["channels", "rows", "gone"], [{}])
    model = onnx.shape_inference.infer_shapes(onnx.load(str(path)))
    assert len(sums_as_convolutions(model)) == 1
    assert sorted(node.op_type for node in model.graph.node if node.op_type in ("Conv", "ReduceSum")) == [
        "Conv", "ReduceSum", "ReduceSum",
    ]  # fmt: skip
    onnx.save(model, str(path))
    for expected, found in zip(Adding()(x), open_session(path, 1).run(None, {"x": x.numpy()}), strict=True):
        np.testing.assert_allclose(found, expected.numpy(), rtol=1e-5)
