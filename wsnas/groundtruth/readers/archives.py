"""Zip archives that may be damaged in any way."""

from __future__ import annotations

import lzma
import struct
import zipfile
import zlib
from contextlib import contextmanager
from typing import TYPE_CHECKING

from wsnas.errors import InputError, show_error
from wsnas.groundtruth.readers.pickle_names import PickleError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DAMAGED = (
    OSError,
    EOFError,
    ValueError,
    RuntimeError,
    OverflowError,
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
)
"""What Python's readers of archives raise where bytes are wrong; a password wanted is a `RuntimeError`."""


@contextmanager
def refusing_damage(place: str, *further: type[Exception]) -> Iterator[None]:
    """Refuse what is read in the block where its bytes are wrong; `further` are the reader's own errors."""
    broken: tuple[type[Exception], ...] = (*DAMAGED, *further)
    try:
        yield
    except InputError:
        raise
    except PickleError as error:
        raise InputError(f"{place}: {error}") from error
    except broken as error:
        raise InputError(f"{place}: cut short or damaged ({show_error(error)}): fetch it again") from error


def member_names(path: Path) -> list[str]:
    """Return the names of what is in a zip archive; none where the file is no archive that can be opened."""
    if not zipfile.is_zipfile(path):
        return []
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.namelist()
    except DAMAGED:
        return []
