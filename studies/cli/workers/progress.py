"""What a person sees while a study runs: a live line on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from optuna.trial import TrialState
from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from studies.schedule.budget import counted
from studies.schedule.stages import Progress, Stage
from studies.workers.status import seconds_left, time_left

if TYPE_CHECKING:
    from types import TracebackType

    from rich.console import RenderableType

    from studies.schedule.study import OpenStudy

_TITLES = {
    Stage.TUNE: "trying recipes",
    Stage.SELECTION: "selecting the reference",
    Stage.SCREEN: "changing one thing at a time",
    Stage.RECHECK: "trying what helps again",
    Stage.CONFIRMATION: "confirming the winner",
    Stage.DONE: "done",
}


class ProgressDisplay:
    """Shows trials done, running and pruned, the best s-KdT and the time left."""

    def __init__(self, opened: OpenStudy, *, workers: int, console: Console) -> None:
        self._opened = opened
        self._workers = workers
        self._console = console
        self._live = (
            Live(console=console, transient=True, refresh_per_second=4) if console.is_terminal else None
        )
        self._last: Progress | None = None

    def __enter__(self) -> ProgressDisplay:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()

    def __call__(self, progress: Progress) -> None:
        """Show a progress."""
        if self._live is not None:
            self._live.update(self._panel(progress))
        elif progress != self._last and self._changed(progress):
            self._console.print(self._line(progress), soft_wrap=True, highlight=False)
            self._last = progress

    def _changed(self, progress: Progress) -> bool:
        last = self._last
        return last is None or (progress.stage, progress.done) != (last.stage, last.done)

    def _line(self, progress: Progress) -> str:
        parts = [
            f"{_TITLES[progress.stage]}: {progress.done}/{progress.total} done",
            f"{progress.running} running",
        ]
        if progress.pruned:
            parts.append(f"{progress.pruned} pruned")
        parts += [f"best s-KdT {self._best()}", *self._left(progress)]
        return f"[{time.strftime('%H:%M:%S')}] " + ", ".join(parts)

    def _panel(self, progress: Progress) -> RenderableType:
        grid = Table.grid(padding=(0, 2))
        grid.add_row(
            Text(_TITLES[progress.stage], style="bold"),
            ProgressBar(total=max(progress.total, 1), completed=progress.done, width=30),
            f"{progress.done}/{progress.total}",
            Text(f"{progress.running} running", style="cyan"),
            Text(f"{progress.pruned} pruned", style="yellow") if progress.pruned else "",
            f"best s-KdT [b]{self._best()}[/b]",
            *self._left(progress),
        )
        return Group(grid, *self._running())

    def _running(self) -> list[Text]:
        lines = []
        for study in (self._opened.study, self._opened.confirm):
            for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
                started = trial.datetime_start.timestamp() if trial.datetime_start else time.time()
                values = [
                    f"{value:.2f} at {step} %" for step, value in sorted(trial.intermediate_values.items())
                ]
                lines.append(
                    Text(
                        f"  {trial.user_attrs.get('phase', 'trial')} {trial.number}"
                        f"  {time.time() - started:4.0f} s  {', '.join(values)}",
                        style="dim",
                    )
                )
        return lines

    def _best(self) -> str:
        ended = counted(self._opened.study)
        values = [
            trial.value for trial in ended if trial.state is TrialState.COMPLETE and trial.value is not None
        ]
        return f"{max(values):.3f}" if values else "-"

    def _left(self, progress: Progress) -> list[str]:
        """Return how long it will take yet; nothing after the end."""
        if progress.stage is Stage.DONE:
            return []
        return [time_left(seconds_left(self._opened, progress, workers=self._workers))]
