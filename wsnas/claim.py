"""Claims on pieces of work in a folder that many processes share."""

from __future__ import annotations

import fcntl
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@contextmanager
def claim_file(path: Path, *, done: Callable[[], bool]) -> Iterator[bool]:
    """Hold a piece of work; False where another process holds it or it is done.

    The lock ends with its process. Its file goes once the work is done: who still waits for it then finds
    nothing to do.

    Args:
        path: The lock's file.
        done: Whether the work is done.
    """
    with path.open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield not done()
        if done():
            path.unlink(missing_ok=True)
