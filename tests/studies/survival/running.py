"""What the tests of survival do with workers."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from studies.config.inputs import Place
from studies.workers.processes.signals import StopRequest
from studies.workers.worker import _Worker

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

    from studies.schedule.study import OpenStudy


def checkpoints(folder: Path) -> list[Path]:
    return list((folder / "saved").rglob("*.pt"))


def until_saved(folder: Path, worker: subprocess.Popen[bytes]) -> None:
    """Wait until a trial is under way and saved."""
    deadline = time.monotonic() + 90
    while not checkpoints(folder):
        assert worker.poll() is None, (folder / "worker.log").read_text()
        assert time.monotonic() < deadline
        time.sleep(0.02)


def run_one(opened: OpenStudy, folder: Path | None) -> None:
    """Do in this process what a worker does with one trial."""
    saved = None if folder is None else folder / "saved"
    worker = _Worker(opened, Place(device="cpu"), StopRequest(), None, saved)
    assert worker.run_one(opened.study)
