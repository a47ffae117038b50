"""/v1: the API that clients of OpenAI speak. What goes beyond text stands in the field `chronosight`, which they ignore.

https://platform.openai.com/docs/api-reference: chat completions, responses and models. The model calls no tools and samples
nothing: `tools`, `temperature` and the like are accepted and change nothing.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator
from typing import Annotated, Any, Literal
from uuid import uuid4

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse
from fastapi.sse import format_sse_event
from pydantic import BaseModel, ConfigDict, Field

from chronosight.errors import InputError
from chronosight.service.answering import Answering, Reply
from chronosight.service.context import Context, Here
from chronosight.service.conversation import (
    MODEL,
    count_tokens,
    pieces,
    read_questions,
    read_turns,
    reply_text,
    shorten,
    without_image,
)
from chronosight.service.jobs import OpeningOptions

router = APIRouter(prefix="/v1", tags=["OpenAI-compatible"])
Limit = Annotated[int | None, Field(ge=1)]


class Extension(BaseModel):
    """What this server understands beyond OpenAI's API: a scene of its own in place of images, and how it is opened."""

    model_config = ConfigDict(extra="forbid")
    scene: str
    options: OpeningOptions = OpeningOptions()


class _Request(BaseModel):
    """Fields of both kinds of request; others are accepted and change nothing."""

    model: str
    stream: bool = False
    chronosight: Extension | None = None


class Message(BaseModel):
    """One message of a conversation."""

    role: str
    content: str | list[dict[str, Any]] | None = None


class StreamOptions(BaseModel):
    """Options of a stream."""

    include_usage: bool = False


class ChatRequest(_Request):
    """The body of a chat completion."""

    messages: Annotated[list[Message], Field(min_length=1)]
    n: Literal[1] | None = None
    max_tokens: Limit = None
    max_completion_tokens: Limit = None
    stream_options: StreamOptions | None = None
    response_format: dict[str, Any] | None = None


class ResponsesRequest(_Request):
    """The body of a response."""

    input: str | list[Message]
    max_output_tokens: Limit = None
    previous_response_id: str | None = None


class _TextReply:
    """An answer as text, with the token counts and the extension that both kinds of reply carry."""

    def __init__(self, reply: Reply | None, asked: str, most: int | None) -> None:
        answer = reply.answer if reply else without_image()
        self.text, self.cut = shorten(reply_text(answer), most)
        self.prompt_tokens, self.completion_tokens = count_tokens(asked), count_tokens(self.text)
        self.total_tokens = self.prompt_tokens + self.completion_tokens
        self.extension = reply.to_dict() if reply else {"version": 1, "answer": answer.to_dict(), "scene": None, "evidence": None}


@router.get("/models")
def list_models(here: Here) -> dict[str, Any]:
    """The one model that is served."""
    return {"object": "list", "data": [_model(here)]}


@router.get("/models/{model}")
def get_model(here: Here, model: str) -> dict[str, Any]:
    """The model by its name."""
    _check_model(model)
    return _model(here)


@router.post("/chat/completions", response_model=None)
async def chat_completions(here: Here, request: Request, body: ChatRequest) -> dict[str, Any] | Response:
    """Answers the last message of a conversation about one scene."""
    if body.response_format and body.response_format.get("type", "text") != "text":
        raise InputError("answers are text; leave response_format out, and read typed values from the field chronosight")
    messages = [(message.role, message.content or "") for message in body.messages]
    reply = await _answer(here, request.app.state.answering, body, messages, body.max_completion_tokens or body.max_tokens)
    head = {"id": f"chatcmpl-{uuid4().hex}", "created": int(time.time()), "model": MODEL}
    usage = {
        "prompt_tokens": reply.prompt_tokens, "completion_tokens": reply.completion_tokens, "total_tokens": reply.total_tokens,
    }  # fmt: skip
    finish = "length" if reply.cut else "stop"
    if body.stream:
        with_usage = body.stream_options is not None and body.stream_options.include_usage
        return _stream(_chat_chunks(head, reply, finish, usage if with_usage else None))
    choice = {
        "index": 0, "message": {"role": "assistant", "content": reply.text, "refusal": None}, "logprobs": None,
        "finish_reason": finish,
    }  # fmt: skip
    return {**head, "object": "chat.completion", "choices": [choice], "usage": usage, "chronosight": reply.extension}


