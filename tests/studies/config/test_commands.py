"""Every command that is shown can be run as it stands."""

from __future__ import annotations

import io
import shlex
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from studies.config.commands import make_command, shell_command, without_password
from studies.report import print_answer, recipe_toml
from studies.report.dashboard.publish import confirm_note, note
from studies.report.page.html import render
from studies.report.page.overview import render_overview
from studies.report.words.reproduce import domains_toml, study_command
from studies.storage.address import parse_address
from tests.studies.printed import ROOT, commands_in, commands_of_source, parsed
from tests.studies.report import factory

if TYPE_CHECKING:
    from studies.report.answer import Answer

HOSTILE = ("my study", "it's", 'a "b"', "$HOME $(id) `id`", "#1", "-dash", "50%", "a\\b", "(x), y", "*")
PAGES = [path for path in (ROOT / "README.md", *ROOT.glob("*/**/*.md")) if ".venv" not in path.parts]


@pytest.mark.parametrize("value", HOSTILE)
def test_hostile_values_come_back_from_the_shell_and_from_make_as_they_were(value: str) -> None:
    shell = shell_command("study", "repair", study=value, checkpoints=value)
    assert (parsed(shell).study, str(parsed(shell).checkpoints), parsed(shell).action) == (
        value,
        value,
        "repair",
    )
    by_make = parsed(make_command("study", study=value, data_dir=value, table=value, trials=0))
    assert (by_make.study, str(by_make.data_dir), by_make.table) == (value, value, value)
    assert by_make.trials == 0


def test_options_that_are_not_given_are_left_out_and_numbers_of_0_are_not() -> None:
    command = shell_command(
        "search", seed=0, retrain=True, json=False, size=None, set=("a=1", "b= 2"), study="-x"
    )
    assert command == "wsnas search --seed 0 --retrain --set a=1 --set 'b= 2' --study=-x"


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("sqlite:///runs/wsnas.db", "sqlite:///runs/wsnas.db"),
        ("postgresql://me:secret@host/db", "postgresql://me@host/db"),
        ("mysql://me@host/db?password=secret&charset=utf8", "mysql://me@host/db?charset=utf8"),
        ("mysql://me@host/db?charset=utf8&password=secret", "mysql://me@host/db?charset=utf8"),
        ("postgresql://me:secret@host/db?password=secret", "postgresql://me@host/db"),
    ],
)
def test_an_address_in_a_command_has_no_stars_for_a_password(address: str, shown: str) -> None:
    assert without_password(parse_address(address).shown) == shown


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_of_the_documentation_is_understood(page: Path) -> None:
    for command in commands_in(page.read_text("utf-8")):
        parsed(command)


def test_every_command_that_a_text_of_the_program_names_is_understood() -> None:
    found = []
    for package in ("studies", "objectives", "wsnas"):
        for path in (ROOT / package).rglob("*.py"):
            found += commands_of_source(path)
    for command in found:
        parsed(command)
    assert "wsnas groundtruth build 1" in found


def _terminal(answer: Answer) -> str:
    console = Console(file=io.StringIO(), width=10_000)
    print_answer(answer, console, files={})
    return console.file.getvalue()  # type: ignore[attr-defined]


def _pages(answer: Answer) -> list[str]:
    overview = render_overview([answer], links={}, command=shell_command("report", all=True))
    recipe = recipe_toml(answer).replace("# ", "") if answer.winner else ""
    return [render(answer), overview, recipe, note(answer), confirm_note(answer), _terminal(answer)]


@pytest.mark.parametrize("case", ["complete", "sobol", "empty", "no_gain", "baseline_wins"])
@pytest.mark.parametrize("name", [HOSTILE[0], HOSTILE[3]])
def test_every_command_on_a_study_s_pages_is_understood_and_names_the_study(case: str, name: str) -> None:
    answer = replace(factory.CASES[case](), name=name, search=None)
    found = [command for page in _pages(answer) for command in commands_in(page)]
    assert len(found) >= 4
    for command in found:
        of_study = getattr(parsed(command), "study", None)
        assert of_study in (name, None), command
    assert any(parsed(command).study == name for command in found if "study" in command)


DOMAINS = """
learning_rate = { low = 0.01, high = 0.1, log = true }
batch_size = [16, 32]
path_sampling = ["fairnas"]
epochs = { domain = { low = 4, high = 12, log = true }, default = 8 }
"""


@pytest.mark.parametrize(
    "options",
    [
        (),
        ("--seed", "7", "--table", "nb201-mini", "--data", "fashion"),
        ("--fix", "bn_affine=off", "--fix", "batch_size=48", "--fix", "learning_rate=0.00025"),
        ("--factors", "learning_rate,epochs", "--screen", "sobol"),
        ("--factors", "strategy"),
        ("--fix", "strategy=sandwich"),
        ("--domains", "given.toml", "--fix", "weight_decay=1e-05"),
        ("--space", "nb101", "--scale", "tiny", "--fix", "dynamic_channels=disabled"),
        ("--sampler", "own.parts:sampler", "--pruner", "optuna.pruners:NopPruner"),
    ],
)
def test_the_command_of_a_study_makes_the_same_study(
    options: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("given.toml").write_text(DOMAINS)
    asked = parsed(shlex.join(["wsnas", "study", "--study", "it's", *options]))
    settings = asked._settings()
    answer = replace(factory.complete(), settings=settings, name="it's", parts=asked.tuning.names())
    Path("domains.toml").write_text(domains_toml(answer))
    again = parsed(study_command(answer))
    assert again._settings().fingerprint() == settings.fingerprint()
    assert again.study == "it's"
    assert again.tuning.names() == asked.tuning.names()
    assert again.trials == answer.budget
    assert again.address.shown == answer.storage
    # A file asks for what a study has on request.
    wants_file = "--domains" in options or "strategy" in options
    assert ("--domains" in study_command(answer)) == wants_file
    assert bool(domains_toml(answer)) == wants_file
