"""A model behind an OpenAI-compatible endpoint: a small server of our own plays it, on this machine alone."""

import base64
import io
import json
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from math import log

import numpy as np
import pytest
from PIL import Image

from chronosight.engines import load
from chronosight.engines.changevg.engine import NO_PROBABILITIES
from chronosight.errors import InputError
from chronosight.models.changevg.settings import Settings
from chronosight.tasks import binary, count
from small_scenes import ground, pair

REPLIES = (("How many", "3"), ("Please check", "No"), ("where", "top,left"))


class Server(HTTPServer):
    """Answers by words of the last question; keeps what it was sent."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.sent, self.headers_seen, self.mode = [], [], "whole"

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/v1"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.say({"data": [{"id": "a-qwen"}]})

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.sent.append(body)
        self.server.headers_seen.append(dict(self.headers))
        mode = self.server.mode
        if mode == "refuses":
            return self.say({"error": "no such\nmodel"}, 404)
        if mode == "moves":
            self.send_response(302)
            self.send_header("Location", "http://127.0.0.1:9/")
            return self.end_headers()
        if mode == "nonsense":
            return self.say({"what": 1})
        if mode == "no logprobs" and "logprobs" in body:
            return self.say({"error": "logprobs are not supported"}, 400)
        content = body["messages"][-1]["content"]
        text = "".join(part.get("text", "") for part in content)
        said = next((reply for word, reply in REPLIES if word in text), "a road is built")
        choice = {"message": {"role": "assistant", "content": said}, "finish_reason": "stop"}
        if "logprobs" in body:
            choice["logprobs"] = {"content": [step(said)]}
        return self.say({"choices": [choice]})

    def say(self, answer, status=200):
        data = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


def step(said):
    others = {"No": {"No": 0.6, "Yes": 0.15, " yes": 0.05}, "3": {"3": 0.4, "2": 0.1}}.get(said, {said: 0.5})
    top = [{"token": token, "logprob": log(p)} for token, p in others.items()]
    return {"token": said, "logprob": top[0]["logprob"], "top_logprobs": top}


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
    assert not answer.sure, "the map shows an outline"
    assert answer.notes == ("the words say no, the map shows 1 outline of buildings or roads",)


def test_pictures_leave_within_the_pixel_budget(server, bundle_folder, tmp_path, scene):
    Settings(max_pixels=60 * 80, guide_form="none").save(tmp_path)
    engine = load("changevg", "the-tuned-one", endpoint=server.url, guide=bundle_folder, adapter=tmp_path, threads=1)
    engine.ask(scene, "How many roads have changed?")
    assert [picture.shape for picture in sent_pictures(server.sent[0])] == [(60, 80, 3)] * 2
    assert server.sent[0]["model"] == "the-tuned-one"
    assert server.sent[0]["messages"][0]["content"][0]["text"] == "How many roads have been changed in these two images:"


def test_a_dialogue_sends_its_history_and_the_pictures_in_its_first_turn(engine, server, scene):
    talk = engine.chat(scene)
    talk.ask("How many buildings have changed?")
    talk.ask("And the roads?")
    messages = server.sent[1]["messages"]
    assert [message["role"] for message in messages] == ["user", "assistant", "user"]
    assert messages[1]["content"] == "3" and messages[2]["content"] == [{"type": "text", "text": "And the roads?"}]
    assert len(sent_pictures({"messages": [messages[0]]})) == 2
    assert talk.history[1][1].task == "count"


def test_describe_asks_everything(engine, server, scene):
    description = engine.describe(scene)
    assert len(server.sent) == 6 and description.caption.text == "a road is built"
    buildings = description.classes[0]
    assert (buildings.appeared, buildings.vanished, buildings.cells) == (3, 0, ("top", "left"))
    assert "buildings: 3 counted, although the answer is that nothing changed" in description.notes
    assert description.model["endpoint"] == server.url


def test_a_server_without_probabilities_gives_no_confidence(engine, server, scene):
    server.mode = "no logprobs"
    answer = engine.answer(scene, count.ask("buildings"))
    assert answer.value == 3 and answer.confidence == 0.0 and not answer.sure and NO_PROBABILITIES in answer.notes


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
