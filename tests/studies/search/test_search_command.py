from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from rich.console import Console

from objectives.evaluate import rank
from objectives.question.inputs import FRESH, TRIALS, Place, load_pools
from studies.report.answer import SEARCH
from studies.report.finish import finish, record
from studies.report.gather import gather
from studies.schedule.readings import predicted
from studies.schedule.study import OpenStudy, open_study
from studies.search import Again, confirmed_runs, load_ranker, member, search_by_evolution, search_by_random
from studies.search.kept import KeptSearch
from studies.search.member import Member
from studies.search.published import READ, published
from studies.search.ranker import Ranker
from studies.search.wording import CAUTION
from studies.workers.leftovers import Folders
from studies.workers.runner import TrialRunner
from studies.workers.weights import weights_path
from studies.workers.worker import work
from tests.studies.commands import Commands
from wsnas.errors import RunError
from wsnas.ranking.evolution import EvolutionPlan
from wsnas.ranking.judged import SCORES, Judged

if TYPE_CHECKING:
    from objectives.problem import Problem
    from objectives.recipe import Recipe
    from wsnas.supernets.base import SuperNet

PLACE = Place(device="cpu")
PLAN = EvolutionPlan(population=8, cycles=20, tournament=4)


@pytest.fixture
def command(small_study: Path) -> tuple[str, ...]:
    return ("search", "--study", "nb201-mini", "--storage", f"sqlite:///{small_study}/runs/wsnas.db")


@pytest.fixture
def supernets(small_study: Path) -> Path:
    """The folder with the weights of the study's super-nets; do not change it."""
    return small_study / "runs/nb201-mini"


@pytest.fixture
def kept(supernets: Path, tmp_path: Path) -> Path:
    """A folder with copies of them."""
    for file in supernets.glob("supernet-*.pt"):
        shutil.copy(file, tmp_path)
    return tmp_path


@pytest.fixture
def ranker(finished: OpenStudy, supernets: Path) -> Ranker:
    return _load(finished, supernets)


def _load(finished: OpenStudy, folder: Path, **more: Any) -> Ranker:
    ranker = load_ranker(finished, folder=folder, place=PLACE, **more)
    assert ranker is not None
    return ranker


def _values(wsnas: Commands, *arguments: str) -> dict[str, Any]:
    values: dict[str, Any] = json.loads(wsnas.output(*arguments, "--json"))
    return values


def test_random_search_repeats_by_its_seed_and_shows_truth_rank_regret_and_chance(
    command: tuple[str, ...], wsnas: Commands
) -> None:
    first, again, other = (
        _values(wsnas, *command, "--size", "12", "--seed", seed, "--draws", "5") for seed in ("1", "1", "2")
    )
    assert first == again
    assert first["picks"] != other["picks"]
    assert first["searched"] == first["known"] == 12
    best = first["picks"][0]
    assert first["regret"] == pytest.approx(first["best_truth"] - best["truth"])
    assert first["surpass_random"] == pytest.approx(((15625 - best["rank"]) / 15625) ** 5)
    assert first["best_searched"] >= best["truth"]


def test_evolution_repeats_by_its_seed(command: tuple[str, ...], wsnas: Commands) -> None:
    evolve = ("--method", "evolve", "--population", "6", "--cycles", "10", "--tournament", "3", "--seed")
    first, again, other = (_values(wsnas, *command, *evolve, seed) for seed in ("1", "1", "2"))
    assert first == again
    assert first["method"] == "evolve"
    assert first["picks"] != other["picks"]
    assert 6 < first["searched"] <= 16


def test_what_is_shown_names_formula_sources_and_how_each_is_known(
    command: tuple[str, ...], wsnas: Commands
) -> None:
    small = ("--set", "epochs=1", "--set", "resolution=8", "--set", "channels=2")
    shown = wsnas.output(*command, "--size", "5", "--retrain", "--seeds", "1", *small)
    for words in (
        "((size - rank) / size) ^ n",
        "n = 10",
        "Trained from scratch 1 time",
        "epochs 1",
        READ,
        "GDAS",
    ):
        assert words in " ".join(shown.split())


