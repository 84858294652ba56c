"""Zip archives that may be damaged in any way."""

from __future__ import annotations

import lzma
import struct
import zipfile
import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
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


def member_names(path: Path) -> list[str]:
    """Return the names of what is in a zip archive; none where the file is no archive that can be opened."""
    if not zipfile.is_zipfile(path):
        return []
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.namelist()
    except DAMAGED:
        return []
