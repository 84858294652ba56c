"""What can be searched: architectures, their encodings, validity, sampling and identity."""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import Any

from wsnas.errors import InputError, show
from wsnas.spaces._base import Space
from wsnas.spaces.darts import Darts
from wsnas.spaces.nb101 import NB101
from wsnas.spaces.nb201 import NB201

__all__ = ["Space", "get_space", "space_names"]

_BUILT_IN: dict[str, type[Space[Any]]] = {space.name: space for space in (Darts, NB101, NB201)}
_ENTRY_POINTS = "wsnas.spaces"


def space_names() -> list[str]:
    """Return the names of the built-in spaces and of those that other installed packages provide."""
    return sorted({*_BUILT_IN, *(point.name for point in entry_points(group=_ENTRY_POINTS))})


def get_space(name: str) -> Space[Any]:
    """Return the space that is called `name`.

    Raises:
        InputError: no such space; the message lists those there are.
    """
    if name in _BUILT_IN:
        return _BUILT_IN[name]()
    for point in entry_points(group=_ENTRY_POINTS, name=name):
        provided: Space[Any] = point.load()()
        return provided
    raise InputError(f"unknown space {show(name)}: choose one of {', '.join(space_names())}")
