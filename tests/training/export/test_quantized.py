"""Convolutions in 8 bits: nearly the same maps, smaller files, and a folder that still vouches for its files."""

import json
import shutil

import numpy as np
import onnx
import pytest
import torch
from torch import nn

from chronosight.engines import load
from chronosight.engines.compact.sessions import open_session
from chronosight.errors import InputError
from chronosight.training.export import quantized
from chronosight.training.export.graph import export_graph
from chronosight.training.export.onnx_storage import store_as_float16
from chronosight.training.export.quantized import pairs_of, quantize_convolutions, quantize_guide
from tiny_data import write_data


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return write_data(tmp_path_factory.mktemp("data"))


class Compare(nn.Module):
    """Three convolutions over both dates."""

    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Conv2d(6, 64, 3, padding=1), nn.Conv2d(64, 64, 3, padding=1)
        self.last = nn.Conv2d(64, 2, 1)

    def forward(self, before, after):
        x = torch.relu(self.first(torch.cat([before, after], 1)))
        return self.last(torch.relu(self.second(x)))


def test_quantised_convolutions_give_nearly_the_same(tmp_path, data):
    torch.manual_seed(0)
    net, feeds = Compare().eval(), pairs_of(data)
    dates = tuple(torch.from_numpy(feeds[0][name]) for name in ("before", "after"))
    path = tmp_path / "guide.onnx"
    export_graph(net, dates, path, ["before", "after"], ["logits"], [{}, {}])
    store_as_float16(path)
    size, wanted = path.stat().st_size, net(*dates).detach().numpy()
    quantize_convolutions(path, path, feeds)
    found = open_session(path, 1).run(None, feeds[0])[0]
    assert np.abs(found - wanted).max() < 0.05 * (wanted.max() - wanted.min())
    assert not np.array_equal(found, wanted) and path.stat().st_size < size
    nodes = onnx.load(str(path)).graph.node
    scaled = {name for node in nodes if node.op_type == "DequantizeLinear" for name in node.output}
    convolutions = [node for node in nodes if node.op_type == "Conv"]
    assert [node.input[1] in scaled for node in convolutions] == [True, True, True]
    assert [p.name for p in tmp_path.iterdir()] == ["guide.onnx"]


def test_a_folder_is_quantised_once_and_still_vouches_for_its_files(tmp_path, data, monkeypatch):
    seen = []
    monkeypatch.setattr(
        quantized, "quantize_convolutions", lambda source, target, feeds, unused: seen.append((source.name, unused))
    )
    weights = shutil.copytree(load("compact").bundle.folder, tmp_path / "weights")
    config = json.loads((weights / "config.json").read_text())
    (weights / "config.json").write_text(json.dumps(config | {"quantized_guide": False}))
    for _ in range(2):
        quantize_guide(weights, data)
        assert json.loads((weights / "config.json").read_text())["quantized_guide"] is True
        assert seen == [("guide.onnx", ["memory"])], "with a captioner nobody reads the memory"
    assert load("compact", weights).bundle.session("guide")


def test_data_without_imagery_is_one_line(tmp_path):
    weights = shutil.copytree(load("compact").bundle.folder, tmp_path / "weights")
    config = json.loads((weights / "config.json").read_text())
    (weights / "config.json").write_text(json.dumps(config | {"quantized_guide": False}))
    with pytest.raises(InputError) as refused:
        quantize_guide(weights, tmp_path)
    assert "\n" not in str(refused.value)
