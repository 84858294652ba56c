"""Runs a check on made-up inputs: a few in the normal run, always the same; many new ones in the slow run.

An input either works or is refused by the project's own errors, in one line.
"""

from __future__ import annotations

import contextlib
import inspect
import io
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import SearchStrategy

from studies.cli import main
from wsnas.errors import InputError

Check = Callable[[Any, Path], None]
_PASSWORD_WARNING = "WARNING: other users of this machine can read the password"
SLOW_CASES: dict[str, int] = {}
"""How many inputs each test tries in the slow run."""


def fuzz(inputs: SearchStrategy[Any], *, quick: int, slow: int) -> Callable[[Check], Callable[..., None]]:
    """Make a test of a check that is given an input and a folder of the test's own.

    The test fails where fewer inputs than wanted were tried.
    """

    def decorate(check: Check) -> Callable[..., None]:
        SLOW_CASES[f"{inspect.getfile(check)}:{check.__name__}"] = slow

        @pytest.mark.parametrize(
            ("cases", "fixed"),
            [
                pytest.param(quick, True, id="quick"),
                pytest.param(slow, False, id="slow", marks=pytest.mark.slow),
            ],
        )
        def test(cases: int, fixed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
            monkeypatch.chdir(tmp_path)
            monkeypatch.setenv("WSNAS_CACHE", str(tmp_path / "cache"))
            tried = 0

            @settings(
                max_examples=cases,
                derandomize=fixed,
                database=None,
                deadline=None,
                # Whole files are drawn and opened, on machines that are busy.
                suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
            )
            @given(inputs)
            def each(drawn: Any) -> None:
                nonlocal tried
                tried += 1
                with warnings.catch_warnings():
                    warnings.simplefilter("error")  # a user would see more than one line
                    check(drawn, tmp_path)

            each()
            assert tried >= cases

        test.__name__ = check.__name__
        return test

    return decorate


@contextlib.contextmanager
def works_or_is_refused(refusal: type[Exception] = InputError) -> Iterator[None]:
    """Accept a refusal in one line; any other error fails the test."""
    try:
        yield
    except refusal as error:
        assert_one_line(str(error))


def assert_one_line(text: str) -> None:
    """Assert that a message is one line that says something."""
    assert len(text.splitlines()) == 1, text[:500]
    assert text.strip()


def run_command(arguments: Sequence[str], *, secret: str | None = None) -> int:
    """Run a command; it must end with 0, 1 or 2, and say why in one line unless it worked.

    A warning about a password on the command line may stand before. No output may hold the secret.
    """
    errors = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors="backslashreplace")
    output = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors="strict")
    with contextlib.redirect_stderr(errors), contextlib.redirect_stdout(output):
        try:
            code = main(arguments)
        except SystemExit as stop:  # help was asked for
            code = int(stop.code or 0)
    errors.seek(0)
    complaint = errors.read()
    output.seek(0)
    assert secret is None or secret not in complaint + output.read()
    if complaint.startswith(_PASSWORD_WARNING):
        complaint = complaint.partition("\n")[2]
    assert code in (0, 1, 2)
    assert "Traceback" not in complaint
    if code:
        assert complaint.startswith("wsnas: ")
        assert complaint.endswith("\n")
        assert_one_line(complaint)
    else:
        assert not complaint
    return code
