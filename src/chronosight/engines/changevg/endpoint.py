"""A vision-language model behind an OpenAI-compatible endpoint, such as vLLM. Needs the core install alone.

Images are sent as PNG within the pixel budget, to the address that the user names and to no other: redirects are refused.
A key is read from the environment variable CHRONOSIGHT_API_KEY. A dialogue sends its whole history; the server's prefix
cache (on by default in vLLM) saves the work. What a server may do is bounded: seconds for a whole reply, and bytes.
"""

from __future__ import annotations

import asyncio
import base64
import io
import math
import os
import ssl
import threading
from collections.abc import Coroutine
from typing import Annotated, Any, TypeVar
from urllib.parse import urlsplit

import httpx
import numpy as np
from PIL import Image
from pydantic import BaseModel, Field, ValidationError

from chronosight.engines.changevg.language_model import Step, make_reply
from chronosight.engines.reply import Reply
from chronosight.errors import InputError
from chronosight.files import parse_json
from chronosight.models.changevg.prompt import Part

CONCURRENT = 8  # requests; the server batches them
REPLY_SECONDS = 45.0  # for a whole reply; CHRONOSIGHT_ENDPOINT_SECONDS in its place for slow servers
LIST_SECONDS = 10.0  # for the list of served models
MAX_BYTES = 8 << 20  # of a reply
TOP = 20  # likeliest tokens asked for at each place, the most that the interface allows
MARKERS = ("<|im_start|>", "<|im_end|>", "<|endoftext|>", "<|vision_start|>", "<|vision_end|>", "<|image_pad|>", "<|video_pad|>")
T = TypeVar("T")


class _Likely(BaseModel):
    token: str
    logprob: Annotated[float, Field(le=1e-3, allow_inf_nan=False)]


class _Token(_Likely):
    top_logprobs: list[_Likely] | None = None


class _Logprobs(BaseModel):
    content: list[_Token] | None = None


class _Message(BaseModel):
    content: str | None = None


class _Choice(BaseModel):
    message: _Message
    finish_reason: str | None = None
    logprobs: Any = None  # read apart: a reply whose probabilities are nonsense is still a reply


class _Completion(BaseModel):
    choices: Annotated[list[_Choice], Field(min_length=1)]


class _Model(BaseModel):
    id: str


class _Models(BaseModel):
    data: Annotated[list[_Model], Field(min_length=1)]


