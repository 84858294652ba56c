"""Which changes of a reference a screen tries."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from objectives.domains import Categorical, Range
from objectives.question.choices import choose_factors
from objectives.question.scales import load_scale
from objectives.recipe import Recipe
from studies.schedule.screen.changes import INERT, alternatives, changes_around
from tests.studies.made_settings import made_settings

if TYPE_CHECKING:
    from objectives.domains import Domain, Value
    from objectives.factors import Factor


def _start(space: str) -> tuple[tuple[Factor, ...], Recipe]:
    settings = made_settings(space)
    return settings.factors, settings.start().effective(settings.factors)


@pytest.mark.parametrize(
    ("domain", "reference", "expected"),
    [
        (Categorical(("batch", "tracked", "recalibrated")), "tracked", ("batch", "recalibrated")),
        (Categorical((False, True)), True, (False,)),
        (Categorical((0.25, 0.5, 0.75, 0.9)), 0.75, (0.25, 0.9)),
        (Categorical((0.25, 0.5, 0.75, 0.9)), 0.9, (0.25,)),
        (Categorical((3,)), 3, ()),
        (Range(0.001, 1.0, log=True), 0.05, (0.005, 0.5)),
        (Range(0.001, 1.0, log=True), 0.2, (0.02, 1.0)),
        (Range(0.0, 3.0), 0.0, (1.0,)),
        (Range(0.0, 1.0), 0.5, (0.17, 0.83)),
        (Range(4, 12, "integer", log=True), 12, (8,)),
        (Range(1, 2, "integer"), 1, (2,)),
        (Range(0.1, 0.1), 0.1, ()),
    ],
    ids=str,
)
def test_values_without_order_are_all_tried_numbers_at_their_ends_ranges_a_third_each_way(
    domain: Domain, reference: Value, expected: tuple[Value, ...]
) -> None:
    factor = replace(made_settings().factors[0], domain=domain, default=domain.ends[0])
    found = alternatives(factor, reference)
    assert found == expected
    assert [type(value) for value in found] == [type(value) for value in expected]


@pytest.mark.parametrize("space", ["nb101", "nb201", "darts"])
def test_each_change_differs_in_one_factor_and_every_factor_that_acts_has_one(space: str) -> None:
    factors, reference = _start(space)
    changes = changes_around(factors, reference)
    for change in changes[:-1]:
        differing = {name for name, value in change.parameters.items() if value != reference[name]}
        assert differing == {change.factor}
        assert (change.reference, change.alternative) == (
            reference[change.factor],
            change.parameters[change.factor],
        )
        assert change.parameters.effective(factors) != reference
    without = {factor.name for factor in factors} - {change.factor for change in changes}
    assert without <= {"wsbn"}
    assert len({change.name for change in changes}) == len(changes)


def test_the_last_change_trains_what_the_reference_trains_and_is_the_only_one() -> None:
    factors, reference = _start("nb201")
    assert reference["op_placement"] == "edge"
    changes = changes_around(factors, reference)
    # Shared normalisation acts with operations at the nodes only.
    assert [change.name for change in changes if not change.acts] == ["wsbn=True"] == [changes[-1].name]
    assert changes[-1].parameters != reference
    assert changes[-1].parameters.effective(factors) == reference


def test_where_every_change_acts_the_inert_one_is_the_reference_by_another_name() -> None:
    factors = choose_factors(space="nb201", scale=load_scale("mini", "nb201"), only=["bn_affine"])
    reference = Recipe({factor.name: factor.default for factor in factors})
    changes = changes_around(factors, reference)
    assert [change.factor for change in changes] == ["bn_affine", INERT]
    assert changes[-1].parameters == reference
