"""Every factor changes what is trained or how it is ranked where it applies, and nothing elsewhere."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
import torch

from objectives import factors
from objectives.domains import Categorical
from objectives.evaluate import evaluate_recipe
from objectives.factors import NAMES, Factor, catalogue
from objectives.recipe import Recipe
from tests.objectives.tiny import tiny_baseline, tiny_catalogue, tiny_pool
from wsnas.spaces import BUILT_IN, get_space
from wsnas.spaces.nb201 import NB201

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from _pytest.mark import ParameterSet
    from numpy.typing import NDArray
    from torch import Tensor

    from objectives.domains import Value
    from objectives.problem import Problem
    from wsnas.supernets.base import SuperNet

FACTORS = catalogue("nb201")
BASES: dict[str, dict[str, Any]] = {
    "baseline": {},
    "node placement": {"op_placement": "node"},
    "node placement without affine": {"op_placement": "node", "bn_affine": False},
    "node placement without affine, recalibrated": {
        "op_placement": "node",
        "bn_affine": False,
        "bn_statistics": "recalibrated",
    },
    "node placement without affine, tracked": {
        "op_placement": "node",
        "bn_affine": False,
        "bn_statistics": "tracked",
    },
    "as by default, tracked": {"bn_statistics": "tracked"},
    "as by default without affine": {"bn_affine": False},
}
WSBN_APPLIES_IN = {"node placement", "node placement without affine, tracked"}


class Outcome(NamedTuple):
    """What a recipe led to."""

    accuracies: NDArray[Any]
    weights: list[dict[str, Tensor]]
    """The state of the stand-alone network of each ranked architecture."""


@pytest.fixture(scope="module")
def run(tiny_problem: Problem) -> Callable[..., Outcome]:
    """A function that trains a few steps and ranks by a recipe; what it did once it remembers."""
    images = tiny_problem.images
    few_images = replace(images, train_images=images.train_images[:80], train_labels=images.train_labels[:80])

    @cache
    def run(recipe: Recipe, space: str = "nb201") -> Outcome:
        pool = tiny_pool(space, size=12 if space == "nb201" else 4)
        weights: list[dict[str, Tensor]] = []

        def keep(supernet: SuperNet, _snapshot: int) -> None:
            weights.extend(supernet.standalone_state(cell) for cell in pool.architectures)

        problem = replace(tiny_problem, space=get_space(space), images=few_images)
        return Outcome(evaluate_recipe(problem, recipe, pool, seed=0, keep=keep).judged.accuracies, weights)

    return run


def same_weights(first: Outcome, second: Outcome) -> bool:
    return all(
        one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)
        for one, other in zip(first.weights, second.weights, strict=True)
    )


def same_ranking(first: Outcome, second: Outcome) -> bool:
    return bool((first.accuracies == second.accuracies).all())


def levels_of(factor: Factor) -> tuple[Value, ...]:
    """Return the levels of a factor, or the ends of its range."""
    domain = factor.domain
    return domain.choices if isinstance(domain, Categorical) else (domain.at(0), domain.at(1))


def switches(space: str) -> Iterator[ParameterSet]:
    """Yield levels of each factor with the bases in which it is switched on.

    A factor that applies in all of them is switched in the first alone, in nb201, the fastest, in two. In
    darts, the slowest, every factor has one other level, and what may not apply fewer bases.
    """
    baseline, slow = tiny_baseline(space), space == "darts"
    known = {name: base for name, base in BASES.items() if base.keys() <= baseline.keys()}
    bases = {name: Recipe({**baseline, **base}) for name, base in known.items()}
    few = ("baseline", "node placement without affine, tracked") if space == "nb201" else ("baseline",)
    for factor in tiny_catalogue(space):
        everywhere = len({factor.applies(base) for base in bases.values()}) == 1
        for name in few if everywhere else tuple(bases)[:3] if slow else bases:
            levels = [level for level in levels_of(factor) if level != bases[name][factor.name]]
            for level in levels[:1] if slow else levels:
                about = f"{space}, {factor.name}={level}, {name}"
                yield pytest.param(space, factor, level, bases[name], id=about)


@pytest.mark.parametrize(
    ("space", "factor", "level", "before"), [one for space in BUILT_IN for one in switches(space)]
)
def test_switching_a_factor_matters_exactly_where_it_applies(
    space: str, factor: Factor, level: Value, before: Recipe, run: Callable[..., Outcome]
) -> None:
    after = Recipe({**before, factor.name: level})
    assert factor.applies(before) == factor.applies(after)
    first, second = run(before, space), run(after, space)
    unchanged = same_weights(first, second) and same_ranking(first, second)
    assert unchanged == (not factor.applies(before))


@pytest.mark.parametrize("name", BASES)
def test_wsbn_applies_where_shared_operations_have_norms_to_keep_apart(name: str, baseline: Recipe) -> None:
    (wsbn,) = (factor for factor in FACTORS if factor.name == "wsbn")
    assert wsbn.applies(Recipe({**baseline, **BASES[name]})) == (name in WSBN_APPLIES_IN)


@pytest.mark.parametrize("statistics", ["tracked", "recalibrated"])
def test_statistics_change_the_ranking_of_the_same_trained_weights(
    statistics: str, baseline: Recipe, run: Callable[..., Outcome]
) -> None:
    first, second = run(baseline), run(Recipe({**baseline, "bn_statistics": statistics}))
    for one, other in zip(first.weights, second.weights, strict=True):
        for name, tensor in one.items():
            if "running" not in name and "tracked" not in name:
                assert torch.equal(tensor, other[name]), name
    assert not same_ranking(first, second)


@pytest.mark.parametrize(
    "switched",
    [
        {"ofa_kernel": True},
        {"op_placement": "node"},
        {"bn_affine": False},
        {"path_dropout": 0.3},
        {"learning_rate": 0.1},
        {"path_sampling": "fairnas"},
    ],
    ids=str,
)
def test_switch_of_a_strong_factor_reaches_the_ranking(
    switched: dict[str, Any], baseline: Recipe, run: Callable[..., Outcome]
) -> None:
    assert not same_ranking(run(baseline), run(Recipe({**baseline, **switched})))


def test_the_first_factors_are_those_of_the_design_in_the_order_of_its_dimensions() -> None:
    groups = {
        "mapping": "dynamic_channels ofa_kernel wsbn op_placement path_dropout global_dropout",
        "low-fidelity": "cells channels train_portion batch_size",
        "hyper-parameter": "bn_affine bn_statistics learning_rate learning_rate_schedule weight_decay epochs",
        "sampling": "path_sampling",
    }
    order = " ".join(groups.values()).split()
    assert list(NAMES[: len(order)]) == order
    for space in BUILT_IN:
        placed = [factor for factor in catalogue(space) if factor.name in order]
        assert [factor.name for factor in placed] == [
            name for name in order if name in {factor.name for factor in placed}
        ]
        assert all(factor.name in groups[factor.group].split() for factor in placed)
    assert {factor.name for factor in FACTORS} >= {*order} - {"dynamic_channels"}


@pytest.mark.parametrize("space", BUILT_IN)
def test_factors_are_described_and_have_their_default_in_their_domain(space: str) -> None:
    for factor in catalogue(space, on_request=True):
        assert factor.domain.contains(factor.default), factor.name
        assert factor.summary.endswith("."), factor.name
        assert factor.verdict, factor.name
        assert factor.source, factor.name


def test_every_factor_is_called_as_its_file_and_offered_somewhere() -> None:
    offered = {factor.name for space in BUILT_IN for factor in catalogue(space, on_request=True)}
    files = {file.stem for file in Path(factors.__path__[0]).glob("[a-z]*.py")}
    assert offered == files == set(NAMES)


@pytest.mark.parametrize("space", BUILT_IN)
def test_a_factor_that_is_had_on_request_is_off_otherwise(space: str) -> None:
    """A recipe that lacks it trains as one with its default."""
    usual, everything = catalogue(space), catalogue(space, on_request=True)
    added = [factor for factor in everything if factor not in usual]
    assert added
    assert all(factor.on_request for factor in added)
    assert not any(factor.on_request for factor in usual)
    plain = Recipe({factor.name: factor.default for factor in usual})
    whole = Recipe({factor.name: factor.default for factor in everything})
    assert (plain.protocol(), plain.mapping(), plain.size()) == (
        whole.protocol(),
        whole.mapping(),
        whole.size(),
    )


def test_a_factor_says_what_it_is_by_the_docstring_of_its_file() -> None:
    factor = next(factor for factor in FACTORS if factor.name == "wsbn")
    assert factor.summary == "One batch norm for each source of a shared operation."
    assert factor.notes.startswith("It changes something only where")
    undocumented = replace(factor, text=None)
    assert (undocumented.summary, undocumented.notes) == ("", "")


def test_catalogue_is_the_same_by_space_and_by_name(tiny_problem: Problem) -> None:
    assert catalogue(tiny_problem.space) == FACTORS


def test_space_without_shared_operations_is_not_offered_their_placement() -> None:
    assert "op_placement" not in {factor.name for factor in catalogue("nb101")}


def test_space_is_not_offered_what_its_super_net_ignores() -> None:
    class Plain(NB201):
        name = "plain"
        unused_factors = ("path_dropout",)

    offered = {factor.name for factor in catalogue(Plain())}
    assert {factor.name for factor in FACTORS} - offered == {
        "path_dropout",
        "ofa_kernel",
        "op_placement",
        "wsbn",
    }


def test_other_domain_leaves_the_catalogue_alone() -> None:
    factor = FACTORS[0]
    narrowed = factor.with_domain(Categorical((True,)), True)
    assert (narrowed.name, narrowed.default) == (factor.name, True)
    assert factor.default is False
