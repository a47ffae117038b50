"""Whatever a server does, `ask` ends in time with a reply or one line; nonsense is no confidence."""

import json
import socket
import threading
import time
from contextlib import contextmanager

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chronosight.engines.changevg.endpoint import MAX_BYTES, Endpoint
from chronosight.errors import InputError

TURN = [{"type": "text", "text": "What is shown?"}]


@contextmanager
def server(behave):
    """A TCP server on this machine; `behave(connection, stop)` is called once a request was read."""
    stop, listening = threading.Event(), socket.create_server(("127.0.0.1", 0))
    listening.settimeout(0.05)

    def serve(connection):
        with connection:
            try:
                data = b""
                while b"\r\n\r\n" not in data:
                    data += connection.recv(65536)
                head, _, body = data.partition(b"\r\n\r\n")
                length = next((int(h.split(b":")[1]) for h in head.split(b"\r\n") if h.lower().startswith(b"content-length")), 0)
                while len(body) < length:
                    body += connection.recv(65536)
                behave(connection, stop)
            except OSError:
                pass

    def accept():
        while not stop.is_set():
            try:
                connection, _ = listening.accept()
            except TimeoutError:
                continue
            connection.settimeout(5)
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/v1"
    finally:
        stop.set()
        thread.join()
        listening.close()


def whole(body: bytes, head: bytes = b"HTTP/1.1 200 OK\r\n"):
    return lambda connection, _: connection.sendall(
        head + b"Content-Length: " + str(len(body)).encode() + b"\r\nConnection: close\r\n\r\n" + body
    )


def ask(url, seconds=5.0):
    endpoint = Endpoint(url, "a-model", seconds=seconds)
    return endpoint.encode([np.zeros((8, 8, 3), np.uint8)]).replies([TURN], 8)[0]


def hang(connection, stop):
    stop.wait()


def drip(connection, stop):
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    while not stop.wait(0.05):
        connection.sendall(b" ")


def continue_for_ever(connection, stop):
    while not stop.wait(0.01):
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")


@pytest.mark.parametrize("behave", [hang, drip, continue_for_ever])
def test_a_server_that_does_not_come_to_an_end_is_left_at_the_deadline(behave):
    with server(behave) as url:
        start = time.monotonic()
        with pytest.raises(InputError, match=r"did not answer within 0\.5 seconds"):
            ask(url, 0.5)
        assert time.monotonic() - start < 4


def test_the_list_of_models_has_a_deadline_too():
    with server(hang) as url, pytest.raises(InputError, match=r"within 0\.5 seconds"):
        Endpoint(url, seconds=0.5)


def flood(connection, stop):
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while not stop.is_set():
        connection.sendall(b" " * 65536)


@pytest.mark.parametrize(
    ("behave", "said"),
    [
        (lambda connection, _: connection.sendall(b"220 mail.example ESMTP\r\n"), "no HTTP reply"),
        (lambda connection, _: None, "no HTTP reply"),
        (lambda connection, _: connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"), "no HTTP reply"),
        (flood, f"more than {MAX_BYTES:,} bytes"),
        (whole(b"[]"), "did not answer as"),
        (whole(b"null"), "did not answer as"),
        (whole(b'{"choices": []}'), "did not answer as"),
        (whole(b'{"choices": [{"message": "hello"}]}'), "did not answer as"),
        (whole(b"[" * 100_000), "nested more than"),
        (whole(b"\xff\xfe"), "not UTF-8"),
        (whole(b"{}", b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n"), "compressed"),
        (whole(b"{}", b"HTTP/1.1 307 Moved\r\nLocation: http://127.0.0.1:9/\r\n"), "refused the request with 307"),
        (whole(b"two\nlines", b"HTTP/1.1 500 Oh\r\n"), "refused the request with 500: two lines"),
    ],
)  # fmt: skip
def test_replies_that_are_none_are_one_line(behave, said):
    with server(behave) as url, pytest.raises(InputError, match=said) as error:
        ask(url)
    assert "\n" not in str(error.value)


def completion(**choice) -> bytes:
    return json.dumps({"choices": [{"message": {"content": "Yes"}, "finish_reason": "stop", **choice}]}).encode()


@pytest.mark.parametrize(
    "logprobs",
    [
        None, {}, {"content": None}, {"content": []}, [], "none", {"content": [{"token": "Yes", "logprob": None}]},
        {"content": [{"token": "Yes", "logprob": -9999.0}]}, {"content": [{"token": "Yes", "logprob": float("nan")}]},
        {"content": [{"token": "Yes", "logprob": 3.0}]}, {"content": [{"logprob": -0.1}]},
    ],
)  # fmt: skip
def test_probabilities_that_failed_are_unknown_and_the_reply_stands(logprobs):
    with server(whole(completion(logprobs=logprobs))) as url:
        reply = ask(url)
    assert (reply.text, reply.logprobs.size, reply.complete) == ("Yes", 0, True)


def test_probabilities_are_read():
    step = {"token": "Yes", "logprob": -0.5, "top_logprobs": [{"token": " no", "logprob": -1.0}]}
    with server(whole(completion(logprobs={"content": [step]}, finish_reason="length"))) as url:
        reply = ask(url)
    assert reply.logprobs.tolist() == pytest.approx([-0.5]) and not reply.complete
    assert reply.yes == pytest.approx(0.6065 / (0.6065 + 0.3679), abs=1e-4)


@pytest.mark.parametrize("key", ["two\nlines", "clé"])
def test_a_key_that_is_none_is_refused(key, monkeypatch):
    monkeypatch.setenv("CHRONOSIGHT_API_KEY", key)
    with server(whole(completion())) as url, pytest.raises(InputError, match="CHRONOSIGHT_API_KEY"):
        ask(url)


@pytest.mark.parametrize("seconds", ["soon", "0", "-1", "nan", "inf"])
def test_a_deadline_that_is_none_is_refused(seconds, monkeypatch):
    monkeypatch.setenv("CHRONOSIGHT_ENDPOINT_SECONDS", seconds)
    with pytest.raises(InputError, match="CHRONOSIGHT_ENDPOINT_SECONDS"):
        Endpoint("http://127.0.0.1:9/v1", "a-model")


@pytest.mark.parametrize("url", ["http://[::1", "http://a:b/v1", "http://\x00/", "ftp://a/v1", ""])
def test_addresses_that_are_none_are_refused(url):
    with pytest.raises(InputError, match="is no address"):
        Endpoint(url, "a-model")


def test_it_can_be_asked_inside_an_event_loop():
    """As in a notebook."""
    import asyncio

    async def cell(url):
        return ask(url)

    with server(whole(completion())) as url:
        assert asyncio.run(cell(url)).text == "Yes"


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["choices", "message", "content", "logprobs", "token", "logprob", "top_logprobs"]), inner),
    max_leaves=12,
)  # fmt: skip


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(body=st.binary(max_size=60) | JSON.map(lambda value: json.dumps(value).encode()), whole_head=st.booleans())
def test_any_bytes_are_a_reply_or_one_line(body, whole_head):
    behave = whole(body) if whole_head else (lambda connection, _: connection.sendall(body))
    with server(behave) as url:
        try:
            ask(url, 2.0)
        except InputError as error:
            assert "\n" not in str(error)
