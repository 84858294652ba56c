from __future__ import annotations

from dataclasses import replace

import pytest

from objectives.recipe import Recipe
from studies.config.inputs import Place
from studies.verdicts import measure as measuring
from studies.verdicts.ablation import REFERENCE_TIMES, plan
from studies.verdicts.run import Crew, todo, work
from studies.verdicts.store import Question, claimed, open_folder, read_question, read_result, write_result
from tests.studies.verdicts.results import invented
from wsnas.errors import InputError


@pytest.fixture
def question(settings_of):
    settings = settings_of("nb201")
    return Question(settings=settings, reference=settings.baseline(), origin="the baseline recipe")


@pytest.fixture
def trained(monkeypatch):
    """Runs are invented instead of trained; the names of those that were asked for are kept."""
    names = []

    def fake(settings, problem, pool, run):
        names.append(run.name)
        return invented(settings, run, pool)

    monkeypatch.setattr(measuring, "measure", fake)
    return names


def crew(deadline=None):
    return Crew(workers=1, place=Place(device="cpu"), deadline=deadline)


def test_a_question_is_read_as_it_was_written(tmp_path, question):
    open_folder(tmp_path / "a", question)
    kept = read_question(tmp_path / "a")
    assert kept.settings.fingerprint() == question.settings.fingerprint()
    assert (kept.reference, kept.origin) == (question.reference, question.origin)


def test_another_centre_is_refused_by_name(tmp_path, question):
    open_folder(tmp_path, question)
    other = Recipe({**question.reference, "learning_rate": 0.1})
    with pytest.raises(InputError, match=r"reference\.learning_rate"):
        open_folder(tmp_path, Question(settings=question.settings, reference=other, origin=""))


def test_a_file_is_no_folder(tmp_path, question):
    file = tmp_path / "file"
    file.write_text("")
    with pytest.raises(InputError, match="a folder is wanted"):
        open_folder(file, question)


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"format": 99}'])
def test_a_damaged_question_is_one_line(tmp_path, text):
    (tmp_path / "ablation.json").write_text(text)
    with pytest.raises(InputError, match=r"ablation\.json"):
        read_question(tmp_path)


def test_work_trains_each_run_once_and_resumes(tmp_path, question, trained):
    open_folder(tmp_path, question)
    runs = plan(question.settings, question.reference).runs(2)
    for run in runs[:5]:
        write_result(tmp_path, run, invented(question.settings, run, measuring.both_pools(question.settings)))
    work(tmp_path, seeds=2, crew=crew())
    assert trained == [run.name for run in runs[5:]]
    assert todo(tmp_path, runs) == []
    assert not list(tmp_path.glob("*.lock"))


def test_a_run_that_another_process_holds_is_left_to_it(tmp_path, question, trained):
    open_folder(tmp_path, question)
    runs = plan(question.settings, question.reference).runs(1)
    with claimed(tmp_path, runs[0]) as free:
        assert free
        work(tmp_path, seeds=1, crew=crew())
    assert trained == [run.name for run in runs[1:]]


def test_runs_of_some_claims_alone_can_be_done(tmp_path, question, trained):
    open_folder(tmp_path, question)
    some = replace(crew(), claims=("path_dropout",))
    work(tmp_path, seeds=1, crew=some)
    assert len(trained) == REFERENCE_TIMES + 1
    with pytest.raises(InputError, match="path_dropout, global_dropout"):
        work(tmp_path, seeds=1, crew=replace(crew(), claims=("magic",)))


def test_nothing_is_begun_after_the_deadline(tmp_path, question, trained):
    open_folder(tmp_path, question)
    work(tmp_path, seeds=1, crew=crew(deadline=1.0))
    assert trained == []


def test_a_result_is_read_as_it_was_written(tmp_path, question):
    (run, *_rest) = plan(question.settings, question.reference).runs(1)
    assert read_result(tmp_path, run) is None
    result = invented(question.settings, run, measuring.both_pools(question.settings))
    write_result(tmp_path, run, result)
    assert read_result(tmp_path, run) == result


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"correct": 3}'])
def test_a_damaged_result_is_named(tmp_path, question, text):
    (run, *_rest) = plan(question.settings, question.reference).runs(1)
    (tmp_path / f"{run.name}.json").write_text(text)
    with pytest.raises(InputError, match="delete it"):
        read_result(tmp_path, run)


def test_a_real_run_keeps_what_it_measured(settings_of):
    from studies.config.inputs import load_problem
    from studies.verdicts.measure import both_pools, measure
    from wsnas.ranking.pools import Pool

    settings = settings_of("nb201")
    whole = both_pools(settings)
    assert len(whole) == 400
    pool = Pool(architectures=whole.architectures[:12], truth=whole.truth[:12])
    (run, *_rest) = plan(settings, settings.baseline()).runs(1)
    problem = load_problem(settings, Place(device="cpu"))
    first, again = (measure(settings, problem, pool, run) for _ in range(2))
    assert first.correct == again.correct
    assert len(first.correct) == 12
    assert first.images_seen > 0
    assert -1 <= first.sparse_kendall_tau <= 1
