"""The wire format of protocol buffers, as far as metrics need it.

Source: the encoding page of Google's documentation of protocol buffers.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_VARINT, _FIXED64, _BYTES = 0, 1, 2
_DOUBLE = struct.Struct("<d")


def read_fields(message: bytes) -> Iterator[tuple[int, int | float | bytes]]:
    """Yield the number and the value of each field; eight bytes are read as a double.

    Raises:
        ValueError: the message is cut short or damaged.
    """
    position, end = 0, len(message)
    while position < end:
        tag, position = _varint(message, position)
        number, kind = tag >> 3, tag & 7
        if kind == _FIXED64:
            if position + 8 > end:
                raise ValueError("message is cut short")
            yield number, _DOUBLE.unpack_from(message, position)[0]
            position += 8
        elif kind == _VARINT:
            value, position = _varint(message, position)
            yield number, value
        elif kind == _BYTES:
            size, position = _varint(message, position)
            if position + size > end:
                raise ValueError("message is cut short")
            yield number, message[position : position + size]
            position += size
        else:
            raise ValueError(f"message has the wire type {kind}")


def _varint(message: bytes, position: int) -> tuple[int, int]:
    """Return a number of seven bits per byte, the least first, and the position behind it."""
    value = shift = 0
    while position < len(message) and shift < 64:
        byte = message[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
        shift += 7
    raise ValueError("message is cut short")
