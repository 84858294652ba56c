from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import optuna
import pytest
from optuna_dashboard import get_note
from optuna_dashboard._custom_plot_data import get_plotly_graph_objects

from studies.report import publish
from studies.report.dashboard.publish import confirm_note, note, plot_of
from studies.report.figures import CHANGES, CURVES, IMPORTANCE, PICTURES, RANKING
from studies.report.figures.wide.effects import EFFECTS
from studies.report.words.change_lines import change_lines
from studies.schedule.study import OpenStudy
from studies.schedule.ticket_study import TicketStudy
from studies.storage import open_storage, parse_address
from tests.studies.report import factory


@pytest.fixture
def opened(tmp_path):
    url = f"sqlite:///{tmp_path / 'study.db'}"
    storage = open_storage(url)
    for name in ("s", "s-confirm"):
        optuna.create_study(storage=storage, study_name=name)
    studies = [TicketStudy(storage=storage, study_name=name) for name in ("s", "s-confirm")]
    return OpenStudy(
        address=parse_address(url),
        storage=storage,
        study=studies[0],
        confirm=studies[1],
        settings=factory.settings(),
        costs={"fresh": np.ones(2)},
    )


def plots(opened):
    attributes = opened.study._storage.get_study_system_attrs(opened.study._study_id)
    return {name: json.loads(text) for name, text in get_plotly_graph_objects(attributes).items()}


def test_note_and_plots_are_saved_and_replaced(opened):
    publish(opened, factory.complete())
    first = plots(opened)
    names = ("changes", "ranking", "curves", "picks")
    assert set(first) == {f"wsnas-{name}" for name in names}
    assert "Train this super-net by the recipe below" in get_note(opened.study)
    publish(opened, factory.constant())
    publish(opened, factory.no_gain())
    second = plots(opened)
    assert set(second) == set(first)
    assert "does not show" in get_note(opened.study)
    assert "Train this super-net by" not in get_note(opened.study)


@pytest.mark.parametrize("case", ["empty", "tiny", "constant", "all_bad"])
def test_a_note_is_there_in_every_state(case, opened):
    publish(opened, factory.CASES[case]())
    shown = get_note(opened.study)
    assert "What this study asks" in shown
    assert "PED-ANOVA" in shown
    assert "phase" in shown


def test_the_plots_have_plain_numbers_and_the_foremost_factors():
    answer = factory.sobol()
    for picture in (IMPORTANCE, EFFECTS):
        text = plot_of(picture, answer).to_json()
        for one in answer.importance[:6]:
            assert one.name in text


def test_no_plot_has_packed_arrays():
    # The dashboard's plotly may be too old for them.
    for answer, count in ((factory.complete(), 4), (factory.sobol(), 5)):
        plots = [plot for picture in PICTURES if (plot := plot_of(picture, answer)) is not None]
        assert len(plots) == count
        assert not any("bdata" in plot.to_json() for plot in plots)


def test_the_plot_of_changes_has_their_effects_and_says_what_they_are():
    answer = factory.complete()
    plot = plot_of(CHANGES, answer)
    measured = [line for line in change_lines(answer) if line.effect.mean is not None]
    drawn = [trace for trace in plot.data if trace.mode == "markers"]
    assert [trace.x[0] for trace in drawn] == [line.effect.mean for line in reversed(measured)]
    assert "hurts" in drawn[-1].hovertext[0]
    assert "wsbn: off → on" in plot.layout.yaxis.ticktext


def test_the_notes_name_the_phases():
    changes, wide = note(factory.complete()), note(factory.sobol())
    assert "attribute `change`" in changes
    assert "`wsnas-changes`" in changes
    assert "spread evenly over the space" in wide
    for phase in ("selection", "recheck", "confirmation"):
        assert f"**Phase `{phase}`**" in confirm_note(factory.complete())


@pytest.mark.parametrize("answer", [factory.complete(), factory.sobol()], ids=["changes", "sobol"])
def test_a_plot_has_the_words_and_the_numbers_of_its_picture(answer):
    for picture in PICTURES:
        plot = plot_of(picture, answer)
        if plot is not None:
            axes = picture.draw(answer).axes[0]
            assert plot.layout.title.text.startswith(f"{picture.title}<br>")
            if picture is not RANKING:
                assert (plot.layout.xaxis.title.text or "") == axes.get_xlabel()


def test_bars_and_means_of_a_wide_screen_are_those_of_the_pictures():
    answer = factory.sobol()
    (bars,) = plot_of(IMPORTANCE, answer).data
    axes = IMPORTANCE.draw(answer).axes[0]
    assert sorted(bars.x) == pytest.approx(sorted(bar.get_width() for bar in axes.patches))
    assert list(bars.y) == [label.get_text() for label in axes.get_yticklabels()]


def test_means_of_the_effects_stand_where_the_picture_has_them():
    answer = factory.sobol()
    dots, means = plot_of(EFFECTS, answer).data[:2]
    drawn, *lines = EFFECTS.draw(answer).axes[0].lines
    assert list(dots.y) == drawn.get_ydata().tolist()
    heights = [height for height in means.y if height is not None]
    assert heights == [height for line in lines for height in line.get_ydata()]


def titles_and_rankings(answer):
    """What the menu offers, and the numbers that it draws."""
    (menu,) = plot_of(RANKING, answer).layout.updatemenus
    return {button.label: [button.args[0][axis][0] for axis in "xy"] for button in menu.buttons}


def with_rankings(answer, *signs):
    """Return an answer of trials with rankings, right ones (1) or inverted ones (-1), and those trials."""
    ranked = [trial for trial in answer.trials if trial.value is not None and not trial.diverged]
    texts = [json.dumps((sign * answer.trials_truth).tolist()) for sign in signs]
    kept = tuple(
        replace(trial, attributes={**trial.attributes, "correct": text})
        for trial, text in zip(ranked, texts, strict=False)
    )
    return replace(answer, trials=kept), kept


def test_rankings_of_trials_are_offered_before_anything_is_confirmed():
    assert plot_of(RANKING, factory.unconfirmed()) is None
    answer, (trial,) = with_rankings(factory.unconfirmed(), 1)
    assert list(titles_and_rankings(answer)) == [
        f"trial {trial.number} ({trial.phase}): s-KdT {trial.value:.2f}"
    ]


def test_the_menu_offers_each_trial_that_kept_its_ranking():
    answer, kept = with_rankings(factory.complete(), 1, -1, 1)
    entries = titles_and_rankings(answer)
    assert sum(title.startswith("trial ") for title in entries) == 3
    assert sum("fresh architectures" in title for title in entries) == 2
    chosen = next(xy for title, xy in entries.items() if title.startswith(f"trial {kept[1].number} "))
    assert np.corrcoef(*chosen)[0, 1] < -0.99


def test_curves_tell_pruned_trials_apart():
    answer = factory.complete()
    lines = plot_of(CURVES, answer).data
    pruned = [line for line in lines if line.name == "stopped early"]
    assert len(pruned) == sum(trial.value is None for trial in answer.trials)
    assert all(max(line.x) < 100 for line in pruned)


def test_markdown_in_names_is_escaped(opened):
    settings = factory.settings(table="a*b<i>")
    publish(opened, factory.unconfirmed(settings=settings, name="x`y"))
    assert "a\\*b\\<i\\>" in get_note(opened.study)
    assert "`` x`y-confirm ``" in get_note(opened.study)
