"""A command line that cannot be used, in one line: what is missing or unknown, and what to do."""

from __future__ import annotations

from typing import Any

import typer

# Newer versions of typer carry their own click: the class of its errors is reached through one that typer has always had.
UsageError: type[Exception] = typer.BadParameter.__mro__[1]

_MISSING = {
    "describe before": "describe compares two images of a place, but none was given: chronosight describe BEFORE AFTER",
    "describe after": "describe compares two images of a place, but only {before} was given: add the later image, or ask about "
    'this one with chronosight ask {before} "QUESTION"',
    "ask inputs": 'ask needs an image, two dates or a video, and then a question: chronosight ask IMAGE "Is there water?"',
    "chat files": "chat needs an image, two dates or a video: chronosight chat IMAGE, or chronosight chat BEFORE AFTER",
}


def usage_line(error: Any) -> str:
    """One line for a usage error of click.

    Args:
        error: A `UsageError`.

    Returns:
        What is wrong and how the command is called.
    """
    context = error.ctx
    if context is None:
        return str(error.format_message())
    command = context.command_path
    parameter = getattr(error, "param", None)
    if type(error).__name__ != "MissingParameter" or parameter is None:
        message = " ".join(str(error.format_message()).split()).rstrip(".")
        return f"{message[:1].lower()}{message[1:]}; {command} --help says what it takes"
    advice = _MISSING.get(f"{context.info_name} {parameter.name}")
    if advice is not None:
        return advice.format_map(context.params)
    what = (parameter.metavar or parameter.name).upper()
    if parameter.param_type_name == "option":
        what = max(parameter.opts, key=len)
    meant = f" ({parameter.help.rstrip('.')})" if parameter.help else ""
    return f"{what} is missing{meant}; {command} --help says what it takes"
