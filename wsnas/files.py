"""Files that are written whole or not at all, and TOML files."""

from __future__ import annotations

import hashlib
import os
import tomllib
from typing import TYPE_CHECKING, Any

from wsnas.errors import InputError, show_error, show_text

if TYPE_CHECKING:
    from pathlib import Path

PART = ".part"
"""How the names of files end that are being written."""


def make_folder(path: Path) -> None:
    """Make a folder and those above it; `InputError` where a file is in the way."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        raise InputError(f"folder {show_text(str(path))}: a file is in its place") from error


def write_whole(path: Path, content: str | bytes | memoryview, *, durable: bool = False) -> None:
    """Write a file, or leave what was there.

    Args:
        path: The file; its folder exists.
        content: Text, which is written as UTF-8, or bytes.
        durable: Whether the content is on the disk when this returns, so that it outlives a power cut.

    Raises:
        OSError: the disk does not take it.
    """
    part = path.with_name(f"{path.name}.{os.getpid()}{PART}")
    try:
        with part.open("wb") as file:
            file.write(content.encode("utf-8") if isinstance(content, str) else content)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def read_carried(path: Path, sha256: str) -> bytes:
    """Return a file that the package carries; `InputError` where it is missing or has another SHA-256."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}: install wsnas again") from error
    if hashlib.sha256(content).hexdigest() != sha256:
        raise InputError(f"{path}: damaged, its SHA-256 must be {sha256}: install wsnas again")
    return content


def read_toml(path: Path, title: str) -> dict[str, Any]:
    """Return what a TOML file holds.

    Args:
        path: The file.
        title: What the file is, for messages.

    Raises:
        InputError: it cannot be read or is no TOML.
    """
    try:
        return parse_toml(path.read_text("utf-8"))
    except OSError as error:
        raise InputError(f"{title} {path}: {error.strerror}") from error
    except ValueError as error:
        raise InputError(f"{title} {path}: no TOML ({show_error(error)})") from error


def parse_toml(text: str) -> dict[str, Any]:
    """Return what a TOML text says; `ValueError` where it is none, also where it is nested too deeply."""
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None
