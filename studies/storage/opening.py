"""Opens a storage: checks what is there, makes the tables where none are, and sets the heartbeat."""

from __future__ import annotations

import os
import warnings
from typing import TYPE_CHECKING, Any

from studies.config.places import SIDE_FILES
from studies.storage.address import Address, connect_arguments, parse_address
from studies.storage.locks import StorageLock
from studies.storage.read_only import is_read_only, reading_uri
from wsnas.errors import InputError, RunError
from wsnas.files import LOCK

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine
    from sqlalchemy.engine.interfaces import DBAPIConnection

    from studies.storage.retry import RetryingStorage

_LAST_TABLE = "alembic_version"
"""The table that Optuna makes last."""
_OPTUNAS = {"studies", "trials", "version_info"}
_WAIT_SECONDS = 60
"""How long one of SQLite's writers waits for the writer before it."""
HEARTBEAT_SECONDS, GRACE_SECONDS = 10, 60
"""How often a worker shows that it lives, and after what silence it counts as dead."""


def open_storage(
    address: Address | str, *, create: bool = True, retry_seconds: float = 0.0
) -> RetryingStorage:
    """Open a storage.

    Args:
        address: What `parse_address` takes.
        create: Whether what is missing is made: SQLite's file, a server's tables. SQLite is put into
            write-ahead mode then, so that readers and one writer do not wait for one another; it stays so.
            Otherwise one that can only be read is opened for that.
        retry_seconds: Seconds to wait for a database that does not answer, now and later.

    Raises:
        InputError: a bad address, a missing or unreadable file, or a database of another program.
        RunError: the file cannot be written, or the server does not answer.
    """
    address = parse_address(address)
    if address.database is not None:
        _prepare_folder(address, address.database, create=create)
        if create and is_read_only(address.database):
            raise RunError(f"storage {address.shown!r} can only be read, but this has to write to it")

    def prepare() -> RetryingStorage:
        # Tables that are there are read without the lock: the usual case, and it needs no right to write.
        tables = _tables(address)
        # Until the last table is there, another process may be making them.
        _check_owner(address, tables, whole=_LAST_TABLE in tables)
        if _LAST_TABLE in tables:
            return _open(address, retry_seconds, create=create)
        if not create:
            raise InputError(f"storage {address.shown!r} holds no studies; `wsnas study` makes one")
        # Of two processes that start at once, one makes the tables.
        with StorageLock(address, retry_seconds=retry_seconds):
            _check_owner(address, _tables(address), whole=True)
            return _open(address, retry_seconds, create=create)

    from studies.storage.retry import retrying

    return retrying(prepare, limit=retry_seconds, name=address.shown)


def _prepare_folder(address: Address, path: Path, *, create: bool) -> None:
    try:
        # Before the look at the file itself, since another process may be making them all.
        beside = [path.with_name(path.name + ending) for ending in SIDE_FILES if ending != LOCK]
        taken = [file for file in beside if file.exists()]
        if not path.exists() and not create:
            raise InputError(f"storage {address.shown!r}: there is no such file; `wsnas study` makes one")
        if taken and not path.exists():
            # SQLite would write over it, or take it for a part of the new database.
            raise InputError(
                f"storage {address.shown!r}: {taken[0]} is there without its database: move it away,"
                " or name another file"
            )
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"storage {address.shown!r}: the folder {path.parent} cannot be made ({error.strerror})"
        ) from error