class Endpoint:
    """A served model, asked over HTTP."""

    def __init__(self, url: str, model: str | None = None, max_pixels: int = 512 * 512, seconds: float | None = None) -> None:
        """Checks the address and, where no model is named, asks which ones are served.

        Args:
            url: Address up to and with /v1.
            model: Its name there; the first one served when None.
            max_pixels: Largest number of pixels of an image that is sent; larger ones are shrunk.
            seconds: Deadline of a whole reply; CHRONOSIGHT_ENDPOINT_SECONDS or 45 when None.

        Raises:
            InputError: The address is none, nothing answers there, or the key or the deadline cannot be used.
        """
        try:
            parts = urlsplit(url)
            host, _ = parts.hostname, parts.port
            httpx.URL(url)
        except (ValueError, httpx.InvalidURL):
            parts, host = urlsplit(""), None
        if parts.scheme not in ("http", "https") or not host:
            raise InputError(f'"{url}" is no address, expected one such as http://127.0.0.1:8000/v1 (--endpoint URL)')
        self.url, self.max_pixels = url.rstrip("/"), max_pixels
        self._local = host in ("localhost", "127.0.0.1", "::1")  # a proxy would look for it on its own machine
        self._seconds = _seconds() if seconds is None else seconds
        self.name = model or self._first_model()

    def encode(self, frames: list[np.ndarray]) -> EndpointImages:
        """Encodes the images of a scene for requests.

        Args:
            frames: (H, W, 3) uint8 each, earliest first.

        Returns:
            The images, as data URLs.
        """
        return EndpointImages(self, [_data_url(frame, self.max_pixels) for frame in frames])

    def plain(self, text: str) -> str:
        """Takes the chat template's markers out of what a user typed.

        Args:
            text: The user's text.

        Returns:
            The text, with a space in place of each marker.
        """
        before = ""
        while before != text:
            before = text
            for marker in MARKERS:
                text = text.replace(marker, " ")
        return text

    def complete(self, conversations: list[list[dict[str, Any]]], limit: int) -> list[Reply]:
        """Asks for the next reply of each conversation, several at a time.

        Args:
            conversations: Messages in the format of the interface.
            limit: Largest number of tokens of a reply.

        Returns:
            One reply a conversation, in their order.

        Raises:
            InputError: Whatever goes wrong on the way, in one line.
        """

        async def ask_all() -> list[Reply]:
            gate = asyncio.Semaphore(CONCURRENT)
            async with self._client() as client:
                return await asyncio.gather(*(self._complete(client, gate, messages, limit) for messages in conversations))

        return _run(ask_all())

    async def _complete(
        self, client: httpx.AsyncClient, gate: asyncio.Semaphore, messages: list[dict[str, Any]], limit: int
    ) -> Reply:
        body = self.request_body(messages, limit)
        async with gate:
            try:
                found = await self._call(client, "chat/completions", body)
            except InputError as error:
                if "logprob" not in str(error):
                    raise
                bare = {name: value for name, value in body.items() if name not in ("logprobs", "top_logprobs")}
                found = await self._call(client, "chat/completions", bare)  # a server that gives no probabilities
        return self.read_completion(found)

    def request_body(self, messages: list[dict[str, Any]], limit: int) -> dict[str, Any]:
        """The request for the next reply of a conversation.

        Args:
            messages: Messages of the conversation, in OpenAI's format.
            limit: Largest number of tokens of the reply.

        Returns:
            The request, as JSON types.
        """
        return {"model": self.name, "messages": messages, "max_tokens": limit, "temperature": 0, "logprobs": True,
                "top_logprobs": TOP}  # fmt: skip

    def read_completion(self, found: Any) -> Reply:
        """Reads the reply in a completion.

        Args:
            found: The completion, as JSON types.

        Returns:
            The reply, with the probabilities of its tokens where the server gives them.

        Raises:
            InputError: It is no completion.
        """
        choice = self._read(_Completion, found).choices[0]
        text = (choice.message.content or "").strip()
        return make_reply(text, _steps(choice.logprobs), choice.finish_reason != "length")

    def _first_model(self) -> str:
        async def ask() -> Any:
            async with self._client() as client:
                return await self._call(client, "models", None, LIST_SECONDS)

        return self._read(_Models, _run(ask()), "; name one with --weights NAME").data[0].id

    def _client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            headers={"Accept-Encoding": "identity", **_authorization()}, follow_redirects=False, trust_env=not self._local,
            timeout=None,  # the deadline of `_call` holds for all of a request, not for each of its steps
            verify=ssl.create_default_context() if self.url.startswith("https") else False,
        )  # fmt: skip

    async def _call(
        self, client: httpx.AsyncClient, path: str, body: dict[str, Any] | None, seconds: float | None = None
    ) -> Any:
        """One request -> its JSON, within the deadline and MAX_BYTES. Raises InputError."""
        seconds = min(seconds or self._seconds, self._seconds)
        try:
            async with asyncio.timeout(seconds):
                method, url = ("GET" if body is None else "POST"), f"{self.url}/{path}"
                async with client.stream(method, url, json=body) as response:
                    data = await _read_bytes(response, self.url)
        except TimeoutError:
            slow = "; set CHRONOSIGHT_ENDPOINT_SECONDS for a slow server" if body is not None else ""
            raise InputError(f"{self.url} did not answer within {seconds:g} seconds{slow}") from None
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
            reason = _line(str(error), 200) or type(error).__name__
            answers = "nothing answers" if isinstance(error, httpx.ConnectError | OSError) else "no HTTP reply"
            raise InputError(f"{answers} at {self.url} ({reason}); start the server or correct --endpoint") from None
        if response.status_code != 200:
            reason = _line(data[:2000].decode("utf-8", "replace"), 300)
            raise InputError(f"{self.url} refused the request with {response.status_code}: {reason}")
        return parse_json(data, f"the reply of {self.url}", "a reply of an OpenAI-compatible endpoint; check the address")

    def _read(self, schema: type[Schema], found: Any, hint: str = "") -> Schema:
        try:
            return schema.model_validate(found)
        except ValidationError:
            what = "does not say which models it serves" if hint else "did not answer as an OpenAI-compatible endpoint does"
            raise InputError(f"{self.url} {what}{hint or '; check the address'}") from None


Schema = TypeVar("Schema", _Completion, _Models)


