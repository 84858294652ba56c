"""Factors of other installed packages: one that cannot be used is named and left out, and nothing breaks."""

from __future__ import annotations

import sys
from importlib import invalidate_caches
from itertools import count
from typing import TYPE_CHECKING

import pytest

from objectives.factors import NAMES, catalogue
from objectives.provided import provided_factors, unread
from objectives.question.choices import choose_factors
from objectives.question.scales import load_scale
from studies.cli.study import StudyCommand
from studies.config.fingerprint import from_fingerprint
from studies.report import read_recipe
from studies.schedule.study import create_or_open, kept_factors
from tests.studies.made_settings import made_settings
from wsnas.errors import InputError
from wsnas.spaces import BUILT_IN, get_space

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_NUMBERS = count()
FACTOR = """
from objectives.domains import Categorical, Range
from objectives.factors import Factor

def factor(name, domain, default, **more):
    return Factor(
        name=name, group="mapping", domain=domain, default=default, text="", verdict="", source="", **more
    )
"""
MOMENTUM = "FACTOR = factor('momentum', Categorical((0.0, 0.9)), 0.9)"


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """A function that installs a package, of which it gets the code, for the rest of the test."""

    def install(code: str, *, group: str = "factors", name: str = "x") -> None:
        package = f"wsnas_made_{next(_NUMBERS)}"
        site = tmp_path / package
        info = site / f"{package}-1.dist-info"
        info.mkdir(parents=True)
        (site / f"{package}.py").write_text(FACTOR + code)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1\n")
        (info / "entry_points.txt").write_text(f"[wsnas.{group}]\n{name} = {package}:FACTOR\n")
        monkeypatch.setattr(sys, "path", [*sys.path, str(site)])
        invalidate_caches()

    return install


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("import no_such_module", "ModuleNotFoundError: No module named 'no_such_module'"),
        ("raise SystemExit(3)", "broken (SystemExit: 3)"),
        ("FACTORS = 1", "AttributeError"),
        ("FACTOR = 3", "is no Factor"),
        ("FACTOR = Factor", "is no Factor"),
        ("FACTOR = factor('one', Categorical((1, 2)), 3)", "one: the default 3 is not in 1, 2"),
        ("FACTOR = factor('one', Categorical((True, 'b')), 'b')", "values of one type are wanted"),
        ("FACTOR = factor('one', Range(2, 1), 1)", "range 2 to 1"),
        ("FACTOR = factor('epochs', Range(1, 4, 'integer'), 2)", "another factor has its name"),
        ("FACTOR = factor('momentum', Categorical((0.5, 1.0)), 0.5)", "momentum 1.0 is not in [0, 1)"),
        ("FACTOR = factor('momentum', Categorical(('a', 'b')), 'a')", "momentum 'a' is not a number"),
        ("FACTOR = factor('gradient_clip', Range(-1.0, 5.0), 5.0)", "gradient_clip -1.0 is not a positive"),
        ("FACTOR = factor('extra', Categorical((1, 2)), 1)", "no factor can have this name"),
        ("FACTOR = factor('count_passes', Categorical((False, True)), True)", "no factor can have this name"),
    ],
)
def test_a_factor_that_cannot_be_used_is_named_once_and_left_out(
    code: str, words: str, install: Callable[..., None], caplog: pytest.LogCaptureFixture
) -> None:
    before = [factor.name for factor in catalogue("nb201")]
    install(code)
    for _ in range(2):
        assert [factor.name for factor in catalogue("nb201")] == before
    assert len(caplog.messages) == 1
    assert words in caplog.messages[0]
    assert "left out" in caplog.messages[0]
    assert "\n" not in caplog.messages[0]


def test_a_factor_that_sets_a_field_is_offered(install: Callable[..., None]) -> None:
    install(MOMENTUM)
    assert [factor.name for factor in provided_factors(NAMES)] == ["momentum"]
    factors = choose_factors(space="nb201", scale=load_scale("tiny"), fixed=["momentum=0"])
    assert {factor.name: factor.default for factor in factors}["momentum"] == 0.0