def test_neither_way_of_searching_ranks_what_computes_the_same_as_the_pool_of_the_trials(
    finished: OpenStudy, ranker: Ranker, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged: list[Any] = []

    def watched(problem: Problem, recipe: Recipe, supernet: SuperNet, cells: Any, **more: Any) -> Judged:
        judged.extend(cells)
        return rank(problem, recipe, supernet, cells, **more)

    monkeypatch.setattr(member, "rank", watched)
    identity = ranker.problem.space.identity
    used = {identity(cell) for cell in load_pools(finished.settings)[TRIALS].architectures}
    for search, once in (
        (lambda: search_by_random(finished, ranker, size=60), True),
        # Cells that compute the same have weights of their own in a super-net.
        (lambda: search_by_evolution(finished, ranker, plan=PLAN, seed=5), False),
    ):
        judged.clear()
        assert search() is not None
        functions = {identity(cell) for cell in judged}
        assert len({*judged}) >= PLAN.population
        assert not used & functions
        assert len(functions) == len({*judged}) or not once


def test_supernets_search_by_the_problems_score_and_show_accuracies(
    finished: OpenStudy, ranker: Ranker
) -> None:
    parse = ranker.problem.space.parse
    found = {}
    for score in SCORES:
        judges = replace(ranker, problem=replace(ranker.problem, score=score))
        search = search_by_random(finished, judges, size=12)
        assert search is not None
        cells = [parse(pick.architecture) for pick in search.picks]
        scores = judges.score(cells)
        assert scores.tolist() == sorted(scores, reverse=True)
        assert [pick.supernet_accuracy for pick in search.picks] == ranker.accuracies(cells).mean(
            axis=0
        ).tolist()
        found[score] = cells
    assert found["accuracy"] != found["cross_entropy"]


def test_all_confirmed_supernets_search_and_their_mean_decides(finished: OpenStudy, ranker: Ranker) -> None:
    assert len(ranker.members) == len(confirmed_runs(finished)) > 1
    cells = load_pools(finished.settings)[FRESH].architectures[:20]
    each = ranker.score_each(cells)
    assert not np.array_equal(each[0], each[1])
    np.testing.assert_allclose(ranker.score(cells), each.mean(axis=0))
    for scores, run in zip(each, confirmed_runs(finished), strict=True):
        # The files are those of the very runs: they give what the runs recorded.
        np.testing.assert_allclose(scores, predicted(run, ranker.problem.score)[:20], atol=0.011)


def test_a_study_keeps_the_weights_of_its_winner_alone(finished: OpenStudy, supernets: Path) -> None:
    tickets = [run.user_attrs["ticket"] for run in confirmed_runs(finished)]
    assert {file.name for file in supernets.glob("supernet-*.pt")} == {
        weights_path(Path(), finished.key, ticket, 0).name for ticket in tickets
    }


def test_weights_of_former_winners_go_and_those_of_another_study_stay(
    finished: OpenStudy, kept: Path
) -> None:
    ours = {file.name for file in kept.glob("supernet-*.pt")}
    other, former = (weights_path(kept, key, 99, 0) for key in ("another", finished.key))
    for file in (other, former):
        file.write_bytes(b"")
    work(finished, TrialRunner(finished, place=PLACE, folders=Folders(study=kept)))
    assert {file.name for file in kept.glob("supernet-*.pt")} == {*ours, other.name}


def test_diverged_runs_do_not_search(finished: OpenStudy, monkeypatch: pytest.MonkeyPatch) -> None:
    runs = confirmed_runs(finished)
    monkeypatch.setitem(runs[0].user_attrs, "diverged", True)
    assert [run.number for run in confirmed_runs(finished)] == [run.number for run in runs[1:]]


def test_weights_that_are_missing_are_trained_again_to_the_same_and_the_others_are_not(
    finished: OpenStudy, ranker: Ranker, kept: Path
) -> None:
    run = confirmed_runs(finished)[1]
    weights_path(kept, finished.key, run.user_attrs["ticket"], 0).unlink()
    told: list[Again] = []
    again = _load(finished, kept, on_again=told.append)
    assert {(one.number, one.seed) for one in told} == {(2, run.user_attrs["seed"])}
    assert told[0].pace is None
    assert told[-1].pace is not None
    assert told[-1].pace.epoch == told[-1].pace.epochs
    cells = load_pools(finished.settings)[FRESH].architectures[:20]
    np.testing.assert_array_equal(ranker.score_each(cells), again.score_each(cells))
    told.clear()
    _load(finished, kept, on_again=told.append)
    assert not told


def test_damaged_weights_are_trained_again_and_said(
    finished: OpenStudy, kept: Path, caplog: pytest.LogCaptureFixture
) -> None:
    ticket = confirmed_runs(finished)[0].user_attrs["ticket"]
    weights_path(kept, finished.key, ticket, 0).write_bytes(b"no weights")
    told: list[Again] = []
    _load(finished, kept, on_again=told.append)
    assert {one.number for one in told} == {1}
    assert "damaged" in caplog.text


def test_the_answer_is_written_and_printed_though_the_search_fails(
    finished: OpenStudy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RunError("no weights")

    monkeypatch.setattr("studies.report.finish._searched", lambda _: False)
    monkeypatch.setattr("studies.report.finish.load_and_show", fail)
    monkeypatch.setattr("studies.report.finish.attach_report", lambda *_, **__: None)
    monkeypatch.setattr("studies.report.finish.publish", lambda *_, **__: None)
    console = Console(record=True, width=100)
    with pytest.raises(RunError, match="no weights"):
        finish(finished, folder=tmp_path, place=PLACE, console=console)
    assert (tmp_path / "report.html").exists()
    assert (tmp_path / "best.toml").exists()
    assert "Answer of study" in console.export_text()


def test_a_call_that_was_cut_off_is_gone_on_with(finished: OpenStudy, tmp_path: Path) -> None:
    def stop_at_the_second(again: Again) -> None:
        if again.number == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        _load(finished, tmp_path, on_again=stop_at_the_second)
    told: list[Again] = []
    _load(finished, tmp_path, on_again=told.append)
    assert min(one.number for one in told) == 2
    assert not list(tmp_path.glob("*.part"))


def test_a_random_search_that_was_cut_off_asks_whole_supernets_no_more(
    finished: OpenStudy, ranker: Ranker, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    judge = Member.judge

    def judged(self: Member, *arguments: Any, **more: Any) -> Judged:
        asked.append(self.seed)
        if len(asked) == 2:
            raise KeyboardInterrupt
        return judge(self, *arguments, **more)

    whole = search_by_random(finished, ranker, size=12)
    monkeypatch.setattr(Member, "judge", judged)
    with pytest.raises(KeyboardInterrupt):
        search_by_random(finished, ranker, size=12, folder=kept)
    assert len(list(kept.glob("search-*.npz"))) == 1
    parts: list[float] = []
    again = search_by_random(finished, ranker, size=12, folder=kept, on_part=parts.append)
    assert again == whole
    assert parts == list(range(1, ranker.parts + 1))
    first, *others = (member.seed for member in ranker.members)
    # Once more each for the accuracies of the picks.
    assert asked == [first, others[0], *others, first, *others]
    assert not list(kept.glob("search-*.npz"))


def test_what_is_kept_of_another_search_or_damaged_is_not_taken(tmp_path: Path) -> None:
    judged = Judged(correct=np.array([1, 2]), losses=np.array([0.5, 0.25]), images=4)
    ours = KeptSearch.of(tmp_path, "key", ["a", "b"])
    ours.save(7, judged)
    found = ours.load(7)
    assert found is not None
    assert (found.correct.tolist(), found.losses.tolist(), found.images) == ([1, 2], [0.5, 0.25], 4)
    assert ours.load(8) is None
    assert KeptSearch.of(tmp_path, "key", ["b", "a"]).load(7) is None
    next(tmp_path.glob("search-*.npz")).write_bytes(b"PK\x03\x04 damaged")
    assert ours.load(7) is None


def test_the_best_for_their_size_are_shown_with_intervals(command: tuple[str, ...], wsnas: Commands) -> None:
    values = _values(wsnas, *command, "--size", "12", "--seed", "1", "--objective", "accuracy,flops")
    front = values["front"]
    assert [one["cost"] for one in front] == sorted(one["cost"] for one in front)
    assert front[-1]["architecture"] == values["picks"][0]["architecture"]
    assert all(one["low"] <= one["supernet_accuracy"] <= one["high"] for one in front)
    shown = wsnas.output(*command, "--size", "12", "--seed", "1", "--objective", "accuracy,parameters")
    assert "The best for their parameters" in shown
    assert "super-nets rank up to 12 architectures" in shown


def test_fewer_supernets_can_be_asked_for_and_the_output_says_how_many(
    command: tuple[str, ...], wsnas: Commands
) -> None:
    one, all_ = (
        _values(wsnas, *command, "--size", "30", "--seed", "1", *some) for some in (("--supernets", "1"), ())
    )
    assert one["supernets"] == 1
    assert all_["supernets"] > 1
    assert [pick["supernet_accuracy"] for pick in one["picks"]] != [
        pick["supernet_accuracy"] for pick in all_["picks"]
    ]
    shown = " ".join(wsnas.output(*command, "--size", "5").split())
    assert f"The mean of {all_['supernets']} super-nets judged 5 random architectures" in shown
    assert " ".join(CAUTION.split()) in shown


def test_the_study_searched_with_all_supernets_and_an_old_outcome_of_one_still_loads(
    finished: OpenStudy, small_study: Path, tmp_path: Path
) -> None:
    outcome = gather(finished, rounds=2).search
    assert outcome is not None
    assert outcome.supernets == len(confirmed_runs(finished))
    for file in (small_study / "runs").glob("wsnas.db*"):
        shutil.copy(file, tmp_path)
    copied = open_study(f"sqlite:///{tmp_path}/wsnas.db", "nb201-mini")
    values = json.loads(copied.study.user_attrs[SEARCH])
    for name in ("supernets", "tickets"):
        del values[name]
    values["ticket"] = confirmed_runs(copied)[0].user_attrs["ticket"]
    copied.study.set_user_attr(SEARCH, json.dumps(values))
    old = gather(copied, rounds=2).search
    assert old is not None
    assert old.supernets == 1
    assert [one.architecture for one in old.picks] == [one.architecture for one in outcome.picks]
    # It is not searched again unasked: no weights are made.
    (tmp_path / "s").mkdir()
    finish(copied, folder=tmp_path / "s", place=PLACE, console=Console(quiet=True))
    assert not list((tmp_path / "s").glob("supernet-*"))


def test_a_search_by_fewer_supernets_is_not_taken_for_the_studys_own(
    finished: OpenStudy, supernets: Path
) -> None:
    search = search_by_random(finished, _load(finished, supernets, most=1))
    assert search is not None
    before = finished.study.user_attrs[SEARCH]
    record(finished, search)
    assert finished.study.user_attrs[SEARCH] == before


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--size", "0"), "size 0"),
        (("--draws", "0"), "draws 0"),
        (("--seeds", "0"), "seeds 0"),
        (("--supernets", "0"), "supernets 0"),
        (("--supernets", "99"), "supernets 99: the study confirmed"),
        (("--seed", "-1"), "seed -1"),
        (("--cycles", "5"), "--cycles: --method random has no use for it"),
        (("--method", "evolve", "--size", "5"), "--size: --method evolve has no use for it"),
        (("--method", "evolve", "--population", "1"), "population 1"),
        (("--set", "epochs=3"), "it is for --retrain"),
        (("--retrain", "--set", "epochs=zero"), "epochs 'zero'"),
        (("--method", "swarm"), "swarm"),
    ],
)
def test_bad_input_ends_with_2_and_one_line(
    command: tuple[str, ...], arguments: tuple[str, ...], words: str, wsnas: Commands
) -> None:
    assert words in wsnas.refused(*command, *arguments)


def test_published_results_say_where_they_are_from_and_darts_has_none() -> None:
    for space in ("nb101", "nb201"):
        assert published(space)
        assert all(one.source and one.sure == READ for one in published(space))
    assert published("darts") == ()
