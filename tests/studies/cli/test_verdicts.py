from __future__ import annotations

import json

import pytest

from studies.cli import main


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--space", "nb999"], "nb999"),
        (["--seeds", "0"], "seeds 0"),
        (["--workers", "-1"], "workers -1"),
        (["--hours", "0"], "hours 0"),
        (["--scale", "huge"], "huge"),
        (["--recipe", "missing.toml"], "missing.toml"),
        (["--trials", "missing.csv", "--workers", "0"], "missing.csv"),
        (["--space", "all", "--table", "x"], "--table"),
        (["--study", "missing"], "wsnas"),
        (["--data", "none"], "none"),
        (["--claims", "magic"], "magic"),
    ],
)
def test_bad_input_is_one_line_that_names_the_value(tmp_path, monkeypatch, capsys, arguments, words):
    monkeypatch.chdir(tmp_path)
    assert main(["verdicts", *arguments]) == 2
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert words in line


def test_nothing_measured_is_all_undecided(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["verdicts", "--scale", "tiny", "--workers", "0", "--json"]) == 0
    content = json.loads(capsys.readouterr().out)
    assert {claim["verdict"] for claim in content["claims"]} == {"undecided"}
    assert (tmp_path / "runs/verdicts/nb201-tiny/nb201.md").exists()


def test_a_recipe_of_another_space_is_refused(tmp_path, monkeypatch, capsys):
    from pathlib import Path

    recipe = Path(__file__).parents[3] / "docs/results/earlier/best.toml"
    monkeypatch.chdir(tmp_path)
    assert main(["verdicts", "--space", "darts", "--recipe", str(recipe), "--workers", "0"]) == 2
    assert "is of nb201" in capsys.readouterr().err
