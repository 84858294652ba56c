"""How far a command is that takes minutes: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from objectives.attempt import Attempt
from studies.workers.status import time_left

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from objectives.attempt import Pace


class ShownAttempt(Attempt):
    """An attempt that is never interrupted and tells how many epochs of its recipe are done."""

    def __init__(self, tell: Callable[[float], None], *, epochs: float) -> None:
        self._tell = tell
        self._epochs = epochs

    def advanced(self, pace: Pace) -> None:
        """Tell it."""
        # The pace may count several passes of an epoch's images.
        self._tell(self._epochs * pace.epoch / pace.epochs)


EVERY_SECONDS = 30.0
"""Between two lines where there is no terminal."""


@contextmanager
def steps(what: str, *, total: float, unit: str) -> Iterator[Callable[[float], None]]:
    """Show on the error stream how far something is; the output stays the command's own.

    Args:
        what: What is done, such as ``training``.
        total: How many units there are.
        unit: What they are, such as ``epochs``.

    Yields:
        What is told how many units are done.
    """
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True, highlight=False, soft_wrap=True)
    if console.is_terminal:
        counted = TextColumn("{task.completed:.0f} of {task.total:.0f} " + unit)
        columns = (TextColumn(what, markup=False), BarColumn(), counted, TimeRemainingColumn())
        with Progress(*columns, console=console, transient=True) as bar:
            task = bar.add_task("", total=total)
            yield lambda done: bar.update(task, completed=done)
        return
    began = told = time.monotonic()

    def tell(done: float) -> None:
        nonlocal told
        now = time.monotonic()
        if now - told >= EVERY_SECONDS and 0 < done < total:
            told = now
            left = time_left((now - began) / done * (total - done))
            line = f"[{time.strftime('%H:%M:%S')}] {what}: {done:.0f} of {total:.0f} {unit}, {left}"
            console.print(line, markup=False)

    yield tell
