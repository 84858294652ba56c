"""The objective by itself: for a study, a sampler, a pruner and a storage of one's own."""

from __future__ import annotations

import math
from contextlib import contextmanager
from dataclasses import replace
from threading import Lock
from typing import TYPE_CHECKING, Any, Literal, cast, get_args

from objectives.question.asked import Question, run_seed
from objectives.question.choices import choose_question
from objectives.question.inputs import (
    FRESH,
    TRIALS,
    Place,
    check_place,
    check_pools,
    load_pools,
    load_problem,
    pool_costs,
)
from wsnas.errors import InputError, one_of, show

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    import optuna

    from objectives.domains import Value
    from objectives.objective import Objective
    from wsnas.supernets.base import SuperNet

Cost = Literal["seconds", "parameters", "images_seen"]
"""What can be minimised beside: seconds of training and ranking, parameters of the super-net, images seen."""
NOTE = "objective"
"""User attribute of a study: what its values are of."""
FORMAT = 1
"""Version of that note."""
PARAMETERS = "supernet_parameters"
"""User attribute of a trial."""


def objective_for(
    space: str = "nb201",
    *,
    scale: str = "mini",
    fix: Mapping[str, Value] | None = None,
    factors: Sequence[str] = (),
    domains: Path | None = None,
    data: str | None = None,
    table: str | None = None,
    seed: int = 0,
    pool: str = TRIALS,
    costs: Sequence[Cost] = (),
    data_dir: Path | None = None,
    device: str = "auto",
) -> SpaceObjective:
    """Return the objective of a space at a scale, for an Optuna study of one's own.

    It trains a super-net by the trial's recipe and ranks a pool of architectures with it. It reports at the
    scale's rungs, lets the study's pruner end a run, and keeps with the trial what `wsnas study` keeps.

    Args:
        space: Search space.
        scale: How big a run is: tiny (seconds), mini (minutes on two cores) or paper (a GPU).
        fix: Factors to hold, each at a value; they stay parameters of the trials, with one level.
        factors: The factors to vary, all others are held at their defaults; all vary where empty.
        domains: TOML file with other values for factors, as of ``wsnas study --domains``.
        data: Images; the scale's own where None.
        table: Ground truth, a table's name or a CSV file; the space's own where None.
        seed: Source of all randomness, at least 0: which architectures are in the pools, and with the
            trial's number how its run is trained. A trial with the user attribute ``seed`` is trained by
            that one.
        pool: Which architectures are ranked: ``trials``, or ``fresh`` for those that no trial has seen.
        costs: What is minimised beside s-KdT, each of ``seconds``, ``parameters`` and ``images_seen``; a
            study with several objectives knows no pruning, so nothing is reported then.
        data_dir: Folder of a data set that the package does not carry.
        device: ``cpu``, ``cuda`` or ``auto``.

    Returns:
        The objective; its `SpaceObjective.directions` are for `optuna.create_study`.

    Raises:
        InputError: a name that is not known, or a value that no recipe can have.

    Example:
        >>> import optuna
        >>> from objectives import objective_for
        >>> objective = objective_for("nb201", scale="tiny", fix={"epochs": 1})
        >>> study = optuna.create_study(directions=objective.directions)
        >>> study.optimize(objective, n_trials=1)
    """
    if pool not in (TRIALS, FRESH):
        raise InputError(f"pool {show(pool)}: {one_of(pool, (TRIALS, FRESH))}")
    for cost in costs:
        if cost not in get_args(Cost) or list(costs).count(cost) > 1:
            raise InputError(f"costs {show(list(costs))}: each once: {one_of(str(cost), get_args(Cost))}")
    if type(seed) is not int or seed < 0:
        raise InputError(f"seed {show(seed)}: a whole number of at least 0 is wanted")
    question = choose_question(
        space=space,
        scale=scale,
        data=data,
        table=table,
        seed=seed,
        only=tuple(factors),
        fixed=tuple(f"{name}={value}" for name, value in (fix or {}).items()),
        domains=domains,
    )
    return SpaceObjective(question, pool=pool, costs=costs, place=Place(data_dir=data_dir, device=device))


