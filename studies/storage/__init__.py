"""Where studies are kept: SQLite, PostgreSQL or MySQL, through Optuna's own storage.

Added is what Optuna lacks: addresses whose password is never shown, a lock across workers, and retry_seconds
while the database does not answer.
"""

from __future__ import annotations

from studies.storage.address import Address, parse_address
from studies.storage.locks import StorageLock
from studies.storage.opening import open_storage

__all__ = ["Address", "StorageLock", "open_storage", "parse_address"]
