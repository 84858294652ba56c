"""Strategies: the built-in ones, and that others can be written without a change elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from tests.wsnas.tiny import IMAGES, LABELS, make_supernet, start_training
from wsnas.errors import InputError
from wsnas.spaces import BUILT_IN, get_space
from wsnas.spaces.nb201 import CONV_3X3, NB201, OPERATIONS
from wsnas.supernets.cost import measure_cost
from wsnas.testing import strategy_checks, tiny_run
from wsnas.training.paths import Paths
from wsnas.training.protocol import Protocol
from wsnas.training.strategies import NAMES, SAMPLERS, get_strategy
from wsnas.training.strategy import Step, Strategy

if TYPE_CHECKING:
    from collections.abc import Callable


class Smoothed(Strategy):
    """Label smoothing: a loss of one's own."""

    def draw(self, paths: Paths) -> list[Any]:
        return paths.sampled()

    def __call__(self, step: Step) -> None:
        for architecture in self.draw(step.paths):
            logits = step.logits(architecture)
            step.backward(F.cross_entropy(logits, step.labels, label_smoothing=0.1))


class Curriculum(Strategy):
    """A curriculum over the space: the smaller half first, then all of it."""

    def draw(self, paths: Paths) -> list[Any]:
        half = (paths.size_of(paths.smallest) + paths.size_of(paths.largest)) / 2
        while True:
            drawn = paths.sampled()
            if paths.progress >= 0.5 or all(paths.size_of(one) <= half for one in drawn):
                return drawn


class EvenlyWeighted(Strategy):
    """Fair weighting: what was trained often weighs less; the counts must survive a kill."""

    def __init__(self, space: Any, protocol: Protocol) -> None:
        super().__init__(space, protocol)
        self.counts = torch.zeros(8)

    def draw(self, paths: Paths) -> list[Any]:
        return [*paths.sampled(), *paths.sampled()]

    def __call__(self, step: Step) -> None:
        for architecture in self.draw(step.paths):
            kind = int(step.paths.size_of(architecture)) % len(self.counts)
            self.counts[kind] += 1
            step.learn(architecture, weight=1 / float(self.counts[kind]))

    def state_dict(self) -> dict[str, Any]:
        return {"counts": self.counts}

    def load_state_dict(self, state: Any) -> None:
        self.counts = state["counts"]


class Forgetful(EvenlyWeighted):
    """Loses its counts in a kill."""

    def state_dict(self) -> dict[str, Any]:
        return {}

    def load_state_dict(self, state: Any) -> None:
        pass


class Decaying(Strategy):
    """Has a gradient of zero for every weight, which decays them all."""

    def draw(self, paths: Paths) -> list[Any]:
        return paths.sampled()

    def __call__(self, step: Step) -> None:
        super().__call__(step)
        for weight in step.supernet.parameters():
            weight.grad = torch.zeros_like(weight) if weight.grad is None else weight.grad


class Idle(Strategy):
    """Looks at images and learns nothing from them."""

    def draw(self, paths: Paths) -> list[Any]:
        return paths.sampled()

    def __call__(self, step: Step) -> None:
        for architecture in self.draw(step.paths):
            step.learn(architecture, weight=0.0)


MADE_UP = (Smoothed, Curriculum, EvenlyWeighted)
CHECKS = [
    pytest.param(check, space, strategy, id=f"{check.__name__}, {space}, {strategy.__name__}")
    for check, space in strategy_checks()
    for strategy in (*map(get_strategy, NAMES), *(MADE_UP if space == "nb201" else ()))
]


@pytest.mark.parametrize(("check", "space", "strategy"), CHECKS)
def test_strategies_keep_what_every_strategy_must(check: Any, space: str, strategy: type[Strategy]) -> None:
    check(strategy, space)


@pytest.mark.parametrize(
    ("strategy", "fails"),
    [
        (Forgetful, "check_same_bits_after_resume"),
        (Decaying, "check_weights_off_the_path_are_untouched"),
        (Idle, "check_steps_change_weights"),
    ],
)
def test_the_checks_find_what_breaks_them(strategy: type[Strategy], fails: str) -> None:
    for check, space in strategy_checks(["nb201"]):
        if check.__name__ != fails:
            continue
        with pytest.raises(AssertionError):
            check(strategy, space)
        return
    pytest.fail(f"there is no {fails}")


def source(space: Any, sampler: str = "random_nas", *, seed: int = 0, accepts: Any = None) -> Paths:
    return Paths(
        space,
        np.random.default_rng(seed),
        accepts=accepts or (lambda _architecture: True),
        sample=made(sampler, space).draw,
    )


def made(name: str, space: Any, **protocol: Any) -> Strategy:
    return get_strategy(name)(space, Protocol(**protocol))


def test_unknown_strategy_lists_the_choices() -> None:
    with pytest.raises(InputError, match="unknown training strategy 'spos': choose one of random_a, random_"):
        get_strategy("spos")


@pytest.mark.parametrize("field", ["path_sampling", "strategy"])
def test_a_run_by_an_unknown_strategy_is_refused(field: str) -> None:
    with pytest.raises(InputError, match="unknown training strategy 'spos'"):
        tiny_run(None, "nb201", **{field: "spos"})


def test_random_nas_draws_one_cell_of_all() -> None:
    space = NB201()
    assert source(space, "random_nas").sampled() == [space.sample(np.random.default_rng(0))]


def test_random_a_draws_one_cell_for_each_class() -> None:
    space = NB201()
    assert source(space, "random_a").sampled() == [space.sample_unique(np.random.default_rng(0))]


def test_fairnas_draws_as_many_cells_as_there_are_operations() -> None:
    drawn = source(NB201(), "fairnas").sampled()
    assert len(drawn) == len(OPERATIONS)
    assert {cell.operations[2] for cell in drawn} == set(range(len(OPERATIONS)))


