"""Where a study's time goes, and what a second worker brings.

``python -m benchmarks.study_time`` runs the same trials of the mini scale with one worker and with two, in
the order 1, 2, 2, 1, so that a machine that slows down favours neither, and prints trials an hour, the share
of each part of a trial, and how long a worker takes from its start to its first step.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import tyro
from optuna.trial import TrialState

from objectives.question.scales import load_scale
from studies.config.settings import choose_settings
from studies.schedule.plan import plan_trials
from studies.schedule.study import create_or_open, open_study

if TYPE_CHECKING:
    from studies.config.settings import StudySettings

PARTS = ("training", "ranking", "saving")


def settings(scale: str) -> StudySettings:
    """Return the study of a scale's start recipe alone, so that every trial costs the same."""
    start = load_scale(scale, "nb201").start
    return choose_settings(
        space="nb201",
        scale=scale,
        data="fashion-clutter",
        only=("global_dropout",),
        fixed=[f"{name}={value}" for name, value in start.items()],
    )


def run(folder: Path, *, scale: str, workers: int, trials: int, device: str = "cpu") -> dict[str, float]:
    """Run trials with that many workers on a device and return seconds and shares."""
    address = f"sqlite:///{folder}/wsnas.db"
    opened = create_or_open(address, "x", settings(scale))
    # A third tunes; what follows is not waited for.
    plan_trials(opened, budget=3 * trials)
    environment = {**os.environ, "WSNAS_STORAGE": address, "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "studies", "worker", "--study", "x", "--device", device]
    started = time.time()
    with (folder / "log").open("ab") as log:
        crew = [
            subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)
            for _ in range(workers)
        ]
    try:
        while True:
            # Looking costs time that the workers would have had.
            time.sleep(3)
            done = [trial for trial in open_study(address, "x").study.trials if trial.state.is_finished()]
            if len(done) >= trials:
                break
            if any(worker.poll() not in (None, 0) for worker in crew):
                raise RuntimeError((folder / "log").read_text("utf-8", "replace")[-2000:])
    finally:
        for worker in crew:
            worker.kill()
            worker.wait()
    complete = [trial for trial in done if trial.state is TrialState.COMPLETE]
    first = min(trial.datetime_start.timestamp() for trial in complete if trial.datetime_start)
    last = max(trial.datetime_complete.timestamp() for trial in complete if trial.datetime_complete)
    whole = sum(trial.duration.total_seconds() for trial in complete if trial.duration)
    shares = {part: sum(trial.user_attrs[f"seconds_{part}"] for trial in complete) / whole for part in PARTS}
    return {
        "start_up_seconds": first - started,
        "trials_an_hour": 3600 * len(complete) / (last - first),
        **shares,
        "everything_else": 1 - sum(shares.values()),
    }


def main(*, scale: str = "mini", trials: int = 6, rounds: int = 1) -> None:
    """Measure and print JSON."""
    found: dict[int, list[dict[str, float]]] = {1: [], 2: []}
    for workers in (1, 2, 2, 1) * rounds:
        with tempfile.TemporaryDirectory() as folder:
            found[workers].append(run(Path(folder), scale=scale, workers=workers, trials=trials))
    medians = {
        workers: {name: round(statistics.median(one[name] for one in runs), 4) for name in runs[0]}
        for workers, runs in found.items()
    }
    gain = medians[2]["trials_an_hour"] / medians[1]["trials_an_hour"]
    whole = {"medians": medians, "two_workers_against_one": round(gain, 3), "runs": found}
    sys.stdout.write(json.dumps(whole, indent=2) + "\n")


if __name__ == "__main__":
    tyro.cli(main, description=__doc__)
