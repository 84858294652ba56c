"""Checks that the tests of any package can call: what a training strategy must keep."""

from __future__ import annotations

from wsnas.testing.strategies import (
    check_same_bits_after_resume,
    check_steps_change_weights,
    check_weights_off_the_path_are_untouched,
    strategy_checks,
    tiny_run,
)

__all__ = [
    "check_same_bits_after_resume",
    "check_steps_change_weights",
    "check_weights_off_the_path_are_untouched",
    "strategy_checks",
    "tiny_run",
]
