"""Domains as Optuna knows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from objectives.domains import Categorical

if TYPE_CHECKING:
    from collections.abc import Iterable

    from optuna.distributions import BaseDistribution

    from objectives.domains import Domain
    from objectives.factors import Factor


def distributions(factors: Iterable[Factor]) -> dict[str, BaseDistribution]:
    """Return the distribution of each factor's domain, by name."""
    return {factor.name: _distribution(factor.domain) for factor in factors}


def _distribution(domain: Domain) -> BaseDistribution:
    if isinstance(domain, Categorical):
        return CategoricalDistribution(domain.choices)
    if domain.kind == "integer":
        return IntDistribution(int(domain.low), int(domain.high), log=domain.log)
    return FloatDistribution(domain.low, domain.high, log=domain.log)
