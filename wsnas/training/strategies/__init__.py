"""Training strategies: each is one file in this folder and one line below, or another package's."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import entry_points
from typing import TYPE_CHECKING

from wsnas.errors import InputError, one_of, show
from wsnas.plugins import find_provided

if TYPE_CHECKING:
    from wsnas.training.strategy import Strategy

__all__ = ["ENTRY_POINTS", "NAMES", "SAMPLERS", "get_strategy", "strategy_names"]

SAMPLERS = (
    "random_a",
    "random_nas",
    "fairnas",
)
"""Strategies that draw paths and sum their gradients; the levels of the factor `path_sampling`."""
NAMES = (
    *SAMPLERS,
    "sandwich",
    "sandwich_distilled",
    "size_balanced",
)
"""Files of the built-in strategies, each with its `STRATEGY`."""
ENTRY_POINTS = "wsnas.strategies"


def strategy_names() -> list[str]:
    """Return the names of the built-in strategies, then those of other installed packages."""
    provided = sorted({point.name for point in entry_points(group=ENTRY_POINTS)} - {*NAMES})
    return [*NAMES, *provided]


def get_strategy(name: str) -> type[Strategy]:
    """Return the strategy that is called `name`.

    Raises:
        InputError: no such strategy, or what a package provides is none; the message lists those there are.
    """
    from wsnas.training.strategy import Strategy

    if name in NAMES:
        built_in: type[Strategy] = import_module(f"{__name__}.{name}").STRATEGY
        return built_in
    if (found := find_provided(ENTRY_POINTS, name)) is None:
        raise InputError(f"unknown training strategy {show(name)}: {one_of(name, strategy_names())}")
    if not (isinstance(found, type) and issubclass(found, Strategy)):
        raise InputError(f"training strategy {show(name)} of an installed package is no Strategy: mend it")
    return found
