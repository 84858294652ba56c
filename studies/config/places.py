"""Names and folders: what a study is called, and where it and its files are where nothing else is said."""

from __future__ import annotations

import zlib
from pathlib import Path

from wsnas.errors import InputError, show
from wsnas.files import LOCK, check_length, own_folder, refuse_foreign

RUNS = Path("runs")
"""Folder of everything that is made, below the present one."""
DEFAULT_STORAGE = "sqlite:///runs/wsnas.db"
CONFIRM_SUFFIX = "-confirm"
"""End of the name of the study that holds another one's selections and confirmations."""

ARTIFACTS = "artifacts"
"""Folder beside a database of what a dashboard's users upload, and in a study's own of its pictures."""
SIDE_FILES = ("-journal", "-wal", "-shm", LOCK)
"""How the names of the files end that SQLite and we lay beside a database."""
_SIGNS = ("worker-*.log", ARTIFACTS)
"""What the folders of studies of earlier versions hold, which were not marked."""

HOST, PORT = "127.0.0.1", 8080
"""Where a dashboard listens where nothing else is said: only this machine can reach it."""


def dashboard_address(host: str = HOST, port: int = PORT) -> str:
    """Return the address of a dashboard that runs."""
    return f"http://{host}:{port}/dashboard"


def study_name(space: str, scale: str) -> str:
    """Return what the study of a space at a scale is called where its user names none."""
    return f"{space}-{scale}"


def study_folder(name: str, *, database: Path | None, shown: str) -> Path:
    """Return where a study's report, recipe, weights and logs go: beside SQLite's file, else in `RUNS`.

    Args:
        name: The study's name.
        database: SQLite's file; None for a server.
        shown: The storage's address, without its password.

    Raises:
        InputError: the name is that of no folder, or that of another file there.
    """
    if not name or name[0] in ".-" or not name.isprintable() or any(one in name for one in '/\\"'):
        raise InputError(f"study name {name!r}: letters, digits, dots, dashes and underscores are wanted")
    folder = _place(name, database, shown)
    if database is not None:
        taken = [database.with_name(database.name + ending) for ending in ("", *SIDE_FILES)]
        taken += [database.parent / ARTIFACTS, overview_page(database=database, shown=shown)]
        if folder in taken:
            raise InputError(f"study name {name!r}: {folder} is the place of something else; name another")
    check_length(folder.name, f"study name {show(name)}")
    return folder


def overview_page(*, database: Path | None, shown: str) -> Path:
    """Return where the page across all studies goes: beside their folders."""
    page = _place("overview", database, shown)
    return page.with_name(f"{page.name}.html")


def _place(name: str, database: Path | None, shown: str) -> Path:
    if database is None:
        # Studies of one name may stand in two servers, SQLite's are beside their file.
        return RUNS / f"{name}-{zlib.crc32(shown.encode()):08x}"
    return database.parent / (name if database.stem == "wsnas" else f"{database.stem}-{name}")


def refuse_foreign_folder(folder: Path) -> None:
    """Raise `InputError` where a study's folder exists and is somebody else's."""
    refuse_foreign(folder, "*", signs=_SIGNS)


def own_study_folder(folder: Path) -> None:
    """Make a study's folder; `InputError` where it exists and is somebody else's."""
    own_folder(folder, "*", signs=_SIGNS)
