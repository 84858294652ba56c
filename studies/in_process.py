"""A study that is run from a program, in its process: with a sampler, a pruner and callbacks of its own."""

from __future__ import annotations

import signal
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from wsnas.errors import StoppedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    import optuna

    from objectives.domains import Value
    from studies.config.settings import Screen
    from studies.notebook import LoadedStudy
    from studies.workers.processes.signals import StopRequest


def run(
    space: str = "nb201",
    *,
    scale: str = "mini",
    study: str | None = None,
    storage: str | None = None,
    sampler: str | optuna.samplers.BaseSampler | Callable[..., Any] | None = None,
    pruner: str | optuna.pruners.BasePruner | Callable[..., Any] | None = None,
    callbacks: Sequence[Callable[[optuna.Study, optuna.trial.FrozenTrial], None]] = (),
    fix: Mapping[str, Value] | None = None,
    factors: Sequence[str] = (),
    domains: Path | None = None,
    screen: Screen = "changes",
    trials: int | None = None,
    hours: float | None = None,
    data: str | None = None,
    table: str | None = None,
    seed: int = 0,
    data_dir: Path | None = None,
    device: str = "auto",
) -> LoadedStudy:
    """Create or resume a study and work on it in this process, as `wsnas study` does in several.

    It tunes, selects, screens, confirms and searches, writes its report, and keeps what it has where it is
    stopped: the same call goes on. Other processes may join it meanwhile by the same call, or by
    ``wsnas worker`` where sampler and pruner are given by name or not at all.

    Args:
        space: Search space.
        scale: How big its runs are: tiny, mini, gpu or paper.
        study: The study's name; ``SPACE-SCALE`` by default.
        storage: Where it is kept; ``$WSNAS_STORAGE``, or ``sqlite:///runs/wsnas.db``, by default.
        sampler: Looks for recipes in tune: an Optuna sampler, what makes one (with a ``seed``, if it takes
            one), or ``package.module:factory``.
        pruner: Ends runs of tune, likewise.
        callbacks: Called with the Optuna study and each trial that has ended here; `optuna.Study.stop` in one
            of them ends the work.
        fix: Factors to hold, each at a value.
        factors: The factors to study; all where empty.
        domains: TOML file with other domains for factors.
        screen: ``changes`` or ``sobol``.
        trials: Budget of tune and screen; the study's own, or the scale's, by default.
        hours: No trial is started after so many.
        data: Images; the scale's own by default.
        table: Ground truth; the space's own by default.
        seed: Source of all randomness.
        data_dir: Folder of a data set that the package does not carry.
        device: ``cpu``, ``cuda`` or ``auto``.

    Returns:
        The study, as `studies.load` gives it.

    Raises:
        InputError: bad input, or the study was made with other settings, another sampler or pruner; the
            message names both.
        StoppedError: a signal asked to stop; what was under way is saved.
    """
    from rich.console import Console

    from objectives.question.inputs import Place, check_place
    from studies.config.places import own_study_folder, study_folder, study_name
    from studies.config.settings import choose_settings
    from studies.notebook import LoadedStudy
    from studies.report.finish import finish
    from studies.schedule.plan import plan_trials
    from studies.schedule.study import create_or_open, kept_factors
    from studies.schedule.tune.tuning import Tuning
    from studies.storage.address import chosen_address
    from studies.storage.retry import OUTAGE_SECONDS
    from studies.workers.leftovers import Folders
    from studies.workers.processes.signals import StopRequest
    from studies.workers.runner import TrialRunner
    from studies.workers.worker import work

    tuning = Tuning(sampler=sampler, pruner=pruner, callbacks=callbacks)
    tuning.check()
    address, name = chosen_address(storage), study or study_name(space, scale)
    settings = choose_settings(
        space=space,
        scale=scale,
        data=data,
        table=table,
        seed=seed,
        only=tuple(factors),
        fixed=tuple(f"{name}={value}" for name, value in (fix or {}).items()),
        domains=domains,
        screen=screen,
        kept=kept_factors(address, name),
    )
    place = Place(data_dir=data_dir, device=device)
    check_place(settings, place)
    folder = study_folder(name, database=address.database, shown=address.shown)
    opened = create_or_open(address, name, settings, tuning=tuning)
    own_study_folder(folder)
    plan_trials(opened, budget=trials)
    opened.storage.retry_seconds = OUTAGE_SECONDS
    stop = StopRequest()
    with _heeding(stop):
        folders = Folders(study=folder, checkpoints=folder / "checkpoints")
        runner = TrialRunner(opened, place=place, folders=folders, stop=stop)
        work(opened, runner, deadline=None if hours is None else time.time() + 3600 * hours)
    if stop.signal is not None:
        raise StoppedError(stop.signal)
    finish(opened, folder=folder, place=place, console=Console(quiet=True))
    return LoadedStudy(opened=opened, rounds=200)


@contextmanager
def _heeding(stop: StopRequest) -> Iterator[None]:
    """Take signals for requests to stop, where this is the main thread; the user's process stays."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    asking = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, lambda number, _: stop.request(number)) for number in asking}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
