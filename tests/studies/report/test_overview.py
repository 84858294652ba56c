from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from studies.report.page.overview import conclusion, render_overview, what_mattered
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
