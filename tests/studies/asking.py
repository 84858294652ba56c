"""Asks a dashboard, in this process, for a path."""

from __future__ import annotations

from typing import Any
from wsgiref.util import setup_testing_defaults


def ask(application: Any, path: str) -> tuple[str, dict[str, str], bytes]:
    """Return status, headers and body."""
    environment: dict[str, Any] = {"PATH_INFO": path}
    setup_testing_defaults(environment)
    heard: list[Any] = []
    body = b"".join(application(environment, lambda *answer: heard.append(answer)))
    status, headers = heard[0][:2]
    return status, dict(headers), body
