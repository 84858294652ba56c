from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pytest

from studies.cli import main
from studies.report.answer import Answer
from studies.report.gather import gather
from studies.report.tables import files
from studies.report.tables.catalogue import TABLES, columns
from studies.report.words.change_lines import change_lines
from studies.schedule.study import OpenStudy
from tests.studies.commands import Commands
from tests.studies.report import factory
from wsnas.files import MARKER


@pytest.fixture
def export(small_study: Path) -> tuple[str, ...]:
    """The command on the finished study."""
    return ("export", "--storage", f"sqlite:///{small_study}/runs/wsnas.db")


@pytest.fixture(scope="module")
def answer(finished: OpenStudy) -> Answer:
    return gather(finished, rounds=20)


def test_the_ranking_gives_the_taus_of_the_report(finished: OpenStudy, answer: Answer) -> None:
    from wsnas.ranking import sparse_kendall_tau

    rows = TABLES["ranking"](finished, answer)
    truth = [row["truth"] for row in rows]
    assert answer.winner is not None
    for seed, value in zip(answer.winner.seeds, answer.winner.values, strict=True):
        assert sparse_kendall_tau([row[f"best_seed_{seed}"] for row in rows], truth) == pytest.approx(value)
    together = sparse_kendall_tau([row["best_ensemble"] for row in rows], truth)
    assert together == pytest.approx(answer.winner.ensemble.skdt.mean)
    counted = sparse_kendall_tau([row["flops"] for row in rows], truth)
    assert counted == pytest.approx(answer.reference_rankers["FLOPs"].mean)
    assert len({row["architecture"] for row in rows}) == len(rows)


def test_curves_end_in_the_values_of_the_trials(finished: OpenStudy, answer: Answer) -> None:
    rows = TABLES["curves"](finished, answer)
    ends = {row["number"]: row["sparse_kendall_tau"] for row in rows if row["study"] == finished.name}
    for trial in answer.trials:
        if trial.value is not None and not trial.diverged:
            assert ends[trial.number] == trial.value


def test_measured_and_effects_hold_the_figures_of_the_answer(finished: OpenStudy, answer: Answer) -> None:
    measured = {(row["what"], row["of"]): row for row in TABLES["measured"](finished, answer)}
    assert measured["noise ceiling", ""]["mean"] == 0.931
    larger = factory.complete()
    rows = {(row["what"], row["of"]): row for row in TABLES["measured"](finished, larger)}
    assert larger.winner is not None
    assert larger.ensemble_gain is not None
    assert rows["best recipe", "ensemble"]["low"] == larger.winner.ensemble.skdt.low
    assert rows["best recipe", "ensemble"]["above_baseline_high"] == larger.ensemble_gain.high
    assert len(rows["best recipe", "single"]["values"].split()) == 5
    assert rows["counting parameters", ""]["above_parameters_mean"] is None
    wide = factory.sobol()
    effects = TABLES["effects"](finished, wide)
    assert {row["equal"] for row in effects} == {"recipe", "recipe and time"}
    assert {row["factor"] for row in effects} == {effect.name for effect in wide.effects}


def test_the_screen_has_a_row_for_each_change_in_the_order_of_the_report(finished: OpenStudy) -> None:
    answer = factory.complete()
    rows = TABLES["screen"](finished, answer)
    assert [row["factor"] for row in rows] == [line.factor for line in change_lines(answer)]
    assert {row["call"] for row in rows} <= {"helps", "hurts", "negligible", "undecided"}
    unmeasured = [row for row in rows if row["seeds"] < 2]
    assert unmeasured
    assert all(row["effect"] is row["low"] is row["effect_by_accuracy"] is None for row in unmeasured)
    assert [row["can_act"] for row in rows].count(False) == 1
    assert TABLES["screen"](finished, factory.sobol()) == []


def test_trials_of_the_screen_say_which_change_they_measure(finished: OpenStudy, answer: Answer) -> None:
    rows = [row for row in TABLES["trials"](finished, answer) if row["study"] == finished.name]
    assert {row["score"] for row in rows} == {finished.settings.sizes().score}
    changes = [row["change"] for row in rows if row["phase"] == "screen"]
    assert "" in changes
    assert all(row["change"] is None for row in rows if row["phase"] != "screen")


def test_a_confirmation_keeps_the_number_of_its_trial(finished: OpenStudy, answer: Answer) -> None:
    rows = [row for row in TABLES["trials"](finished, answer) if row["study"] != finished.name]
    assert len({row["number"] for row in rows}) == len(rows)
    assert {row["seed_number"] for row in rows if row["phase"] == "confirmation"} == {0, 1}


