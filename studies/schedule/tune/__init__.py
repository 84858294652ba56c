"""How tune looks for recipes: this project's sampler and pruner, and those that a user brings."""

from __future__ import annotations
