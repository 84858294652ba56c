"""The super-net library: spaces, weight-sharing networks, their training and their ranking."""

from __future__ import annotations

__version__ = "0.1.0"
__all__ = ["__version__"]
