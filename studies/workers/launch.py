"""A study's workers as processes of this machine, and how far they are."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from studies.schedule.stages import plan_next
from studies.storage.address import STORAGE_VARIABLE
from studies.workers.processes.supervisor import Command, supervise

if TYPE_CHECKING:
    from collections.abc import Callable

    from objectives.question.inputs import Place
    from studies.schedule.stages import Progress
    from studies.schedule.study import OpenStudy
    from studies.workers.leftovers import Folders


LOOKING = 0.02
"""Share of the time that is spent on looking how far the study is: workers share the cores."""


def run_workers(
    opened: OpenStudy,
    *,
    workers: int,
    place: Place,
    folders: Folders,
    deadline: float | None = None,
    show: Callable[[Progress], None],
) -> None:
    """Work on a study until its answer is complete or the deadline has passed.

    Args:
        opened: The study, with its trials planned.
        workers: Number of processes, at least 1.
        place: Data folder and device.
        folders: Where logs, weights and checkpoints go; both are wanted.
        deadline: No trial is started after this moment (`time.time`); None where there is no limit.
        show: Called with the progress: once a second, less often where it is dear to tell.

    Raises:
        RunError: a worker failed; its last words are in the message.
        StoppedError: a signal asked to stop; the workers have saved their trials and left.
    """
    assert folders.study is not None
    show(plan_next(opened))
    arguments = ["worker", "--study", opened.name, "--device", place.device]
    arguments += opened.tuning.words()
    for option, value in (
        ("--checkpoints", folders.checkpoints),
        ("--data-dir", place.data_dir),
        ("--deadline", deadline),
    ):
        if value is not None:
            arguments += [option, str(value)]
    arguments += ["--deterministic"] * place.deterministic
    command = Command(
        arguments=tuple(arguments),
        folder=folders.study,
        # Not on the command line, which other users can read: an address may hold a password.
        environment={STORAGE_VARIABLE: opened.address.url},
    )
    supervise(command, processes=workers, show=_seldom(lambda: show(plan_next(opened))))


def _seldom(look: Callable[[], None]) -> Callable[[], None]:
    """Return a look that is passed over until looks have taken no more than `LOOKING` of the time."""
    after = 0.0

    def now_and_then() -> None:
        nonlocal after
        started = time.monotonic()
        if started >= after:
            look()
            after = started + (time.monotonic() - started) / LOOKING

    return now_and_then
