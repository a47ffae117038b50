"""Requests and replies as files of `vllm run-batch` (OpenAI's batch format), in place of a running server.

One run writes what the language model would be asked, `vllm run-batch -i requests.jsonl -o replies.jsonl --model NAME` answers
it, and a second run of the same pairs reads the replies. A request is known by a hash of its whole body, so the order of the
lines does not matter.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import IO, Any

from chronosight.engines.changevg.endpoint import Endpoint
from chronosight.engines.changevg.language_model import make_reply
from chronosight.engines.reply import Reply
from chronosight.errors import InputError
from chronosight.files import read_json_lines

NO_SERVER = "http://127.0.0.1/v1"  # never asked


class RequestFile(Endpoint):
    """Writes requests, each once; its replies are empty."""

    def __init__(self, model: str, max_pixels: int, file: IO[str]) -> None:
        """model: its name for vLLM. file: open for writing."""
        super().__init__(NO_SERVER, model, max_pixels)
        self.file, self.written = file, set[str]()

    def complete(self, conversations: list[list[dict[str, Any]]], limit: int) -> list[Reply]:
        """Writes one line a conversation; a request that was written before is left out.

        Args:
            conversations: Messages of each conversation, in OpenAI's format.
            limit: Largest number of tokens of a reply.

        Returns:
            Empty replies.
        """
        for messages in conversations:
            body = self.request_body(messages, limit)
            name = request_name(body)
            if name not in self.written:
                line = {"custom_id": name, "method": "POST", "url": "/v1/chat/completions", "body": body}
                self.file.write(json.dumps(line) + "\n")
                self.written.add(name)
        return [make_reply("", (), True) for _ in conversations]


class ReplyFile(Endpoint):
    """Reads replies that `vllm run-batch` wrote."""

    def __init__(self, model: str, max_pixels: int, path: Path) -> None:
        """Raises InputError where the file is of another kind."""
        super().__init__(NO_SERVER, model, max_pixels)
        self.path, self.replies = path, dict[str, Any]()
        for number, line in read_json_lines(path, "replies of `vllm run-batch`"):
            if not isinstance(line, dict) or not isinstance(line.get("custom_id"), str):
                raise InputError(f"{path}, line {number} has no custom_id, expected replies of `vllm run-batch`")
            self.replies[line["custom_id"]] = line

    def complete(self, conversations: list[list[dict[str, Any]]], limit: int) -> list[Reply]:
        """Takes the replies from the file.

        Args:
            conversations: Messages of each conversation, in OpenAI's format.
            limit: Largest number of tokens of a reply.

        Returns:
            The replies, in the order of the conversations.

        Raises:
            InputError: A reply is missing, or is an error.
        """
        found = []
        for messages in conversations:
            line = self.replies.get(request_name(self.request_body(messages, limit)))
            if line is None:
                raise InputError(f"{self.path.name} has no reply to one of the requests; write them again with these options")
            response = line.get("response") or {}
            if line.get("error") or response.get("status_code", 200) != 200:
                reason = " ".join(str(line.get("error") or response).split())[:200]
                raise InputError(f"{self.path.name}: vllm refused the request {line['custom_id']}: {reason}")
            found.append(self.read_completion(response.get("body")))
        return found


def request_name(body: dict[str, Any]) -> str:
    """A name for a request, the same for equal ones.

    Args:
        body: The request, as JSON types.

    Returns:
        32 hexadecimal digits.
    """
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()[:32]
