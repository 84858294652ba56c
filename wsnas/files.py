"""Files that are written whole or not at all, and TOML files."""

from __future__ import annotations

import hashlib
import json
import os
import tomllib
from typing import TYPE_CHECKING, Any

from wsnas.errors import InputError, show_error

if TYPE_CHECKING:
    from pathlib import Path

PART = ".part"
"""How the names of files end that are being written."""


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


def toml_value(value: Any) -> str:
    """Return a plain value, a list or a table of such as TOML in one line."""
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{name} = {toml_value(one)}' for name, one in value.items())} }}"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(toml_value, value))}]"
    if isinstance(value, str):
        # A JSON string is a TOML string, but for this one character.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return str(value).lower() if isinstance(value, bool) else repr(value)
