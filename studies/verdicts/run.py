"""Workers that fill an ablation's folder, run by run."""

from __future__ import annotations

import multiprocessing
import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from studies.verdicts.ablation import plan
from studies.verdicts.claims import claims_about
from studies.verdicts.store import claimed, is_done, read_question, write_result
from wsnas.errors import InputError, RunError

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.process import BaseProcess
    from pathlib import Path

    from studies.config.inputs import Place
    from studies.verdicts.ablation import Ablation, Run
    from studies.verdicts.store import Question

POLL_SECONDS = 0.5


@dataclass(frozen=True, kw_only=True, slots=True)
class Crew:
    """How an ablation is worked on."""

    workers: int
    """Number of processes, at least 1."""
    place: Place
    """Data folder and device."""
    deadline: float | None = None
    """No run is begun after this moment (`time.time`); None where there is no limit."""
    claims: tuple[str, ...] = ()
    """Names of the claims whose runs are done; all where empty."""


def planned(question: Question, claims: tuple[str, ...] = ()) -> Ablation:
    """Return the ablation of a question, or the part of it that answers some claims.

    Raises:
        InputError: the space has no claim of that name.
    """
    known = {claim.name: claim for claim in claims_about(question.settings.space)}
    for name in claims:
        if name not in known:
            space = question.settings.space
            raise InputError(f"unknown claim {name!r} about {space}: choose of {', '.join(known)}")
    chosen = [known[name] for name in claims] if claims else None
    return plan(question.settings, question.reference, claims=chosen)


def todo(folder: Path, runs: list[Run]) -> list[Run]:
    """Return the runs that are not finished."""
    return [run for run in runs if not is_done(folder, run)]


def run_crew(folder: Path, *, seeds: int, crew: Crew, show: Callable[[], None]) -> None:
    """Work on an ablation until nothing is left or the deadline has passed; others may work on it, too.

    Args:
        folder: The ablation's folder.
        seeds: Seeds for each recipe.
        crew: How to work.
        show: Called about twice a second.

    Raises:
        RunError: a worker failed.
        KeyboardInterrupt: workers have been ended; what is measured stays.
    """
    context = multiprocessing.get_context("spawn")
    processes: list[BaseProcess] = [
        context.Process(target=_worker, args=(folder, seeds, crew, os.getpid()), daemon=True)
        for _ in range(crew.workers)
    ]
    try:
        for process in processes:
            process.start()
        while any(process.is_alive() for process in processes):
            show()
            time.sleep(POLL_SECONDS)
    finally:
        for process in processes:
            if process.pid is not None:
                process.terminate()
                process.join()
    if any(process.exitcode for process in processes):
        raise RunError(f"a worker failed; its last words are above, and what is measured stays in {folder}")


def work(folder: Path, *, seeds: int, crew: Crew) -> None:
    """Train what no other process has trained or is training."""
    import torch

    from studies.config.inputs import load_problem
    from studies.verdicts.measure import both_pools, measure

    torch.set_num_threads(1)  # else results would depend on the number of cores
    question = read_question(folder)
    problem, pool = load_problem(question.settings, crew.place), both_pools(question.settings)
    for run in planned(question, crew.claims).runs(seeds):
        if crew.deadline is not None and time.time() > crew.deadline:
            return
        if is_done(folder, run):
            continue
        with claimed(folder, run) as free:
            if free:
                write_result(folder, run, measure(question.settings, problem, pool, run))


def _worker(folder: Path, seeds: int, crew: Crew, parent: int) -> None:
    import signal

    from studies.workers.processes.signals import leave_without

    # Ctrl-C reaches the whole group; the parent ends its workers.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    leave_without(parent)
    work(folder, seeds=seeds, crew=crew)
