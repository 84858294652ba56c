"""A study of one's own: what its objective noted in it, its trials, its Pareto front, what matters."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from optuna.trial import TrialState

from objectives.objective import METRIC
from objectives.question.asked import Question, rebuilt_factors
from objectives.recipe import Recipe
from objectives.space_objective import NOTE
from studies.analysis.wide.effects import factor_effects
from studies.analysis.wide.evaluator import ImportanceEvaluator
from studies.config.settings import SETTINGS
from wsnas.errors import InputError, show, show_error

if TYPE_CHECKING:
    import optuna
    from optuna.trial import FrozenTrial

    from studies.analysis.wide import FactorEffect, FactorImportance


def from_optuna(study: optuna.Study, *, rounds: int = 200) -> OwnStudy:
    """Return what can be said of an Optuna study whose trials were run by `objectives.objective_for`.

    Args:
        study: The study, in any storage.
        rounds: Permutation rounds of the analysis of factors, at least 20.

    Raises:
        InputError: no such objective has run a trial in it, or `wsnas study` made it (`studies.load`).
    """
    if SETTINGS in study.user_attrs:
        raise InputError(f"study {show(study.study_name)} is one of `wsnas study`: studies.load opens it")
    note = study.user_attrs.get(NOTE)
    if note is None:
        raise InputError(f"study {show(study.study_name)} has no trial of objectives.objective_for")
    try:
        names = ("space", "scale", "data", "table", "table_sha256", "seed")
        factors = rebuilt_factors(note["space"], note["scale"], note["factors"])
        settings = Question(**{name: note[name] for name in names}, factors=factors)
        pool, metrics = str(note["pool"]), (METRIC, *map(str, note["costs"]))
    except (LookupError, TypeError, AttributeError) as error:
        raise InputError(
            f"study {show(study.study_name)}: its attribute {NOTE} is damaged ({show_error(error)})"
        ) from error
    return OwnStudy(study=study, settings=settings, pool=pool, metrics=metrics, rounds=rounds)


@dataclass(frozen=True, kw_only=True, eq=False)
class OwnStudy:
    """A study as it stood when it was first looked at."""

    study: optuna.Study
    """The Optuna study."""
    settings: Question
    """What its values are of."""
    pool: str
    """Which architectures its trials ranked."""
    metrics: tuple[str, ...]
    """What its values are: s-KdT, and the costs that are minimised beside it."""
    rounds: int
    """Permutation rounds of the analysis of factors."""

    @property
    def name(self) -> str:
        """The study's name."""
        return self.study.study_name

    @cached_property
    def trials(self) -> tuple[FrozenTrial, ...]:
        """Complete and pruned trials that have all factors, by number."""
        states = (TrialState.COMPLETE, TrialState.PRUNED)
        names = {factor.name for factor in self.settings.factors}
        return tuple(one for one in self.study.get_trials(states=states) if names <= one.params.keys())

    @cached_property
    def usable(self) -> tuple[FrozenTrial, ...]:
        """Those that are complete and did not diverge."""
        return tuple(
            one
            for one in self.trials
            if one.state is TrialState.COMPLETE and not one.user_attrs.get("diverged", False)
        )

    @cached_property
    def front(self) -> tuple[FrozenTrial, ...]:
        """The trials that no other beats in all values, the best s-KdT first; one without costs."""
        if not self.usable:
            return ()
        best = {one.number for one in self.study.best_trials}
        found = sorted((one for one in self.usable if one.number in best), key=lambda one: -one.values[0])
        return tuple(found if len(self.metrics) > 1 else found[:1])

    @cached_property
    def importance(self) -> tuple[FactorImportance, ...]:
        """Factors by their share of what the main effects explain of s-KdT, with 95 % intervals."""
        evaluator = ImportanceEvaluator(seed=self.settings.seed, rounds=self.rounds)
        return evaluator.intervals(self.study, target=lambda trial: trial.values[0])

    @cached_property
    def effects(self) -> tuple[FactorEffect, ...]:
        """What each factor's levels do to s-KdT."""
        return factor_effects(
            self.settings.factors,
            [self.recipe(trial) for trial in self.usable],
            [trial.values[0] for trial in self.usable],
            seconds=[trial.duration.total_seconds() if trial.duration else 0.0 for trial in self.usable],
            seed=self.settings.seed,
            rounds=self.rounds,
        )

    def recipe(self, trial: FrozenTrial) -> Recipe:
        """Return what a trial trained; defaults stand where a factor does not apply."""
        return Recipe(trial.params).effective(self.settings.factors)

    def table(self, name: str) -> list[dict[str, Any]]:
        """Return a table of `wsnas export` as rows: trials, curves, front, importance or effects.

        Raises:
            InputError: there is no such table.
        """
        from studies.report.own.tables import rows

        return rows(self, name)

    def write_report(self, path: Path | str) -> None:
        """Write the report as a page of its own; the file is replaced as a whole or not at all."""
        from studies.report.own.page import render
        from wsnas.files import write_whole

        write_whole(Path(path), render(self))
