"""Signals that ask a process to stop: it finishes what must be finished and leaves within seconds."""

from __future__ import annotations

import os
import signal
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

LEAVE_SECONDS = 8.0
"""How long the orderly way out may take; then the process ends where it stands."""
ASKING = (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1)
"""SIGUSR1 is what schedulers of clusters send some time before they end a job."""


class StopRequest:
    """Whether somebody asked the process to stop; looked at between two steps of work.

    What stands at the end of `leave_seconds` is ended: a trial that was not handed back by then is found by
    its dead process or its silent heartbeat. A second Ctrl-C ends the process at once.
    """

    def __init__(self, *, leave_seconds: float = LEAVE_SECONDS) -> None:
        self._leave_seconds = leave_seconds
        self._event = threading.Event()
        self._last: threading.Timer | None = None
        self.signal: signal.Signals | None = None
        """Which signal asked first; None where none did."""

    @property
    def requested(self) -> bool:
        """Whether the process is to stop."""
        return self._event.is_set()

    @property
    def exit_code(self) -> int:
        """What the process tells its parent, as shells do: 128 and the signal's number; 0 without one."""
        return 0 if self.signal is None else 128 + self.signal

    def wait(self, seconds: float) -> bool:
        """Sleep, at most until the process is asked to stop, and return whether it was."""
        return self._event.wait(seconds)

    def request(self, number: int = signal.SIGTERM) -> None:
        """Ask the process to stop."""
        if self._event.is_set():
            return
        self.signal = signal.Signals(number)
        self._event.set()
        self._last = threading.Timer(self._leave_seconds, os._exit, (self.exit_code,))
        self._last.daemon = True
        self._last.start()

    @contextmanager
    def listening(self, *others: signal.Signals) -> Iterator[StopRequest]:
        """Take the signals `ASKING` and `others` for requests, in the main thread, for the block."""
        before = {number: signal.signal(number, self._hear) for number in (*ASKING, *others)}
        try:
            yield self
        finally:
            if self._last is not None:
                self._last.cancel()
            for number, handler in before.items():
                signal.signal(number, handler)

    def _hear(self, number: int, _frame: FrameType | None) -> None:
        if self.requested and number == signal.SIGINT:
            sys.stderr.write("\nwsnas: left at once; the same command goes on from the last save\n")
            sys.stderr.flush()
            os._exit(128 + signal.SIGINT)
        self.request(number)
