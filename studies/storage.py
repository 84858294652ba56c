"""Where studies are kept: SQLite through Optuna's own storage."""

from __future__ import annotations

import fcntl
import logging
from pathlib import Path
from typing import IO, TYPE_CHECKING

from wsnas.errors import InputError, RunError

if TYPE_CHECKING:
    from optuna.storages import RDBStorage

_SCHEME = "sqlite:///"
_LAST_TABLE = "alembic_version"
"""The table that Optuna makes last."""
_WAIT_SECONDS = 60
"""How long a writer waits for the writer before it."""

_log = logging.getLogger(__name__)


def database_path(url: str) -> Path:
    """Return the file of an SQLite address; `InputError` for any other scheme."""
    if not url.startswith(_SCHEME) or len(url) == len(_SCHEME):
        raise InputError(f"storage {url!r}: give {_SCHEME}FILE, such as {_SCHEME}runs/wsnas.db")
    return Path(url.removeprefix(_SCHEME))


def open_storage(url: str, *, create: bool = True) -> RDBStorage:
    """Open a storage, in write-ahead mode so that readers and one writer do not wait for one another.

    Args:
        url: ``sqlite:///FILE``; a fourth slash begins an absolute path.
        create: Whether a missing file is made.

    Raises:
        InputError: another scheme, a missing or unreadable file, or one that is no Optuna database.
        RunError: the file cannot be written.
    """
    path = database_path(url)
    if not path.exists() and not create:
        raise InputError(f"storage {url!r}: there is no such file; `wsnas study` makes one")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"storage {url!r}: the folder {path.parent} cannot be made ({error.strerror})"
        ) from error
    if path.exists() and _LAST_TABLE in (tables := _tables(url, path)):
        _check_owner(url, tables, path)
        return _open(url, path)
    try:
        # Of two processes that start at once, one makes the tables.
        with Exclusive(url):
            if path.exists():
                _check_owner(url, _tables(url, path), path)
            return _open(url, path)
    except PermissionError as error:
        raise RunError(f"storage {url!r}: {path.parent} cannot be written ({error.strerror})") from error


def _open(url: str, path: Path) -> RDBStorage:
    import optuna
    import sqlalchemy.exc
    from sqlalchemy import event

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        storage = optuna.storages.RDBStorage(
            url,
            engine_kwargs={"connect_args": {"timeout": _WAIT_SECONDS}},
        )
        with storage.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA journal_mode=WAL")
    except (sqlalchemy.exc.DatabaseError, RuntimeError) as error:
        reason = str(getattr(error, "orig", error)).splitlines()[0]
        raise RunError(f"storage {url!r}: the file {path} cannot be used ({reason})") from error

    @event.listens_for(storage.engine, "connect")
    def set_pragmas(connection: object, _record: object) -> None:
        # In write-ahead mode a lost power supply costs the last transactions at most, never the file.
        connection.execute("PRAGMA synchronous=NORMAL")  # type: ignore[attr-defined]

    return storage


def _tables(url: str, path: Path) -> set[str]:
    """Return the names of a database's tables; refuse a file that is no database."""
    import sqlite3

    try:
        connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=_WAIT_SECONDS)
        try:
            query = "SELECT name FROM sqlite_master WHERE type = 'table'"
            return {row[0] for row in connection.execute(query)}
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise InputError(f"storage {url!r}: {path} is damaged or no SQLite database ({error})") from error


def _check_owner(url: str, tables: set[str], path: Path) -> None:
    """Refuse a database that belongs to another program."""
    if tables and not {"studies", "trials", "version_info"} <= tables:
        raise InputError(f"storage {url!r}: {path} belongs to another program; name a new file")


class Exclusive:
    """A lock that at most one process holds for a storage; it dies with its process.

    Trials are taken, and lost ones enqueued again, under it. It may be released before its block ends.
    """

    def __init__(self, url: str) -> None:
        self._path = database_path(url).with_suffix(".lock")
        self._file: IO[str] | None = None

    def __enter__(self) -> Exclusive:
        self._file = self._path.open("w")
        fcntl.flock(self._file, fcntl.LOCK_EX)
        return self

    def release(self) -> None:
        """Let the next process have it; without effect where that was done."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def __exit__(self, *_: object) -> None:
        self.release()
