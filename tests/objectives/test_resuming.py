"""A run that was interrupted and goes on from its saved state ends like one that never was."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import torch

from objectives.attempt import Attempt, InterruptionError, Pace

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from objectives.problem import Problem, Ranking
    from wsnas.ranking.judged import Judged

    Evaluate = Callable[..., Ranking]


class Interrupted(Attempt):
    """Goes on from bytes, saves bytes, and stops at the n-th check."""

    def __init__(self, saved: bytes | None = None, *, checks: int | None = None) -> None:
        self.saved = saved
        self.all: list[bytes] = []
        self.paces: list[Pace] = []
        self._left = checks

    def check(self) -> None:
        if self._left is not None:
            if self._left == 0:
                raise InterruptionError
            self._left -= 1

    def restore(self) -> Mapping[str, Any] | None:
        if self.saved is None:
            return None
        state: dict[str, Any] = torch.load(io.BytesIO(self.saved), weights_only=True)
        return state

    def save(self, state: Mapping[str, Any]) -> None:
        buffer = io.BytesIO()
        torch.save(state, buffer)
        self.saved = buffer.getvalue()
        self.all.append(self.saved)

    def advanced(self, pace: Pace) -> None:
        self.paces.append(pace)


@pytest.fixture
def problem(tiny_problem: Problem) -> Problem:
    return replace(tiny_problem, rungs=(0.4,), rung_pool=5, snapshots=(0.7, 1.0))


def bits(judged: Judged) -> tuple[list[int], list[float], int]:
    return judged.correct.tolist(), judged.losses.tolist(), judged.images


def assert_same(found: Ranking, expected: Ranking) -> None:
    """Compare rankings, each snapshot's too, bit by bit."""
    assert bits(found.judged) == bits(expected.judged)
    assert [bits(one) for one in found.snapshots] == [bits(one) for one in expected.snapshots]


RECIPES: list[dict[str, Any]] = [
    {},
    {"path_sampling": "fairnas", "path_dropout": 0.2, "global_dropout": 0.2},
    {"path_sampling": "random_a", "bn_statistics": "tracked", "bn_affine": True, "ofa_kernel": True},
    {"bn_statistics": "recalibrated", "op_placement": "node", "wsbn": True},
]


@pytest.mark.parametrize("changes", RECIPES)
def test_a_run_interrupted_again_and_again_ends_with_the_same_ranking(
    problem: Problem, evaluate: Evaluate, changes: dict[str, Any]
) -> None:
    changes = {**changes, "epochs": 3}
    whole = evaluate(changes, problem=problem, seed=3)
    saved, result, attempts = None, None, 0
    while result is None:
        # Later attempts go further, since a ranking that is interrupted begins anew.
        attempt = Interrupted(saved, checks=5 + 4 * attempts)
        attempts += 1
        try:
            result = evaluate(changes, problem=problem, seed=3, attempt=attempt)
        except InterruptionError:
            saved = attempt.saved
    assert attempts > 3
    assert_same(result, whole)
    assert result.loss == whole.loss
    assert result.images_seen == whole.images_seen


def test_a_run_killed_after_any_save_ends_with_the_same_ranking(problem: Problem, evaluate: Evaluate) -> None:
    kept = Interrupted()
    whole = evaluate(problem=problem, attempt=kept)
    assert len(kept.all) >= 2 + 3
    for saved in kept.all:
        again = evaluate(problem=problem, attempt=Interrupted(saved))
        assert_same(again, whole)
        assert again.loss == whole.loss


def test_rungs_that_were_passed_are_told_again_and_not_judged_again(
    problem: Problem, evaluate: Evaluate
) -> None:
    seen: list[tuple[float, Any]] = []

    def see(share: float, judged: Judged) -> None:
        seen.append((share, bits(judged)))

    first = Interrupted(checks=17)
    with pytest.raises(InterruptionError):
        evaluate(problem=problem, at_rung=see, attempt=first)
    assert [share for share, _ in seen] == [0.4]
    told: list[tuple[float, Any]] = []
    evaluate(
        problem=problem,
        at_rung=see,
        at_past_rung=lambda share, judged: told.append((share, bits(judged))),
        attempt=Interrupted(first.saved),
    )
    assert told == seen


def test_state_is_saved_and_the_pace_told_in_every_epoch(problem: Problem, evaluate: Evaluate) -> None:
    attempt = Interrupted()
    plain = replace(problem, rungs=(), snapshots=(1.0,))
    evaluate({"epochs": 3}, problem=plain, attempt=attempt)
    assert [pace.epoch for pace in attempt.paces] == [1, 2, 3]
    assert len(attempt.all) == 3 + 1
    assert all(pace.epochs == 3 and pace.images_per_second > 0 for pace in attempt.paces)


def test_a_saved_state_has_the_keys_under_which_other_versions_of_its_format_look_for_it(
    evaluate: Evaluate,
) -> None:
    attempt = Interrupted()
    evaluate({}, attempt=attempt)
    state = attempt.restore()
    assert state is not None
    assert set(state) == {"run", "record"}
    assert set(state["record"]) == {"rungs", "snapshots", "loss", "seconds"}
    assert set(state["record"]["snapshots"][0]) == {"correct", "losses", "images"}
