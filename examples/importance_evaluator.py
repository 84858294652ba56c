"""Which factors matter, as an Optuna evaluator: python examples/importance_evaluator.py [SCALE]."""

from __future__ import annotations

import sys

import optuna

import studies
from objectives import objective_for

scale = sys.argv[1] if len(sys.argv) > 1 else "mini"
objective = objective_for("nb201", scale=scale, factors=("learning_rate", "path_dropout", "bn_affine"))
study = optuna.create_study(directions=objective.directions, sampler=optuna.samplers.QMCSampler(seed=0))
study.optimize(objective, n_trials=12)

evaluator = studies.ImportanceEvaluator(seed=0)
print(optuna.importance.get_param_importances(study, evaluator=evaluator))
for one in evaluator.intervals(study):
    print(f"{one.name}: {one.share:.0%} [{one.low:.0%}, {one.high:.0%}], significant: {one.significant}")

# The report of any such study, with what it cannot know.
studies.from_optuna(study).write_report("importance.html")
