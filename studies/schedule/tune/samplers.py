"""Sampler and pruner of the tune phase, named explicitly since Optuna's defaults change results."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import optuna

    from objectives.question.scales import Scale

_STARTUP = 8
"""Finished trials before the sampler models them and the pruner compares with them."""


def tune_sampler(seed: int) -> optuna.samplers.BaseSampler:
    """Return TPE over all factors jointly; every worker has a seed of its own."""
    import optuna

    return optuna.samplers.TPESampler(
        multivariate=True,
        group=False,
        constant_liar=True,
        # Until then it draws at random.
        n_startup_trials=_STARTUP,
        seed=seed,
    )


def tune_pruner(scale: Scale) -> optuna.pruners.BasePruner:
    """Return a pruner that ends the worse half at a rung, once enough trials can be compared with.

    It compares with complete trials only, so that the bar rises as others are pruned: tune looks for the
    best, and nothing is concluded from what was pruned.
    """
    import optuna

    if not scale.rungs:
        return optuna.pruners.NopPruner()
    return optuna.pruners.MedianPruner(n_startup_trials=_STARTUP, n_warmup_steps=0, n_min_trials=_STARTUP)


def describe(scale: Scale) -> dict[str, str]:
    """Return what the study records of its sampler and pruner."""
    settings = (
        f"(n_startup_trials={_STARTUP}, n_min_trials={_STARTUP}) at {list(scale.rungs)} of the schedule"
    )
    return {
        "sampler": f"TPESampler(multivariate, constant_liar, n_startup_trials={_STARTUP})",
        "pruner": f"MedianPruner{settings}" if scale.rungs else "NopPruner",
    }
