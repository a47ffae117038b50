"""What a server refuses: without the key, from other sites, too large, too slow, by address."""

import socket
import time

import httpx
import pytest

from chronosight.errors import InputError
from chronosight.service import fetch, protection
from chronosight.service.messages import public_message
from chronosight.service.settings import Settings, check_settings
from served import Rows, Served

KEY = "a-key-of-this-test-0123456789"
ROUTES = ("/health", "/ready", "/version", "/metrics", "/v1/models", "/api/scenes", "/api/jobs", "/jobs", "/processes",
          "/openapi.json", "/", "/nothing-here")  # fmt: skip
PUBLIC = "93.184.216.34"
HEADERS = [(b"host", b"localhost"), (b"transfer-encoding", b"chunked")]


@pytest.fixture(scope="module")
def guarded(tmp_path_factory, bundle_folder):
    data = tmp_path_factory.mktemp("guarded") / "data"
    rows = Rows(data.parent / "rows")
    rows.hold(1)  # a job about a whole scene does not end by itself
    server = Served(data, "--queue", "1", weights=bundle_folder, CHRONOSIGHT_SERVICE_KEY=KEY, **rows.environment)
    server.start()
    server.client.headers["Authorization"] = f"Bearer {KEY}"
    yield server
    server.stop()


@pytest.mark.parametrize("route", ROUTES)
def test_every_route_asks_for_the_key(guarded, route):
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"X-API-Key": KEY[:-1]}, {"Authorization": "Basic !"}):
        refused = httpx.get(guarded.url + route, headers=headers, trust_env=False)
        assert refused.status_code == 401 and KEY not in refused.text
        assert refused.headers["www-authenticate"].startswith("Basic")


def test_the_key_opens_in_three_ways(guarded):
    for how in ({"headers": {"Authorization": f"Bearer {KEY}"}}, {"headers": {"X-API-Key": KEY}}, {"auth": ("", KEY)}):
        assert httpx.get(f"{guarded.url}/v1/models", trust_env=False, **how).status_code == 200
    assert KEY not in guarded.log.read_text()


def test_other_sites_and_other_names_are_refused(guarded):
    post = guarded.client.post
    assert post("/api/jobs", json={}, headers={"Origin": "https://evil.example"}).status_code == 403
    assert post("/api/jobs", json={}, headers={"Origin": guarded.url}).status_code == 422
    assert guarded.client.get("/health", headers={"Host": "evil.example"}).status_code == 421
    reply = guarded.client.options("/api/jobs", headers={"Origin": "https://evil.example"})
    assert not any(name.startswith("access-control") for name in reply.headers)


def test_every_answer_has_the_headers(guarded):
    for route in ("/health", "/nothing-here"):
        headers = guarded.client.get(route).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy and "script-src 'self'" in policy and "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff" and "server" not in headers


def test_a_body_that_is_too_large_is_refused_before_it_is_read(guarded):
    began = time.monotonic()
    with socket.create_connection(("127.0.0.1", guarded.port)) as wire:
        head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:{guarded.port}\r\nAuthorization: Bearer {KEY}\r\n"
        wire.sendall(f"{head}Content-Type: application/json\r\nContent-Length: {1 << 40}\r\n\r\n".encode())
        assert b" 413 " in wire.recv(200)
    assert time.monotonic() - began < 5


def test_a_body_without_a_length_is_cut_off_at_the_limit(guarded):
    def endless():
        for _ in range(1000):
            yield b" " * (1 << 20)
        raise AssertionError("a gigabyte was taken")

    try:
        reply = guarded.client.post("/api/jobs", content=endless(), headers={"Content-Type": "application/json"})
        assert reply.status_code == 413
    except (httpx.WriteError, httpx.ReadError, httpx.RemoteProtocolError):  # the server hung up while more was being sent
        pass
    assert guarded.client.get("/health").status_code == 200


def test_a_client_that_hangs_up_leaves_nothing(guarded):
    with socket.create_connection(("127.0.0.1", guarded.port)) as wire:
        head = f"POST /api/scenes HTTP/1.1\r\nHost: 127.0.0.1:{guarded.port}\r\nAuthorization: Bearer {KEY}\r\n"
        head += "Content-Length: 9999\r\nContent-Type: multipart/form-data; boundary=x\r\n\r\n"
        wire.sendall(f'{head}--x\r\nContent-Disposition: form-data; name="f'.encode())
    time.sleep(0.2)
    assert guarded.client.get("/health").status_code == 200 and not list((guarded.data / "incoming").iterdir())


def test_a_full_queue_says_when_to_come_back(guarded, pair, tmp_path):
    from large_scenes import write_pair

    large = guarded.add(*write_pair(tmp_path / "large", 700, 700, []))
    refused, begun = None, []
    for _ in range(4):  # one runs, one waits
        reply = guarded.client.post("/api/jobs", json={"scene": large["id"]})
        if reply.status_code == 429:
            refused = reply
            break
        begun.append(reply.json())
        time.sleep(0.5)
    assert refused is not None and int(refused.headers["retry-after"]) > 0
    for job in begun:
        guarded.client.delete(job["links"]["self"])


