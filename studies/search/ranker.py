"""The confirmed best super-nets as one function from architectures to scores.

Super-nets of one recipe that differ by their seed alone disagree on which architecture is the best, and
nobody knows which of them is right. So all that confirmed the recipe search together.
"""

from __future__ import annotations

import itertools
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from objectives.question.inputs import FRESH, Place, load_pools, load_problem
from studies.schedule import attributes
from studies.schedule.confirmation import CONFIRMATION, winner
from studies.schedule.selection import runs_of
from studies.search.member import Member, load_member, train_member
from studies.workers.weights import weights_path
from wsnas.errors import InputError
from wsnas.ranking.judged import added

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray
    from optuna.trial import FrozenTrial

    from objectives.attempt import Pace
    from objectives.problem import Problem
    from objectives.recipe import Recipe
    from studies.schedule.study import OpenStudy
    from studies.search.kept import KeptSearch
    from wsnas.ranking.judged import Judged

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, eq=False, slots=True)
class Ranker:
    """Trained super-nets of one recipe, which differ by their seeds."""

    problem: Problem
    """Space and images."""
    recipe: Recipe
    """How they were trained."""
    members: tuple[Member, ...]
    """The super-nets, at least one."""

    def accepts(self, architecture: Any) -> bool:
        """Return whether the recipe's mapping has weights for the architecture."""
        return self.members[0].snapshots[0].accepts(architecture)

    @property
    def parts(self) -> int:
        """Snapshots of all super-nets, which judge one after the other."""
        return sum(len(member.snapshots) for member in self.members)

    def score(
        self,
        architectures: Sequence[Any],
        *,
        kept: KeptSearch | None = None,
        on_part: Callable[[float], None] = lambda _: None,
    ) -> NDArray[np.float64]:
        """Return the mean score over super-nets, higher for better; shape (n,) for n architectures.

        Args:
            architectures: What to judge.
            kept: Keeps what each super-net judged, and may know it already.
            on_part: Told after each of the `parts` how many have judged.
        """
        judged: list[Judged] = []
        done = itertools.count(1)
        for member in self.members:
            known = None if kept is None else kept.load(member.seed)
            if known is None:
                known = self._judge(member, architectures, on_snapshot=lambda: on_part(next(done)))
                if kept is not None:
                    kept.save(member.seed, known)
            else:
                for _ in member.snapshots:
                    on_part(next(done))
            judged.append(known)
        return added(judged).by(self.problem.score)

    def score_each(self, architectures: Sequence[Any]) -> NDArray[np.float64]:
        """Return the scores that each super-net gives; shape (super-nets, n) for n architectures."""
        return np.array(
            [self._judge(member, architectures).by(self.problem.score) for member in self.members]
        )

    def accuracies(self, architectures: Sequence[Any]) -> NDArray[np.float64]:
        """Return accuracies in [0, 1] by each super-net; shape (super-nets, n) for n architectures."""
        return np.array([self._judge(member, architectures).accuracies for member in self.members])

    def _judge(
        self, member: Member, architectures: Sequence[Any], *, on_snapshot: Callable[[], None] = lambda: None
    ) -> Judged:
        return member.judge(self.problem, self.recipe, architectures, on_snapshot=on_snapshot)


@dataclass(frozen=True, kw_only=True, slots=True)
class Again:
    """A super-net is trained again, since its weights are not at hand."""

    number: int
    """Which of them, from 1."""
    total: int
    """How many search."""
    seed: int
    """Its seed."""
    pace: Pace | None
    """How far training is; None when it begins."""


def confirmed_runs(opened: OpenStudy) -> list[FrozenTrial]:
    """Return the winner's complete confirmation runs, whose super-nets search; none without a winner.

    Diverged ones are left out.
    """
    best = winner(opened)
    runs = [] if best is None else runs_of(opened, CONFIRMATION, best)
    return [run for run in runs if not run.user_attrs.get("diverged", False)]


def expected_seconds(opened: OpenStudy, size: int, *, most: int | None = None) -> float | None:
    """Return about how long the ranking of so many architectures takes, by what its confirmation took.

    None where no run says; another machine, or a busy one, takes another time.
    """
    runs = [run.user_attrs for run in confirmed_runs(opened)[:most]]
    seconds = [run["seconds_ranking"] / run["architectures"] for run in runs if run.get("seconds_ranking")]
    return sum(seconds) * size if seconds and len(seconds) == len(runs) else None


def load_ranker(
    opened: OpenStudy,
    *,
    folder: Path,
    place: Place,
    most: int | None = None,
    on_again: Callable[[Again], None] = lambda _: None,
) -> Ranker | None:
    """Load the winner's super-nets; those with missing or damaged weights are trained again by their seeds.

    Each is kept once it is trained, so that a call that was cut off is gone on with by the next one.

    Args:
        opened: The study.
        folder: Where weights are kept.
        place: Data folder and device.
        most: How many super-nets to take, the first ones of the confirmation; all where None.
        on_again: Told of each super-net that is trained again when it begins and after each epoch.

    Returns:
        The super-nets; None where the study has no winner yet.

    Raises:
        InputError: `most` is not one of 1 to the number of confirmed super-nets.
        RunError: a super-net cannot be trained again.
    """
    best, runs = winner(opened), confirmed_runs(opened)
    if best is None or not runs:
        return None
    if most is not None and not 1 <= most <= len(runs):
        raise InputError(f"supernets {most}: the study confirmed {len(runs)}; 1 to {len(runs)} are wanted")
    problem = load_problem(opened.settings, place)
    pool = load_pools(opened.settings)[FRESH]
    runs = runs[:most]
    members = []
    for number, run in enumerate(runs, 1):
        seed: int = run.user_attrs["seed"]
        ticket: int = run.user_attrs["ticket"]
        files = [
            weights_path(folder, opened.key, ticket, snapshot) for snapshot in range(len(problem.snapshots))
        ]
        member = _at_hand(problem, best, seed=seed, files=files)
        if member is None:

            def tell(pace: Pace | None, number: int = number, seed: int = seed) -> None:
                on_again(Again(number=number, total=len(runs), seed=seed, pace=pace))

            tell(None)
            trained = best.longer(run.user_attrs[attributes.LENGTH])
            train_member(problem, trained, pool, seed=seed, files=files, on_epoch=tell)
            member = load_member(problem, best, seed=seed, files=files)
        members.append(member)
    return Ranker(problem=problem, recipe=best, members=tuple(members))


def _at_hand(problem: Problem, recipe: Recipe, *, seed: int, files: Sequence[Path]) -> Member | None:
    """Return the super-net of these files; None where one of them is missing or damaged."""
    try:
        return load_member(problem, recipe, seed=seed, files=files)
    except InputError as error:
        if all(file.exists() for file in files):
            _log.warning("%s", error)
        return None
