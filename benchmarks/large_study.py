"""How long a user waits for the answer of a large study: status, importance and report.

``python -m benchmarks.large_study`` makes a study of 3,000 finished trials with the attributes of real ones
(a screen of 2,048, the others tuned, four tenths of these pruned) and times the commands on it, each in a
process of its own, in turn.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

import numpy as np
import optuna
import tyro
from optuna.trial import TrialState, create_trial

from objectives.question.inputs import TRIALS, load_pools
from studies.config.settings import choose_settings
from studies.schedule import budget
from studies.schedule.study import OpenStudy, create_or_open

SCREEN = 2048
COMMANDS = ("status", "importance", "report")


def fill(opened: OpenStudy, trials: int) -> None:
    """Give a study finished trials like real ones."""
    rng = np.random.default_rng(0)
    factors = opened.settings.factors
    architectures = len(load_pools(opened.settings)[TRIALS])
    sketch = optuna.create_study().ask()
    for factor in factors:
        factor.domain.suggest(sketch, factor.name)
    for number in range(trials):
        params = {factor.name: factor.domain.at(float(rng.random())) for factor in factors}
        screened = number < SCREEN
        pruned = not screened and rng.random() < 0.4
        value = float(0.2 * rng.normal()) + (0.1 if params["ofa_kernel"] else 0.0)
        correct = json.dumps(rng.integers(200, 800, architectures).tolist(), separators=(",", ":"))
        trial = create_trial(
            state=TrialState.PRUNED if pruned else TrialState.COMPLETE,
            value=None if pruned else value,
            intermediate_values={50: value + float(0.1 * rng.normal())},
            params=params,
            distributions=sketch.distributions,
            user_attrs={
                "ticket": number,
                "phase": "screen" if screened else "tune",
                "seed": number,
                "pool": TRIALS,
                "prunable": not screened,
                "diverged": False,
                "images_seen": int(rng.integers(40_000, 130_000)),
                "supernet_accuracy_mean": float(rng.random()),
                "supernet_accuracy_best": float(rng.random()),
                "partial_tau_given_parameters": value,
                **({} if pruned else {"correct": correct}),
            },
        )
        assert trial.datetime_complete is not None
        trial.datetime_start = trial.datetime_complete - timedelta(seconds=float(rng.uniform(10, 40)))
        opened.study.add_trial(trial)
    budget.set_budget(opened.study, trials)


def main(*, trials: int = 3000, repeats: int = 5) -> None:
    """Measure and print JSON."""
    with tempfile.TemporaryDirectory() as folder:
        address = f"sqlite:///{folder}/wsnas.db"
        fill(create_or_open(address, "large", choose_settings(space="nb201", scale="mini")), trials)
        environment = {**os.environ, "WSNAS_STORAGE": address, "PYTHONPATH": str(Path(__file__).parents[1])}
        seconds: dict[str, list[float]] = {name: [] for name in COMMANDS}
        for _ in range(repeats):
            for name in COMMANDS:
                command = [sys.executable, "-m", "studies", name, "--study", "large"]
                began = time.perf_counter()
                done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
                if done.returncode:
                    raise RuntimeError(done.stderr)
                seconds[name].append(round(time.perf_counter() - began, 2))
    found = {name: {"median": statistics.median(all_), "all": all_} for name, all_ in seconds.items()}
    sys.stdout.write(json.dumps({"trials": trials, "seconds": found}, indent=2) + "\n")


if __name__ == "__main__":
    tyro.cli(main, description=__doc__)
