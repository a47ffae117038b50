"""A vision-language model behind an OpenAI-compatible endpoint, such as vLLM. Needs nothing beyond the core install.

Pictures go out as PNG within the pixel budget. Only used where the user names a URL; a key is read from the environment
variable CHRONOSIGHT_API_KEY and sent there alone. A dialogue sends its whole history: the server's prefix cache is what
saves the work (on by default in vLLM).
"""

from __future__ import annotations

import base64
import io
import json
import math
import os
import urllib.error
import urllib.parse
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from PIL import Image

from chronosight.engines.changevg.reply import Reply, Step
from chronosight.errors import InputError
from chronosight.models.changevg.prompt import Part

AT_ONCE = 8  # requests; the server batches them
PATIENCE = 600  # seconds for one reply
TOP = 20  # likeliest tokens asked for at each place, the most the interface allows
MARKERS = ("<|im_start|>", "<|im_end|>", "<|endoftext|>", "<|vision_start|>", "<|vision_end|>", "<|image_pad|>", "<|video_pad|>")


class Endpoint:
    def __init__(self, url: str, model: str | None = None, max_pixels: int = 512 * 512):
        """url: up to and with /v1. model: its name there; the first one served when None. max_pixels: of one picture.

        Raises InputError for an address that is none, and where nothing answers.
        """
        parts = urllib.parse.urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise InputError(f'"{url}" is no address, expected one such as http://127.0.0.1:8000/v1 (--endpoint URL)')
        self.url, self.max_pixels = url.rstrip("/"), max_pixels
        local = parts.hostname in ("localhost", "127.0.0.1", "::1")  # a proxy would look for it on its own machine
        handlers = [urllib.request.ProxyHandler({})] if local else []
        self._opener = urllib.request.build_opener(_NoRedirect(), *handlers)
        self.name = model or self._first_model()

    def look(self, frames: list[np.ndarray]) -> EndpointPictures:
        return EndpointPictures(self, [_data_url(frame, self.max_pixels) for frame in frames])

    def plain(self, text: str) -> str:
        before = ""
        while before != text:
            before = text
            for marker in MARKERS:
                text = text.replace(marker, " ")
        return text

    def complete(self, messages: list[dict[str, Any]], limit: int) -> Reply:
        body = {"model": self.name, "messages": messages, "max_tokens": limit, "temperature": 0}
        try:
            answer = self.call("chat/completions", {**body, "logprobs": True, "top_logprobs": TOP})
        except InputError as error:
            if "logprob" not in str(error):
                raise
            answer = self.call("chat/completions", body)  # a server that gives no probabilities
        try:
            choice = answer["choices"][0]
            text = choice["message"]["content"] or ""
            steps = tuple(_step(one) for one in (choice.get("logprobs") or {}).get("content") or ())
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise InputError(f"{self.url} did not answer as an OpenAI-compatible endpoint does; check the address") from error
        return Reply(text.strip(), steps, choice.get("finish_reason") != "length")

    def call(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """One request -> its JSON. Raises InputError, in one line, for whatever goes wrong on the way."""
        headers = {"Content-Type": "application/json"}
        key = os.environ.get("CHRONOSIGHT_API_KEY")
        if key:
            headers["Authorization"] = f"Bearer {key}"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/{path}", data, headers)
        try:
            with self._opener.open(request, timeout=PATIENCE) as response:
                return json.load(response)
        except urllib.error.HTTPError as error:
            said = " ".join(error.read(2000).decode("utf-8", "replace").split())[:300]
            raise InputError(f"{self.url} refused the request with {error.code}: {said}") from error
        except (urllib.error.URLError, OSError) as error:
            reason = getattr(error, "reason", error)
            raise InputError(f"nothing answers at {self.url} ({reason}); start the server or correct --endpoint") from error
        except ValueError as error:
            raise InputError(f"{self.url} answered with something that is not JSON; check the address") from error

    def _first_model(self) -> str:
        try:
            return str(self.call("models")["data"][0]["id"])
        except (KeyError, IndexError, TypeError) as error:
            raise InputError(f"{self.url} does not say which models it serves; name one with --weights NAME") from error


class EndpointPictures:
    def __init__(self, owner: Endpoint, urls: list[str]):
        self.owner, self.urls = owner, urls

    def replies(self, turns: list[list[Part]], limit: int) -> list[Reply]:
        with ThreadPoolExecutor(min(AT_ONCE, len(turns))) as pool:
            return list(pool.map(lambda turn: self.owner.complete([self.message(turn)], limit), turns))

    def dialogue(self) -> EndpointDialogue:
        return EndpointDialogue(self)

    def message(self, turn: list[Part]) -> dict[str, Any]:
        """The turn with its pictures filled in, in date order."""
        urls = iter(self.urls)
        content = [
            {"type": "image_url", "image_url": {"url": next(urls)}} if part["type"] == "image" else dict(part) for part in turn
        ]
        return {"role": "user", "content": content}


class EndpointDialogue:
    def __init__(self, pictures: EndpointPictures):
        self.pictures = pictures
        self.messages: list[dict[str, Any]] = []

    def ask(self, parts: list[Part], limit: int) -> Reply:
        asked = [*self.messages, self.pictures.message(parts)]
        reply = self.pictures.owner.complete(asked, limit)
        self.messages = [*asked, {"role": "assistant", "content": reply.text}]
        return reply


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Pictures and key go to the address the user named, and to no other."""

    def redirect_request(self, *_: Any) -> None:
        return None


def _step(one: dict[str, Any]) -> Step:
    """yes, no and digits: out of the likeliest tokens that the server names, so at most a little too low."""
    likely = {str(item["token"]): math.exp(item["logprob"]) for item in one.get("top_logprobs") or ()}
    own = math.exp(one["logprob"])
    likely.setdefault(str(one["token"]), own)
    words = [(token.strip().lower(), probability) for token, probability in likely.items()]
    yes, no = (sum(p for word, p in words if word == wanted) for wanted in ("yes", "no"))
    digits = sum(p for word, p in words if word.isdecimal())
    return Step("" if one["token"] in MARKERS else str(one["token"]), own, yes, no, digits)


def _data_url(frame: np.ndarray, max_pixels: int) -> str:
    image = Image.fromarray(frame)
    scale = math.sqrt(max_pixels / (image.width * image.height))
    if scale < 1:
        image = image.resize((max(1, int(image.width * scale)), max(1, int(image.height * scale))), Image.Resampling.BICUBIC)
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()
