"""The importance of factors as an evaluator of Optuna's, for any Optuna study."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.importance import BaseImportanceEvaluator
from optuna.search_space import intersection_search_space
from optuna.trial import TrialState

from objectives.domains import Categorical, Range
from objectives.factor import Factor
from objectives.question.asked import rebuilt_factors
from objectives.recipe import Recipe
from objectives.space_objective import NOTE
from studies.analysis.wide.importance import factor_importance
from studies.config.settings import SETTINGS
from wsnas.errors import InputError, one_of, show

if TYPE_CHECKING:
    from collections.abc import Callable

    import optuna
    from optuna.distributions import BaseDistribution
    from optuna.trial import FrozenTrial

    from objectives.domains import Domain, Value
    from studies.analysis.wide.importance import FactorImportance


class ImportanceEvaluator(BaseImportanceEvaluator):
    """Shares of the variance of all main effects, by an additive model that shrinks factor by factor.

    Complete trials count, but for those that diverged. In a study of this project a factor counts in the
    trials that it applies to. ``docs/importance.md`` has how, and how sure.

    Example:
        >>> import optuna
        >>> from studies import ImportanceEvaluator
        >>> study = optuna.create_study()
        >>> study.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=20)
        >>> optuna.importance.get_param_importances(study, evaluator=ImportanceEvaluator())
        {'x': 1.0}
    """

    def __init__(self, *, seed: int = 0, rounds: int = 200) -> None:
        """Prepare it.

        Args:
            seed: Source of randomness; the same seed and trials give the same shares.
            rounds: Permutations of the test, at least 20.
        """
        if rounds < 20:
            raise InputError(f"rounds {rounds}: at least 20 are wanted")
        self._seed, self._rounds = seed, rounds

    def evaluate(
        self,
        study: optuna.Study,
        params: list[str] | None = None,
        *,
        target: Callable[[FrozenTrial], float] | None = None,
    ) -> dict[str, float]:
        """Return the share of each parameter, the largest first; see `optuna.importance`.

        What nothing can be said of, such as with fewer than 8 trials, has share 0.
        """
        found = self.intervals(study, params, target=target)
        return {one.name: one.share for one in sorted(found, key=lambda one: -one.share)}

    def intervals(
        self,
        study: optuna.Study,
        params: list[str] | None = None,
        *,
        target: Callable[[FrozenTrial], float] | None = None,
    ) -> tuple[FactorImportance, ...]:
        """Return shares with their 95 % intervals, and which stand out from inert ones, by their places.

        Args:
            study: A study with complete trials.
            params: Parameters to tell of; all are in the model. All that vary where None.
            target: From a trial to the value that matters; the study's value where None, which a study
                with several objectives does not have.

        Raises:
            ValueError: the study has several objectives and no target is given.
            InputError: a parameter that the study's trials do not all have, or do not vary.
        """
        if target is None and len(study.directions) > 1:
            raise ValueError("a study with several objectives: give target=lambda trial: trial.values[0]")
        trials = [
            trial
            for trial in study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
            if not trial.user_attrs.get("diverged", False)
        ]
        factors = factors_of(study)
        names = [factor.name for factor in factors]
        trials = [trial for trial in trials if all(name in trial.params for name in names)]
        found = factor_importance(
            factors,
            [Recipe({name: _value(trial.params[name]) for name in names}) for trial in trials],
            np.array([cast("float", trial.value) if target is None else target(trial) for trial in trials]),
            seed=self._seed,
            rounds=self._rounds,
        )
        for name in params or ():
            if name not in (known := [one.name for one in found]):
                raise InputError(f"parameter {show(name)}: {one_of(name, known)}")
        return tuple(one for one in found if params is None or one.name in params)


def factors_of(study: optuna.Study) -> tuple[Factor, ...]:
    """Return what varies in a study: the factors of its objective, or the parameters that all trials have."""
    for key in (NOTE, SETTINGS):
        kept = study.user_attrs.get(key)
        if isinstance(kept, dict):
            return rebuilt_factors(kept["space"], kept["scale"], kept["factors"])
    space = intersection_search_space(study.get_trials(deepcopy=False))
    return tuple(_factor(name, distribution) for name, distribution in space.items())


def _factor(name: str, distribution: BaseDistribution) -> Factor:
    domain = _domain(distribution)
    return Factor(
        name=name,
        group="hyper-parameter",
        domain=domain,
        default=domain.at(0.5),
        text=None,
        verdict="",
        source="",
    )


def _domain(distribution: BaseDistribution) -> Domain:
    if isinstance(distribution, IntDistribution):
        return Range(distribution.low, distribution.high, "integer", distribution.log)
    if isinstance(distribution, FloatDistribution):
        return Range(distribution.low, distribution.high, "real", distribution.log)
    choices = cast("CategoricalDistribution", distribution).choices
    return Categorical(tuple(_value(one) for one in choices))


def _value(choice: Any) -> Value:
    """Return a choice of Optuna's as a value; None is no value here."""
    return "none" if choice is None else choice