def test_export_writes_every_table_into_a_folder(
    finished: OpenStudy,
    export: tuple[str, ...],
    tmp_path: Path,
    wsnas: Commands,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(files, "has_parquet", lambda: False)
    said = wsnas.output(*export, "--into", str(tmp_path / "tables")).splitlines()
    assert {file.name for file in (tmp_path / "tables").glob("*.*")} - {MARKER} == {
        f"{name}.csv" for name in TABLES
    }
    assert len(said) == 2
    assert "pip install 'wsnas[parquet]'" in said[1]
    shown = io.StringIO(wsnas.output(*export, "--table", "screen"))
    named = {row["factor"] for row in csv.DictReader(shown)}
    assert named <= {factor.name for factor in finished.settings.factors}
    assert len(named) > 3


def test_parquet_holds_what_csv_holds(export: tuple[str, ...], tmp_path: Path, wsnas: Commands) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    wsnas.output(*export, "--into", str(tmp_path))
    empty = []
    for name in TABLES:
        with (tmp_path / f"{name}.csv").open() as file:
            reader = csv.DictReader(file)
            rows, header = list(reader), reader.fieldnames
        table = parquet.read_table(tmp_path / f"{name}.parquet")
        assert header
        assert table.num_rows == len(rows)
        assert table.column_names == header
        empty += [name] if not rows else []
    assert {"importance", "effects"} <= set(empty) < set(TABLES)


def test_parquet_without_pyarrow_and_what_does_not_go_together_is_refused(
    export: tuple[str, ...], tmp_path: Path, wsnas: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "has_parquet", lambda: False)
    for arguments, words in (
        (("--out", str(tmp_path / "x.parquet")), "pip install 'wsnas[parquet]'"),
        (("--table", "tables"), "choose one of trials, curves"),
        (("--into", str(tmp_path), "--table", "curves"), "leave out --out and --table"),
    ):
        assert words in wsnas.refused(*export, *arguments)


def test_columns_of_mixed_kinds_become_text_and_missing_values_stay_missing(tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    rows = [{"a": 1, "b": True}, {"a": 0.5, "b": "x", "c": 3}]
    files.write_table(rows, tmp_path / "t.parquet")
    assert parquet.read_table(tmp_path / "t.parquet").to_pylist() == [
        {"a": 1.0, "b": "True", "c": None},
        {"a": 0.5, "b": "x", "c": 3},
    ]


@pytest.mark.parametrize("ending", [".csv", ".CSV", ".parquet"])
@pytest.mark.parametrize("name", TABLES)
def test_a_table_without_rows_has_its_columns(
    name: str, ending: str, finished: OpenStudy, tmp_path: Path
) -> None:
    path, wanted = tmp_path / f"table{ending}", list(columns(name, finished))
    if ending == ".parquet":
        parquet = pytest.importorskip("pyarrow.parquet")
        files.write_table([], path, wanted)
        assert parquet.read_table(path).column_names == wanted
    else:
        files.write_table([], path, wanted)
        assert path.read_text() == ",".join(wanted) + "\n"
    assert len(wanted) >= 4


def test_the_columns_of_a_table_without_rows_are_those_that_it_has_with_rows(
    finished: OpenStudy, answer: Answer
) -> None:
    wide, whole = factory.sobol(screen=128), factory.complete()
    answers = dict.fromkeys(("importance", "effects", "interactions", "divergence"), wide)
    for name, table in TABLES.items():
        real = name in ("trials", "curves", "ranking")
        rows = table(finished, answer if real else answers.get(name, whole))
        more = name in ("trials", "ranking")
        shown, wanted = list(rows[0]), list(columns(name, finished))
        assert (shown[: len(wanted)] if more else shown) == wanted, name


@pytest.mark.parametrize("name", ["x.json", "x.xlsx", "x", "x.csv.gz", ".csv", "x.parquet.old"])
def test_a_file_whose_ending_says_no_form_is_refused_before_anything_is_read(
    name: str, tmp_path: Path, wsnas: Commands
) -> None:
    nowhere = ("--storage", f"sqlite:///{tmp_path}/nowhere.db")
    error = wsnas.refused("export", *nowhere, "--out", str(tmp_path / name))
    assert "ends in .csv or .parquet" in error
    assert not list(tmp_path.iterdir())


def test_the_help_of_export_names_every_table(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["export", "--help"])
    words = set(re.findall(r"\w+", capsys.readouterr().out))
    assert set(TABLES) <= words
