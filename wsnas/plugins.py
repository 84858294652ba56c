"""What other installed packages provide, by their entry points."""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any

from wsnas.errors import InputError, show_error

if TYPE_CHECKING:
    from collections.abc import Callable
    from importlib.metadata import EntryPoint


def load_provided(point: EntryPoint) -> Any:
    """Return what an entry point stands for.

    Raises:
        InputError: its package is broken; the message names both.
    """
    return _own_code_of(point, point.load)


def make_provided(group: str, name: str) -> Any | None:
    """Return what a package's class or function of this name makes; as `find_provided` otherwise."""
    for point in entry_points(group=group, name=name):
        return _own_code_of(point, load_provided(point))
    return None


def _own_code_of(point: EntryPoint, code: Callable[[], Any]) -> Any:
    try:
        return code()
    # A package's own code runs here, and may end in any way.
    except (Exception, SystemExit) as error:
        package = "an installed package" if point.dist is None else f"package {point.dist.name}"
        reason = f"{type(error).__name__}: {show_error(error)}"
        raise InputError(
            f"{package}: its {point.group} {point.name!r} is broken ({reason}): mend or uninstall it"
        ) from error


def find_provided(group: str, name: str) -> Any | None:
    """Return what a package provides by this name; None where none does, `InputError` where it is broken."""
    for point in entry_points(group=group, name=name):
        return load_provided(point)
    return None
