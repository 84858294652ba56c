"""Runs commands of ours in this process."""

from __future__ import annotations

import pytest

from studies.cli import main


class Commands:
    """The commands, with what tests expect of most of them."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *arguments: str) -> tuple[int, str, str]:
        """Return the exit code, the output and the errors of a command."""
        self._capsys.readouterr()
        code = main(arguments)
        return code, *self._capsys.readouterr()

    def output(self, *arguments: str) -> str:
        """Return the output of a command that works."""
        code, output, error = self(*arguments)
        assert code == 0, (arguments, error)
        return output

    def refused(self, *arguments: str) -> str:
        """Return the one line in which bad input is refused."""
        code, _, error = self(*arguments)
        assert code == 2, (arguments, error)
        assert error.startswith("wsnas: ")
        assert error.count("\n") == 1, error
        return error
