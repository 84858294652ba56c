"""Signals that ask a process to stop: it finishes what must be finished and leaves within seconds."""

from __future__ import annotations

import os
import select
import signal
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from wsnas.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

LEAVE_SECONDS = 8.0
"""How long the orderly way out may take; then the process ends where it stands."""
ASKING = (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1)
"""SIGUSR1 is what schedulers of clusters send some time before they end a job."""
_SLICE_SECONDS = 0.1
_ASKED, _LEFT = b"a", b"l"


class StopRequest:
    """Whether somebody asked the process to stop; looked at between two steps of work.

    What stands at the end of `leave_seconds` is ended: a trial that was not handed back by then is found by
    its dead process or its silent heartbeat. A second Ctrl-C ends the process at once.

    The handler takes no lock, since it may come while the interrupted code holds it: it sets an attribute
    and writes a byte into a pipe, at whose other end a thread watches the time.
    """

    def __init__(self, *, leave_seconds: float = LEAVE_SECONDS) -> None:
        self._leave_seconds = leave_seconds
        self._pipe: int | None = None
        self.signal: signal.Signals | None = None
        """Which signal asked first; None where none did."""
        self.heard: tuple[int, ...] = ()
        """All signals that came, in their order."""

    @property
    def requested(self) -> bool:
        """Whether the process is to stop."""
        return self.signal is not None

    @property
    def exit_code(self) -> int:
        """What the process tells its parent, as shells do: 128 and the signal's number; 0 without one."""
        return 0 if self.signal is None else 128 + self.signal

    def wait(self, seconds: float) -> bool:
        """Sleep, at most until the process is asked to stop, and return whether it was."""
        until = time.monotonic() + seconds
        while not self.requested and (left := until - time.monotonic()) > 0:
            time.sleep(min(_SLICE_SECONDS, left))
        return self.requested

    def request(self, number: int = signal.SIGTERM) -> None:
        """Ask the process to stop."""
        self.heard = (*self.heard, number)
        if self.signal is None:
            self.signal = signal.Signals(number)
            if self._pipe is not None:
                os.write(self._pipe, _ASKED)

    @contextmanager
    def listening(self, *others: signal.Signals) -> Iterator[StopRequest]:
        """Take the signals `ASKING` and `others` for requests, in the main thread, for the block."""
        ear, self._pipe = os.pipe()
        watch = threading.Thread(target=self._watch, args=(ear,), daemon=True)
        watch.start()
        before = {number: signal.signal(number, self._hear) for number in (*ASKING, *others)}
        try:
            yield self
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
            os.write(self._pipe, _LEFT)
            watch.join()
            os.close(ear)
            os.close(self._pipe)
            self._pipe = None

    def _hear(self, number: int, _frame: FrameType | None) -> None:
        if self.requested and number == signal.SIGINT:
            _end("left at once; what was saved by then is kept", 128 + signal.SIGINT)
        self.request(number)

    def _watch(self, ear: int) -> None:
        if os.read(ear, 1) == _LEFT:
            return
        in_time, _, _ = select.select([ear], [], [], self._leave_seconds)
        if not in_time:
            _end("ended in the middle; what was saved by then is kept", self.exit_code)


def leave_without(parent: int, stop: StopRequest | None = None) -> None:
    """End this process when its parent has died, by a request where there is one to heed it.

    Raises:
        InputError: it has another parent, or has lost this one already.
    """
    if os.getppid() != parent:
        raise InputError(f"parent {parent}: this process is none of its children")

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1.0)
        if stop is None:
            os._exit(1)
        stop.request()

    threading.Thread(target=watch, daemon=True).start()


def _end(words: str, code: int) -> None:
    os.write(2, f"wsnas: {words}\n".encode())
    os._exit(code)
