"""Files that are written whole or not at all and harm nobody else's, locks beside them, and TOML files."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import secrets
import tomllib
from typing import IO, TYPE_CHECKING, Any

from wsnas.errors import InputError, RunError, show_error, show_text

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

PART = ".part"
"""How the names of files end that are being written."""
LOCK = "-wsnas.lock"
"""What follows a file's whole name in that of its lock."""
_LONGEST_NAME = 255
"""Bytes that a file's name may have."""
MARKER = ".made-by-wsnas"
"""File of a folder that says that files of our names in it are ours."""


def make_folder(path: Path) -> None:
    """Make a folder and those above it; `InputError` where a file is in the way."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        raise InputError(f"folder {show_text(str(path))}: a file is in its place") from error


def write_whole(path: Path, content: str | bytes | memoryview, *, durable: bool = False) -> None:
    """Write a file, or leave what was there; a link is followed, a device or a pipe written to.

    Args:
        path: The file; its folder exists.
        content: Text, which is written as UTF-8, or bytes.
        durable: Whether the content is on the disk when this returns, so that it outlives a power cut.

    Raises:
        OSError: the disk does not take it.
    """
    content = content.encode("utf-8") if isinstance(content, str) else content
    path = path.resolve()
    if path.exists() and not path.is_file() and not path.is_dir():
        path.write_bytes(content)
        return
    # A name that no other file has, short enough for every name that a file may have.
    part = path.with_name(f"{path.name[:40]}.{secrets.token_hex(6)}{PART}")
    with part.open("xb") as file:
        try:
            file.write(content)
            file.flush()
            if durable:
                os.fsync(file.fileno())
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)


def check_length(name: str, title: str) -> None:
    """Raise `InputError` where a file system takes no file of this name, of which `title` is the cause."""
    length = len(os.fsencode(name))
    if length > _LONGEST_NAME:
        raise InputError(
            f"{title}: too long by {length - _LONGEST_NAME} bytes, since it becomes the name of a file"
        )


def refuse_foreign(folder: Path, *names: str, signs: Collection[str] = ()) -> None:
    """Raise `InputError` where a folder that is not marked as ours holds files of some names.

    Args:
        folder: The folder; it need not exist.
        names: Patterns of the names that we would write; ``*`` where the folder must be empty.
        signs: Patterns of what only we make: earlier versions marked nothing.
    """
    try:
        if (folder / MARKER).exists():
            return
        taken = next((path for name in names for path in sorted(folder.glob(name))), None)
        ours = any(any(folder.glob(sign)) for sign in signs)
    except OSError as error:
        raise InputError(f"folder {show_text(str(folder))}: {error.strerror or error}") from error
    if taken is not None and not ours:
        raise InputError(
            f"folder {show_text(str(folder))}: holds {show_text(taken.name)}, which wsnas did not make:"
            " move it away, or name another"
        )


def can_write(path: Path) -> bool:
    """Return whether a file can be written or made, or files in a folder."""
    while not path.exists() and path != path.parent:
        path = path.parent
    return os.access(path, os.W_OK)


def own_folder(folder: Path, *names: str, signs: Collection[str] = ()) -> None:
    """Make a folder for files of names that we choose, and mark it as ours; see `refuse_foreign`.

    Raises:
        InputError: it holds somebody else's, or a file is in its place.
        RunError: it cannot be made or written.
    """
    refuse_foreign(folder, *names, signs=signs)
    try:
        make_folder(folder)
        (folder / MARKER).touch()
    except OSError as error:
        raise RunError(
            f"folder {show_text(str(folder))}: cannot be made or written ({error.strerror or error})"
        ) from error


def lock_beside(path: Path) -> IO[str]:
    """Wait for the lock beside a file or folder, and hold it until what is returned is closed.

    Args:
        path: What is locked; it need not exist. Its lock's name is its own whole name and `LOCK`.
    """
    # Links to one file share its lock. It is neither emptied nor written to, whosever it is.
    path = path.resolve()
    file = path.with_name(path.name + LOCK).open("a")
    fcntl.flock(file, fcntl.LOCK_EX)
    return file


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
