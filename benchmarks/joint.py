"""What a super-net's ranking gains by a trivial ranker beside it, by their shares in the mean rank.

Run it as `python -m benchmarks.joint --storage sqlite:///runs/wsnas.db --study nb201-mini`. The runs of the
reference in the screen judge the architectures that trials rank: ensembles of six drawn from them, each with
parameters and with FLOPs. Nothing here is confirmed: what it leads to is reported on fresh architectures.
"""

from __future__ import annotations

import numpy as np
import tyro
from optuna.trial import TrialState
from scipy.stats import rankdata

from objectives.question.inputs import TRIALS, load_pools
from studies.schedule import attributes
from studies.schedule.readings import diverged, predicted
from studies.schedule.study import open_study
from wsnas.ranking import sparse_kendall_tau
from wsnas.ranking.ensemble import mean_ranks
from wsnas.training.streams import numpy_stream

SHARES = (0.0, 0.25, 1 / 3, 0.5, 2 / 3, 0.75, 1.0)
MEMBERS, DRAWS = 6, 60


def main(*, storage: str, study: str) -> None:
    """Print a table.

    Args:
        storage: Address of the studies.
        study: A study whose screen has begun.
    """
    opened = open_study(storage, study)
    pool = load_pools(opened.settings)[TRIALS]
    score = opened.settings.sizes().score
    runs = [
        trial
        for trial in opened.study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
        if trial.user_attrs.get(attributes.CHANGE) == "" and not diverged(trial)
    ]
    given = np.array([predicted(run, score) for run in runs])
    rng = numpy_stream(0, "ensembles")
    members = min(MEMBERS, len(given))
    ensembles = [
        rankdata(mean_ranks(given[rng.choice(len(given), members, replace=False)])) for _ in range(DRAWS)
    ]
    print(f"{study}: {len(pool)} architectures, {len(given)} runs, ensembles of {members}")  # noqa: T201
    for name, counts in zip(("parameters", "FLOPs"), opened.costs[TRIALS], strict=True):
        counted = rankdata(counts)
        found = [
            np.mean([sparse_kendall_tau((1 - w) * one + w * counted, pool.truth) for one in ensembles])
            for w in SHARES
        ]
        print(f"{name}: " + ", ".join(f"{w:.2f} {tau:.3f}" for w, tau in zip(SHARES, found, strict=True)))  # noqa: T201


if __name__ == "__main__":
    tyro.cli(main, description=__doc__)