def test_a_slow_body_is_given_up(monkeypatch, tmp_path):
    """One byte at a time, through the application itself: the real limit is a minute."""
    import asyncio

    monkeypatch.setattr(protection, "MAX_BODY_SECONDS", 0.3)
    sent = []

    async def reads_the_body(scope, receive, send):
        while (await receive()).get("more_body"):
            pass
        raise AssertionError("the body never ends")

    async def receive():
        await asyncio.sleep(0.05)
        return {"type": "http.request", "body": b"x", "more_body": True}

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/", "headers": HEADERS, "query_string": b""}
    began = time.monotonic()
    asyncio.run(protection.Protection(reads_the_body, Settings(tmp_path))(scope, receive, send))
    assert sent[0]["status"] == 408 and time.monotonic() - began < 3


def test_no_host_but_loopback_without_a_key(tmp_path):
    with pytest.raises(InputError, match="no API key is set"):
        check_settings(Settings(tmp_path, host="0.0.0.0"))
    with pytest.raises(InputError, match="expected at least 16"):
        check_settings(Settings(tmp_path, host="0.0.0.0", key="short"))
    check_settings(Settings(tmp_path, host="0.0.0.0", key=KEY))
    with pytest.raises(InputError, match="is no folder"):
        check_settings(Settings(tmp_path, roots=(tmp_path / "missing",)))


def test_two_servers_do_not_share_a_data_folder(guarded):
    import subprocess

    arguments = [*guarded.arguments, "--port", "1024"]
    done = subprocess.run(arguments, env=guarded.environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2 and "another server uses" in done.stderr and done.stderr.count("\n") == 1


def test_errors_name_no_path(tmp_path):
    for path in (tmp_path / "data" / "scenes" / "x" / "before.tif", "/etc/ssl/private/before.tif"):
        assert public_message(InputError(f"{path} cannot be read: copy it")) == "before.tif cannot be read: copy it"
    assert "https://example.org/a/b" in public_message(InputError("see https://example.org/a/b"))


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "192.168.0.1", "169.254.169.254", "172.16.0.1", "0.0.0.0", "::1", "fe80::1%eth0", "fd00::1",
     "::ffff:10.0.0.1", "100.64.0.1", "224.0.0.1"],
)  # fmt: skip
def test_private_addresses_are_never_asked(monkeypatch, address):
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [(2, 1, 6, "", (one, 80)) for one in (PUBLIC, address)])
    with pytest.raises(InputError, match="private address"):
        fetch.public_address("images.example", 80)


class Answers(httpx.BaseTransport):
    """Plays a public host."""

    def __init__(self, status: int, body: bytes = b"pixels", **headers: str):
        self.status, self.body, self.headers, self.asked = status, body, headers, []

    def handle_request(self, request):
        self.asked.append(request)
        return httpx.Response(self.status, stream=httpx.ByteStream(self.body), headers=self.headers)


def test_an_allowed_host_is_asked_at_the_address_that_was_checked(monkeypatch, tmp_path):
    plays = Answers(200)
    client = httpx.Client
    monkeypatch.setattr(
        fetch.httpx, "Client", lambda **options: client(transport=plays, follow_redirects=options["follow_redirects"])
    )
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [(2, 1, 6, "", (PUBLIC, 443))])
    settings = Settings(tmp_path, allow_hosts=("images.example",))
    assert fetch.read_url("https://images.example/a.png", settings) == b"pixels"
    assert plays.asked[0].url.host == PUBLIC and plays.asked[0].headers["host"] == "images.example"
    assert plays.asked[0].extensions["sni_hostname"] == "images.example"
    with pytest.raises(InputError, match=r"not fetched from other\.example"):
        fetch.read_url("https://other.example/a.png", settings)
    plays.status, plays.headers = 302, {"Location": "http://169.254.169.254/"}
    with pytest.raises(InputError, match="status 302"):
        fetch.read_url("https://images.example/a.png", settings)
    assert len(plays.asked) == 2, "a redirect is not followed"
    monkeypatch.setattr(fetch, "MAX_REQUEST_BYTES", 3)
    plays.status = 200
    with pytest.raises(InputError, match="more than"):
        fetch.read_url("https://images.example/a.png", settings)


@pytest.mark.parametrize(
    "url", ["ftp://images.example/a", "file:///a", "http://", "data:image/png,abc", "http://[::1", "gopher://x", "a.png"]
)
def test_other_addresses_are_refused(tmp_path, url):
    with pytest.raises(InputError):
        fetch.read_url(url, Settings(tmp_path, allow_hosts=("images.example",)))
