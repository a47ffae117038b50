"""`chronosight serve --engine changevg --endpoint URL`: a real server in front of a large model that an endpoint plays."""

import threading

import pytest

from served import Served, free_port, shown
from tiny_endpoint import Server

ASK = "How many new buildings are there?"


@pytest.fixture
def endpoint():
    """Makes an endpoint at a port."""
    running = []

    def start(port):
        running.append(Server(port))
        threading.Thread(target=running[-1].serve_forever, daemon=True).start()
        return running[-1]

    yield start
    for server in running:
        server.shutdown()
        server.server_close()


def test_the_answer_is_the_endpoints_and_a_missing_endpoint_is_one_line(tmp_path, bundle_folder, pair, endpoint):
    port = free_port()
    url = f"http://127.0.0.1:{port}/v1"
    options = ("--engine", "changevg", "--endpoint", url, "--guide", str(bundle_folder))
    served = Served(tmp_path / "data", *options).start("/health")
    try:
        chat = {"model": "chronosight", "messages": [{"role": "user", "content": [*shown(*pair), {"type": "text", "text": ASK}]}]}
        scene = served.add(*pair)
        asked = {"question": ASK}

        # Nothing listens yet.
        for route, body in (("/v1/chat/completions", chat), (f"/api/scenes/{scene['id']}/ask", asked)):
            reply = served.client.post(route, json=body)
            message = reply.json()["error"]["message"]
            assert reply.status_code == 400 and url in message and "endpoint" in message and "\n" not in message, reply.text
        assert served.client.get("/ready").status_code == 503
        failed = served.wait(served.begin(scene, type="ask", question=ASK))
        assert failed["state"] == "failed" and url in failed["error"] and "\n" not in failed["error"]

        model = endpoint(port)
        reply = served.client.post("/v1/chat/completions", json=chat).json()
        sent = [body for body in model.sent if ASK in str(body)]
        assert sent and all(body["model"] == "a-qwen" for body in sent), "the endpoint was asked"
        assert reply["choices"][0]["message"]["content"].startswith("3") and reply["chronosight"]["answer"]["value"] == 3
        assert served.client.get("/ready").status_code == 200
        done = served.wait(served.begin(scene, type="ask", question=ASK))
        result = served.client.get(done["links"]["results"]).json()["result"]
        assert result["value"] == 3 and result["confidence"] == reply["chronosight"]["answer"]["confidence"]

        # It goes away again, after the engine has been loaded.
        model.shutdown()
        model.server_close()
        gone = served.client.post(f"/api/scenes/{scene['id']}/ask", json={"question": "Where are the new roads?"})
        assert gone.status_code == 400 and url in gone.json()["error"]["message"], gone.text
        assert "Traceback" not in served.log.read_text()
    finally:
        served.stop()
