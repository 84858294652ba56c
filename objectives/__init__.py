"""From an Optuna trial to a value: the catalogue of factors and the objective."""

from __future__ import annotations
