"""The two ways in which a command may end for a reason that the user can act on."""

from __future__ import annotations


class InputError(ValueError):
    """Bad input: one line that names the value and what would be right (exit code 2)."""


class RunError(RuntimeError):
    """A run that failed for a reason outside the program, such as a full disk (exit code 1)."""
