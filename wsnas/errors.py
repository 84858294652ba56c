"""The ways in which a command may end for a reason that the user can act on, and how they show values."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class InputError(ValueError):
    """Bad input: one line that names the value and what would be right (exit code 2)."""


class RunError(RuntimeError):
    """A run that failed for a reason outside the program, such as a full disk (exit code 1)."""


class BrokenDeviceError(RunError):
    """The process has no usable device any more; another one may have."""


class StoppedError(Exception):
    """A signal asked for the end; its number is in `signal` (exit code 128 and that number)."""

    def __init__(self, signal: int) -> None:
        super().__init__("stopped")
        self.signal = signal


_LONGEST = 1000
"""A message shows the two ends of what takes more characters than this."""


def show(value: object) -> str:
    """Return a value for a message: as Python writes it, in one line, shortened, and without ever failing."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):
        # Python writes no whole number of many thousand digits, and nothing that is nested without end.
        return f"a value of type {type(value).__name__} that is too large to show"
    return _shortened(" ".join(text.split()) if "\n" in text else text)


def show_text(text: str) -> str:
    """Return a text for a message: as it is, but quoted where it would break the line, and shortened."""
    return _shortened(text) if text.isprintable() else show(text)


def show_error(error: BaseException) -> str:
    """Return another program's error for a message: its own words, in one line."""
    try:
        words = str(error)
    except (ValueError, RecursionError):
        words = ""
    return show_text(" ".join(words.splitlines())) or type(error).__name__


def did_you_mean(value: object, known: Iterable[object]) -> str:
    """Return the end of a message about a name that is not known: the closest of those that are, if any."""
    from difflib import get_close_matches

    text = value if isinstance(value, str) else show(value)
    names = {str(name).lower(): name for name in known}
    close = get_close_matches(text[:_LONGEST].lower(), names, n=1)
    return f"; did you mean {names[close[0]]}?" if close else ""


def one_of(value: object, known: Iterable[object]) -> str:
    """Return the end of a message about a name that is not known: those that are, and the closest one."""
    names = list(known)
    return f"choose one of {', '.join(map(str, names))}{did_you_mean(value, names)}"


def _shortened(text: str) -> str:
    half = _LONGEST // 2
    return text if len(text) <= _LONGEST else f"{text[:half]} .. {text[-half:]}"
