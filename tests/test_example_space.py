"""The example package is installed and studied by the commands that serve the built-in spaces."""

from __future__ import annotations

import os
import sys
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
import optuna
import pytest
import torch

from objectives.factors import catalogue
from objectives.question.choices import choose_factors
from objectives.question.scales import load_scale
from objectives.recipe import Recipe
from studies.cli import main
from studies.storage import open_storage
from tests.examples import ROOT, install
from wsnas.errors import InputError
from wsnas.spaces import Space, get_space, space_names
from wsnas.supernets import SharingMapping, build_standalone, build_supernet, standalone_state
from wsnas.testing import strategy_checks
from wsnas.training.paths import Paths
from wsnas.training.protocol import Protocol
from wsnas.training.strategies import get_strategy

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SIZES: dict[str, Any] = {"in_channels": 1, "num_classes": 10, "channels": 4, "cells": 2}
TIED = SharingMapping(extra=(("tied_layers", True),))
CHAIN = ("conv3x3", "pool", "conv1x1", "skip")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the example installed."""
    return install("toy_space", tmp_path_factory.mktemp("site"))


@pytest.fixture(scope="module")
def toy(site: Path) -> Iterator[Space[Any]]:
    sys.path.insert(0, str(site))
    yield get_space("toy")
    sys.path.remove(str(site))
    for name in [name for name in sys.modules if name.partition(".")[0] == "wsnas_toy"]:
        del sys.modules[name]


def _images() -> torch.Tensor:
    return torch.randn(6, 1, 8, 8, generator=torch.Generator().manual_seed(1))


def _supernet(mapping: SharingMapping) -> Any:
    supernet = build_supernet("toy", mapping, **SIZES, generator=torch.Generator().manual_seed(0))
    supernet.path_generator = torch.Generator().manual_seed(2)
    return supernet


def test_the_space_is_listed_beside_the_built_in_ones(toy: Space[Any]) -> None:
    assert toy.name in space_names()
    assert {"nb101", "nb201", "darts"} < set(space_names())


def test_the_space_has_its_chains_in_writing_and_draws_valid_ones(toy: Space[Any]) -> None:
    chains = list(toy.enumerate())
    assert len(set(chains)) == toy.size == 256
    assert all(toy.parse(toy.format(chain)) == chain for chain in chains)
    rng = np.random.default_rng(0)
    assert {toy.sample(rng) for _ in range(50)} <= set(chains)
    assert len({toy.sample_unique(rng) for _ in range(2000)}) == sum(3**layers for layers in range(5))
    assert toy.identity(toy.parse("skip-pool-skip-conv1x1")) == toy.identity(
        toy.parse("pool-conv1x1-skip-skip")
    )
    assert toy.identity(toy.parse("conv1x1-pool-skip-skip")) != toy.identity(
        toy.parse("pool-conv1x1-skip-skip")
    )
    for chain in chains[::16]:
        child = toy.mutate(chain, rng)
        assert sum(old != new for old, new in zip(chain, child, strict=True)) == 1
        toy.validate(child)
    for layer in zip(*toy.fair_paths(rng), strict=True):
        assert sorted(layer) == ["conv1x1", "conv3x3", "pool", "skip"]
    for wrong in ("conv3x3-skip-pool", "conv3x3-skip-pool-conv5x5", ""):
        with pytest.raises(InputError, match="toy architecture"):
            toy.parse(wrong)


def test_the_factor_is_offered_where_it_belongs_and_none_that_changes_nothing(toy: Space[Any]) -> None:
    offered = {factor.name for factor in catalogue(toy)}
    elsewhere = {factor.name for factor in catalogue("nb201")}
    assert offered - elsewhere == {"tied_layers"}
    assert elsewhere - offered == {"ofa_kernel", "wsbn", "op_placement"}


def test_the_strategy_is_a_level_on_request_with_a_factor_of_its_own(toy: Space[Any]) -> None:
    scale = load_scale("tiny", toy.name)
    usual = choose_factors(space=toy.name, scale=scale)
    assert not {"strategy", "curriculum_share"} & {factor.name for factor in usual}
    asked = choose_factors(space=toy.name, scale=scale, only=("strategy", "curriculum_share"))
    levels = {factor.name: factor.domain for factor in asked if not factor.held}
    assert str(levels.pop("strategy")).endswith(", curriculum")
    assert str(levels.pop("curriculum_share")) == "0.25, 0.5"
    assert not levels
    fixed = choose_factors(space=toy.name, scale=scale, fixed=("strategy=curriculum", "curriculum_share=0.4"))
    protocol = Recipe({factor.name: factor.default for factor in fixed}).protocol()
    assert protocol.strategy == "curriculum"
    assert get_strategy("curriculum")(toy, protocol).share == 0.4  # type: ignore[attr-defined]


@pytest.mark.usefixtures("toy")
@pytest.mark.parametrize(("check", "space"), strategy_checks(["toy", "nb101", "nb201"]))
def test_the_strategy_keeps_what_every_strategy_must(check: Any, space: str) -> None:
    check(get_strategy("curriculum"), space)


def test_the_strategy_begins_with_the_small_architectures(toy: Space[Any]) -> None:
    strategy = get_strategy("curriculum")(toy, Protocol())
    sampler = get_strategy("random_nas")(toy, Protocol())
    paths = Paths(toy, np.random.default_rng(0), accepts=lambda _: True, sample=sampler.draw)

    def mean(progress: float) -> float:
        paths.progress = progress
        return float(np.mean([paths.size_of(strategy.draw(paths)[0]) for _ in range(60)]))

    assert mean(0.0) < mean(0.25) < mean(0.6)


def test_the_factor_can_be_held_at_its_levels_only(toy: Space[Any]) -> None:
    scale = load_scale("tiny", toy.name)
    factors = choose_factors(space=toy.name, scale=scale, fixed=("tied_layers=on",))
    recipe = Recipe({factor.name: factor.default for factor in factors})
    assert recipe.mapping() == TIED
    with pytest.raises(InputError, match="tied_layers=7"):
        choose_factors(space=toy.name, scale=scale, fixed=("tied_layers=7",))


@pytest.mark.usefixtures("toy")
@pytest.mark.parametrize(
    "mapping",
    [
        SharingMapping(),
        SharingMapping(bn_affine=False),
        SharingMapping(bn_statistics="tracked"),
        SharingMapping(path_dropout=0.3),
        SharingMapping(global_dropout=0.3),
        TIED,
        SharingMapping(extra=TIED.extra, bn_affine=False, bn_statistics="tracked"),
    ],
    ids=str,
)
def test_the_network_alone_with_the_super_nets_weights_gives_its_logits(mapping: SharingMapping) -> None:
    supernet = _supernet(mapping)
    optimizer = torch.optim.SGD(supernet.parameters(), lr=0.1)
    for architecture in (CHAIN, ("conv1x1",) * 4, ("conv3x3",) * 4):
        optimizer.zero_grad()
        supernet(_images(), architecture).square().sum().backward()
        optimizer.step()
    supernet.eval()
    for architecture in list(product(("conv3x3", "conv1x1", "pool", "skip"), repeat=4))[::15]:
        alone = build_standalone("toy", architecture, **SIZES)
        alone.load_state_dict(standalone_state(supernet, architecture))
        expected = supernet(_images(), architecture)
        torch.testing.assert_close(alone.eval()(_images()), expected)


@pytest.mark.usefixtures("toy")
def test_the_networks_repeat_what_a_generator_gives() -> None:
    first, second = (_supernet(SharingMapping())(_images(), CHAIN) for _ in range(2))
    assert torch.equal(first, second)


@pytest.mark.usefixtures("toy")
@pytest.mark.parametrize(
    "mapping",
    [TIED, SharingMapping(path_dropout=0.3), SharingMapping(global_dropout=0.3)],
    ids=("tied", "path", "global"),
)
def test_a_heuristic_changes_what_training_sees(mapping: SharingMapping) -> None:
    plain, other = _supernet(SharingMapping()), _supernet(mapping)
    assert not torch.allclose(plain(_images(), CHAIN), other(_images(), CHAIN))


@pytest.mark.usefixtures("toy")
def test_tied_layers_have_one_set_of_weights() -> None:
    plain, tied = _supernet(SharingMapping()), _supernet(TIED)
    outside = sum(p.numel() for part in (tied.body.stem, tied.body.classifier) for p in part.parameters())
    counts = [sum(p.numel() for p in network.parameters()) - outside for network in (plain, tied)]
    assert counts[0] == 8 * counts[1]
    state = standalone_state(tied, ("conv3x3",) * 4)
    assert torch.equal(state["body.layers.0.conv3x3.conv.weight"], state["body.layers.7.conv3x3.conv.weight"])


def test_a_table_is_measured_and_a_study_answered(
    toy: Space[Any],
    site: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    # For the processes that the commands start.
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), str(site)]))
    small = [part for name in ("epochs=1", "resolution=8", "channels=4") for part in ("--set", name)]
    sizes = ("--size", "50", "--repeated", "4", "--workers", "1", "--folder", "table")
    assert main(("groundtruth", "build", toy.name, *sizes, *small)) == 0
    assert "54 trainings" in capsys.readouterr().out
    choice = ("--space", toy.name, "--scale", "tiny", "--study", "t")
    budget = ("--workers", "1", "--trials", "2")
    assert main(("study", *choice, "--table", "table", *budget)) == 0
    answer = capsys.readouterr().out
    assert "s-KdT" in answer
    assert "report.html" in answer
    storage = open_storage(f"sqlite:///{tmp_path}/runs/wsnas.db")
    trials = optuna.load_study(storage=storage, study_name="t").trials
    assert len(trials) == 2
    for trial in trials:
        assert trial.params["tied_layers"] in (False, True)
        assert not {"ofa_kernel", "wsbn", "op_placement"} & set(trial.params)
    assert "tied_layers" in (tmp_path / "runs/t/best.toml").read_text()
