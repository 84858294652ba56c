"""A lock that at most one worker of a storage holds; it dies with its process or its connection."""

from __future__ import annotations

import logging
import zlib
from typing import IO, TYPE_CHECKING, Any

from studies.storage.address import Address, connect_arguments, parse_address
from wsnas.errors import RunError
from wsnas.files import lock_beside

if TYPE_CHECKING:
    from sqlalchemy import Connection

_POSTGRES_KEY = zlib.crc32(b"wsnas")
_WAIT_SECONDS = 20
"""How long a server is asked for the lock at a time."""
STALLED_SECONDS = 60
"""From here on a holder counts as stalled, and a server ends its connection."""

_log = logging.getLogger(__name__)


class StorageLock:
    """Keeps all other processes out of its block; it may be released before the block ends.

    Trials are taken, and lost ones enqueued again, under it: by a lock on a file beside SQLite's, by an
    advisory lock of PostgreSQL, by a named lock of MySQL. Of a holder that stalls, a server's lock is taken
    away after `STALLED_SECONDS`. What is done under the lock is therefore checked once more by tickets
    (`studies.schedule.recovery.drop_duplicates`).
    """

    def __init__(self, address: Address | str, *, retry_seconds: float = 0.0) -> None:
        """Name the lock.

        Args:
            address: The storage.
            retry_seconds: Seconds to wait for a server that does not answer.
        """
        self._address = parse_address(address)
        self._retry_seconds = retry_seconds
        self._file: IO[str] | None = None
        self._connection: Connection | None = None

    def __enter__(self) -> StorageLock:
        if (database := self._address.database) is not None:
            try:
                self._file = lock_beside(database)
            except OSError as error:
                reason = error.strerror or error
                raise RunError(f"storage {self._address.shown!r} cannot be written ({reason})") from error
        else:
            from studies.storage.retry import retrying

            while self._connection is None:
                self._connection = retrying(
                    self._connect_and_lock, limit=self._retry_seconds, name=self._address.shown
                )
        return self

    def release(self) -> None:
        """Let the next process have it; without effect where that was done."""
        if self._file is not None:
            self._file.close()
            self._file = None
        if self._connection is not None:
            connection, self._connection = self._connection, None
            _close(connection)

    def __exit__(self, *_: object) -> None:
        self.release()

    def _connect_and_lock(self) -> Connection | None:
        """Return a connection that holds the lock; None where another one held it all the time."""
        import sqlalchemy

        engine = sqlalchemy.create_engine(
            self._address.engine_url(),
            poolclass=sqlalchemy.NullPool,
            isolation_level="AUTOCOMMIT",
            connect_args=connect_arguments(self._address),
        )
        connection = engine.connect()
        try:
            lock = _lock_mysql if engine.dialect.name == "mysql" else _lock_postgres
            held = lock(connection)
        except BaseException:
            _close(connection)
            raise
        if held:
            return connection
        _close(connection)
        return None


def _lock_postgres(connection: Connection) -> bool:
    import sqlalchemy.exc

    connection.exec_driver_sql(f"SET lock_timeout = '{_WAIT_SECONDS}s'")
    try:
        connection.exec_driver_sql(f"SELECT pg_advisory_lock({_POSTGRES_KEY})")
    except sqlalchemy.exc.OperationalError as error:
        if getattr(error.orig, "sqlstate", None) != "55P03":
            raise
        # A holder's connection is idle from the moment on at which it got the lock.
        stalled = connection.exec_driver_sql(
            "SELECT a.pid FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid"
            f" WHERE l.locktype = 'advisory' AND l.objid = {_POSTGRES_KEY} AND l.granted"
            " AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())"
            f" AND a.state = 'idle' AND now() - a.state_change > interval '{STALLED_SECONDS} s'"
        ).fetchall()
        for (process,) in stalled:
            _end_holder(connection, f"SELECT pg_terminate_backend({process})")
        return False
    return True


def _lock_mysql(connection: Connection) -> bool:
    # Names of locks are the server's, so the database is a part of it; 64 characters are allowed.
    database = str(_call(connection, "SELECT DATABASE()"))
    name = f"wsnas-{zlib.crc32(database.encode()):08x}"
    if _call(connection, f"SELECT GET_LOCK('{name}', {_WAIT_SECONDS})") == 1:
        return True
    stalled = _call(
        connection,
        "SELECT ID FROM information_schema.PROCESSLIST"
        f" WHERE ID = IS_USED_LOCK('{name}') AND COMMAND = 'Sleep' AND TIME > {STALLED_SECONDS}",
    )
    if stalled is not None:
        _end_holder(connection, f"KILL {stalled}")
    return False


def _end_holder(connection: Connection, statement: str) -> None:
    _log.warning("a worker has held the study's lock for over %d s: its lock is taken", STALLED_SECONDS)
    connection.exec_driver_sql(statement)


def _call(connection: Connection, statement: str) -> Any:
    return connection.exec_driver_sql(statement).scalar()


def _close(connection: Connection) -> None:
    """Close a connection, also one that the server has lost."""
    try:
        connection.close()
    except Exception as error:
        _log.debug("closing the lock's connection: %s", error)
