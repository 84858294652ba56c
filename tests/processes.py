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
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ROOT = Path(__file__).parents[1]
"""The checkout, which processes that import by themselves need in PYTHONPATH."""
FORKS = multiprocessing.get_context("forkserver")
"""Makes processes in which all is loaded."""
# A process's first optimizer has PyTorch load its compiler, which takes longer than a short training.
FORKS.set_forkserver_preload(["studies.cli", "studies.workers.worker", "torch._dynamo", "tests.processes"])


class Forked:
    """A process that runs a command in a folder, as from a shell of its own.

    Args:
        arguments: Of `wsnas`.
        folder: Where it runs.
        name: Of the files there, to whose ends it writes what it says.
        environment: Variables beside those of this process.
        leave_seconds: How long it may take to leave when a signal asks; as long as always where None.
    """

    def __init__(
        self,
        *arguments: str,
        folder: Path,
        name: str = "command",
        environment: Mapping[str, str] | None = None,
        leave_seconds: float | None = None,
    ) -> None:
        self._files = folder / f"{name}.out", folder / f"{name}.err"
        given = (arguments, folder, self._files, environment, leave_seconds)
        self._process = FORKS.Process(target=run_command, args=given)
        self._process.start()
        assert self._process.pid is not None
        self.pid = self._process.pid

    @property
    def output(self) -> str:
        return self._files[0].read_text()

    @property
    def error(self) -> str:
        return self._files[1].read_text()

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


def run_command(
    arguments: tuple[str, ...],
    folder: Path,
    files: tuple[Path, Path],
    environment: Mapping[str, str] | None = None,
    leave_seconds: float | None = None,
) -> None:
    """Do in this process, which ends, what `Forked` says; output and errors go to two files."""
    from studies.cli import main
    from studies.workers.processes.signals import StopRequest

    if leave_seconds is not None:
        shorter = functools.partialmethod(StopRequest.__init__, leave_seconds=leave_seconds)
        setattr(StopRequest, "__init__", shorter)  # noqa: B010

    os.setsid()
    os.chdir(folder)
    fixed = {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "COLUMNS": "100"}
    os.environ.update({**fixed, **(environment or {})})
    for stream, path in enumerate(files, start=1):
        with path.open("ab") as file:
            os.dup2(file.fileno(), stream)
    # What waits in the buffers of the process that forked is not ours to write.
    sys.stdout, sys.stderr = (open(stream, "w", buffering=1, closefd=False) for stream in (1, 2))  # noqa: SIM115
    # A shell's background jobs ignore the interrupt; a worker in a terminal does not.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.exit(main(arguments))


def wait_until(
    condition: Callable[[], object],
    *,
    seconds: float = 90,
    pause: float = 0.05,
    words: Callable[[], object] = lambda: "",
) -> None:
    """Wait until a function returns something true; `words` tells what there is to know where it does not."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, words()
        time.sleep(pause)


def processes_in(folder: Path) -> list[int]:
    """Return the processes that work in a folder, except this one."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if (entry / "cwd").readlink() == folder.resolve() and entry.name != str(os.getpid()):
                found.append(int(entry.name))
    return found
