"""Databases that can only be read: how SQLite's are opened, and what is passed over."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING

from wsnas.files import can_write

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

READ_ONLY = ("readonly database", "read-only", "read only", "permission denied for", "command denied")
"""Words in which databases refuse to write."""

_log = logging.getLogger(__name__)


def is_read_only(database: Path) -> bool:
    """Return whether SQLite's file is there, and it or its folder, where its log lies, can only be read."""
    database = database.resolve()
    return database.exists() and not (can_write(database) and can_write(database.parent))


def reading_uri(database: Path) -> str:
    """Return the address by which SQLite reads a file; it lays no files beside one that is read alone."""
    database = database.resolve()
    log = database.with_name(f"{database.name}-wal")
    # Without a log nobody writes, so SQLite may take the file for one that never changes.
    still = is_read_only(database) and not (log.exists() and log.stat().st_size)
    return f"{database.as_uri()}?mode=ro{'&immutable=1' * still}"


@contextmanager
def where_writable(what: str) -> Iterator[None]:
    """Pass over a write that the storage refuses since it can only be read, and say so.

    Args:
        what: What is not kept then.
    """
    from studies.storage.retry import reason_of

    try:
        yield
    except Exception as error:
        reason = reason_of(error)
        if not any(word in reason.lower() for word in READ_ONLY):
            raise
        _log.warning("%s not kept, since the storage can only be read (%s)", what, reason)
