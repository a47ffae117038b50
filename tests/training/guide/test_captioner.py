"""Training and export of the captioner of changes on tiny data, and its sentences in the engine."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

torch = pytest.importorskip("torch")

from chronosight import load  # noqa: E402
from chronosight.engines.compact.bundle import Bundle  # noqa: E402
from chronosight.engines.compact.captioner import LEAST, Captioner, doubtful  # noqa: E402
from chronosight.engines.compact.guide import Guide, suited_guide  # noqa: E402
from chronosight.engines.reply import Reply  # noqa: E402
from chronosight.errors import InputError  # noqa: E402
from chronosight.models.guide.captioner import CaptionerModel  # noqa: E402
from chronosight.models.guide.configuration import fine_config  # noqa: E402
from chronosight.models.guide.modeling import GuideModel  # noqa: E402
from chronosight.tasks import binary  # noqa: E402
from chronosight.tasks.change_captions import END, PAD, START, caption_inputs  # noqa: E402
from chronosight.training.export.captioner import add_captioner  # noqa: E402
from chronosight.training.export.fine_guide import add_fine_guide  # noqa: E402
from chronosight.training.guide import captioner  # noqa: E402
from chronosight.training.recipes.guide import CaptionerRecipe  # noqa: E402
from chronosight.training.trainer import stack  # noqa: E402
from small_scenes import pair  # noqa: E402

CAPTIONS = ["a house is built in the top left corner", "a villa is built in the top left corner", "some houses are built"]


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    root = tmp_path_factory.mktemp("data") / "pairs"
    (root / "train").mkdir(parents=True)
    rng = np.random.default_rng(0)
    image = rng.integers(60, 120, (128, 128, 3)).astype(np.uint8)
    Image.fromarray(image).save(root / "train" / "a_before.webp", lossless=True)
    image[8:28, 8:28] = 220
    Image.fromarray(image).save(root / "train" / "a_after.webp", lossless=True)
    Image.fromarray(np.zeros((128, 128), np.uint8)).save(root / "train" / "a_building.png")
    unchanged = {"box": [64, 64, 128, 128], "captions": ["there is no difference"] * 5}
    cells = [{"box": [0, 0, 64, 64], "captions": CAPTIONS}, unchanged]
    row = {"id": "a", "place": "p", "metres_per_pixel": 1.0, "cells": cells}
    (root / "train.jsonl").write_text(json.dumps(row))
    return root.parent


@pytest.fixture(scope="module")
def guide(tmp_path_factory):
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("guide")
    GuideModel(fine_config((4, 6, 4, 4))).save_pretrained(folder)
    return folder


def recipe(guide, **fields) -> CaptionerRecipe:
    return CaptionerRecipe(guide=str(guide), steps=2, batch=2, size=64, views=2, save_every=1, threads=1, **fields)


@pytest.fixture(scope="module")
def trained(guide, data, tmp_path_factory):
    return captioner.train_captioner(recipe(guide), data, tmp_path_factory.mktemp("run") / "captioner", lambda text: None)


@pytest.fixture(scope="module")
def weights(guide, trained, bundle_folder, tmp_path_factory):
    folder = shutil.copytree(bundle_folder, tmp_path_factory.mktemp("weights") / "weights")
    with pytest.raises(InputError, match="no guide of fine imagery"):
        add_captioner(trained, folder)
    add_fine_guide(guide, folder, 0.5, 0.75)
    assert max(add_captioner(trained, folder).values()) < 5e-3
    return folder


def changed(metres):
    frames = np.random.default_rng(0).integers(0, 255, (2, 96, 128, 3)).astype(np.uint8)
    return replace(pair(frames), metres_per_pixel=metres)


def test_captions_are_mirrored_with_their_views(guide, data):
    fixed = GuideModel.from_pretrained(guide)
    maps = captioner.captioned_maps(fixed, captioner.training_places(data), recipe(guide))
    assert len(maps.captions) == len(maps.changed) == 2 * 2 * 4 and maps.changed.sum() == 8
    first = [one[0] for one in maps.captions[:4]]
    assert ["top left" in first[0], "top right" in first[1], "left" in first[2], "right" in first[3]] == [True] * 4
    words = captioner.vocabulary(maps, 8)
    assert {"corner", "built", "difference"} <= set(words) and "villa" not in words  # in one caption alone
    ids = captioner.caption_ids("a corner is built", {word: at for at, word in enumerate(words)})
    assert ids[0] == START and words[ids[2]] == "corner" and END in ids


def test_a_run_that_was_stopped_ends_with_the_same_weights(guide, data, trained, tmp_path):
    from safetensors.numpy import load_file

    run = tmp_path / "captioner"
    shutil.copytree(trained.parent, run)
    shutil.rmtree(run / "final")
    shutil.rmtree(run / "checkpoint-2")
    again = captioner.train_captioner(recipe(guide), data, run, lambda text: None)
    first, second = load_file(trained / "model.safetensors"), load_file(again / "model.safetensors")
    for name, value in first.items():
        np.testing.assert_array_equal(value, second[name], err_msg=name)


def test_a_captioner_learns_what_its_teachers_say_on_average(guide, data, trained, tmp_path):
    taught = recipe(guide, teachers=(str(trained), str(trained)), learning_rate=1e-7)
    model = CaptionerModel.from_pretrained(captioner.train_captioner(taught, data, tmp_path / "taught", lambda text: None)).eval()
    first = CaptionerModel.from_pretrained(trained).eval()
    for name, value in first.state_dict().items():
        torch.testing.assert_close(model.state_dict()[name], value, atol=1e-5, rtol=0, msg="it starts from the last teacher")
    torch.manual_seed(1)
    second = CaptionerModel(first.config).eval()
    maps = captioner.captioned_maps(GuideModel.from_pretrained(guide), captioner.training_places(data), taught)
    batch = stack([captioner.CaptionerSamples(maps, first.config.words, taught)[i] for i in range(4)])
    trainer = SimpleNamespace(teachers=[first, second])
    loss = captioner.CaptionerTrainer.losses(trainer, first, batch)["taught"]
    told = batch["tokens"][:, :-1]

    def says(one):
        return one(one.remember(batch["earlier"], batch["later"], batch["changes"]), told)

    mean = (says(first).softmax(-1) + says(second).softmax(-1)) / 2
    each = -(mean * says(first).log_softmax(-1)).sum(-1)[batch["tokens"][:, 1:] != PAD]
    torch.testing.assert_close(loss, each.mean(), atol=1e-5, rtol=1e-5)


def test_a_teacher_with_other_words_is_refused(guide, data, trained, tmp_path):
    other = CaptionerModel.from_pretrained(trained)
    other.config.words = [*list(other.config.words)[:-1], "villa"]
    other.save_pretrained(tmp_path / "other")
    with pytest.raises(InputError, match="other words"):
        captioner.train_captioner(recipe(guide, teachers=(str(tmp_path / "other"),)), data, tmp_path / "run", lambda text: None)


def test_the_engine_reads_the_same_maps_as_training(guide, trained, weights):
    scene = changed(1.0)
    model, fixed = CaptionerModel.from_pretrained(trained).eval(), GuideModel.from_pretrained(guide).eval()
    with torch.no_grad():
        inputs = caption_inputs(captioner.guide_maps(fixed, scene.frames[:, None]))
        memory = model.remember(*(torch.from_numpy(inputs[name]) for name in ("earlier", "later", "changes")))
        first = model(memory, torch.tensor([[START]]))[0, -1].log_softmax(0)
    reply = Captioner(Bundle(weights, 1)).describe(scene, 1.0)
    allowed = first.clone()
    allowed[[0, 1, 3]] = -torch.inf
    best = int(allowed.argmax())
    word = reply.text.split()[0] if reply.text else ""
    assert (word or "<end>") == model.config.words[best]
    assert reply.logprobs[0] == pytest.approx(float(first[best]), abs=0.05)


def test_captions_of_pairs_come_from_the_captioner(weights, monkeypatch):
    asked = []

    def say(self, scene, metres, maps):
        asked.append((metres, maps))
        return Reply("the scene is the same as before", np.array([-0.1] * 7), True)

    monkeypatch.setattr(Captioner, "describe", say)
    frames = np.full((2, 96, 128, 3), 90, np.uint8)
    answer = load(weights=weights, threads=1).ask(replace(pair(frames), metres_per_pixel=1.0), "Describe what changed.")
    assert asked[0][0] == 1.0 and answer.text == "the scene is the same as before"


@pytest.mark.parametrize(("subject", "counts"), [(None, True), ("buildings", False)])
def test_whether_anything_changed_is_weighed_with_the_caption(weights, monkeypatch, subject, counts):
    engine = load(weights=weights, threads=1)
    weights_of = {"a": 1.0, "guide": 0.1, "outlined": 0.1, "caption": 2.0, "b": 0.0, "sure": 0.7}
    engine.bundle.config["calibration"]["binary"] = weights_of
    scene, question, found = replace(changed(1.0), metres_per_pixel=1.0), binary.ask(subject), []
    for text in ("the scene is the same as before", "a house is built"):
        monkeypatch.setattr(Captioner, "describe", lambda *_, text=text: Reply(text, np.array([-0.1] * 4), True))
        found.append(engine.encode(replace(scene, frames=scene.frames.copy())).yes(question))
    assert (found[1] > found[0] + 0.02) is counts and (found[0] == found[1]) is not counts


@pytest.mark.parametrize(("size", "serves"), [((128, 192), True), ((128, 160), False)])  # 1.5 * 160 is no multiple of 32
def test_enlarged_maps_serve_where_they_are_of_the_whole_pair_and_not_padded(weights, monkeypatch, size, serves):
    bundle, asked = Bundle(weights, 1), []
    bundle.config["fine_guide"]["mixed_at"] = [1.25, 1.5]
    scene = replace(pair(np.random.default_rng(0).integers(0, 255, (2, *size, 3)).astype(np.uint8)), metres_per_pixel=1.0)
    maps = suited_guide(bundle, 1.0).predict(scene).fine
    assert maps["class_logits"].shape[2:] == (192, 288 if serves else 256)
    compare = Guide.raw_maps
    monkeypatch.setattr(Guide, "raw_maps", lambda *given: asked.append(1) or compare(*given))
    assert Captioner(bundle).describe(scene, 1.0, maps).complete
    assert (not asked) is serves


@pytest.mark.parametrize(("metres", "atol"), [(1.0, 1e-5), (0.5, 0.02)], ids=["both guides", "half of the size, not rounded"])
def test_where_the_guide_saw_the_pair_at_the_captioners_size_it_is_not_asked_again(weights, monkeypatch, metres, atol):
    bundle, frames = Bundle(weights, 1), np.random.default_rng(0).integers(0, 255, (2, 128, 192, 3)).astype(np.uint8)
    bundle.config["fine_guide"] |= {"halved": 0.5, "mixed_at": [1.0, 1.0]}
    scene = replace(pair(frames), metres_per_pixel=metres)
    apart = Captioner(bundle).describe(scene, metres)
    monkeypatch.setattr(Guide, "raw_maps", lambda *_: pytest.fail("compared the pair again"))
    shared = Captioner(bundle).describe(scene, metres, suited_guide(bundle, metres).predict(scene).fine)
    assert shared.text == apart.text
    np.testing.assert_allclose(shared.logprobs, apart.logprobs, atol=atol)


def test_words_that_do_not_fit_the_graph_are_one_line(weights, tmp_path):
    copy = shutil.copytree(weights, tmp_path / "weights")
    config = json.loads((copy / "config.json").read_text())
    config["captioner"]["words"].append("more")
    (copy / "config.json").write_text(json.dumps(config))
    with pytest.raises(InputError, match="words"):
        Captioner(Bundle(copy, 1)).describe(changed(1.0), 1.0)


def test_surroundings_need_a_probable_word():
    words = ["a", "house", "is", "built", "in", "the", "woods", "and", "a", "road", "in", "the", "bareland"]
    chances = [0.9] * 6 + [LEAST - 0.01] + [0.9] * 5 + [LEAST + 0.01, 0.9]  # the last one is that of the end
    assert doubtful(words, np.log(chances)) == ["wood"]
    assert doubtful(words[:6], np.log(chances[:7])) == []
