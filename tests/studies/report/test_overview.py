from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import optuna
import pytest

from studies.report.page.overview import conclusion, render_overview, what_mattered
from studies.storage.optuna_internals import attributes_of
from tests.studies.commands import Commands
from tests.studies.report import factory


def test_the_conclusion_tells_gains_from_what_is_open_or_not_shown():
    text = conclusion(
        [
            replace(factory.complete(), name="a"),
            replace(factory.no_gain(), name="b"),
            replace(factory.baseline_wins(), name="c"),
            replace(factory.unconfirmed(), name="d"),
        ]
    )
    assert "beat its baseline on a (by " in text
    assert "None was shown to do so on b and c." in text
    assert "Not confirmed yet: d." in text


def test_factors_are_listed_with_the_studies_that_tell_them_apart():
    told = replace(factory.complete(), name="told")
    silent = replace(factory.constant(), name="silent")
    text = what_mattered([told, silent])
    assert "bn_statistics (told)" in text
    assert "bn_statistics (wide)" in what_mattered([replace(factory.sobol(), name="wide")])
    assert "silent" not in text
    assert what_mattered([silent]).startswith("No study tells a factor apart")


@pytest.mark.parametrize("names", [(), ("empty",), ("complete", "empty"), tuple(factory.CASES)])
@pytest.mark.filterwarnings("error")
def test_the_page_stands_in_every_state(names):
    answers = [replace(factory.CASES[name](), name=f"<{name}>") for name in names]
    text = render_overview(answers, links={"<complete>": "x/report.html"}, command="make <it>")
    assert text.startswith("<!doctype html>")
    assert "<script" not in text
    assert "make &lt;it&gt;" in text
    assert all(f"&lt;{name}&gt;" in text for name in names)
    assert ('href="x/report.html"' in text) is ("complete" in names)


def test_report_all_writes_the_overview_beside_the_reports(
    small_study: Path, tmp_path: Path, wsnas: Commands
) -> None:
    for file in (small_study / "runs").glob("wsnas.db*"):
        shutil.copy(file, tmp_path)
    command = ("report", "--all", "--storage", f"sqlite:///{tmp_path}/wsnas.db")
    shown = wsnas.output(*command, "--figures", str(tmp_path / "figures"))
    assert f"Overview: {tmp_path}/overview.html" in shown
    page = (tmp_path / "overview.html").read_text()
    assert 'href="nb201-mini/report.html"' in page
    assert (tmp_path / "nb201-mini/report.html").exists()
    assert (tmp_path / "figures/nb201-mini/ranking.pdf").exists()
    assert "leave out --study" in wsnas.refused(*command, "--study", "x")


def test_studies_that_are_broken_are_named_and_leave_the_others_their_reports(
    invented_study: Path, tmp_path: Path, wsnas: Commands
) -> None:
    url = f"sqlite:///{invented_study}/wsnas.db"
    whole = optuna.load_study(study_name="nb201-tiny", storage=url)
    broken: dict[str, dict[str, object]] = {
        "x" * 300: {},
        "../out": {},
        "no-costs": {"costs": None},
        "bad-costs": {"costs": "{"},
        "no-settings": {"settings": None},
        "bad-settings": {"settings": "text"},
        "odd-grace": {"grace_seconds": "soon"},
        "half": {},
    }
    for name, changes in broken.items():
        study = optuna.create_study(study_name=name, storage=url, direction="maximize")
        for key, value in {**attributes_of(whole), **changes}.items():
            study.set_user_attr(key, value)
        if name != "half":
            optuna.create_study(study_name=f"{name}-confirm", storage=url, direction="maximize")
    (invented_study / "foreign").mkdir()
    (invented_study / "foreign/a.txt").touch()
    optuna.copy_study(from_study_name="nb201-tiny", to_study_name="foreign", from_storage=url, to_storage=url)
    optuna.create_study(study_name="foreign-confirm", storage=url)
    shown = wsnas.output("report", "--all", "--storage", url)
    left_out = [line.partition(": ")[2] for line in shown.splitlines() if line.startswith("Left out: ")]
    assert sorted(line.partition(": ")[0] for line in left_out) == sorted([*broken, "foreign"])
    assert all(line.partition(": ")[2] for line in left_out)
    assert (invented_study / "nb201-tiny/report.html").exists()
    assert not (tmp_path / "out").exists()