def test_samplers_weigh_functions_differently() -> None:
    """Cells without output are a large share of the cells, but a small one of the classes."""
    space = NB201()

    def dead_share(name: str) -> float:
        paths = source(space, name)
        drawn = [cell for _ in range(2000) for cell in paths.sampled()]
        return float(np.mean([not any(cell.live_edges) for cell in drawn]))

    cells = list(space.enumerate())
    classes = {space.identity(cell): cell for cell in cells}.values()
    by_cell = np.mean([not any(cell.live_edges) for cell in cells])
    by_class = np.mean([not any(cell.live_edges) for cell in classes])
    assert by_cell > 5 * by_class
    for name, share in (("random_nas", by_cell), ("fairnas", by_cell), ("random_a", by_class)):
        assert dead_share(name) == pytest.approx(share, abs=0.015), name


@pytest.mark.parametrize("space", BUILT_IN)
def test_relative_sizes_order_architectures_as_their_networks_flops_do(space: str) -> None:
    from scipy.stats import spearmanr

    known, rng = get_space(space), np.random.default_rng(0)
    drawn = [known.sample(rng) for _ in range(30)]
    flops = [measure_cost(known, one, cells=3 if space == "darts" else 1).flops for one in drawn]
    assert spearmanr([known.relative_size(one) for one in drawn], flops).statistic > 0.9


@pytest.mark.parametrize("space", BUILT_IN)
def test_the_ends_of_a_space_lie_beyond_what_is_drawn(space: str) -> None:
    paths = source(get_space(space))
    sizes = [paths.size_of(paths.sampled()[0]) for _ in range(200)]
    assert paths.size_of(paths.largest) >= max(sizes)
    assert 0 < paths.size_of(paths.smallest) <= min(size for size in sizes if size)


def test_the_ends_are_such_as_the_super_net_takes_and_cost_no_randomness() -> None:
    space = NB201()
    paths = source(space, accepts=lambda cell: cell.operations[0] != CONV_3X3)
    state = paths.rng.bit_generator.state
    assert CONV_3X3 not in {paths.largest.operations[0], paths.smallest.operations[0]}
    assert paths.rng.bit_generator.state == state
    assert source(space).largest.operations == (CONV_3X3,) * 6


def test_a_space_that_knows_no_sizes_has_its_networks_measured() -> None:
    class Sizeless(NB201):
        def relative_size(self, architecture: Any) -> None:
            return None

    space = Sizeless()
    cell = space.sample(np.random.default_rng(0))
    assert source(space).size_of(cell) == measure_cost(space, cell).flops


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_the_sandwich_trains_both_ends_and_what_is_sampled(sampler: str) -> None:
    space = NB201()
    paths = source(space, sampler)
    drawn = made("sandwich", space).draw(paths)
    assert drawn[:2] == [paths.largest, paths.smallest]
    assert drawn[2:] == source(space, sampler).sampled()


@pytest.mark.parametrize("space", BUILT_IN)
@pytest.mark.parametrize("sampler", ["random_nas", "random_a"])
def test_size_balanced_draws_are_more_even_in_size(space: str, sampler: str) -> None:
    known = get_space(space)

    def unevenness(draw: Callable[[Paths], list[Any]]) -> float:
        """Return how far shares of draws are from those of even sizes, at most."""
        paths = source(known, sampler)
        low, high = paths.size_of(paths.smallest), paths.size_of(paths.largest)
        sizes = np.sort([(paths.size_of(draw(paths)[0]) - low) / (high - low) for _ in range(200)])
        return float(np.abs(sizes - np.linspace(0, 1, 200)).max())

    assert unevenness(made("size_balanced", known).draw) < unevenness(lambda paths: paths.sampled()) - 0.04


def test_the_largest_teaches_the_others() -> None:
    """Their loss is the cross-entropy against what it makes of the images."""
    supernet = make_supernet("nb201").train()
    run = start_training("nb201", supernet, 1, strategy="sandwich_distilled")
    paths = source(NB201())
    paths.rng.bit_generator.state = run.state_dict()["paths"]
    with torch.no_grad():
        taught = supernet(IMAGES, paths.largest)
        others = [supernet(IMAGES, cell) for cell in (paths.smallest, *paths.sampled())]
        soft = [-(taught.softmax(1) * logits.log_softmax(1)).sum(1).mean() for logits in others]
        losses = [F.cross_entropy(taught, LABELS), *soft]
    assert run.advance(1) == pytest.approx(float(sum(losses)) / 3, rel=1e-4)


@pytest.mark.parametrize(("sampler", "passes"), [("random_nas", 3), ("fairnas", 7)])
def test_passes_of_a_strategy_count_as_those_of_a_sampler_do(sampler: str, passes: int) -> None:
    def run(*, count: bool) -> Any:
        supernet = make_supernet("nb201")
        protocol = {"path_sampling": sampler, "strategy": "sandwich", "batch_size": 8}
        return start_training("nb201", supernet, 21, count_passes=count, **protocol)

    assert run(count=True).total_steps == 63 // passes
    started = run(count=False)
    assert started.total_steps == 63
    started.advance(2)
    assert started.passes == 2 * 8 * passes


def test_a_strategy_reads_the_values_of_other_packages_factors() -> None:
    assert made("sandwich", NB201(), extra=(("width", 3),)).protocol.get("width", 1) == 3
    assert made("sandwich", NB201()).protocol.get("width", 1) == 1


def test_a_state_from_before_strategies_had_one_is_taken() -> None:
    run, again = (tiny_run(None, "nb201") for _ in range(2))
    state = run.state_dict()
    del state["strategies"]
    again.load_state_dict(state)
    assert again.advance(3) == run.advance(3)
