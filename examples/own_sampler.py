"""A sampler and callbacks of one's own in a whole study: python examples/own_sampler.py [SCALE].

The same study on the command line, here or on another host: wsnas study --sampler own_sampler:sampler.
"""

from __future__ import annotations

import sys

import optuna

import studies


def sampler(seed: int) -> optuna.samplers.BaseSampler:
    """Make the sampler of a process; each has a seed of its own."""
    return optuna.samplers.TPESampler(multivariate=True, group=True, n_startup_trials=4, seed=seed)


def tell(study: optuna.Study, trial: optuna.trial.FrozenTrial) -> None:
    """Say how a trial ended, as any callback of Optuna may; study.stop() would end the work here."""
    print(study.study_name, trial.number, trial.user_attrs["phase"], trial.state.name)


if __name__ == "__main__":
    study = studies.run(
        "nb201",
        scale=sys.argv[1] if len(sys.argv) > 1 else "mini",
        factors=("learning_rate", "path_dropout"),
        sampler="own_sampler:sampler",
        pruner=optuna.pruners.PercentilePruner(40.0, n_startup_trials=4),
        callbacks=[tell],
    )
    print(study)
    print(study.study.best_params)
