"""Names and folders: what a study is called, and where it and its files are where nothing else is said."""

from __future__ import annotations

import zlib
from pathlib import Path

from wsnas.errors import InputError

RUNS = Path("runs")
"""Folder of everything that is made, below the present one."""
DEFAULT_STORAGE = "sqlite:///runs/wsnas.db"
CONFIRM_SUFFIX = "-confirm"
"""End of the name of the study that holds another one's selections and confirmations."""


def study_name(space: str, scale: str) -> str:
    """Return what the study of a space at a scale is called where its user names none."""
    return f"{space}-{scale}"


def safe_name(name: str) -> str:
    """Return the name of a folder that cannot leave its parent; `InputError` where there is none."""
    if not name or name.startswith((".", "-")) or any(character in '/\\\0"\n' for character in name):
        raise InputError(f"study name {name!r}: letters, digits, dots, dashes and underscores are wanted")
    return name


def study_folder(name: str, *, database: Path | None, shown: str) -> Path:
    """Return where a study's report, recipe, weights and logs go: beside SQLite's file, else in `RUNS`.

    Args:
        name: The study's name.
        database: SQLite's file; None for a server.
        shown: The storage's address, without its password.
    """
    name = safe_name(name)
    if database is None:
        # Studies of one name may stand in two servers, SQLite's are beside their file.
        return RUNS / f"{name}-{zlib.crc32(shown.encode()):08x}"
    return database.parent / (name if database.stem == "wsnas" else f"{database.stem}-{name}")
