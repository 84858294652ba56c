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
from studies.report.tables.catalogue import EMPTY, TABLES
from studies.schedule.study import OpenStudy
from tests.studies.commands import Commands
from tests.studies.report import factory


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
    for seed, value in zip(answer.winner.seeds, answer.winner.skdt.values, strict=True):
        assert sparse_kendall_tau([row[f"best_seed_{seed}"] for row in rows], truth) == pytest.approx(value)
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
    measured = {row["what"]: row for row in TABLES["measured"](finished, answer)}
    assert answer.winner is not None
    assert measured["best recipe"]["low"] == answer.winner.skdt.low
    assert measured["noise ceiling"]["mean"] == 0.931
    larger = factory.complete()
    effects = TABLES["effects"](finished, larger)
    assert {row["equal"] for row in effects} == {"recipe", "recipe and time"}
    assert {row["factor"] for row in effects} == {effect.name for effect in larger.effects}


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
    assert {file.name for file in (tmp_path / "tables").iterdir()} == {f"{name}.csv" for name in TABLES}
    assert len(said) == 2
    assert "pip install 'wsnas[parquet]'" in said[1]
    shown = io.StringIO(wsnas.output(*export, "--table", "importance"))
    assert {row["name"] for row in csv.DictReader(shown)} == {
        factor.name for factor in finished.settings.factors
    }


def test_parquet_holds_what_csv_holds(export: tuple[str, ...], tmp_path: Path, wsnas: Commands) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    wsnas.output(*export, "--into", str(tmp_path))
    for name in TABLES:
        with (tmp_path / f"{name}.csv").open() as file:
            rows = list(csv.DictReader(file))
        if not rows:
            continue
        table = parquet.read_table(tmp_path / f"{name}.parquet")
        assert table.num_rows == len(rows)
        assert table.column_names == list(rows[0])


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


@pytest.mark.parametrize("name", sorted(EMPTY))
def test_a_table_without_rows_has_its_columns(name: str, tmp_path: Path) -> None:
    files.write_table([], tmp_path / "table.csv", EMPTY[name])
    assert next(csv.reader((tmp_path / "table.csv").open())) == list(EMPTY[name])


def test_the_columns_of_a_table_without_rows_are_those_that_it_has_with_rows(finished: OpenStudy) -> None:
    whole = factory.complete(screen=128)
    for name in ("interactions", "search"):
        assert set(TABLES[name](finished, whole)[0]) == set(EMPTY[name])


def test_the_help_of_export_names_every_table(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["export", "--help"])
    words = set(re.findall(r"\w+", capsys.readouterr().out))
    assert set(TABLES) <= words
