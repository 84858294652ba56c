from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import studies
from tests.processes import ROOT
from wsnas.errors import InputError


@pytest.fixture
def study(small_study: Path) -> studies.LoadedStudy:
    return studies.load(storage=f"sqlite:///{small_study}/runs/wsnas.db", rounds=20)


def test_the_import_of_the_package_is_light() -> None:
    code = (
        "import sys, studies; heavy = {'numpy', 'pandas', 'optuna', 'torch', 'matplotlib', 'tyro'};"
        "sys.exit(', '.join(heavy & sys.modules.keys()) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_worked_example_runs_in_its_order(
    small_study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    blocks = re.findall(
        r"^```python\n(.*?)^```", (ROOT / "docs/python.md").read_text(), re.MULTILINE | re.DOTALL
    )
    assert len(blocks) >= 6
    monkeypatch.setenv("WSNAS_STORAGE", f"sqlite:///{small_study}/runs/wsnas.db")
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    for block in blocks:
        exec(compile(block, "docs/python.md", "exec"), names)
    shown = capsys.readouterr().out
    assert "nb201-mini: " in shown
    assert "learning_rate" in shown
    assert {"history.png", "history.pdf", "ranking.pdf"} <= {path.name for path in tmp_path.iterdir()}


def test_the_page_names_every_figure_and_table() -> None:
    from studies.report.figures import PICTURES
    from studies.report.tables.catalogue import TABLES

    text = (ROOT / "docs/python.md").read_text()
    assert all(f"`{name}`" in text for name in (*(picture.name for picture in PICTURES), *TABLES))


def test_tables_have_what_the_storage_has(study: studies.LoadedStudy) -> None:
    assert study.trials["number"].tolist() == [0, 1, 2, 3, 4, 5]
    assert set(study.trials["phase"]) <= {"baseline", "tune", "screen"}
    assert {"score", "change", "length", "sparse_kendall_tau_by_accuracy"} <= set(study.trials.columns)
    for row in study.trials.itertuples():
        trial = study.opened.study.trials[row.number]
        assert row.learning_rate == trial.params["learning_rate"]
        assert row.value == trial.value or (row.value != row.value and trial.value is None)
    assert {"selection", "confirmation"} <= set(study.confirmations["phase"])
    assert study.answer.screen is not None
    assert len(study.screen) == len(study.answer.screen.changes)
    assert (~study.screen["can_act"]).sum() == 1
    assert study.importance.empty
    assert study.architectures["truth"].between(0, 1).all()
    assert study.architectures["supernet_accuracy"].is_monotonic_decreasing


def test_effects_have_columns_to_select_by_even_where_nothing_could_be_estimated(
    study: studies.LoadedStudy,
) -> None:
    assert study.effects.empty
    assert study.effects[study.effects["significant"]].empty
    assert study.effects["difference"].dtype == float


def test_every_table_of_the_export_is_a_frame(study: studies.LoadedStudy) -> None:
    from studies.report.tables.catalogue import TABLES

    for name in TABLES:
        assert len(study.table(name)) == len(TABLES[name](study.opened, study.answer))
    with pytest.raises(InputError, match=r"'trails'.*trials, curves"):
        study.table("trails")


def test_without_pandas_the_extra_is_named(
    study: studies.LoadedStudy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(InputError, match=r"pip install 'wsnas\[pandas\]'"):
        _ = study.trials


def test_an_unknown_figure_or_study_is_refused_with_those_there_are(study: studies.LoadedStudy) -> None:
    with pytest.raises(InputError, match=r"'scatter'.*ranking"):
        study.figure("scatter")
    with pytest.raises(InputError, match=r"nb101-mini.*it has nb201-mini"):
        studies.load("nb101", storage=study.opened.address.shown)
    with pytest.raises(InputError, match="rounds 3"):
        studies.load(rounds=3)


def test_what_a_notebook_shows_is_escaped_text(study: studies.LoadedStudy) -> None:
    assert study._repr_html_().startswith("<p><b>nb201-mini</b></p><p>")
    assert study.reload().name == study.name
    assert study.confirmed