@pytest.mark.parametrize("space", BUILT_IN)
def test_a_factor_that_nobody_reads_is_refused(
    space: str, install: Callable[..., None], caplog: pytest.LogCaptureFixture
) -> None:
    install("FACTOR = factor('nobodys', Categorical((1, 2)), 1)")
    assert unread(get_space(space), ["nobodys", "momentum", "epochs", "wsbn"]) == {"nobodys"}
    scale = load_scale("tiny", space)
    assert "nobodys" not in {factor.name for factor in choose_factors(space=space, scale=scale)}
    assert f"nobodys of an installed package is left out: the super-nets of {space}" in caplog.text
    with pytest.raises(InputError, match="unknown factor 'nobodys'"):
        choose_factors(space=space, scale=scale, fixed=["nobodys=1"])


@pytest.mark.parametrize(
    ("group", "code"),
    [
        ("spaces", "raise ValueError('two\\nlines')"),
        ("data", "raise ValueError('two\\nlines')"),
        ("spaces", "def FACTOR():\n    raise ValueError('two\\nlines')"),
    ],
)
def test_a_broken_package_is_named_where_it_is_asked_for(
    group: str, code: str, install: Callable[..., None]
) -> None:
    from wsnas.data import load_images

    install(code, group=group, name="odd")
    with pytest.raises(InputError, match=rf"wsnas.{group} 'odd' is broken .ValueError: two lines") as caught:
        get_space("odd") if group == "spaces" else load_images("odd", resolution=8)
    assert "package wsnas_made_" in str(caught.value)
    assert get_space("nb201").name == "nb201"


def test_a_study_keeps_to_the_packages_it_was_made_with(
    install: Callable[..., None], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def command(**more: str) -> StudyCommand:
        return StudyCommand(scale="tiny", study="s", storage=f"sqlite:///{tmp_path}/x.db", **more)

    made = command()
    create_or_open(made.address, "s", made._settings())
    install(MOMENTUM)
    names = [factor.name for factor in made._settings().factors]
    assert names == kept_factors(made.address, "s")
    create_or_open(made.address, "s", made._settings())
    assert "momentum of an installed package is left out: the study was made without it" in caplog.text
    new = StudyCommand(scale="tiny", study="t", storage=made.storage)
    assert "momentum" in [factor.name for factor in new._settings().factors]
    assert kept_factors(made.address, "t") is None


def test_a_study_whose_package_is_gone_says_which(
    install: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = list(sys.path)
    install(MOMENTUM)
    kept = made_settings().fingerprint()
    assert from_fingerprint(kept).fingerprint() == kept
    monkeypatch.setattr(sys, "path", path)
    with pytest.raises(InputError, match="made with factor 'momentum', which is not installed"):
        from_fingerprint(kept)


def test_a_recipe_from_before_a_package_takes_its_default(
    install: Callable[..., None], tmp_path: Path
) -> None:
    settings = made_settings()
    values = "\n".join(f"{name} = {value!r}" for name, value in settings.baseline().items())
    head = {name: getattr(settings, name) for name in ("space", "scale", "data", "table")}
    lines = [f'{name} = "{value}"' for name, value in head.items()]
    file = tmp_path / "best.toml"
    text = values.replace("True", "true").replace("False", "false")
    file.write_text("\n".join([*lines, "[recipe]", text]))
    assert "momentum" not in read_recipe(file)[1]
    install(MOMENTUM)
    assert read_recipe(file)[1]["momentum"] == 0.9


def test_a_space_that_lacks_what_reports_need_is_refused_at_once(install: Callable[..., None]) -> None:
    install("class FACTOR:\n    name = 'odd'", group="spaces", name="odd")
    with pytest.raises(InputError, match=r"space 'odd': its class lacks size"):
        get_space("odd")
