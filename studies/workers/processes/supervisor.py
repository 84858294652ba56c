"""The one supervisor: starts commands of ours as processes, replaces those that are killed, ends them all."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from studies.workers.processes.signals import LEAVE_SECONDS, StopRequest
from wsnas.errors import InputError, RunError, StoppedError
from wsnas.files import make_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

POLL_SECONDS = 1.0
GRACE_SECONDS = LEAVE_SECONDS + 0.5
"""How long a process may take to leave when it is asked to."""
RESTARTS = 3
"""How many processes that died are replaced."""
BROKEN_DEVICE = 75
"""Exit code of a process whose device is broken."""
THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Command:
    """What each process runs."""

    arguments: tuple[str, ...]
    """Of `wsnas`; ``--parent`` is added, so that no process outlives its supervisor."""
    folder: Path
    """Where ``worker-N.log`` goes."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Variables beside those of this process: what a command line, which others can read, must not hold."""

    def start(self, index: int) -> subprocess.Popen[bytes]:
        """Start a process; it has one thread: on small networks more cost more than they bring."""
        command = (sys.executable, "-m", "studies", *self.arguments, "--parent", str(os.getpid()))
        with self.log(index).open("ab") as log:
            return subprocess.Popen(
                command,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                env={**os.environ, **dict.fromkeys(THREAD_VARIABLES, "1"), **self.environment},
                start_new_session=True,
            )

    def log(self, index: int) -> Path:
        """Return the file that gets what a process says."""
        return self.folder / f"worker-{index}.log"


def supervise(command: Command, *, processes: int, show: Callable[[], None], go_on: bool = False) -> None:
    """Run a command in several processes until all have left by themselves.

    Args:
        command: What they run.
        processes: How many, at least 1.
        show: Called about once a second.
        go_on: Whether the others work on where one fails, since each piece of work stands for itself; the
            failure is raised at the end.

    Raises:
        InputError: a process found its input bad.
        RunError: a process failed; its last words are in the message.
        StoppedError: a signal asked to stop; the processes have saved what they had and left.
    """
    make_folder(command.folder)
    # Longer than the processes may take, whose ends this one waits for.
    stop = StopRequest(leave_seconds=GRACE_SECONDS + 1)
    with stop.listening():
        running: dict[int, subprocess.Popen[bytes]] = {}
        try:
            running.update((index, command.start(index)) for index in range(processes))
            failures = _watch(command, running, stop, show, go_on=go_on)
        finally:
            _stop(list(running.values()))
    if stop.signal is not None:
        raise StoppedError(stop.signal)
    if failures:
        raise failures[0]


def _watch(
    command: Command,
    running: dict[int, subprocess.Popen[bytes]],
    stop: StopRequest,
    show: Callable[[], None],
    *,
    go_on: bool,
) -> list[InputError | RunError]:
    """Replace processes that were killed, until none is left or a signal comes; return why some failed."""
    failures: list[InputError | RunError] = []
    restarts = 0
    while running and not stop.wait(POLL_SECONDS):
        show()
        for index, process in list(running.items()):
            code = process.poll()
            if code is None:
                continue
            del running[index]
            signal = -code if code < 0 else code - 128
            if (signal > 0 or code == BROKEN_DEVICE) and restarts < RESTARTS:
                restarts += 1
                reason = f"was ended by signal {signal}" if signal > 0 else "lost its device"
                _log.warning("worker %d %s: it is replaced", index, reason)
                running[index] = command.start(index)
            elif code:
                failures.append(_failure(command, index, code))
                if not go_on:
                    return failures
    return failures


def _failure(command: Command, index: int, code: int) -> InputError | RunError:
    words = _last_words(command.log(index))
    if code == 2:
        return InputError(words.removeprefix("wsnas: "))
    return RunError(f"worker {index} failed: {words} (all of it in {command.log(index)})")


def _stop(processes: list[subprocess.Popen[bytes]]) -> None:
    for process in processes:
        process.terminate()
    until = time.monotonic() + GRACE_SECONDS
    for process in processes:
        try:
            process.wait(max(0.0, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _last_words(path: Path) -> str:
    lines = [line for line in path.read_text("utf-8", "replace").splitlines() if line.strip()]
    return lines[-1] if lines else "it left no message"