class EndpointImages:
    """The encoded images of one scene, sent with every first turn."""

    def __init__(self, owner: Endpoint, urls: list[str]) -> None:
        """Holds the images as data URLs, earliest first."""
        self.owner, self.urls = owner, urls

    def replies(self, turns: list[list[Part]], limit: int) -> list[Reply]:
        """Asks each turn by itself; see `Images.replies`.

        Args:
            turns: Texts and images of each turn, in order.
            limit: Largest number of tokens of a reply.

        Returns:
            The replies, in the order of the turns.
        """
        return self.owner.complete([[self.message(turn)] for turn in turns], limit)

    def dialogue(self) -> EndpointDialogue:
        """Begins a conversation about the scene."""
        return EndpointDialogue(self)

    def message(self, turn: list[Part]) -> dict[str, Any]:
        """Makes the message of a user turn, its images filled in.

        Args:
            turn: Texts and images of the turn, in order; images stand for the frames, earliest first.

        Returns:
            The message in OpenAI's format.
        """
        urls = iter(self.urls)
        content = [
            {"type": "image_url", "image_url": {"url": next(urls)}} if part["type"] == "image" else dict(part) for part in turn
        ]
        return {"role": "user", "content": content}


class EndpointDialogue:
    """A conversation that sends its whole history with every turn."""

    def __init__(self, images: EndpointImages) -> None:
        """Begins without a turn."""
        self.images = images
        self.messages: list[dict[str, Any]] = []

    def ask(self, parts: list[Part], limit: int) -> Reply:
        """Puts the next turn to the model.

        Args:
            parts: Texts and images of the turn, in order.
            limit: Largest number of tokens of the reply.

        Returns:
            The reply.
        """
        asked = [*self.messages, self.images.message(parts)]
        (reply,) = self.images.owner.complete([asked], limit)
        self.messages = [*asked, {"role": "assistant", "content": reply.text}]
        return reply


async def _read_bytes(response: httpx.Response, url: str) -> bytes:
    if response.headers.get("content-encoding", "identity") != "identity":
        raise InputError(f"{url} sent a compressed reply although none was asked for; check the address")
    data = bytearray()
    async for chunk in response.aiter_raw():
        data += chunk
        if len(data) > MAX_BYTES:
            raise InputError(f"{url} sent more than {MAX_BYTES:,} bytes; check the address")
    return bytes(data)


def _run(coroutine: Coroutine[Any, Any, T]) -> T:
    """The result of a coroutine, run in a thread of its own: the caller may be inside an event loop already, in a notebook."""
    result: list[T] = []
    raised: list[BaseException] = []

    def work() -> None:
        try:
            result.append(asyncio.run(coroutine))
        except BaseException as error:
            raised.append(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join()
    if raised:
        raise raised[0]
    return result[0]


def _steps(logprobs: Any) -> tuple[Step, ...]:
    """Probabilities by token; empty where the server gave none, or what cannot be probabilities."""
    try:
        tokens = _Logprobs.model_validate(logprobs or {}).content or []
    except ValidationError:
        return ()
    steps = tuple(map(_step, tokens))
    # The token that was chosen as the likeliest cannot have a probability of nothing: the server failed to give one.
    return () if any(step.probability <= 0 for step in steps) else steps


def _step(one: _Token) -> Step:
    """Yes, no and digits: out of the likeliest tokens that the server names, so at most a little too low."""
    likely = {item.token: _probability(item) for item in one.top_logprobs or ()}
    own = _probability(one)
    likely.setdefault(one.token, own)
    words = [(token.strip().lower(), probability) for token, probability in likely.items()]
    yes, no = (sum(p for word, p in words if word == wanted) for wanted in ("yes", "no"))
    digits = sum(p for word, p in words if word.isdecimal())
    return Step("" if one.token in MARKERS else one.token, own, yes, no, digits)


def _probability(one: _Likely) -> float:
    return min(1.0, math.exp(one.logprob))


def _seconds() -> float:
    text = os.environ.get("CHRONOSIGHT_ENDPOINT_SECONDS", "")
    if not text:
        return REPLY_SECONDS
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds <= 86_400:
        raise InputError(f'CHRONOSIGHT_ENDPOINT_SECONDS is "{_line(text, 40)}", expected seconds above 0; correct or unset it')
    return seconds


def _authorization() -> dict[str, str]:
    key = os.environ.get("CHRONOSIGHT_API_KEY")
    if not key:
        return {}
    if not key.isascii() or not key.isprintable():
        raise InputError("CHRONOSIGHT_API_KEY holds characters that no key has, such as a line end; set it again")
    return {"Authorization": f"Bearer {key}"}


def _data_url(frame: np.ndarray, max_pixels: int) -> str:
    image = Image.fromarray(frame)
    scale = math.sqrt(max_pixels / (image.width * image.height))
    if scale < 1:
        image = image.resize((max(1, int(image.width * scale)), max(1, int(image.height * scale))), Image.Resampling.BICUBIC)
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()


def _line(text: str, most: int) -> str:
    return " ".join(text.split())[:most]
