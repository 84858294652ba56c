"""P_ws: the training protocol, path samplers and the loop."""

from __future__ import annotations
