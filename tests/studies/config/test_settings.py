from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from objectives.domains import Categorical, Range
from objectives.factors import catalogue
from objectives.question.choices import choose_factors
from objectives.question.scales import load_scale, scale_names, scaled_catalogue
from studies.config.fingerprint import from_fingerprint, refuse_difference
from tests.studies.made_settings import made_settings
from wsnas.errors import InputError

MINI = load_scale("mini")


def test_every_scale_can_be_loaded_and_has_its_defaults_in_its_domains() -> None:
    assert {"mini", "paper", "tiny"} <= set(scale_names())
    for name in scale_names():
        scale = load_scale(name)
        assert scale.snapshots[-1] == 1.0
        for factor in choose_factors(space="nb201", scale=scale):
            assert factor.domain.contains(factor.default), (name, factor.name)


@pytest.mark.parametrize("space", ["nb101", "nb201", "darts"])
@pytest.mark.parametrize("name", scale_names())
def test_a_scale_offers_every_value_of_the_recipe_that_it_starts_from(name: str, space: str) -> None:
    # A value that is not offered would be replaced by the baseline's without a word.
    scale = load_scale(name, space)
    domains = {factor.name: factor.domain for factor in choose_factors(space=space, scale=scale)}
    assert [key for key, value in scale.start.items() if not domains[key].contains(value)] == []


def test_studies_start_from_the_scales_recipe_and_from_the_baseline_where_it_has_none() -> None:
    known, unknown = made_settings(scale="mini"), made_settings(scale="paper")
    assert known.start()["learning_rate_schedule"] == "constant"
    assert known.start() in known.baselines()
    # Not the paper's best, which is tried first, too.
    assert unknown.start() == unknown.baseline()
    assert len(unknown.baselines()) == 2


def test_an_unknown_scale_is_named_with_those_there_are() -> None:
    with pytest.raises(InputError, match=r"'huge'.*mini.*paper"):
        load_scale("huge")