def _open(address: Address, retry_seconds: float, *, create: bool) -> RetryingStorage:
    import optuna
    import sqlalchemy.exc

    from studies.storage.retry import RetryingStorage, is_outage, reason_of

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    is_file, only_read = address.kind == "sqlite", False
    url = address.engine_url()
    if address.database is not None and (only_read := is_read_only(address.database)):
        url = f"sqlite:///{reading_uri(address.database)}&uri=true"
    options: dict[str, Any] = (
        {"connect_args": {"timeout": _WAIT_SECONDS}}
        if is_file
        # One connection a worker stays open: a thousand workers share one server.
        else {
            "pool_pre_ping": True,
            "pool_size": 1,
            "max_overflow": 4,
            "connect_args": connect_arguments(address),
        }
    )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            storage = RetryingStorage(
                # Optuna fills in what stands in braces.
                url.replace("{", "{{").replace("}", "}}"),
                shown=address.shown,
                retry_seconds=retry_seconds,
                engine_kwargs=options,
                heartbeat_interval=HEARTBEAT_SECONDS,
                grace_period=GRACE_SECONDS,
            )
        # It stays in the file, so whoever only looks into another program's does not ask for it.
        if is_file and create and not only_read:
            with storage.engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA journal_mode=WAL")
    except (sqlalchemy.exc.DatabaseError, RuntimeError) as error:
        if retry_seconds and is_outage(error):
            raise
        raise RunError(f"storage {address.shown!r} cannot be used ({reason_of(error)})") from error

    _set_up_connections(storage.engine)
    return storage


_SETTINGS = {
    # In write-ahead mode a lost power supply costs the last transactions at most, never the file.
    "sqlite": "PRAGMA synchronous=NORMAL",
    # Optuna keeps heartbeats without a zone: all clients must mean the same one, as SQLite's clock does.
    "postgresql": "SET TIME ZONE 'UTC'",
    "mysql": "SET time_zone = '+00:00'",
}
"""What each connection begins with."""


def _set_up_connections(engine: Engine) -> None:
    from sqlalchemy import event

    @event.listens_for(engine, "connect")
    def set_up(connection: DBAPIConnection, _record: object) -> None:
        cursor = connection.cursor()
        cursor.execute(_SETTINGS[engine.dialect.name])
        cursor.close()
        # PostgreSQL takes back a setting with its transaction.
        connection.commit()

    # Connections that were made before have not begun so.
    engine.dispose()


def _tables(address: Address) -> set[str]:
    """Return the names of a database's tables; none where SQLite's file is yet to be made."""
    if address.database is not None:
        return _tables_of_file(address, address.database)
    import sqlalchemy

    from studies.storage.retry import is_outage, reason_of

    try:
        engine = sqlalchemy.create_engine(
            address.engine_url(),
            poolclass=sqlalchemy.NullPool,
            connect_args=connect_arguments(address),
        )
        return set(sqlalchemy.inspect(engine).get_table_names())
    except sqlalchemy.exc.DBAPIError as error:
        if is_outage(error):
            raise
        raise RunError(f"storage {address.shown!r} refuses ({reason_of(error)})") from error
    except (AttributeError, TypeError, ValueError, sqlalchemy.exc.SQLAlchemyError) as error:
        # Options of the address that the driver does not know.
        raise InputError(f"storage {address.shown!r}: {reason_of(error)}") from error


def _tables_of_file(address: Address, path: Path) -> set[str]:
    import sqlite3

    if not path.exists():
        return set()
    if not os.access(path, os.R_OK):
        raise InputError(f"storage {address.shown!r}: {path} cannot be read (no permission)")
    try:
        connection = sqlite3.connect(reading_uri(path), uri=True, timeout=_WAIT_SECONDS)
        try:
            query = "SELECT name FROM sqlite_master WHERE type = 'table'"
            return {row[0] for row in connection.execute(query)}
        finally:
            connection.close()
    except sqlite3.Error as error:
        if error.sqlite_errorname == "SQLITE_CANTOPEN" and is_read_only(path):
            raise InputError(
                f"storage {address.shown!r}: {path} can only be read, but not without the log beside it:"
                f" copy it and {path.name}-wal to a folder of your own"
            ) from error
        raise InputError(
            f"storage {address.shown!r}: {path} is damaged or no SQLite database ({error})"
        ) from error


def _check_owner(address: Address, tables: set[str], *, whole: bool) -> None:
    """Refuse a database that belongs to another program; on a server others' tables may stand beside.

    Args:
        address: The database.
        tables: The names of its tables.
        whole: Whether Optuna's must all be there; else some of them are enough.
    """
    foreign = tables if address.kind == "sqlite" else tables & {_LAST_TABLE}
    optunas = tables >= _OPTUNAS if whole else bool(tables & _OPTUNAS)
    if foreign and not optunas:
        raise InputError(f"storage {address.shown!r} belongs to another program; name a new one")
