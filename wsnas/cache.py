"""Where downloaded data and imported tables are kept."""

from __future__ import annotations

import os
from pathlib import Path


def cache_folder() -> Path:
    """Return the environment's ``WSNAS_CACHE``, or else ``$XDG_CACHE_HOME/wsnas``, or ``~/.cache/wsnas``."""
    if chosen := os.environ.get("WSNAS_CACHE"):
        return Path(chosen)
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "wsnas"