def test_a_fingerprint_rebuilds_themade_settings() -> None:
    settings = made_settings(factors=choose_factors(space="nb201", scale=MINI, fixed=["learning_rate=0.05"]))
    assert from_fingerprint(settings.fingerprint()) == settings


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"seed": "0"}, "damaged .TypeError: seed is no whole number"),
        ({"seed": -1}, "damaged .TypeError: seed is no whole number"),
        ({"space": None}, "damaged .TypeError: space is no text"),
        ({"space": ["nb201"]}, "damaged .TypeError: space is no text"),
        ({"space": "nb999"}, "unknown space 'nb999'"),
        ({"space": "x" * 5000}, "unknown space 'xxx"),
        ({"space": "../nb201"}, "unknown space '../nb201'"),
        ({"format": 1 << 20_000}, "study format a value .* too large to show: this version continues"),
        ({"screen": "wide"}, "damaged .TypeError: screen is no way to screen"),
        ({"screen": ["changes"]}, "damaged .TypeError: screen is no way to screen"),
        ({"format": True}, "study format True: this version continues format 2 only; use another STUDY"),
        ({"factors": None}, "damaged .TypeError"),
        ({"factors": {"epochs": 3}}, "damaged .TypeError"),
        ({"factors": {"epochs": {"domain": [1]}}}, "damaged .KeyError: 'default'"),
        ({"factors": {"epochs": {"domain": [], "default": 1}}}, "at least one, each once"),
    ],
)
def test_a_damaged_fingerprint_is_refused_in_one_line(changes: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        from_fingerprint({**made_settings().fingerprint(), **changes})
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("missing", ["format", "space", "scale", "table", "seed", "factors"])
def test_a_fingerprint_that_lacks_something_is_refused(missing: str) -> None:
    kept = made_settings().fingerprint()
    del kept[missing]
    with pytest.raises(InputError, match=missing):
        from_fingerprint(kept)


def test_what_is_no_fingerprint_is_refused() -> None:
    with pytest.raises(InputError, match="the study's settings are damaged"):
        from_fingerprint([1])  # type: ignore[arg-type]


def test_a_difference_is_refused_by_its_name() -> None:
    kept = made_settings().fingerprint()
    refuse_difference(kept=kept, asked=made_settings().fingerprint())
    with pytest.raises(InputError, match=r"made with seed 0, now it is 1"):
        refuse_difference(kept=kept, asked=made_settings(seed=1).fingerprint())
    held = choose_factors(space="nb201", scale=MINI, fixed=["bn_affine=off"])
    with pytest.raises(InputError, match=r"factors\.bn_affine\.domain \[false, true\], now it is \[false\]"):
        refuse_difference(kept=kept, asked=made_settings(factors=held).fingerprint())


def test_only_named_factors_vary() -> None:
    factors = choose_factors(space="nb201", scale=MINI, only=["learning_rate", "epochs"])
    varying = {
        factor.name
        for factor in factors
        if not (isinstance(factor.domain, Categorical) and len(factor.domain.choices) == 1)
    }
    assert varying == {"learning_rate", "epochs"}


def test_what_is_not_studied_can_be_held_at_any_of_its_values_and_not_only_its_default() -> None:
    factors = choose_factors(
        space="nb201", scale=MINI, only=["epochs"], fixed=["learning_rate_schedule=constant", "batch_size=16"]
    )
    defaults = {factor.name: factor.default for factor in factors}
    assert (defaults["learning_rate_schedule"], defaults["batch_size"]) == ("constant", 16)
    assert {factor.name for factor in factors if isinstance(factor.domain, Range)} == {"epochs"}


@pytest.mark.parametrize(
    ("asked", "varies"),
    [({"only": ["strategy"]}, True), ({"fixed": ["strategy=sandwich"]}, False), ({"domains": "file"}, True)],
    ids=("factors", "fix", "domains"),
)
def test_a_study_has_on_request_what_it_names(asked: dict[str, Any], varies: bool, tmp_path: Path) -> None:
    usual = [factor.name for factor in catalogue("nb201")]
    assert list(made_settings().fingerprint()["factors"]) == usual
    if "domains" in asked:
        asked["domains"] = tmp_path / "domains.toml"
        asked["domains"].write_text('strategy = ["sampled", "sandwich"]')
    settings = made_settings(factors=choose_factors(space="nb201", scale=MINI, **asked))
    kept = settings.fingerprint()
    assert list(kept["factors"]) == [*usual, "strategy"]
    assert from_fingerprint(kept).fingerprint() == kept
    assert settings.factors[-1].held == (not varies)
    with pytest.raises(InputError, match=r"factors\."):
        refuse_difference(kept=kept, asked=made_settings().fingerprint())


def test_a_factor_cannot_be_studied_and_held() -> None:
    with pytest.raises(InputError, match="epochs: --factors studies it and --fix holds it"):
        choose_factors(space="nb201", scale=MINI, only=["epochs"], fixed=["epochs=8"])


@pytest.mark.parametrize(
    ("setting", "complaint"),
    [
        ("learning_rate", "name=value"),
        ("rate=0.1", "unknown factor 'rate'"),
        ("learning_rate=fast", "number is wanted"),
        ("learning_rate=-1", "learning_rate -1.0"),
        ("epochs=2.5", "whole number"),
        ("channels=0", "channels=0"),
        ("bn_statistics=never", "choose one of batch, tracked, recalibrated"),
        ("path_dropout=1.5", "path_dropout 1.5"),
        ("learning_rate=nan", "learning_rate = nan: a finite number"),
        ("learning_rate=fast\r\nor slow", r"learning_rate='fast\\r\\nor slow': a number"),
        ("path_sampling=best\n", r"path_sampling='best\\n': choose one of"),
        ("wsbn=\x85", r"wsbn='\\x85': choose one of"),
        (f"batch_size=1{'0' * 400}", "a number below 9.2e.18 is wanted"),
        ("a\nb=1", r"unknown factor 'a\\nb'"),
    ],
)
def test_bad_values_are_refused_in_one_line(setting: str, complaint: str) -> None:
    with pytest.raises(InputError, match=complaint) as caught:
        choose_factors(space="nb201", scale=MINI, fixed=[setting])
    assert "\n" not in str(caught.value)


def test_a_toml_file_narrows_and_widens_domains(tmp_path: Path) -> None:
    file = tmp_path / "domains.toml"
    file.write_text(
        "learning_rate = { low = 0.01, high = 0.1, log = true }\nbatch_size = [16, 128]\n"
        "[epochs]\ndomain = { low = 2, high = 20 }\ndefault = 5\n"
    )
    factors = {factor.name: factor for factor in choose_factors(space="nb201", scale=MINI, domains=file)}
    assert factors["learning_rate"].domain == Range(0.01, 0.1, "real", True)
    assert factors["batch_size"].domain == Categorical((16, 128))
    assert (factors["epochs"].domain, factors["epochs"].default) == (Range(2, 20, "integer"), 5)


@pytest.mark.parametrize(
    "text",
    [
        "learning_rate = 3",
        "learning_rate = []",
        "learning_rate = { low = 1 }",
        "learning_rate = { low = 2, high = 1 }",
        "learning_rate = { low = 0, high = 1, log = true }",
        "learning_rate = { low = 'a', high = 'b' }",
        "nonsense = [1]",
        "channels = ['wide']",
        "batch_size = ['a']",
        "path_sampling = ['foo']",
        "wsbn = ['maybe']",
        "cells = [true]",
        "bn_statistics = ['sometimes']",
        "[epochs]\ndomain = [1, 2]\ndefault = 9",
        "not toml",
        f"learning_rate = {'[' * 3000}",
        f"batch_size = [1{'0' * 400}]",
        f"batch_size = 0x{'f' * 5000}",
        f"epochs = {{ domain = [1, 2], default = 0x{'f' * 5000} }}",
    ],
)
def test_a_bad_toml_file_is_refused_in_one_line(tmp_path: Path, text: str) -> None:
    file = tmp_path / "domains.toml"
    file.write_text(text)
    with pytest.raises(InputError) as caught:
        choose_factors(space="nb201", scale=MINI, domains=file)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "domain", "default"),
    [
        ("path_dropout = [0, 0.1, 0.3]", Categorical((0.0, 0.1, 0.3)), 0.0),
        ("train_portion = [1]\n", Categorical((1.0,)), 1.0),
        ("batch_size = [32.0, 64.0]", Categorical((32, 64)), 32),
        ("learning_rate = { low = 1, high = 2 }", Range(1.0, 2.0), 1.5),
        ("epochs = { low = 2.0, high = 20.0 }", Range(2.0, 20.0, "integer"), 10),
        ("[epochs]\ndomain = { low = 2, high = 20 }\ndefault = 5.0", Range(2.0, 20.0, "integer"), 5),
        ("[path_dropout]\ndomain = [0, 0.5]\ndefault = 0", Categorical((0.0, 0.5)), 0.0),
        ("bn_affine = [true]", Categorical((True,)), True),
    ],
)
def test_values_get_the_type_of_their_factor_where_that_loses_nothing(
    tmp_path: Path, text: str, domain: Categorical | Range, default: object
) -> None:
    file = tmp_path / "domains.toml"
    file.write_text(text)
    factors = {factor.name: factor for factor in choose_factors(space="nb201", scale=MINI, domains=file)}
    found = factors[text.strip("[").replace("]", " ").split()[0]]
    assert repr((found.domain, found.default)) == repr((domain, default))
    fixed = choose_factors(space="nb201", scale=MINI, fixed=[f"{found.name}={found.default}"])
    held = {factor.name: factor.default for factor in fixed}[found.name]
    assert repr(held) == repr(default)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("bn_affine = [1, 0]", "bn_affine = 1: true or false is wanted"),
        ("bn_affine = { low = 0, high = 1 }", "bn_affine: .* true or false is what it takes"),
        ("cells = [true, 2]", "cells = True: a whole number is wanted"),
        ("cells = ['2']", "cells = '2': a whole number is wanted"),
        ("batch_size = [32.5]", "batch_size = 32.5: a whole number is wanted"),
        ("epochs = { low = 2.5, high = 20 }", "epochs: range 2.5 to 20.0: whole numbers"),
        ("epochs = { low = 2, high = 20, kind = 'real' }", "epochs: .* a whole number is what it takes"),
        ("learning_rate = { low = 1, high = 2, kind = 'integer' }", "a number is what it takes"),
        ("path_sampling = [1]", "path_sampling = 1: a name in quotes is wanted"),
        ("path_dropout = [0, 0.0]", "each once"),
        ("weight_decay = [inf]", "weight_decay = inf: a finite number is wanted"),
        (f"weight_decay = [1{'0' * 400}]", "a finite number is wanted"),
        ("[bn_affine]\ndomain = [true, false]\ndefault = 1", "bn_affine = 1: true or false is wanted"),
        ("[epochs]\ndomain = [1, 2]\ndefault = 9", "epochs: the default 9 is not in 1, 2"),
        ('[path_sampling]\ndomain = ["a\\nb"]\ndefault = "c"', "path_sampling"),
        ("[epochs]\ndomain = [1, 2]\ndefualt = 1", "epochs has 'defualt': domain and default are all"),
    ],
)
def test_values_of_another_type_are_refused_by_name(tmp_path: Path, text: str, complaint: str) -> None:
    file = tmp_path / "domains.toml"
    file.write_text(text)
    with pytest.raises(InputError, match=complaint) as caught:
        choose_factors(space="nb201", scale=MINI, domains=file)
    assert "\n" not in str(caught.value)


