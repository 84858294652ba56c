from __future__ import annotations

import pytest

from studies.config.inputs import Place
from studies.verdicts.ablation import plan
from studies.verdicts.cost import seconds_by_probe, seconds_left, work
from studies.verdicts.store import Question
from tests.studies.verdicts.results import fill


def test_recipes_that_have_run_take_what_they_took(tmp_path, settings_of):
    ablation = fill(tmp_path, settings_of("nb201"), seeds=1)
    runs = ablation.runs(2)
    left = runs[len(ablation.runs(1)) :]
    assert seconds_left(tmp_path, runs, left) == pytest.approx(4.0 * len(left))


def test_nothing_is_known_before_the_first_run(tmp_path, settings_of):
    ablation = fill(tmp_path, settings_of("nb201"), seeds=0)
    assert seconds_left(tmp_path, ablation.runs(1), ablation.runs(1)) is None


def test_a_probe_gives_an_estimate_that_grows_with_the_runs(settings_of):
    settings = settings_of("nb201")
    question = Question(settings=settings, reference=settings.baseline(), origin="")
    (run, *_rest) = plan(settings, question.reference).runs(1)
    assert seconds_by_probe(question, Place(device="cpu"), [run]) > 0
    assert seconds_by_probe(question, Place(device="cpu"), []) == 0


def test_work_grows_with_epochs_images_cells_and_steps(settings_of):
    recipe = dict(settings_of("nb201").baseline())
    for name, factor in (("epochs", 2), ("train_portion", 2), ("cells", 2), ("batch_size", 0.5)):
        assert work({**recipe, name: recipe[name] * factor}) > work(recipe)
