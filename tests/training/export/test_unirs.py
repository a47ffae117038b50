"""The ONNX graphs give the answers that torch gives, token for token, for image, pair and video."""

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from chronosight.engines.compact.sessions import open_session
from chronosight.models.unirs.modeling import positions_from
from chronosight.training.export.onnx_storage import quantize_decoder, store_as_float16
from chronosight.training.export.unirs import decode_step, export_unirs
from tiny_unirs import CLUES, KINDS, QUESTIONS, REPLIES, scenes, tiny_model, tiny_processor


@pytest.fixture(scope="module")
def processor():
    return tiny_processor(image_size=64, pair_size=96, video_size=64)


@pytest.fixture(scope="module")
def model(processor):
    """Weights wide enough to choose many tokens, and already rounded to 16 bits, so storing them so loses nothing."""
    model = tiny_model(processor)
    for parameter in model.language_model.parameters():
        parameter.data.add_(0.3 * torch.randn_like(parameter))
    return model.half().float()


@pytest.fixture(scope="module")
def exported(model, tmp_path_factory):
    folder = tmp_path_factory.mktemp("unirs")
    return folder, export_unirs(model, folder, float16=False)


def run(folder, name, **inputs):
    session = onnxruntime.InferenceSession(str(folder / f"{name}.onnx"))
    return session.run(None, inputs)[0]


def reply_with_onnx(folder, processor, row: int, length: int) -> list[int]:
    """Greedy decoding with numpy and onnxruntime alone."""
    frames = processor.pixels(scenes()[row], KINDS[row]).numpy()
    features = run(folder, "tower", frames=frames)
    if KINDS[row] == "pair":
        visual = run(folder, "change", before=features[:1], after=features[1:])
    else:
        visual = run(folder, "projector", features=features)
    ids = processor(None, [KINDS[row]], [QUESTIONS[row]], [CLUES[row]])["input_ids"][0].numpy()
    table = np.load(folder / "embedding.npy").astype(np.float32)
    embeds = table[ids]
    embeds[ids == processor.config.image_token_id] = visual.reshape(-1, visual.shape[-1])
    session = onnxruntime.InferenceSession(str(folder / "decoder.onnx"))
    tokens, past, embeds = [], None, torch.from_numpy(embeds)[None]
    seen = 0
    for _ in range(length):
        positions = torch.arange(seen, seen + embeds.shape[1])[None]
        seen += embeds.shape[1]
        logits, past = decode_step(session, embeds, torch.ones(1, seen, dtype=torch.long), positions, past)
        tokens.append(int(logits[0, -1].argmax()))
        embeds = torch.from_numpy(table[tokens[-1:]])[None]
    return tokens


@pytest.mark.parametrize("row", [0, 1, 2], ids=KINDS)
def test_onnx_equals_torch_token_for_token(exported, model, processor, row):
    batch = processor([scenes()[row]], [KINDS[row]], [QUESTIONS[row]], [CLUES[row]])
    expected = model.generate(**batch, max_new_tokens=15, do_sample=False, eos_token_id=None)[0].tolist()
    assert len(set(expected)) > 3
    assert reply_with_onnx(exported[0], processor, row, 15) == expected


def test_every_graph_was_compared(exported):
    folder, differences = exported
    assert sorted(differences) == ["change", "decoder", "projector", "tower"]
    assert max(differences.values()) < 1e-4
    assert not list(folder.glob("*.part*"))


def test_nothing_of_the_machine_is_in_the_files(exported):
    for path in exported[0].glob("*.onnx"):
        assert b"site-packages" not in path.read_bytes() and b".py" not in path.read_bytes()


def test_folded_batch_norms_leave_convolutions_alone(exported):
    graph = onnx.load(exported[0] / "tower.onnx").graph
    assert not [node for node in graph.node if node.op_type == "BatchNormalization"]


def test_float16_storage_halves_the_file_and_keeps_the_numbers(exported, processor, tmp_path):
    for name in ("tower", "decoder"):
        source, target = exported[0] / f"{name}.onnx", tmp_path / f"{name}.onnx"
        target.write_bytes(source.read_bytes())
        store_as_float16(target)
        kinds = {tensor.data_type for tensor in onnx.load(target).graph.initializer if np.prod(tensor.dims) >= 1024}
        assert kinds == {onnx.TensorProto.FLOAT16}
        assert target.stat().st_size < 0.75 * source.stat().st_size  # what is not weights stays
    frames = np.random.default_rng(0).random((1, 3, 64, 64), np.float32)
    before, after = run(exported[0], "tower", frames=frames), run(tmp_path, "tower", frames=frames)
    assert 0 < np.abs(before - after).max() < 5e-3 * np.abs(before).max()


def test_int8_decoder_mostly_agrees(exported, model, processor, tmp_path):
    quantize_decoder(exported[0] / "decoder.onnx", tmp_path / "decoder.onnx")
    batch = processor(scenes(), KINDS, QUESTIONS, CLUES, REPLIES)
    with torch.no_grad():
        embeds = model.embed(batch["input_ids"], batch["scenes"], batch["kinds"])
    mask = batch["attention_mask"]
    assert greedy_agreement(model, exported[0] / "decoder.onnx", embeds, mask) == 1.0
    assert greedy_agreement(model, tmp_path / "decoder.onnx", embeds, mask) > 0.8
    operators = {node.op_type for node in onnx.load(tmp_path / "decoder.onnx").graph.node}
    assert "MatMulInteger" in operators


def greedy_agreement(model, path, embeds, mask):
    """Share of positions, padding left out, at which the decoder graph chooses the same next token as torch."""
    positions = positions_from(mask)
    with torch.no_grad():
        wanted = model.language_model(inputs_embeds=embeds, attention_mask=mask, position_ids=positions).logits
    session = open_session(path, 1)
    same = wanted.argmax(-1) == torch.from_numpy(decode_step(session, embeds, mask, positions, None)[0]).argmax(-1)
    return float(same[mask.bool()].float().mean())


def test_what_has_no_graph_is_refused(processor, tmp_path):
    two_images = tiny_model(tiny_processor(fusion="two_images"))
    with pytest.raises(ValueError, match="fused pair"):
        export_unirs(two_images, tmp_path)
