"""The objective in a study, sampler and pruner of one's own: python examples/own_study.py [SCALE]."""

from __future__ import annotations

import sys

import optuna

from objectives import objective_for

scale = sys.argv[1] if len(sys.argv) > 1 else "mini"
objective = objective_for("nb201", scale=scale, fix={"channels": 4, "cells": 1}, seed=0)
study = optuna.create_study(
    storage="sqlite:///own.db",
    study_name="mine",
    directions=objective.directions,
    sampler=optuna.samplers.TPESampler(seed=0),
    pruner=optuna.pruners.MedianPruner(n_startup_trials=2),
    load_if_exists=True,
)
study.optimize(objective, n_trials=3, callbacks=[lambda study, trial: print(trial.number, trial.state.name)])
print(study.best_value, study.best_params)

# Several objectives: how well a super-net ranks, and what that takes.
objective = objective_for("nb201", scale=scale, fix={"channels": 4}, costs=("seconds",))
front = optuna.create_study(directions=objective.directions, storage="sqlite:///own.db", study_name="front")
front.set_metric_names(objective.metric_names)
front.optimize(objective, n_trials=3)
for trial in front.best_trials:
    print(trial.values, trial.params["epochs"])
