from __future__ import annotations

import tomllib
from collections import Counter
from typing import Any

import numpy as np
import optuna
import pytest

from objectives.domains import Categorical, Domain, Range, domain_from_toml, domain_to_json
from wsnas.errors import InputError

UNITS = (np.arange(12_000) + 0.5) / 12_000
DOMAINS = [
    Categorical((False, True)),
    Categorical((0.0, 0.1, 0.3)),
    Categorical(("edge",)),
    Range(0.005, 0.2, log=True),
    Range(-1.5, 2.5),
    Range(1, 6, "integer"),
    Range(4, 64, "integer", log=True),
    Range(3, 3, "integer"),
    Range(0.5, 0.5),
]

each_domain = pytest.mark.parametrize("domain", DOMAINS, ids=repr)


@pytest.mark.parametrize(
    "levels", [(False, True), (64, 128, 256), ("batch", "tracked", "recalibrated"), (0.25, 0.5, 0.75, 0.9)]
)
def test_levels_get_equal_shares_of_the_unit_interval(levels: tuple[Any, ...]) -> None:
    counts = Counter(Categorical(levels).at(float(unit)) for unit in UNITS)
    assert counts == dict.fromkeys(levels, 12_000 // len(levels))


def test_whole_numbers_get_equal_shares_bounds_included() -> None:
    counts = Counter(Range(2, 5, "integer").at(float(unit)) for unit in UNITS)
    assert counts == dict.fromkeys((2, 3, 4, 5), 3_000)


def test_whole_numbers_on_a_log_scale_get_shares_as_optuna_gives_them() -> None:
    domain = Range(1, 10, "integer", log=True)
    ours = Counter(domain.at(float(unit)) for unit in UNITS)
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    optunas = Counter(domain.suggest(study.ask(), "x") for _ in range(3_000))
    assert set(ours) == set(optunas) == set(range(1, 11))
    for value in range(1, 11):
        assert ours[value] / 12_000 == pytest.approx(optunas[value] / 3_000, abs=0.03)
        assert ours[value] / 12_000 == pytest.approx(
            np.log((value + 0.5) / (value - 0.5)) / np.log(10.5 / 0.5), abs=0.001
        )


def test_real_numbers_are_even_and_log_scale_is_even_in_the_logarithm() -> None:
    assert Range(2.0, 4.0).at(0.5) == pytest.approx(3.0)
    assert Range(0.01, 1.0, log=True).at(0.5) == pytest.approx(0.1)
    assert Range(0.01, 1.0, log=True).at(0.25) == pytest.approx(10**-1.5)


@each_domain
def test_every_position_is_a_value_of_the_domain(domain: Domain) -> None:
    for unit in (0.0, 1e-12, 0.3, 0.5, 0.999999, 1 - 1e-16, 1.0):
        assert domain.contains(domain.at(unit))


@each_domain
def test_every_suggestion_is_a_value_of_the_domain(domain: Domain) -> None:
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    for _ in range(20):
        trial = study.ask()
        value = domain.suggest(trial, "x")
        assert domain.contains(value)
        assert trial.params == {"x": value}


@pytest.mark.parametrize(
    ("domain", "wrong"),
    [
        (Categorical((False, True)), 0),
        (Categorical((0, 1)), True),
        (Categorical((0.0, 0.5)), 0.2),
        (Categorical(("edge", "node")), "cell"),
        (Range(1, 5, "integer"), 0),
        (Range(1, 5, "integer"), 6),
        (Range(1, 5, "integer"), 2.5),
        (Range(0.0, 1.0), True),
        (Range(0.0, 1.0), "0.5"),
        (Range(0.0, 1.0), float("nan")),
    ],
    ids=repr,
)
def test_value_outside_is_not_contained(domain: Domain, wrong: Any) -> None:
    assert not domain.contains(wrong)


@each_domain
def test_domain_is_read_back_from_its_json_form(domain: Domain) -> None:
    assert domain_from_toml("x", domain_to_json(domain)) == domain


@pytest.mark.parametrize(
    ("text", "domain"),
    [
        ("x = [16, 32]", Categorical((16, 32))),
        ("x = [false, true]", Categorical((False, True))),
        ("x = { low = 1, high = 8 }", Range(1, 8, "integer")),
        ("x = { low = 1, high = 8, kind = 'real' }", Range(1, 8)),
        ("x = { low = 0.001, high = 0.1, log = true }", Range(0.001, 0.1, log=True)),
        ("x = { low = 4, high = 64, log = true }", Range(4, 64, "integer", log=True)),
    ],
)
def test_toml_form_is_a_list_of_levels_or_a_table_with_bounds(text: str, domain: Domain) -> None:
    assert domain_from_toml("x", tomllib.loads(text)["x"]) == domain


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = 0.5", "x: 0.5 is neither a list of levels"),
        ("x = 'edge'", "x: 'edge' is neither a list of levels"),
        ("x = { low = 1 }", "x: {'low': 1} is neither"),
        ("x = { low = 1, high = 2, step = 1 }", "is neither"),
        ("x = { low = 2, high = 1 }", "x: range 2.0 to 1.0: two finite numbers in this order"),
        ("x = { low = 'a', high = 2 }", "x: "),
        ("x = { low = [1], high = 2 }", "x: "),
        ("x = { low = 0, high = 2, log = true }", "x: range 0.0 to 2.0: a log scale starts above 0"),
        ("x = { low = 0.0, high = inf }", "two finite numbers"),
        ("x = { low = nan, high = 1.0 }", "two finite numbers"),
        ("x = { low = 0.5, high = 2.5, kind = 'integer' }", "whole numbers are wanted"),
        ("x = { low = 1, high = 2, kind = 'whole' }", "x: kind 'whole' is neither"),
        ("x = []", "at least one, each once"),
        ("x = [1, 2, 1]", "levels .1, 2, 1.: at least one, each once"),
        ("x = [1, true]", "each once"),
        ("x = [nan]", "each once|not a number"),
        ("x = [[1], 2]", "all plain values"),
        (f"x = [1, 1{'0' * 400}]", "numbers below 9.2e.18 are wanted"),
        (f"x = [0x{'f' * 5000}]", "too large to show: numbers below"),
        (f"x = 0x{'f' * 5000}", "x: a value of type int that is too large to show is neither"),
        ("x = { low = true, high = 2 }", "low and high are numbers"),
        ("x = { low = 1, high = 2, log = 'no' }", "log is true or false"),
    ],
)
def test_form_that_is_no_domain_is_refused_in_one_line(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        domain_from_toml("x", tomllib.loads(text)["x"])
    assert len(str(caught.value).splitlines()) == 1


def test_a_domain_is_one_line_whatever_its_levels_are() -> None:
    assert str(Categorical(("plain", "a\nb"))) == "plain, 'a\\nb'"
