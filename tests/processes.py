"""Commands of ours in processes of their own, forked from one that has loaded what all of them import.

A process that imports PyTorch and Optuna by itself takes seconds before it does anything.
"""

from __future__ import annotations

import functools
import multiprocessing
import os
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from multiprocessing.process import BaseProcess

ROOT = Path(__file__).parents[1]
"""The checkout, which processes that import by themselves need in PYTHONPATH."""
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "COLUMNS": "100"}
"""For processes that import by themselves."""
FORKS = multiprocessing.get_context("forkserver")
"""Makes processes in which all is loaded."""
# A process's first optimizer has PyTorch load its compiler, which takes longer than a short training.
FORKS.set_forkserver_preload(["studies.cli", "studies.workers.worker", "torch._dynamo", "tests.processes"])


class Forked:
    """A process that runs a command, with what the tests use of a `subprocess.Popen`."""

    def __init__(self, process: BaseProcess) -> None:
        self._process = process
        assert process.pid is not None
        self.pid = process.pid

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self, timeout: float = 60) -> int:
        self._process.join(timeout)
        code = self._process.exitcode
        assert code is not None, f"still there after {timeout} s"
        return code

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def fork(
    *arguments: str,
    folder: Path,
    log: str,
    environment: Mapping[str, str] | None = None,
    leave_seconds: float | None = None,
) -> Forked:
    """Run a command in a folder, as from a shell of its own; what it says goes to the end of a file there.

    Args:
        arguments: Of `wsnas`.
        folder: Where it runs.
        log: The file's name.
        environment: Variables beside those of this process.
        leave_seconds: How long it may take to leave when a signal asks; as long as always where None.
    """
    process = FORKS.Process(target=run_command, args=(arguments, folder, log, environment, leave_seconds))
    process.start()
    return Forked(process)


def run_command(
    arguments: tuple[str, ...],
    folder: Path,
    log: str,
    environment: Mapping[str, str] | None = None,
    leave_seconds: float | None = None,
) -> None:
    """Do in this process, which ends, what `fork` says."""
    from studies.cli import main
    from studies.workers.processes.signals import StopRequest

    if leave_seconds is not None:
        shorter = functools.partialmethod(StopRequest.__init__, leave_seconds=leave_seconds)
        setattr(StopRequest, "__init__", shorter)  # noqa: B010

    os.setsid()
    os.chdir(folder)
    os.environ.update({"OMP_NUM_THREADS": "1", **(environment or {})})
    with Path(log).open("ab") as file:
        for stream in (1, 2):
            os.dup2(file.fileno(), stream)
    # What waits in the buffers of the process that forked is not ours to write.
    sys.stdout, sys.stderr = (open(stream, "w", buffering=1, closefd=False) for stream in (1, 2))  # noqa: SIM115
    # A shell's background jobs ignore the interrupt; a worker in a terminal does not.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.exit(main(arguments))


def wait_until(condition: Callable[[], object], *, seconds: float = 90, pause: float = 0.05) -> None:
    """Wait until a function returns something true."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(pause)
