from __future__ import annotations

import numpy as np
import pytest

from studies.report import save_figures
from studies.report.figures import PICTURES
from studies.report.words.change_lines import change_lines
from tests.studies.report import factory
from wsnas.errors import InputError
from wsnas.ranking.ensemble import mean_ranks

PICTURE = {picture.name: picture for picture in PICTURES}


# Pictures of the other states are drawn where their pages are tested.
@pytest.mark.parametrize("case", ["complete", "sobol", "unconfirmed", "baseline_wins", "constant"])
@pytest.mark.filterwarnings("error")
def test_every_picture_that_is_ready_is_drawn_without_warnings(case, tmp_path):
    answer = factory.CASES[case]()
    files = save_figures(answer, tmp_path / "figures", formats=("svg",))
    assert [file.stem for file in files] == [p.name for p in PICTURES if p.ready(answer)]
    assert all(file.stat().st_size > 1000 for file in files)


def test_which_pictures_are_ready_follows_the_data():
    def names(answer):
        return {picture.name for picture in PICTURES if picture.ready(answer)}

    wide = {"importance", "contrasts", "effects", "signal"}
    assert names(factory.complete()) == {picture.name for picture in PICTURES} - wide
    assert names(factory.sobol()) == {picture.name for picture in PICTURES} - {"changes"}
    assert names(factory.empty()) == set()
    assert names(factory.tiny()) == {"history", "curves", "accuracy", "picks", "cost"}
    assert "ranking" not in names(factory.unconfirmed())


def test_the_winner_is_drawn_with_its_own_ranks_and_ties_share_a_column():
    answer = factory.complete()
    axes = PICTURE["ranking"].draw(answer).axes[0]
    dots = axes.lines[-1]
    assert np.argsort(dots.get_ydata()).tolist() == np.argsort(mean_ranks(answer.winner.predicted)).tolist()
    columns = dict(zip(np.floor(answer.truth / 0.001 + 1e-6), dots.get_xdata(), strict=True))
    assert len(set(columns.values())) == len(columns) < len(answer.truth)
    assert f"{answer.winner.ensemble.skdt.mean:.2f}" in axes.get_title(loc="left")


def test_trivial_rankers_stand_beside_the_super_nets():
    answer = factory.complete()
    titles = [axes.get_title(loc="left") for axes in PICTURE["ranking"].draw(answer).axes]
    assert titles == [
        f"best recipe, ensemble of 5: {answer.winner.ensemble.skdt.mean:.2f}",
        f"baseline, ensemble of 5: {answer.baseline.ensemble.skdt.mean:.2f}",
        f"counting parameters: {answer.reference_rankers['parameters'].mean:.2f}",
        f"counting FLOPs: {answer.reference_rankers['FLOPs'].mean:.2f}",
    ]
    rows = [label.get_text() for label in PICTURE["measured"].draw(answer).axes[0].get_yticklabels()]
    assert rows[0] == "noise ceiling  0.93"
    assert len(rows) == 9


def test_contrasts_are_drawn_with_the_intervals_of_the_analysis():
    answer = factory.sobol()
    axes = PICTURE["contrasts"].draw(answer).axes[0]
    names = [label.get_text() for label in axes.get_yticklabels()]
    (effect,) = [one for one in answer.effects if one.name == "bn_statistics"]
    change = next(one for one in effect.equal_recipe.from_default if one.first == "tracked")
    height = names.index("bn_statistics: batch to tracked")
    ends = [
        (segment[0][0], segment[1][0])
        for collection in axes.collections
        for segment in collection.get_segments()
        if abs(segment[0][1] - (height + 0.14)) < 1e-9
    ]
    among = (change.low_among_all, change.high_among_all)
    assert ends == [pytest.approx((change.low, change.high)), pytest.approx(among)]
    assert among[0] < change.low < change.high < among[1]


def test_changes_are_drawn_with_their_effects_and_intervals_in_the_order_of_the_table():
    answer = factory.complete()
    lines = [line for line in change_lines(answer) if line.effect.mean is not None][::-1]
    axes = PICTURE["changes"].draw(answer).axes[0]
    names = [label.get_text() for label in axes.get_yticklabels()]
    assert names == [f"{line.factor}: {line.change}" for line in lines]
    segments = [one.get_segments()[0] for one in axes.collections]
    ends = [(left[0], right[0]) for left, right in segments]
    reach = axes.get_xlim()[1]
    for line, (low, high) in zip(lines, ends, strict=True):
        assert low == pytest.approx(max(line.effect.low, -reach), abs=0.05)
        assert high == pytest.approx(min(line.effect.high, reach), abs=0.05)


def test_history_rises_over_complete_trials_only():
    answer = factory.complete()
    lines = {line.get_label(): line for line in PICTURE["history"].draw(answer).axes[0].lines}
    heights = list(lines["best so far"].get_ydata())
    assert heights == sorted(heights)
    values = [t.value for t in answer.trials if t.value is not None and not t.diverged]
    assert heights[-1] == max(values)
    assert len(lines["stopped early"].get_xdata()) == sum(t.value is None for t in answer.trials)


def test_several_formats_and_an_unknown_one(tmp_path):
    files = save_figures(factory.tiny(), tmp_path, formats=("png", "pdf"))
    assert {file.suffix for file in files} == {".png", ".pdf"}
    pdf = next(file for file in files if file.suffix == ".pdf").read_bytes()
    assert b"/Type3" not in pdf
    assert b"/TrueType" in pdf or b"/CIDFontType2" in pdf
    with pytest.raises(InputError, match="figure format 'gif2'"):
        save_figures(factory.tiny(), tmp_path, formats=("gif2",))