class SpaceObjective:
    """From an Optuna trial to its s-KdT, and to what it cost where that is minimised, too.

    Images and ground truth are loaded at the first call, once in each process: a copy for another process
    carries the question alone.
    """

    def __init__(self, question: Question, *, pool: str, costs: Sequence[Cost], place: Place) -> None:
        """Prepare the objective; `objective_for` makes one from names."""
        self.question = question
        """What is trained and ranked, and which factors vary."""
        self.costs = tuple(costs)
        """What is minimised beside s-KdT."""
        self._pool, self._place = pool, place
        self._lock = Lock()
        self._loaded: Objective | None = None

    @property
    def directions(self) -> list[str]:
        """The directions of a study of this objective, for `optuna.create_study`."""
        return ["maximize", *("minimize" for _ in self.costs)]

    @property
    def metric_names(self) -> list[str]:
        """The names of its values, for `optuna.Study.set_metric_names`."""
        from objectives.objective import METRIC

        return [METRIC, *self.costs]

    def search_space(self) -> dict[str, optuna.distributions.BaseDistribution]:
        """Return the distribution of each factor, for `optuna.Study.ask` and ``optuna ask``."""
        return {factor.name: factor.domain.distribution() for factor in self.question.factors}

    def __call__(self, trial: optuna.Trial | optuna.trial.FixedTrial) -> float | tuple[float, ...]:
        """Return the trial's s-KdT in [-1, 1], and its costs behind it.

        A run that diverged has s-KdT -1 and infinite costs, so that it is on no Pareto front.

        Raises:
            optuna.TrialPruned: the study's pruner said so.
            InputError: the study has other directions, or trials of another question.
        """
        study = getattr(trial, "study", None)
        if study is not None:
            self._note(study)
        if "seed" not in trial.user_attrs:
            trial.set_user_attr("seed", run_seed(self.question.seed, f"own {self._pool}", trial.number))
        trial.set_user_attr("pool", self._pool)
        trial.set_user_attr("prunable", not self.costs)
        with _one_thread():
            value = self._whole()(cast("optuna.Trial", trial))
        if not self.costs:
            return value
        kept = trial.user_attrs
        found = {
            "seconds": kept["seconds_training"] + kept["seconds_ranking"],
            "parameters": kept.get(PARAMETERS),
            "images_seen": kept["images_seen"],
        }
        return value, *(math.inf if kept["diverged"] else float(found[cost]) for cost in self.costs)

    def note(self) -> dict[str, Any]:
        """Return what the values are of, as plain values, to be kept with a study."""
        asked = self.question
        return {
            "format": FORMAT,
            **{name: getattr(asked, name) for name in ("space", "scale", "data", "table", "table_sha256")},
            "seed": asked.seed,
            "pool": self._pool,
            "costs": list(self.costs),
            "factors": asked.plain_factors(),
        }

    def _note(self, study: optuna.Study) -> None:
        """Write down in a study what its values are of, or refuse one whose values are of something else."""
        found = [direction.name.lower() for direction in study.directions]
        if found != self.directions:
            raise InputError(
                f"study {show(study.study_name)} has directions {show(found)}: create it with"
                f" directions={self.directions}"
            )
        note, kept = self.note(), study.user_attrs.get(NOTE)
        if kept is None:
            study.set_user_attr(NOTE, note)
        elif kept != note:
            raise InputError(
                f"study {show(study.study_name)} has values of another objective ({_difference(kept, note)}):"
                " use another study"
            )

    def _whole(self) -> Objective:
        """Return the objective with all that it needs; of several threads, one loads it."""
        with self._lock:
            if self._loaded is None:
                self._loaded = self._load()
            return self._loaded

    def _load(self) -> Objective:
        from objectives.objective import Objective, RankedPool

        check_place(self.question, self._place)
        problem = load_problem(self.question, self._place)
        pools = load_pools(self.question)
        check_pools(self.question, pools)
        pool = pools[self._pool]
        return Objective(
            problem=replace(problem, rungs=()) if self.costs else problem,
            factors=self.question.factors,
            pools={
                self._pool: RankedPool(pool=pool, parameters=pool_costs(self.question, pool)[0]),
            },
            keep=_count,
        )

    def __getstate__(self) -> dict[str, Any]:
        """Return what another process needs."""
        return {name: self.__dict__[name] for name in ("question", "costs", "_pool", "_place")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take up what another process had."""
        self.__init__(state["question"], pool=state["_pool"], costs=state["costs"], place=state["_place"])  # type: ignore[misc]


@contextmanager
def _one_thread() -> Iterator[None]:
    """Let torch take one thread, as in `wsnas study`: another number gives other bits, and is slower here."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _count(trial: optuna.Trial, supernet: SuperNet, snapshot: int) -> None:
    if snapshot == 0:
        trial.set_user_attr(PARAMETERS, sum(one.numel() for one in supernet.parameters()))


def _difference(kept: Any, note: Mapping[str, Any]) -> str:
    """Return the first difference of a study's note to that of an objective."""
    if not isinstance(kept, dict):
        return f"its attribute {NOTE} is {show(kept)}"
    for name, value in note.items():
        before = kept.get(name)
        if isinstance(before, dict) and isinstance(value, dict):
            for factor in {**before, **value}:
                if before.get(factor) != value.get(factor):
                    return f"its factor {factor} is another one"
        elif before != value:
            return f"{name} was {show(before)}, now it is {show(value)}"
    return "it is of another version"
