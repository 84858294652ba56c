"""Ground truth of one's own: architectures trained each on its own, by one fixed protocol."""

from __future__ import annotations
