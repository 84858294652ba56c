"""TFRecord files: records behind one another, each with its length and both with a checksum.

A record is its length (8 bytes, little-endian), the masked CRC-32C of these 8 bytes (4 bytes), the data, and
the masked CRC-32C of the data (4 bytes). Source: TensorFlow's documentation, "TFRecords format details".
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from google_crc32c import value as crc32c

from wsnas.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

_HEADER = struct.Struct("<QI")
_LENGTH_BYTES, _CHECK_BYTES = 8, 4
_LONGEST = 1 << 24
"""No benchmark's record is near this long."""


def masked_crc(data: bytes) -> int:
    """Return the checksum as it is stored: rotated by 15 bits and moved by a constant."""
    check: int = crc32c(data)
    return ((check >> 15 | check << 17) + 0xA282EAD8) & 0xFFFFFFFF


def is_tfrecord(head: bytes) -> bool:
    """Return whether a file that begins with `head` is made of such records."""
    return len(head) >= _HEADER.size and _length(head[: _HEADER.size]) is not None


def read_records(file: BinaryIO, place: str) -> Iterator[bytes]:
    """Yield the data of each record.

    Raises:
        InputError: the file is cut short or a checksum does not fit; `place` names it.
    """
    number = 0
    while header := file.read(_HEADER.size):
        number += 1
        if len(header) < _HEADER.size:
            raise InputError(f"{place}: cut short in record {number:,}: fetch it again")
        length = _length(header)
        if length is None:
            raise InputError(f"{place}: damaged, record {number:,} has a wrong checksum: fetch it again")
        content = file.read(length + _CHECK_BYTES)
        if len(content) < length + _CHECK_BYTES:
            raise InputError(f"{place}: cut short in record {number:,}: fetch it again")
        data = content[:length]
        if content[length:] != masked_crc(data).to_bytes(_CHECK_BYTES, "little"):
            raise InputError(f"{place}: damaged, record {number:,} has a wrong checksum: fetch it again")
        yield data


def _length(header: bytes) -> int | None:
    """Return the length in a header whose checksum fits, or None."""
    length, check = _HEADER.unpack(header)
    good = check == masked_crc(header[:_LENGTH_BYTES]) and length <= _LONGEST
    return int(length) if good else None
