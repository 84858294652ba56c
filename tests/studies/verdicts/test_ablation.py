from __future__ import annotations

import pytest

from objectives.recipe import Recipe
from studies.verdicts.ablation import REFERENCE_TIMES, digest, plan, training_seed
from studies.verdicts.claims import CLAIMS, claims_about


@pytest.fixture
def around(settings_of):
    def make(space, scale="mini", **changes):
        settings = settings_of(space, scale)
        return settings, plan(settings, Recipe({**settings.baseline(), **changes}))

    return make


def of(ablation, claim):
    return [contrast for contrast in ablation.contrasts if contrast.claim.name == claim]


@pytest.mark.parametrize("space", ["nb201", "nb101", "darts"])
@pytest.mark.parametrize("scale", ["tiny", "mini", "paper"])
def test_every_claim_can_be_asked_around_every_baseline(around, space, scale):
    _settings, ablation = around(space, scale)
    asked = {contrast.claim.name for contrast in ablation.contrasts} | set(ablation.inapplicable)
    assert asked == {claim.name for claim in claims_about(space) if claim.factor}
    assert not ablation.inapplicable


@pytest.mark.parametrize("space", ["nb201", "nb101", "darts"])
def test_the_two_sides_differ_in_the_claims_factor_alone(around, space):
    _settings, ablation = around(space, learning_rate=0.1)
    for contrast in ablation.contrasts:
        differing = {name for name in contrast.one if contrast.one[name] != contrast.other[name]}
        assert differing == {contrast.claim.factor}
        assert contrast.one[contrast.claim.factor] == contrast.level
        assert contrast.other[contrast.claim.factor] == contrast.against


def test_a_companion_moves_on_both_sides_where_a_factor_does_not_apply(around):
    _settings, ablation = around("nb201", op_placement="edge")
    (contrast,) = of(ablation, "weight_sharing_batch_norm")
    assert contrast.one["op_placement"] == contrast.other["op_placement"] == "node"
    assert contrast.moved == (("op_placement", "node"),)
    assert "both with op_placement node" in contrast.name


def test_no_companion_moves_where_the_factor_applies(around):
    _settings, ablation = around("nb201", op_placement="node")
    (contrast,) = of(ablation, "weight_sharing_batch_norm")
    assert contrast.moved == ()
    assert contrast.other == ablation.reference


def test_two_companions_move_where_one_is_not_enough(around):
    _settings, ablation = around("nb201", op_placement="edge", bn_affine=False)
    (contrast,) = of(ablation, "weight_sharing_batch_norm")
    assert dict(contrast.moved) == {"op_placement": "node", "bn_affine": True}


def test_a_heuristic_that_the_centre_has_is_taken_away(around):
    _settings, ablation = around("nb201", ofa_kernel=True)
    (contrast,) = of(ablation, "ofa_kernel")
    assert contrast.one == ablation.reference
    assert contrast.other["ofa_kernel"] is False


def test_disabled_channels_are_compared_with_the_default_where_the_centre_has_them_disabled(around):
    _settings, ablation = around("nb101", dynamic_channels="disabled")
    (contrast,) = of(ablation, "disable_dynamic_channels")
    assert contrast.one == ablation.reference
    assert contrast.other["dynamic_channels"] == "fixed"


def test_levels_stay_in_the_domain_and_off_the_reference(around):
    settings, ablation = around("nb201", epochs=12, weight_decay=0.005)
    domains = {factor.name: factor.domain for factor in settings.factors}
    for contrast in ablation.contrasts:
        assert domains[contrast.claim.factor].contains(contrast.level)
        assert contrast.level != contrast.against
    assert [contrast.level for contrast in of(ablation, "epochs")] == [4]
    assert [contrast.level for contrast in of(ablation, "weight_decay")] == [0.0005, 0.01]


def test_identical_recipes_run_once(around):
    _settings, ablation = around("nb201")
    recipes = ablation.recipes()
    assert len(set(recipes)) == len(recipes)
    assert recipes[0] == ablation.reference
    names = [run.name for run in ablation.runs(3)]
    assert len(set(names)) == len(names)


def test_runs_come_in_rounds_and_more_seeds_only_add(around):
    _settings, ablation = around("nb201")
    few, many = ablation.runs(2), ablation.runs(3)
    assert many[: len(few)] == few
    for recipe in ablation.recipes():
        numbers = [run.number for run in many if run.recipe == recipe]
        assert numbers == list(range(3 * REFERENCE_TIMES if recipe == ablation.reference else 3))


def test_the_same_number_is_the_same_seed_for_every_recipe(around):
    settings, ablation = around("nb201")
    seeds = {}
    for run in ablation.runs(2):
        seeds.setdefault(run.number, set()).add(training_seed(settings, run))
    assert all(len(values) == 1 for values in seeds.values())
    assert len(set.union(*seeds.values())) == len(seeds)


def test_a_recipes_name_depends_on_its_values_alone():
    assert digest(Recipe({"a": 1, "b": 2.0})) == digest(Recipe({"b": 2.0, "a": 1}))
    assert digest(Recipe({"a": 1})) != digest(Recipe({"a": 2}))


def test_claims_have_names_of_their_own_and_sources():
    assert len({claim.name for claim in CLAIMS}) == len(CLAIMS)
    assert all(claim.source and claim.text.endswith(".") for claim in CLAIMS)
