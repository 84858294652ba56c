from __future__ import annotations

from importlib import import_module
from pathlib import Path

from tests.fuzz.running import SLOW_CASES


def test_the_slow_run_tries_at_least_20000_inputs() -> None:
    for file in Path(__file__).parent.glob("test_*.py"):
        import_module(f"tests.fuzz.{file.stem}")
    # Each test fails where it tried fewer than it says.
    print(f"inputs of the slow run: {sum(SLOW_CASES.values()):,}")  # noqa: T201
    assert sum(SLOW_CASES.values()) >= 20_000
