"""`wsnas worker`: join a study from this or another shell or host."""

from __future__ import annotations

import os
import sys
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from studies.cli._options import WorkChoice
from wsnas.errors import RunError

if TYPE_CHECKING:
    from studies.signals import StopRequest


@dataclass(frozen=True, kw_only=True)
class WorkerCommand(WorkChoice):
    """Work on an existing study until its answer is complete."""

    deadline: float | None = None
    """No trial is started after this moment, in seconds since 1970."""
    parent: int | None = None
    """Leave when this process is not the parent any more."""

    def run(self) -> int:
        """Work, and return 128 and a signal's number where one asked for the end."""
        from studies.signals import StopRequest

        stop = StopRequest()
        with stop.listening():
            if self.parent is not None:
                leave_without(self.parent, stop)
            try:
                self._work(stop)
            except RunError as error:
                if type(error).__name__ != "BrokenDeviceError":
                    raise
                sys.stderr.write(f"wsnas: {error}\n")
                from studies.launch import BROKEN_DEVICE

                return BROKEN_DEVICE
        if stop.signal is not None:
            sys.stderr.write(
                f"wsnas: stopped by {stop.signal.name}: what was under way is saved and handed back\n"
            )
        return stop.exit_code

    def _work(self, stop: StopRequest) -> None:
        from studies.context import Place
        from studies.storage.patience import DROPOUT_SECONDS
        from studies.worker import work

        work(
            self.open(patience=DROPOUT_SECONDS),
            place=Place(data_dir=self.data_dir, device=self.device),
            stop=stop,
            deadline=self.deadline,
            folder=self.folder,
            checkpoints=self.checkpoint_folder,
        )


def leave_without(parent: int, stop: StopRequest | None = None) -> None:
    """End this process when its parent has died, by a request where there is one to heed it."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1.0)
        if stop is None:
            os._exit(1)
        stop.request()

    threading.Thread(target=watch, daemon=True).start()
