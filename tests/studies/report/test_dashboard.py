from __future__ import annotations

import json

import numpy as np
import optuna
import pytest
from optuna_dashboard import get_note
from optuna_dashboard._custom_plot_data import get_plotly_graph_objects

from studies.report import publish
from studies.report.dashboard.publish import (
    CURVES,
    EFFECTS,
    IMPORTANCE,
    PICKS,
    RANKING,
    effects_plot,
    importance_plot,
)
from studies.report.dashboard.trials import curves_plot, picks_plot, ranking_plot, rankings
from studies.schedule.queue import TicketStudy
from studies.schedule.study import OpenStudy
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
    publish(opened, factory.complete(screen=64))
    first = plots(opened)
    assert set(first) == {IMPORTANCE, EFFECTS, RANKING, CURVES, PICKS}
    assert "Train this super-net by the recipe below" in get_note(opened.study)
    publish(opened, factory.no_gain())
    second = plots(opened)
    assert set(second) == set(first)
    assert second[EFFECTS] != first[EFFECTS]
    assert "does not show" in get_note(opened.study)
    assert "Train this super-net by" not in get_note(opened.study)


@pytest.mark.parametrize("case", ["empty", "tiny", "constant", "all_bad"])
def test_a_note_is_there_in_every_state(case, opened):
    publish(opened, factory.CASES[case]())
    note = get_note(opened.study)
    assert "What this study asks" in note
    assert "PED-ANOVA" in note
    assert "phase" in note


def test_the_plots_have_plain_numbers_and_the_foremost_factors():
    answer = factory.complete()
    for figure in (importance_plot(answer), effects_plot(answer)):
        text = figure.to_json()
        for one in answer.importance[:6]:
            assert one.name in text


def test_no_plot_has_packed_arrays():
    # The dashboard's plotly may be too old for them.
    answer = factory.complete()
    for draw in (importance_plot, effects_plot, ranking_plot, curves_plot, picks_plot):
        assert "bdata" not in draw(answer).to_json()


def test_the_menu_offers_each_trial_that_kept_its_ranking():
    answer = factory.complete()
    kept = [t for t in answer.trials if t.value is not None and not t.diverged][:3]
    truth = answer.trials_truth
    for trial, sign in zip(kept, (1, -1, 1), strict=True):
        trial.attributes["correct"] = json.dumps((sign * truth).tolist())
    entries = {title: (x, y) for title, x, y in rankings(answer)}
    assert sum(title.startswith("trial ") for title in entries) == 3
    assert sum("fresh architectures" in title for title in entries) == 2
    chosen = next(xy for title, xy in entries.items() if title.startswith(f"trial {kept[1].number} "))
    assert np.corrcoef(*chosen)[0, 1] < -0.99
    menu = ranking_plot(answer).layout.updatemenus[0]
    assert [button.label for button in menu.buttons] == list(entries)
    for trial in kept:
        del trial.attributes["correct"]


def test_curves_tell_pruned_trials_apart():
    answer = factory.complete()
    lines = curves_plot(answer).data
    pruned = [line for line in lines if line.name == "stopped early"]
    assert len(pruned) == sum(trial.value is None for trial in answer.trials)
    assert all(max(line.x) < 100 for line in pruned)


def test_markdown_in_names_is_escaped(opened):
    settings = factory.settings(table="a*b<i>")
    publish(opened, factory.unconfirmed(settings=settings, name="x`y"))
    assert "a\\*b\\<i\\>" in get_note(opened.study)
    assert "x'y-confirm" in get_note(opened.study)
