"""Runs a study's workers as processes of their own and shows how far they are."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from studies.signals import LEAVE_SECONDS, StopRequest
from studies.stages import Progress, Stage, advance
from studies.storage.address import STORAGE_VARIABLE
from wsnas.errors import RunError, StoppedError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from studies.context import Place
    from studies.study import Handle

POLL_SECONDS = 1.0
GRACE_SECONDS = LEAVE_SECONDS + 0.5
"""How long a worker may take to leave when it is asked to."""
RESTARTS = 3
"""How often a worker that died is replaced."""
BROKEN_DEVICE = 75
"""Exit code of a worker whose device is broken."""
THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Crew:
    """How a study is worked on."""

    workers: int
    """Number of processes, at least 1."""
    place: Place
    """Data folder and device."""
    folder: Path
    """Where logs and weights go."""
    checkpoints: Path
    """Where trials under way are saved."""
    deadline: float | None = None
    """No trial is started after this moment (`time.time`); None where there is no limit."""


def run_workers(handle: Handle, crew: Crew, *, show: Callable[[Progress], None]) -> Progress:
    """Work on a study until its answer is complete or the deadline has passed.

    Args:
        handle: The study, with its trials planned.
        crew: How to work.
        show: Called about once a second with the progress.

    Returns:
        The progress at the end.

    Raises:
        RunError: a worker failed; its last words are in the message.
        StoppedError: a signal asked to stop; the workers have saved their trials and left.
    """
    progress = advance(handle)
    show(progress)
    if progress.stage is Stage.DONE:
        return progress
    crew.folder.mkdir(parents=True, exist_ok=True)
    # Longer than the workers may take, whose ends this process waits for.
    stop = StopRequest(leave_seconds=GRACE_SECONDS + 1)
    with stop.listening():
        processes: dict[int, subprocess.Popen[bytes]] = {}
        try:
            processes.update((index, _start(handle, crew, index)) for index in range(crew.workers))
            _watch(handle, crew, processes, stop, show)
        finally:
            _stop(list(processes.values()))
    if stop.signal is not None:
        raise StoppedError(stop.signal)
    return advance(handle)


def _watch(
    handle: Handle,
    crew: Crew,
    processes: dict[int, subprocess.Popen[bytes]],
    stop: StopRequest,
    show: Callable[[Progress], None],
) -> None:
    """Show the progress and replace workers that were killed, until none is left or a signal comes."""
    restarts = 0
    while processes and not stop.wait(POLL_SECONDS):
        show(advance(handle))
        for index, process in list(processes.items()):
            code = process.poll()
            if code is None:
                continue
            del processes[index]
            signal = -code if code < 0 else code - 128
            if (signal > 0 or code == BROKEN_DEVICE) and restarts < RESTARTS:
                restarts += 1
                reason = f"was ended by signal {signal}" if signal > 0 else "lost its device"
                _log.warning("worker %d %s: it is replaced", index, reason)
                processes[index] = _start(handle, crew, index)
            elif code:
                raise RunError(f"worker {index} failed: {_last_words(_log_file(crew, index))}")


def _start(handle: Handle, crew: Crew, index: int) -> subprocess.Popen[bytes]:
    command = [
        *(sys.executable, "-m", "studies", "worker"),
        *("--study", handle.name, "--checkpoints", str(crew.checkpoints)),
        *("--device", crew.place.device, "--parent", str(os.getpid())),
    ]
    if crew.place.data_dir is not None:
        command += ["--data-dir", str(crew.place.data_dir)]
    if crew.deadline is not None:
        command += ["--deadline", str(crew.deadline)]
    # One thread for each worker: on small networks threads cost more than they bring.
    environment = {**os.environ, **dict.fromkeys(THREAD_VARIABLES, "1")}
    # Not on the command line, which other users can read: an address may hold a password.
    environment[STORAGE_VARIABLE] = handle.address.url
    with _log_file(crew, index).open("ab") as log:
        return subprocess.Popen(
            command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, env=environment, start_new_session=True
        )


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


def _log_file(crew: Crew, index: int) -> Path:
    return crew.folder / f"worker-{index}.log"


def _last_words(path: Path) -> str:
    lines = [line for line in path.read_text("utf-8", "replace").splitlines() if line.strip()]
    return f"{lines[-1]} (all of it in {path})" if lines else f"it left no message in {path}"
