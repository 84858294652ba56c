"""Worker processes of a build, and what is shown of them."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING

from studies.launch import THREAD_VARIABLES
from wsnas.errors import InputError, RunError

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console

    from wsnas.standalone.job import Job

POLL_SECONDS = 0.5


def run_crew(folder: Path, job: Job, *, workers: int, extra: list[str], console: Console) -> None:
    """Fill a job's folder with several processes; each is what ``groundtruth join`` runs.

    Raises:
        InputError: a worker found the job's settings bad.
        RunError: a worker failed; its last words are in the message.
        KeyboardInterrupt: workers have been ended; what is measured stays.
    """
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from wsnas.standalone.job import is_done

    units = list(job.units())
    processes: list[subprocess.Popen[bytes]] = []
    columns = (TextColumn("measuring"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    try:
        processes.extend(_start(folder, index, extra) for index in range(workers))
        with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
            task = bar.add_task("", total=len(units))
            while any(process.poll() is None for process in processes):
                bar.update(task, completed=sum(is_done(folder, unit) for unit in units))
                time.sleep(POLL_SECONDS)
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait()
    for index, process in enumerate(processes):
        if process.returncode:
            lines = _log(folder, index).read_text("utf-8", "replace").strip().splitlines()
            words = lines[-1] if lines else "it left no message"
            if process.returncode == 2:
                raise InputError(words.removeprefix("wsnas: "))
            raise RunError(f"worker {index} failed: {words} (all of it in {_log(folder, index)})")


def _log(folder: Path, index: int) -> Path:
    return folder / f"worker-{index}.log"


def _start(folder: Path, index: int, extra: list[str]) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "studies", "groundtruth", "join", str(folder), *extra]
    command += ["--parent", str(os.getpid())]
    environment = {**os.environ, **dict.fromkeys(THREAD_VARIABLES, "1")}
    with _log(folder, index).open("wb") as log:
        return subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, env=environment)
