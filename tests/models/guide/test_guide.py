"""The vision guide: shapes, invariances, what it does with its weights."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from chronosight.models.guide.configuration import GuideConfig  # noqa: E402
from chronosight.models.guide.modeling import GuideModel  # noqa: E402

SMALL = {
    "widths": (6, 8, 12, 16, 24), "depths": (1, 1, 1, 1), "neck": (8, 8, 8, 8, 8), "neck_depths": (1, 1, 1, 0, 0),
    "summary_width": 16, "vocab_size": 40,
}  # fmt: skip


@pytest.fixture(scope="module")
def guide() -> GuideModel:
    torch.manual_seed(0)
    model = GuideModel(GuideConfig(**SMALL)).eval()
    for name, parameter in model.named_parameters():
        if name.endswith("second.1.weight"):  # zero at the start: a fresh block is its skip, which would hide mistakes
            torch.nn.init.ones_(parameter)
    return model


def frames(seed: int, *shape: int) -> torch.Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("size", [(64, 64), (96, 32)])
def test_maps_have_the_size_of_the_input(guide, size):
    with torch.no_grad():
        out = guide(frames(0, 2, 3, *size), frames(1, 2, 3, *size))
    assert out.class_logits.shape == (2, 3, *size)
    assert out.appeared_logit.shape == (2, 1, *size)
    assert out.change_logit.shape == (2,)
    assert out.memory.shape == (2, 64, 16)


def test_batch_of_one_equals_batch_of_many(guide):
    before, after = frames(0, 3, 3, 64, 64), frames(1, 3, 3, 64, 64)
    with torch.no_grad():
        many = guide(before, after)
        one = guide(before[1:2], after[1:2])
    for name in ("class_logits", "appeared_logit", "change_logit", "memory"):
        torch.testing.assert_close(one[name][0], many[name][1], atol=1e-5, rtol=1e-4)


def test_a_tile_gives_what_the_whole_gives_away_from_its_border(guide):
    before, after = frames(0, 1, 3, 32, 1024), frames(1, 1, 3, 32, 1024)
    with torch.no_grad():
        whole = guide(before, after).class_logits
        tile = guide(before[..., 128:896], after[..., 128:896]).class_logits
    torch.testing.assert_close(tile[..., 256:-256], whole[..., 384:-384], atol=1e-4, rtol=1e-4)


def test_order_of_the_dates_matters(guide):
    before, after = frames(0, 1, 3, 64, 64), frames(1, 1, 3, 64, 64)
    with torch.no_grad():
        forward, backward = guide(before, after), guide(after, before)
    assert not torch.allclose(forward.appeared_logit, backward.appeared_logit, atol=1e-3)


def test_a_guide_goes_on_with_blocks_added_to_its_neck():
    torch.manual_seed(0)
    plain = GuideModel(GuideConfig(**{**SMALL, "neck_depths": ()})).eval()
    deeper = GuideModel(GuideConfig(**SMALL)).eval()
    missing = deeper.load_state_dict(plain.state_dict(), strict=False).missing_keys
    assert missing and all(name.startswith("recognition.refine") for name in missing)
    before, after = frames(0, 1, 3, 64, 64), frames(1, 1, 3, 64, 64)
    with torch.no_grad():
        torch.testing.assert_close(deeper(before, after).class_logits, plain(before, after).class_logits)


def test_save_and_load_give_equal_output(guide, tmp_path):
    guide.save_pretrained(tmp_path)
    assert (tmp_path / "model.safetensors").is_file()
    again = GuideModel.from_pretrained(tmp_path).eval()
    before, after = frames(0, 1, 3, 64, 64), frames(1, 1, 3, 64, 64)
    with torch.no_grad():
        torch.testing.assert_close(again(before, after).class_logits, guide(before, after).class_logits)


def test_caption_stops_at_the_end_token_and_pads(guide):
    with torch.no_grad():
        tokens = guide.caption(frames(0, 2, 64, 16))
    assert tokens.shape[1] <= guide.config.max_caption
    assert (tokens[:, 0] == guide.config.bos_token_id).all()
    for row in tokens.tolist():
        if guide.config.eos_token_id in row:
            rest = row[row.index(guide.config.eos_token_id) + 1 :]
            assert set(rest) <= {guide.config.pad_token_id}


def test_caption_words_see_only_earlier_words(guide):
    memory, tokens = frames(0, 1, 64, 16), torch.tensor([[1, 5, 6, 7, 8]])
    changed = tokens.clone()
    changed[0, 3] = 20
    with torch.no_grad():
        first, second = guide.caption_logits(memory, tokens), guide.caption_logits(memory, changed)
    torch.testing.assert_close(first[:, :3], second[:, :3])
    assert not torch.allclose(first[:, 3:], second[:, 3:])


def test_the_paper_s_encoder_fits_too():
    config = GuideConfig(encoder="segformer", widths=(16, 16, 32, 32), depths=(1, 1, 1, 1), neck=(8, 8, 8, 8),
                         summary_width=16, vocab_size=40)  # fmt: skip
    model = GuideModel(config).eval()
    with torch.no_grad():
        out = model(frames(0, 1, 3, 64, 64), frames(1, 1, 3, 64, 64))
    assert out.class_logits.shape == (1, 3, 64, 64)


def test_unknown_encoder_is_named():
    with pytest.raises(ValueError, match="'resnet'"):
        GuideModel(GuideConfig(encoder="resnet"))
