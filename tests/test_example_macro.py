"""A plain module is a super-net: the example package is ranked, measured and studied as it stands."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import optuna
import pytest
import torch

from objectives.question.choices import choose_factors
from objectives.question.scales import load_scale
from studies.cli import main
from studies.storage import open_storage
from tests.examples import ROOT, install
from wsnas.errors import InputError
from wsnas.spaces import Space, get_space
from wsnas.supernets import SharingMapping, build_standalone, build_supernet, standalone_state
from wsnas.supernets.cost import measure_cost
from wsnas.supernets.extension import BatchNorm
from wsnas.testing import strategy_checks
from wsnas.training.strategies import get_strategy

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SIZES: dict[str, Any] = {"in_channels": 1, "num_classes": 5, "channels": 4, "cells": 1}
PUBLISHED = {
    "00000000": (387_882, 7_713_280),
    "00000001": (791_594, 14_115_328),
    "22222221": (2_504_810, 98_865_664),
    "22222222": (2_932_586, 105_660_928),
}
"""Parameters and multiply-adds of four networks in the benchmark."""
IMAGES = torch.randn(6, 1, 8, 8, generator=torch.Generator().manual_seed(1))
PATHS = ("01201201", "22222222", "00000000")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return install("macro_space", tmp_path_factory.mktemp("site"))


@pytest.fixture(scope="module", autouse=True)
def macro(site: Path) -> Iterator[Space[Any]]:
    sys.path.insert(0, str(site))
    yield get_space("macro")
    sys.path.remove(str(site))
    del sys.modules["wsnas_macro"]


def make(mapping: SharingMapping | None = None, *, seed: int = 0) -> Any:
    generator = torch.Generator().manual_seed(seed)
    supernet = build_supernet("macro", mapping, **SIZES, generator=generator)
    return supernet


def trained(mapping: SharingMapping | None = None) -> Any:
    supernet = make(mapping).train()
    optimizer = torch.optim.SGD(supernet.parameters(), lr=0.001)
    for architecture in PATHS:
        optimizer.zero_grad()
        supernet(IMAGES, architecture).square().sum().backward()
        optimizer.step()
    return supernet.eval()


@pytest.mark.parametrize("architecture", PUBLISHED)
def test_networks_cost_what_the_benchmark_says(macro: Space[Any], architecture: str) -> None:
    cost = measure_cost(macro, architecture, channels=32, resolution=32)
    assert (cost.parameters, cost.flops / 2) == PUBLISHED[architecture]


def test_the_space_does_without_what_has_a_fall_back(macro: Space[Any]) -> None:
    rng = np.random.default_rng(0)
    drawn = macro.sample(rng)
    assert macro.identity(drawn) == macro.format(drawn) == drawn
    for layer in zip(*macro.fair_paths(rng), strict=True):
        assert sorted(layer) == ["0", "1", "2"]
    assert sum(a != b for a, b in zip(drawn, macro.mutate(drawn, rng), strict=True)) == 1
    with pytest.raises(InputError, match="space 'macro' cannot be enumerated"):
        macro.enumerate()
    with pytest.raises(InputError, match="macro architecture '012'"):
        macro.parse("012")


def test_a_generator_alone_says_how_a_plain_module_begins() -> None:
    torch.manual_seed(0)
    before = torch.random.get_rng_state()
    first = make()(IMAGES, PATHS[0])
    assert torch.equal(torch.random.get_rng_state(), before)
    torch.manual_seed(1)
    assert torch.equal(make()(IMAGES, PATHS[0]), first)
    assert not torch.equal(make(seed=1)(IMAGES, PATHS[0]), first)


@pytest.mark.parametrize("statistics", ["batch", "tracked"])
def test_the_network_alone_with_the_super_nets_weights_gives_its_logits(statistics: Any) -> None:
    supernet = trained(SharingMapping(bn_statistics=statistics))
    for architecture in PATHS:
        alone = build_standalone("macro", architecture, **SIZES)
        alone.load_state_dict(standalone_state(supernet, architecture))
        torch.testing.assert_close(alone.eval()(IMAGES), supernet(IMAGES, architecture))


def test_statistics_are_of_the_batch_of_its_first_samples_or_tracked() -> None:
    supernet = trained()
    assert not any(isinstance(module, torch.nn.BatchNorm2d) for module in supernet.modules())
    assert any(isinstance(module, BatchNorm) for module in supernet.modules())
    batch = supernet(IMAGES, PATHS[0])
    supernet.set_calibration(3)
    with torch.no_grad():
        assert not torch.allclose(supernet(IMAGES, PATHS[0]), batch)
    assert not torch.allclose(trained(SharingMapping(bn_statistics="tracked"))(IMAGES, PATHS[0]), batch)


def test_only_weights_in_use_are_trained_alone() -> None:
    alone = build_standalone("macro", "00000000", **SIZES)
    trainable = {
        name.split(".")[3]
        for name, weight in alone.named_parameters()
        if "layers" in name and weight.requires_grad
    }
    assert trainable == {"0"}


@pytest.mark.parametrize(("check", "space"), strategy_checks(["macro"]))
def test_strategies_train_it(check: Any, space: str) -> None:
    check(get_strategy("fairnas"), space)


def test_what_the_module_does_not_read_is_left_out_and_said(caplog: pytest.LogCaptureFixture) -> None:
    offered = {factor.name for factor in choose_factors(space="macro", scale=load_scale("tiny", "macro"))}
    left = {"bn_affine", "path_dropout", "global_dropout"}
    assert not left & offered
    assert {"bn_statistics", "learning_rate", "path_sampling"} <= offered
    assert {name for name in left if f"{name} is left out: the super-nets of macro" in caplog.text} == left


@pytest.mark.slow
def test_a_study_on_a_table_of_ones_own_is_answered(
    site: Path,
    macro: Space[Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), str(site)]))
    rng = np.random.default_rng(0)
    rows = sorted({macro.sample(rng) for _ in range(90)})
    lines = [
        f"{row},{0.5 + 0.02 * sum(map(int, row)) + 0.001 * place / 90:.6f}" for place, row in enumerate(rows)
    ]
    (tmp_path / "macro.csv").write_text("architecture,accuracy\n" + "\n".join(lines) + "\n")
    choice = ("--space", "macro", "--scale", "tiny", "--study", "m", "--table", "macro.csv")
    assert main(("study", *choice, "--workers", "1", "--trials", "2")) == 0
    assert "s-KdT" in capsys.readouterr().out
    assert main(("report", "--study", "m", "--json")) == 0
    confirmed = json.loads(capsys.readouterr().out)["confirmed"]
    assert confirmed["parameters"]["value"] > 0.5
    trials = optuna.load_study(
        storage=open_storage(f"sqlite:///{tmp_path}/runs/wsnas.db"), study_name="m"
    ).trials
    assert len(trials) == 2
    assert "bn_affine" not in trials[0].params
