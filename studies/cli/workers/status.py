"""`wsnas status`: where a study stands."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from studies.cli._options import WorkChoice

if TYPE_CHECKING:
    from rich.console import RenderableType

    from studies.schedule.study import OpenStudy
    from studies.workers.status import StudyStatus, WorkerLine

MOST_EVERY = 86400
"""A day."""


@dataclass(frozen=True, kw_only=True)
class StatusCommand(WorkChoice):
    """Show a study's workers, its trials by state, what is left and when it will end."""

    json: bool = False
    """Print JSON for programs."""
    watch: bool = False
    """Keep looking until Ctrl-C."""
    every: float = 2.0
    """Seconds between two looks of --watch."""

    def run(self) -> int:
        """Show the status."""
        from rich.console import Console

        from studies.workers.status import study_status
        from wsnas.errors import InputError

        if not 0 < self.every <= MOST_EVERY:
            raise InputError(f"every {self.every!r}: seconds above 0 and up to {MOST_EVERY} are wanted")
        opened = self.open()
        if self.watch:
            return self._watch(opened)
        found = study_status(opened, checkpoints=self.checkpoint_folder)
        if self.json:
            sys.stdout.write(json.dumps(_plain(found)) + "\n")
        else:
            Console().print(self._picture(found))
        return 0

    def _watch(self, opened: OpenStudy) -> int:
        from rich.live import Live

        from studies.storage.retry import OUTAGE_SECONDS
        from studies.workers.status import study_status

        opened.storage.retry_seconds = OUTAGE_SECONDS
        try:
            with Live(refresh_per_second=4) as live:
                while True:
                    found = study_status(opened, checkpoints=self.checkpoint_folder)
                    live.update(self._picture(found))
                    if found.progress.stage.value == "done":
                        return 0
                    time.sleep(self.every)
        except KeyboardInterrupt:
            return 0

    def _picture(self, found: StudyStatus) -> RenderableType:
        from rich.console import Group
        from rich.table import Table
        from rich.text import Text

        from studies.config.commands import shell_command
        from studies.workers.status import about

        progress = found.progress
        lines: list[Text] = [
            Text.assemble(
                "Study ",
                (found.name, "bold"),
                f" in {self.address}: stage ",
                (progress.stage.value, "bold"),
                f", {progress.done} of {progress.total} runs of it done",
            ),
            Text("Trials: " + ", ".join(f"{count} {state}" for state, count in found.states.items())),
            Text(
                f"{found.budget_left} of the budget of {found.budget} trials left,"
                f" {found.retries} started again after an interruption, {found.stale} stale"
            ),
        ]
        if progress.stage.value != "done" and found.seconds_left is not None:
            end = time.strftime("%a %H:%M", time.localtime(time.time() + found.seconds_left))
            lines.append(Text(f"Expected end: {end}, in {about(found.seconds_left)}"))
        if found.checkpoint_files:
            size = found.checkpoint_bytes / 1e6
            lines.append(Text(f"Checkpoints: {found.checkpoint_files} files, {size:.1f} MB"))
        if found.peak_memory_bytes is not None:
            size = found.peak_memory_bytes / 1e9
            lines.append(Text(f"Memory of a trial (on a CPU: of its process): at most {size:.2f} GB"))
        lines += [Text(f"Given up: {reason}", style="red") for reason in dict.fromkeys(found.reasons)]
        if found.stale:
            repair = f"`{shell_command('study', 'repair', **self.shown_choice)}`"
            repair += " returns the stale ones to the queue; a worker does so, too"
            lines.append(Text(repair, style="yellow"))
        table = Table(box=None, pad_edge=False, header_style="dim")
        for title in ("host", "process", "device", "trial", "epoch", "images/s", "last sign of life"):
            table.add_column(title)
        for worker in found.workers:
            table.add_row(*_row(worker))
        return Group(*lines, Text(), table) if found.workers else Group(*lines)


def _row(worker: WorkerLine) -> list[str]:
    pace = "-" if worker.epoch is None else f"{worker.epoch:.4g} of {worker.epochs:.4g}"
    speed = "-" if worker.images_per_second is None else f"{worker.images_per_second:,.0f}"
    sign = "none" if worker.silent_seconds is None else f"{max(0.0, worker.silent_seconds):.0f} s ago"
    return [
        worker.host,
        worker.process,
        worker.device,
        f"{worker.phase} {worker.trial}",
        pace,
        speed,
        sign if worker.alive else f"{sign} (dead)",
    ]


def _plain(found: StudyStatus) -> dict[str, object]:
    """Return the standing for JSON; the progress's fields stand beside the study's."""
    fields = asdict(found)
    progress = fields.pop("progress")
    return {
        "study": fields.pop("name"),
        **progress,
        "stage": found.progress.stage.value,
        **fields,
        "stale": found.stale,
    }
