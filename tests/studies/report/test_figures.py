from __future__ import annotations

import pytest

from studies.report import save_figures
from studies.report.figures import PICTURES
from tests.studies.report import factory
from wsnas.errors import InputError


@pytest.mark.parametrize(
    "case", ["complete", "unconfirmed", "tiny", "empty", "constant", "all_bad", "baseline_wins"]
)
@pytest.mark.filterwarnings("error")
def test_every_picture_that_is_ready_is_drawn_without_warnings(case, tmp_path):
    answer = factory.CASES[case]()
    files = save_figures(answer, tmp_path / "figures", formats=("svg",))
    assert [file.stem for file in files] == [p.name for p in PICTURES if p.ready(answer)]
    assert all(file.stat().st_size > 1000 for file in files)


def test_which_pictures_are_ready_follows_the_data():
    def names(answer):
        return {picture.name for picture in PICTURES if picture.ready(answer)}

    assert names(factory.complete()) == {picture.name for picture in PICTURES}
    assert names(factory.empty()) == set()
    assert names(factory.tiny()) == {"history", "curves", "accuracy", "cost"}
    assert "ranking" not in names(factory.unconfirmed())


def test_the_winner_is_drawn_with_its_own_points():
    answer = factory.complete()
    figure = next(picture for picture in PICTURES if picture.name == "ranking").draw(answer)
    (line,) = figure.axes[0].lines
    assert line.get_xdata() == pytest.approx(100 * answer.truth)
    assert line.get_ydata() == pytest.approx(100 * answer.winner.accuracies.mean(axis=0))
    assert f"{answer.winner.skdt.mean:.2f}" in figure.axes[0].get_title(loc="left")


def test_history_rises_over_complete_trials_only():
    answer = factory.complete()
    figure = next(picture for picture in PICTURES if picture.name == "history").draw(answer)
    (best,) = [line for line in figure.axes[0].lines if line.get_label() == "best so far"]
    heights = list(best.get_ydata())
    assert heights == sorted(heights)
    values = [t.value for t in answer.trials if t.value is not None and not t.diverged]
    assert heights[-1] == max(values)
    (pruned,) = [line for line in figure.axes[0].lines if line.get_label() == "stopped early"]
    assert len(pruned.get_xdata()) == sum(t.value is None for t in answer.trials)


def test_several_formats_and_an_unknown_one(tmp_path):
    files = save_figures(factory.tiny(), tmp_path, formats=("png", "pdf"))
    assert {file.suffix for file in files} == {".png", ".pdf"}
    with pytest.raises(InputError, match="figure format 'gif2'"):
        save_figures(factory.tiny(), tmp_path, formats=("gif2",))
