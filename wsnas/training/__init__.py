"""P_ws: the training protocol, strategies and the loop."""

from __future__ import annotations
