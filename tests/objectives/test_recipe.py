from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from objectives.recipe import Recipe, Size
from wsnas.errors import InputError
from wsnas.supernets.mapping import SharingMapping
from wsnas.training.protocol import Protocol

if TYPE_CHECKING:
    from objectives.factors import Factor


def test_recipe_splits_into_mapping_protocol_and_size(baseline: Recipe) -> None:
    recipe = Recipe({**baseline, "wsbn": True, "epochs": 3, "channels": 6, "weight_decay": 0.01})
    assert recipe.mapping() == SharingMapping(wsbn=True)
    assert recipe.protocol() == Protocol(
        epochs=3, weight_decay=0.01, batch_size=20, learning_rate=0.05, train_portion=0.9
    )
    assert recipe.size() == Size(channels=6, cells=1)


def test_values_that_set_no_field_reach_the_super_net_by_name(baseline: Recipe) -> None:
    mapping = Recipe({**baseline, "own": 3, "another": True}).mapping()
    assert mapping == SharingMapping(extra=(("another", True), ("own", 3)))
    assert mapping.get("own", 1) == 3
    assert mapping.get("absent", 1) == 1


def test_every_factor_sets_exactly_one_field(tiny_factors: tuple[Factor, ...]) -> None:
    for factor in tiny_factors:
        owners = [
            config
            for config in (SharingMapping, Protocol, Size)
            if factor.name in config.__dataclass_fields__  # type: ignore[attr-defined]
        ]
        assert len(owners) == 1, factor.name


def test_value_that_training_cannot_use_is_refused(baseline: Recipe) -> None:
    with pytest.raises(InputError, match=r"path_dropout 1\.5"):
        Recipe({**baseline, "path_dropout": 1.5}).mapping()


def test_effective_recipe_has_defaults_where_factors_do_not_apply(
    baseline: Recipe, tiny_factors: tuple[Factor, ...]
) -> None:
    idle = Recipe({**baseline, "wsbn": True})
    assert idle.effective(tiny_factors) == baseline
    in_force = Recipe({**baseline, "wsbn": True, "op_placement": "node"})
    assert in_force.effective(tiny_factors) == in_force
    nothing_to_keep_apart = Recipe({**in_force, "bn_affine": False})
    assert nothing_to_keep_apart.effective(tiny_factors)["wsbn"] is False
    assert nothing_to_keep_apart.effective(tiny_factors)["op_placement"] == "node"
    tracked = Recipe({**nothing_to_keep_apart, "bn_statistics": "tracked"})
    assert tracked.effective(tiny_factors)["wsbn"] is True


def test_effective_recipe_is_its_own(baseline: Recipe, tiny_factors: tuple[Factor, ...]) -> None:
    once = Recipe({**baseline, "wsbn": True}).effective(tiny_factors)
    assert once.effective(tiny_factors) == once


def test_equal_recipes_are_interchangeable_as_keys(baseline: Recipe) -> None:
    reordered = Recipe(dict(reversed(list(baseline.items()))))
    assert reordered == baseline
    assert {baseline: 1}[reordered] == 1
    assert Recipe({**baseline, "epochs": 1}) != baseline


def test_recipe_does_not_follow_the_mapping_it_was_made_from() -> None:
    values = {"epochs": 1}
    recipe = Recipe(values)
    values["epochs"] = 2
    assert recipe["epochs"] == 1
    assert dict(recipe) == {"epochs": 1}