def test_a_factor_whose_levels_look_like_off_and_on_is_not_switched(tmp_path: Path) -> None:
    file = tmp_path / "domains.toml"
    file.write_text("cells = [1]\nbn_affine = [false]")
    for setting in ("cells=on", "cells=true", "bn_affine=1", "bn_affine=on"):
        with pytest.raises(InputError, match=setting.partition("=")[0]):
            choose_factors(space="nb201", scale=MINI, domains=file, fixed=[setting])


def test_a_default_outside_a_domain_is_named_with_what_is_taken_instead(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "domains.toml"
    file.write_text("epochs = { low = 2, high = 6 }\nbatch_size = [32, 64]")
    factors = {factor.name: factor for factor in choose_factors(space="nb201", scale=MINI, domains=file)}
    assert factors["epochs"].default == 4
    (warned,) = caplog.messages
    assert warned.startswith("epochs: its default 10 is not in 2 to 6: the baseline takes 4")


@pytest.mark.parametrize("space", ["nb101", "nb201", "darts"])
@pytest.mark.parametrize("name", scale_names())
def test_a_scale_gives_its_values_the_types_of_the_catalogue(name: str, space: str) -> None:
    scale = load_scale(name, space)
    kinds = {factor.name: factor.kind for factor in catalogue(space)}
    for factor in scaled_catalogue(space, scale):
        assert (factor.kind, type(factor.default)) == (kinds[factor.name],) * 2, factor.name
    assert {key: type(value) for key, value in scale.start.items()} == {
        key: kinds[key] for key in scale.start
    }


def test_what_a_study_keeps_is_compared_by_type() -> None:
    kept = made_settings().fingerprint()
    whole = json.loads(json.dumps(kept))
    whole["factors"]["path_dropout"] = {"domain": [0, 0.1, 0.3], "default": 0.1}
    assert from_fingerprint(whole).baseline()["path_dropout"] == 0.1
    same = json.loads(json.dumps(whole).replace("[0, 0.1", "[0.0, 0.1"))
    refuse_difference(kept=whole, asked=same)
    switched = json.loads(json.dumps(kept))
    switched["factors"]["bn_affine"] = {"domain": [0, 1], "default": 1}
    with pytest.raises(InputError, match=r"bn_affine\.domain \[0, 1\], now it is \[false, true\]"):
        refuse_difference(kept=switched, asked=kept)
    for name, value in (("count_passes", 1), ("seed", False)):
        with pytest.raises(InputError, match=f"made with {name} {json.dumps(value)}, now it is"):
            refuse_difference(kept={**kept, name: value}, asked=kept)


def test_a_scale_that_extends_another_differs_in_what_it_says_only() -> None:
    paper, rounded = load_scale("paper", "nb201"), load_scale("paper-bf16", "nb201")
    assert (paper.precision, rounded.precision) == ("tf32", "bfloat16")
    assert replace(rounded, name="paper", precision="tf32") == paper


def test_precision_score_and_screen_are_part_of_the_fingerprint() -> None:
    usual, rounded = (made_settings(scale=scale).fingerprint() for scale in ("paper", "paper-bf16"))
    assert rounded["precision"] == "bfloat16"
    for name, before, after in (
        ("precision", "tf32", "bfloat16"),
        ("score", "accuracy", "cross_entropy"),
        ("screen", "changes", "sobol"),
    ):
        assert usual[name] == before
        with pytest.raises(InputError, match=f'{name} "{before}", now it is "{after}"'):
            refuse_difference(kept=usual, asked={**usual, name: after})


def test_a_study_of_an_earlier_version_is_refused_with_what_to_do() -> None:
    settings = made_settings().fingerprint()
    kept = {name: value for name, value in settings.items() if name not in ("score", "screen")}
    kept["format"] = 1
    for refuse in (lambda: from_fingerprint(kept), lambda: refuse_difference(kept=kept, asked=settings)):
        with pytest.raises(InputError, match=r"made by an earlier version .* under another STUDY") as caught:
            refuse()
        assert "\n" not in str(caught.value)
