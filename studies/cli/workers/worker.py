"""`wsnas worker`: join a study from this or another shell or host."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from studies.cli._options import GOES_ON, TuningChoice
from wsnas.errors import BrokenDeviceError

if TYPE_CHECKING:
    from studies.workers.processes.signals import StopRequest


@dataclass(frozen=True, kw_only=True)
class WorkerCommand(TuningChoice):
    """Work on an existing study until its answer is complete."""

    deadline: float | None = None
    """No trial is started after this moment, in seconds since 1970."""
    parent: int | None = None
    """Leave when this process is not the parent any more."""

    after_stop: ClassVar[str] = GOES_ON

    def run(self) -> int:
        """Work, and return 128 and a signal's number where one asked for the end."""
        from studies.workers.processes.signals import StopRequest, leave_without
        from studies.workers.processes.supervisor import BROKEN_DEVICE

        stop = StopRequest()
        with stop.listening():
            if self.parent is not None:
                leave_without(self.parent, stop)
            try:
                self._work(stop)
            except BrokenDeviceError as error:
                sys.stderr.write(f"wsnas: {error}\n")
                return BROKEN_DEVICE
        if stop.signal is not None:
            sys.stderr.write(
                f"wsnas: stopped by {stop.signal.name}: what was under way is saved and handed back\n"
            )
        return stop.exit_code

    def _work(self, stop: StopRequest) -> None:
        from studies.storage.retry import OUTAGE_SECONDS
        from studies.workers.processes.capacity import fitting_workers
        from studies.workers.runner import TrialRunner
        from studies.workers.worker import work

        opened = self.open_to_work(retry_seconds=OUTAGE_SECONDS)
        self.own_folder()
        if self.parent is None and (full := fitting_workers(opened, 1, self.device)[1]) is not None:
            sys.stderr.write(f"WARNING: {full}\n")
        runner = TrialRunner(opened, place=self.place, folders=self.folders, stop=stop)
        work(opened, runner, deadline=self.deadline)
