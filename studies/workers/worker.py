"""A worker: takes waiting trials, one after another, until none is left."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING

from studies.schedule.queue import open_beside, take, waits_beside
from studies.schedule.stages import Stage, half_of, plan_next
from studies.storage.optuna_internals import read_trial
from studies.storage.worker_identity import this_process

if TYPE_CHECKING:
    from studies.schedule.study import OpenStudy
    from studies.workers.runner import TrialRunner

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 15.0
"""How often an idle worker looks whether the others have finished the stage, in seconds; ever less often,
since on a cluster many may be idle."""
LONGEST_FAULT_PAUSE = 60.0
"""How long a worker rests at most, in seconds, after faults of the machine in a row."""


def work(opened: OpenStudy, runner: TrialRunner, *, deadline: float | None = None) -> None:
    """Run a study's waiting trials, stage by stage, until its answer is complete.

    Args:
        opened: The study.
        runner: Runs the trials; its stop request is heeded between any two steps. After each, the study's
            callbacks are called; `optuna.Study.stop` in one of them ends the work here.
        deadline: No trial is started after this moment (`time.time`); None where there is no limit.
    """
    stop = runner.stop
    pause = FIRST_PAUSE
    chance = random.Random(this_process())
    while not stop.requested and (deadline is None or time.time() < deadline):
        stage = plan_next(opened).stage
        if stage is Stage.DONE and not open_beside(opened):
            runner.sweep()
            return
        study = opened.study if stage is Stage.DONE or waits_beside(opened) else half_of(opened, stage)
        trial = take(opened, study, unless=lambda: stop.requested)
        if trial is None:
            stop.wait(pause * chance.uniform(0.5, 1.0))
            pause = min(1.5 * pause, LONGEST_PAUSE)
            continue
        runner.run(study, trial)
        for callback in opened.tuning.callbacks:
            callback(study, read_trial(study, trial))
        if study.stopped:
            return
        pause = FIRST_PAUSE
        if runner.faults:
            # What is short now, memory or disk, may be there again in a while.
            stop.wait(min(2.0**runner.faults, LONGEST_FAULT_PAUSE))
