"""A model behind an OpenAI-compatible endpoint: a small server of our own plays it, on this machine alone."""

import base64
import io
import subprocess
import sys
import threading

import numpy as np
import pytest
from PIL import Image

from chronosight.engines import load
from chronosight.engines.changevg.engine import NO_PROBABILITIES
from chronosight.errors import InputError
from chronosight.models.changevg.settings import Settings
from chronosight.tasks import binary, count
from chronosight.tasks.caption import says_no_change
from small_scenes import ground, pair
from tiny_endpoint import Server


@pytest.fixture
def server():
    server = Server()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def engine(server, bundle_folder):
    return load("changevg", endpoint=server.url, guide=bundle_folder, threads=1)


@pytest.fixture
def scene():
    frames = ground(96, 128)
    frames[1, 10:30, 15:45] = 220
    return pair(frames)


def sent_pictures(body):
    urls = [part["image_url"]["url"] for message in body["messages"] for part in message["content"] if "image_url" in part]
    return [np.asarray(Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2])))) for url in urls]


def test_guide_here_model_there(engine, server, scene):
    answer = engine.answer(scene, count.ask("buildings"))
    assert (answer.text, answer.value) == ("3", 3) and answer.confidence == pytest.approx(0.8)
    assert "the words count 3 buildings, the map shows 1" in answer.notes
    (body,) = server.sent
    assert body["model"] == "a-qwen" and body["temperature"] == 0
    pictures = sent_pictures(body)
    assert np.array_equal(pictures, scene.frames), "both dates, in order, whole"
    text = "".join(part.get("text", "") for part in body["messages"][0]["content"])
    assert text.startswith("change ") and "buildings 1, new 1" in text and "How many buildings" in text


def test_yes_or_no_by_the_mass_of_its_tokens(engine, scene):
    answer = engine.answer(scene, binary.ask())
    assert answer.value is False and answer.confidence == pytest.approx(0.6 / 0.8)
    assert not answer.confident, "the map shows an outline"
    assert answer.notes == ("the words say no, the map shows 1 outline of buildings or roads",)


def test_images_leave_within_the_pixel_budget(server, bundle_folder, tmp_path, scene):
    Settings(max_pixels=60 * 80, guide_form="none").save(tmp_path)
    engine = load("changevg", "the-tuned-one", endpoint=server.url, guide=bundle_folder, adapter=tmp_path, threads=1)
    engine.ask(scene, "How many roads have changed?")
    assert [picture.shape for picture in sent_pictures(server.sent[0])] == [(60, 80, 3)] * 2
    assert server.sent[0]["model"] == "the-tuned-one"
    assert server.sent[0]["messages"][0]["content"][0]["text"] == "How many roads have been changed in these two images:"


def test_a_dialogue_sends_its_history_and_the_images_in_its_first_turn(engine, server, scene):
    conversation = engine.chat(scene)
    conversation.ask("How many buildings have changed?")
    conversation.ask("And the roads?")
    messages = server.sent[1]["messages"]
    assert [message["role"] for message in messages] == ["user", "assistant", "user"]
    assert messages[1]["content"] == "3" and messages[2]["content"] == [{"type": "text", "text": "And the roads?"}]
    assert len(sent_pictures({"messages": [messages[0]]})) == 2
    assert conversation.history[1][1].task == "count"


def test_describe_asks_everything(engine, server, scene):
    description = engine.describe(scene)
    assert len(server.sent) == 6 and says_no_change(description.caption.text), "its own caption says otherwise; so does a note"
    assert any('the caption follows the answer "no"' in note for note in description.notes)
    buildings = description.classes[0]
    assert (buildings.appeared, buildings.vanished, buildings.cells) == (3, 0, ("top", "left"))
    assert "buildings: 3 counted, although the answer is that nothing changed" in description.notes
    assert description.model["endpoint"] == server.url


def test_a_server_without_probabilities_gives_no_confidence(engine, server, scene):
    server.mode = "no logprobs"
    answer = engine.answer(scene, count.ask("buildings"))
    assert answer.value == 3 and answer.confidence == 0.0 and not answer.confident and NO_PROBABILITIES in answer.notes
    assert not answer.confidence_known and answer.to_dict()["confidence"] is None


@pytest.mark.parametrize(("mode", "said"), [("refuses", "404"), ("moves", "302"), ("nonsense", "did not answer as")])
def test_what_goes_wrong_there_is_one_line_here(engine, server, scene, mode, said):
    server.mode = mode
    with pytest.raises(InputError, match=said) as error:
        engine.answer(scene, count.ask("buildings"))
    assert "\n" not in str(error.value)


def test_a_key_goes_to_the_named_address(engine, server, scene, monkeypatch):
    engine.answer(scene, binary.ask())
    assert "Authorization" not in server.headers_seen[0]
    monkeypatch.setenv("CHRONOSIGHT_API_KEY", "abc")
    engine.answer(scene, binary.ask())
    assert server.headers_seen[1]["Authorization"] == "Bearer abc"


def test_an_address_that_is_none_and_one_where_nothing_is(bundle_folder):
    for url in ("file:///etc/passwd", "localhost:8000", "http://"):
        with pytest.raises(InputError, match="is no address"):
            load("changevg", endpoint=url, guide=bundle_folder)
    with pytest.raises(InputError, match="nothing answers"):
        load("changevg", endpoint="http://127.0.0.1:9/v1", guide=bundle_folder)


def test_an_endpoint_needs_no_torch(server, bundle_folder):
    code = (
        "import sys\nsys.modules['torch'] = sys.modules['transformers'] = None\n"
        f"from chronosight.engines import load\nload('changevg', endpoint={server.url!r}, guide={str(bundle_folder)!r})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
