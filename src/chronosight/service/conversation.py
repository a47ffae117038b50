"""What a client of OpenAI's API sends -> images and questions, and the text that goes back."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from chronosight.engines.router import check_question
from chronosight.errors import InputError
from chronosight.limits import MAX_CHAT_IMAGES, MAX_MESSAGES
from chronosight.reports.plain_text import answer_line
from chronosight.results.answer import Answer, open_answer
from chronosight.results.wording import confidence_words
from chronosight.service.fetch import read_url
from chronosight.service.settings import Settings

MODEL = "chronosight"
NO_IMAGE = "Add one image, two dates of a place (the earlier first) or a clip, and ask about it."
ADDRESSED = ("image_url", "video_url", "file", "input_image", "input_file")  # types of parts that show something
_TOKEN = re.compile(r"\w+|[^\w\s]")


@dataclass(frozen=True)
class Asked:
    """A conversation about one scene.

    Attributes:
        images: the files, in date order.
        questions: oldest first; the last is the one to answer.
    """

    images: tuple[bytes, ...]
    questions: tuple[str, ...]


@dataclass(frozen=True)
class Turn:
    """All that the user wrote between two replies: addresses of images, and texts."""

    urls: tuple[str, ...]
    text: str


def read_turns(messages: Sequence[tuple[str, Any]]) -> list[Turn]:
    """The user's turns of a conversation.

    Args:
        messages: (role, content); content is a text or a list of parts as in chat completions or in responses.

    Returns:
        Oldest first. Messages of the user with no reply between them are one turn; those of other roles are left out.

    Raises:
        InputError: A part cannot be used, or there are too many messages.
    """
    if len(messages) > MAX_MESSAGES:
        raise InputError(f"the conversation has {len(messages)} messages, expected at most {MAX_MESSAGES}; leave out the oldest")
    turns: list[Turn] = []
    before = ""
    for role, content in messages:
        if role == "user":
            turn = _turn(content)
            if before == "user" and turns:
                last = turns.pop()
                turn = Turn((*last.urls, *turn.urls), "\n".join(filter(None, (last.text, turn.text))))
            turns.append(turn)
        if role in ("user", "assistant"):
            before = role
    return turns


def read_questions(turns: Sequence[Turn], settings: Settings, has_scene: bool = False) -> Asked:
    """The scene and the questions of a conversation. The scene is that of the latest turn with images.

    Args:
        turns: As `read_turns` gives them.
        settings: Say which hosts may be asked for images.
        has_scene: Whether the scene is given otherwise; then all turns are about it.

    Returns:
        The images, none where there are none, and the questions about them.

    Raises:
        InputError: An image cannot be had, there are too many, or no question is asked.
    """
    start = next((at for at in reversed(range(len(turns))) if turns[at].urls), None)
    if has_scene and start is not None:
        raise InputError("both images and a scene were given, expected one of them")
    about = turns[start or 0 :]
    questions = tuple(check_question(turn.text) for turn in about if turn.text.strip())
    if not about or not about[-1].text.strip():
        raise InputError("the last message of the user holds no question; add one as text")
    urls = turns[start].urls if start is not None else ()
    if len(urls) > MAX_CHAT_IMAGES:
        raise InputError(f"{len(urls)} images were given, expected one, two dates, or a series of at most {MAX_CHAT_IMAGES}")
    return Asked(tuple(read_url(url, settings) for url in urls), questions)


def reply_text(answer: Answer) -> str:
    """The answer in words, with its doubt: clients that read nothing else must not take it for certain.

    Args:
        answer: The answer.

    Returns:
        The text.
    """
    text = answer_line(answer)
    if answer.confident or answer.task == "open":
        return text
    return f"{text} ({confidence_words(answer.confidence if answer.confidence_known else None, False)})"


def without_image() -> Answer:
    """The answer where no image was given."""
    return open_answer(NO_IMAGE)


def pieces(text: str) -> list[str]:
    """A text in pieces of a word each, as it is streamed.

    Args:
        text: The text.

    Returns:
        The pieces; joined they are the text again.
    """
    return re.findall(r"\S+\s*|\s+", text)


def count_tokens(text: str) -> int:
    """Words and marks of a text: what `usage` counts.

    Args:
        text: The text.

    Returns:
        The number.
    """
    return len(_TOKEN.findall(text))


def shorten(text: str, most: int | None) -> tuple[str, bool]:
    """Cuts a text to a number of tokens.

    Args:
        text: The text.
        most: Largest number of tokens; None for all.

    Returns:
        The text, and whether anything was cut.
    """
    found = list(_TOKEN.finditer(text))
    if most is None or len(found) <= most:
        return text, False
    return text[: found[most - 1].end()] if most > 0 else "", True


def _turn(content: Any) -> Turn:
    if isinstance(content, str):
        return Turn((), content)
    if not isinstance(content, list):
        raise InputError("the content of a message is neither a text nor a list of parts")
    urls, texts = [], []
    for part in content:
        kind = part.get("type") if isinstance(part, dict) else None
        if kind in ("text", "input_text") and isinstance(part.get("text"), str):
            texts.append(part["text"])
            continue
        url = _url_of(part) if isinstance(part, dict) else None
        if url is None:
            raise InputError(f"a part of type {str(kind)[:40]!r} cannot be used; expected text, or images as data URLs")
        urls.append(url)
    return Turn(tuple(urls), "\n".join(texts))


def _url_of(part: dict[str, Any]) -> str | None:
    """The address in a part that shows something: an image, a clip or a file."""
    kind = part.get("type")
    shown = part.get("image_url" if kind == "input_image" else "file_data" if kind == "input_file" else str(kind))
    if kind in ("image_url", "video_url", "file") and isinstance(shown, dict):
        shown = shown.get("file_data" if kind == "file" else "url")
    return shown if kind in ADDRESSED and isinstance(shown, str) else None
