from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from studies.cli import main
from studies.search import load_ranker, search_by_evolution, search_by_random
from studies.search.published import READ, published
from studies.study import Handle, open_study
from wsnas.ranking.evolution import EvolutionPlan

PLAN = EvolutionPlan(population=8, cycles=20, tournament=4)


@pytest.fixture
def command(small_study: Path) -> tuple[str, ...]:
    return ("search", "--study", "nb201-mini", "--storage", f"sqlite:///{small_study}/runs/wsnas.db")


@pytest.fixture
def handle(small_study: Path) -> Handle:
    return open_study(f"sqlite:///{small_study}/runs/wsnas.db", "nb201-mini")


def _values(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    assert main([*arguments, "--json"]) == 0
    values: dict[str, Any] = json.loads(capsys.readouterr().out)
    return values


def test_random_search_repeats_by_its_seed_and_shows_truth_rank_regret_and_chance(
    command: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    first, again, other = (
        _values(capsys, *command, "--size", "12", "--seed", seed, "--draws", "5") for seed in ("1", "1", "2")
    )
    assert first == again
    assert first["picks"] != other["picks"]
    assert first["searched"] == first["known"] == 12
    best = first["picks"][0]
    assert first["regret"] == pytest.approx(first["best_truth"] - best["truth"])
    assert first["surpass_random"] == pytest.approx(((15625 - best["rank"]) / 15625) ** 5)
    assert first["best_searched"] >= best["truth"]


def test_evolution_repeats_by_its_seed(command: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    evolve = ("--method", "evolve", "--population", "6", "--cycles", "10", "--tournament", "3", "--seed")
    first, again, other = (_values(capsys, *command, *evolve, seed) for seed in ("1", "1", "2"))
    assert first == again
    assert first["method"] == "evolve"
    assert first["picks"] != other["picks"]
    assert 6 < first["searched"] <= 16


def test_what_is_shown_names_formula_sources_and_how_each_is_known(
    command: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    retrain = (
        "--retrain",
        "--seeds",
        "1",
        "--set",
        "epochs=1",
        "--set",
        "resolution=8",
        "--set",
        "channels=2",
    )
    assert main([*command, "--size", "5", *retrain]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    for words in (
        "((size - rank) / size) ^ n",
        "n = 10",
        "Trained from scratch 1 time",
        "epochs 1",
        READ,
        "GDAS",
    ):
        assert words in shown


def test_neither_way_of_searching_judges_what_the_trials_were_scored_on(
    handle: Handle, small_study: Path
) -> None:
    from studies.context import TRIALS, Place, load_pools

    ranker = load_ranker(handle, folder=small_study / "runs/nb201-mini", place=Place(device="cpu"))
    assert ranker is not None
    used = {ranker.problem.space.format(one) for one in load_pools(handle.settings)[TRIALS].architectures}
    random = search_by_random(handle, ranker, size=10)
    assert random is not None
    for search in (random, search_by_evolution(handle, ranker, plan=PLAN, seed=5)):
        assert not used & {pick.architecture for pick in search.picks}


def test_without_the_kept_weights_the_supernet_is_trained_again_to_the_same(
    handle: Handle, small_study: Path, tmp_path: Path
) -> None:
    from studies.context import FRESH, Place, load_pools

    place = Place(device="cpu")
    kept = load_ranker(handle, folder=small_study / "runs/nb201-mini", place=place)
    again = load_ranker(handle, folder=tmp_path, place=place)
    assert kept is not None
    assert again is not None
    cells = load_pools(handle.settings)[FRESH].architectures[:20]
    np.testing.assert_allclose(kept.score(cells), again.score(cells), atol=0.011)
    assert list(tmp_path.glob("supernet-*.pt"))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--size", "0"), "size 0"),
        (("--draws", "0"), "draws 0"),
        (("--seeds", "0"), "seeds 0"),
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
    command: tuple[str, ...], arguments: tuple[str, ...], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*command, *arguments]) == 2
    error = capsys.readouterr().err
    assert words in error
    assert error.count("\n") == 1


def test_published_results_say_where_they_are_from_and_darts_has_none() -> None:
    for space in ("nb101", "nb201"):
        assert published(space)
        assert all(one.source and one.sure == READ for one in published(space))
    assert published("darts") == ()
