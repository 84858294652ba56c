"""How the drivers of servers are told to notice a connection that is silently gone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from studies.storage.address import Address

_CONNECT_SECONDS = 10
_SILENT_SECONDS = 60
"""Longer than any call of ours takes, the wait for a lock included."""


def connect_arguments(address: Address) -> dict[str, Any]:
    """Return the arguments for a server's driver: without them a dropped socket blocks for a quarter hour."""
    if address.kind == "mysql":
        return {
            "connect_timeout": _CONNECT_SECONDS,
            "read_timeout": _SILENT_SECONDS,
            "write_timeout": _SILENT_SECONDS,
        }
    return {
        "connect_timeout": _CONNECT_SECONDS,
        "keepalives": 1,
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": 1000 * _SILENT_SECONDS // 2,
    }
