"""What can be searched: architectures, their encodings, validity, sampling and identity."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import entry_points
from typing import Any

from wsnas.errors import InputError, one_of, show
from wsnas.plugins import make_provided
from wsnas.spaces._base import Space

__all__ = ["BUILT_IN", "Space", "get_space", "space_names"]

BUILT_IN = (
    "nb101",
    "nb201",
    "darts",
)
"""The spaces of this package. By this name are found `SPACE` in `wsnas.spaces.NAME`, `SUPERNET` in
`wsnas.supernets.NAME` and `NETWORK` in `wsnas.supernets.NAME_standalone`."""
_ENTRY_POINTS = "wsnas.spaces"


def space_names() -> list[str]:
    """Return the names of the built-in spaces and of those that other installed packages provide."""
    return sorted({*BUILT_IN, *(point.name for point in entry_points(group=_ENTRY_POINTS))})


def get_space(name: str) -> Space[Any]:
    """Return the space that is called `name`.

    Raises:
        InputError: no such space, or its package is broken; the message lists those there are.
    """
    if name in BUILT_IN:
        space: Space[Any] = import_module(f"{__name__}.{name}").SPACE()
        return space
    if (provided := make_provided(_ENTRY_POINTS, name)) is not None:
        space = provided
        if lacks := [one for one in ("name", "size") if not hasattr(space, one)]:
            raise InputError(f"space {show(name)}: its class lacks {' and '.join(lacks)} (docs/extend.md)")
        return space
    raise InputError(f"unknown space {show(name)}: {one_of(name, space_names())}")
