"""`wsnas worker`: join a study from this or another shell."""

from __future__ import annotations

import os
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from studies.cli._options import StudyChoice


@dataclass(frozen=True, kw_only=True)
class WorkerCommand(StudyChoice):
    """Work on an existing study until its answer is complete."""

    data_dir: Path | None = None
    """Folder of cifar10's binary archive."""
    device: str = "auto"
    """cpu, cuda, or auto for a GPU where there is one."""
    deadline: float | None = None
    """No trial is started after this moment, in seconds since 1970."""
    parent: int | None = None
    """Leave when this process is not the parent any more."""

    def run(self) -> int:
        """Work."""
        import torch

        from studies.context import Place
        from studies.worker import work

        if self.parent is not None:
            leave_without(self.parent)
        if "OMP_NUM_THREADS" not in os.environ:
            torch.set_num_threads(1)
        work(
            self.open(),
            place=Place(data_dir=self.data_dir, device=self.device),
            deadline=self.deadline,
            weights=self.folder,
        )
        return 0


def leave_without(parent: int) -> None:
    """End this process when its parent has died; its trial is found and enqueued again."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1.0)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
