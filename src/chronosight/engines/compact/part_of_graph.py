"""The part of an ONNX graph that some of its outputs need: onnxruntime runs all of a graph, however few outputs are asked for.

The guide of fine imagery encodes each date, then compares them. Land cover needs the dates alone, which is half of the work. The
fields are those of onnx.proto; the package onnx, which could do the same, is needed for training alone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

GRAPH = 7  # of ModelProto
NODE, OUTPUT = 1, 12  # of GraphProto, whose nodes stand in the order in which they run
READS, MAKES = 1, 2  # of NodeProto: names of values
NAME = 1  # of ValueInfoProto
VARINT, EIGHT_BYTES, LENGTH, FOUR_BYTES = 0, 1, 2, 5  # how the value of a field is stored


def part_for(model: bytes, outputs: Collection[str]) -> bytes:
    """Leaves out of a graph what some of its outputs do not need.

    Args:
        model: The bytes of an ONNX file, whose nodes hold no graphs of their own.
        outputs: Names of the outputs that stay.

    Returns:
        The bytes of the smaller model; weights that nothing reads any more are still in it.

    Raises:
        ValueError: The bytes are no ONNX file.
    """
    parts = []
    for field, whole, value in _fields(model):
        graph = _part_of_graph(value, outputs) if field == GRAPH else b""
        parts += [_varint(GRAPH << 3 | LENGTH), _varint(len(graph)), graph] if field == GRAPH else [whole]
    return b"".join(parts)


def _part_of_graph(graph: bytes, outputs: Collection[str]) -> bytes:
    needed, kept = set(outputs), []
    for field, whole, value in reversed(list(_fields(graph))):  # what reads a value stands after what makes it
        if field == OUTPUT and not needed.intersection(_names(value, NAME)):
            continue
        if field == NODE:
            if not needed.intersection(_names(value, MAKES)):
                continue
            needed.update(_names(value, READS))
        kept.append(whole)
    return b"".join(reversed(kept))


def _names(message: bytes, wanted: int) -> list[str]:
    return [value.decode() for field, _, value in _fields(message) if field == wanted]


def _fields(message: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Number, bytes with tag, and bytes of the value of each field of a protobuf message."""
    at = 0
    while at < len(message):
        start = at
        tag, at = _read_varint(message, at)
        kind = tag & 7
        if kind == VARINT:
            _, end = _read_varint(message, at)
        elif kind == LENGTH:
            size, at = _read_varint(message, at)
            end = at + size
        elif kind in (EIGHT_BYTES, FOUR_BYTES):
            end = at + (8 if kind == EIGHT_BYTES else 4)
        else:
            raise ValueError(f"field of kind {kind} at byte {start}, expected an ONNX file")
        if end > len(message):
            raise ValueError(f"field at byte {start} ends after the last byte, expected an ONNX file")
        yield tag >> 3, message[start:end], message[at:end]
        at = end


def _read_varint(message: bytes, at: int) -> tuple[int, int]:
    """A number in groups of seven bits, and where it ends."""
    number = shift = 0
    while at < len(message):
        byte = message[at]
        number |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return number, at
    raise ValueError("a number ends after the last byte, expected an ONNX file")


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes([*out, number])