@router.post("/responses", response_model=None)
async def responses(here: Here, request: Request, body: ResponsesRequest) -> dict[str, Any] | Response:
    """The same in the shape of the Responses API. Nothing is stored: the whole conversation is sent every time."""
    if body.previous_response_id is not None:
        raise InputError("responses are not stored, so previous_response_id names none; send the whole conversation as input")
    given = [Message(role="user", content=body.input)] if isinstance(body.input, str) else body.input
    messages = [(message.role, message.content or "") for message in given]
    reply = await _answer(here, request.app.state.answering, body, messages, body.max_output_tokens)
    part = {"type": "output_text", "text": reply.text, "annotations": [], "logprobs": []}
    item = {"type": "message", "id": f"msg_{uuid4().hex}", "status": "completed", "role": "assistant", "content": [part]}
    usage = {
        "input_tokens": reply.prompt_tokens, "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": reply.completion_tokens, "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": reply.total_tokens,
    }  # fmt: skip
    whole = {
        "id": f"resp_{uuid4().hex}", "object": "response", "created_at": int(time.time()), "model": MODEL, "status": "completed",
        "error": None, "incomplete_details": None, "instructions": None, "metadata": {}, "output": [item], "usage": usage,
        "parallel_tool_calls": False, "tool_choice": "none", "tools": [], "temperature": None, "top_p": None,
        "chronosight": reply.extension,
    }  # fmt: skip
    if reply.cut:
        item["status"] = "incomplete"
        whole |= {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}
    return _stream(_response_events(whole, item, part)) if body.stream else whole


async def _answer(
    here: Context, answering: Answering, body: _Request, messages: list[tuple[str, Any]], most: int | None
) -> _TextReply:
    _check_model(body.model)
    scene = None
    if body.chronosight is not None:
        scene = here.store.scene(body.chronosight.scene)
        if scene is None:
            raise HTTPException(404, "no scene of that id; add it with POST /api/scenes")
    turns = read_turns(messages)
    asked = await run_in_threadpool(read_questions, turns, here.settings, scene is not None)
    reply = None
    if scene is not None and body.chronosight is not None:
        opening = body.chronosight.options.opening
        reply = await answering.run(lambda: answering.ask_scene(scene, asked.questions, opening))
    elif asked.images:
        reply = await answering.run(lambda: answering.ask_content(asked.images, asked.questions))
    return _TextReply(reply, "\n".join(asked.questions), most)


def _chat_chunks(
    head: dict[str, Any], reply: _TextReply, finish: str, usage: dict[str, int] | None
) -> Iterator[tuple[None, dict[str, Any] | str]]:
    def chunk(delta: dict[str, str], reason: str | None = None) -> dict[str, Any]:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}
        return {**head, "object": "chat.completion.chunk", "choices": [choice]}

    yield None, chunk({"role": "assistant", "content": ""})
    for piece in pieces(reply.text):
        yield None, chunk({"content": piece})
    yield None, chunk({}, finish) | {"chronosight": reply.extension}
    if usage is not None:
        yield None, {**head, "object": "chat.completion.chunk", "choices": [], "usage": usage}
    yield None, "[DONE]"


def _response_events(
    whole: dict[str, Any], item: dict[str, Any], part: dict[str, Any]
) -> Iterator[tuple[str, dict[str, Any]]]:
    begun = {**whole, "status": "in_progress", "output": [], "usage": None, "incomplete_details": None}
    at = {"item_id": item["id"], "output_index": 0, "content_index": 0}
    events: list[tuple[str, dict[str, Any]]] = [
        ("response.created", {"response": begun}),
        ("response.in_progress", {"response": begun}),
        ("response.output_item.added", {"output_index": 0, "item": {**item, "status": "in_progress", "content": []}}),
        ("response.content_part.added", {**at, "part": {**part, "text": ""}}),
        *(("response.output_text.delta", {**at, "delta": piece, "logprobs": []}) for piece in pieces(part["text"])),
        ("response.output_text.done", {**at, "text": part["text"], "logprobs": []}),
        ("response.content_part.done", {**at, "part": part}),
        ("response.output_item.done", {"output_index": 0, "item": item}),
        (f"response.{whole['status']}", {"response": whole}),
    ]
    for number, (name, data) in enumerate(events):
        yield name, {"type": name, "sequence_number": number, **data}


def _stream(events: Iterable[tuple[str | None, dict[str, Any] | str]]) -> StreamingResponse:
    def lines() -> Iterator[bytes]:
        for name, data in events:
            yield format_sse_event(data_str=data if isinstance(data, str) else json.dumps(data), event=name)

    return StreamingResponse(lines(), media_type="text/event-stream")


def _model(here: Context) -> dict[str, Any]:
    import chronosight

    more = {"engine": here.settings.engine, "version": chronosight.__version__}
    return {"id": MODEL, "object": "model", "created": 0, "owned_by": "chronosight", "chronosight": more}


def _check_model(model: str) -> None:
    if model != MODEL:
        raise HTTPException(404, f'there is no model of that name; the one served is "{MODEL}"')
