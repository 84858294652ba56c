from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from tests.wsnas.tiny import draw, make_supernet
from wsnas.ranking import evaluate
from wsnas.ranking.evaluate import RANKING_BATCH, rank_pool
from wsnas.ranking.judged import LARGEST_LOSS, Judged
from wsnas.spaces.nb201 import NB201, NONE, NB201Architecture
from wsnas.supernets import SharingMapping
from wsnas.supernets._layers import batch_norms
from wsnas.supernets.base import SuperNet
from wsnas.training.protocol import Protocol
from wsnas.training.run import TrainingRun

EMPTY = NB201Architecture((NONE,) * 6)


def task(size: int = 90) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    labels = torch.randint(3, (size,), generator=generator)
    patterns = torch.randn(3, 1, 8, 8, generator=torch.Generator().manual_seed(1))
    return patterns[labels] + torch.randn(size, 1, 8, 8, generator=generator), labels


def trained(statistics: Any = "batch") -> SuperNet:
    supernet = make_supernet("nb201", SharingMapping(bn_statistics=statistics), in_channels=1, num_classes=3)
    protocol = Protocol(learning_rate=0.1, epochs=4, batch_size=15, train_portion=1.0)
    run = TrainingRun(supernet, NB201(), *task(), protocol=protocol, seed=0)
    run.advance(run.total_steps)
    return supernet


def pool() -> list[NB201Architecture]:
    some = draw("nb201", 12)
    return [*some, EMPTY, some[0]]


def plain_loop(
    supernet: SuperNet,
    architectures: list[NB201Architecture],
    images: Tensor,
    labels: Tensor,
    batch_size: int,
    calibration: Tensor | None,
) -> tuple[list[int], list[float]]:
    supernet.eval()
    skip = 0 if calibration is None else len(calibration)
    supernet.set_calibration(skip)
    correct, losses = [], []
    for architecture in architectures:
        right, loss = 0, 0.0
        for start in range(0, len(images), batch_size):
            batch = images[start : start + batch_size]
            if calibration is not None:
                batch = torch.cat([calibration, batch])
            with torch.no_grad():
                logits = supernet(batch, architecture)[skip:]
            truth = labels[start : start + batch_size]
            right += sum(a == b for a, b in zip(logits.argmax(dim=1).tolist(), truth.tolist(), strict=True))
            loss += cross_entropy(logits.double(), truth, reduction="sum").item()
        correct.append(right)
        losses.append(loss)
    supernet.set_calibration(0)
    return correct, losses


@pytest.mark.parametrize("statistics", ["batch", "tracked", "recalibrated"])
@pytest.mark.parametrize("batch_size", [20, 90])
def test_ranking_equals_a_plain_loop(statistics: str, batch_size: int) -> None:
    supernet = trained(statistics)
    images, labels = task()
    calibration = torch.flip(images[:25], dims=[0]) if statistics == "recalibrated" else None
    found = rank_pool(supernet, pool(), images, labels, batch_size=batch_size, calibration=calibration)
    correct, losses = plain_loop(supernet, pool(), images, labels, batch_size, calibration)
    assert (found.correct.dtype, found.losses.dtype) == (np.int64, np.float64)
    assert found.correct.tolist() == correct
    assert found.losses.tolist() == pytest.approx(losses, abs=1e-9, rel=0)
    assert found.images == 90
    assert found.accuracies.tolist() == [right / 90 for right in correct]
    assert found.accuracies.max() > found.accuracies.min()


def test_ranking_takes_batches_of_the_recorded_size() -> None:
    supernet = trained()
    images, labels = task(RANKING_BATCH + 30)
    plain, recorded, other = (
        rank_pool(supernet, pool(), images, labels, **size)
        for size in ({}, {"batch_size": RANKING_BATCH}, {"batch_size": 40})
    )
    assert plain.correct.tolist() == recorded.correct.tolist() != other.correct.tolist()
    assert plain.losses.tolist() == recorded.losses.tolist() != other.losses.tolist()


def test_trained_network_is_at_chance_with_the_empty_cell_only() -> None:
    found = rank_pool(trained(), pool(), *task()).accuracies
    images, labels = task()
    shares = {float(labels.eq(label).sum()) / len(images) for label in range(3)}
    assert found[12] in shares
    assert found.max() > 0.6


@pytest.mark.parametrize("training", [True, False])
def test_mode_weights_and_calibration_are_as_before(training: bool) -> None:
    supernet = trained("tracked").train(training)
    before = {name: value.clone() for name, value in supernet.state_dict().items()}
    rank_pool(supernet, pool(), *task(), calibration=task()[0][:10])
    assert all(module.training == training for module in supernet.modules())
    assert all(norm.calibration == 0 for norm in batch_norms(supernet))
    assert all(torch.equal(value, before[name]) for name, value in supernet.state_dict().items())


class Given(SuperNet):
    """Gives logits that were written down for each architecture."""

    def __init__(self, logits: dict[str, list[list[float]]]) -> None:
        super().__init__()
        self._logits = {name: torch.tensor(values) for name, values in logits.items()}

    def forward(self, images: Tensor, architecture: str) -> Tensor:
        if architecture not in self._logits:
            raise RuntimeError(architecture)
        return self._logits[architecture][: len(images)]

    def standalone_state(self, architecture: str) -> dict[str, Tensor]:
        raise NotImplementedError


def given(supernet: Given, *names: str) -> Judged:
    return rank_pool(supernet, names, torch.zeros(4, 1, 2, 2), torch.tensor([0, 0, 1, 1]))


def test_images_with_logits_that_are_not_finite_count_as_wrong_and_with_the_largest_loss() -> None:
    nan, inf = float("nan"), float("inf")
    supernet = Given(
        {
            "right": [[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 1.0]],
            "half": [[1.0, 0.0], [0.0, 1.0], [0.0, 1.0], [1.0, 0.0]],
            "nan": [[nan, 0.0], [nan, nan], [0.0, 1.0], [0.0, nan]],
            "inf": [[inf, 0.0], [1.0, -inf], [0.0, 1.0], [0.0, 1.0]],
        }
    )
    found = given(supernet, "right", "half", "nan", "inf")
    assert found.correct.tolist() == [4, 2, 1, 2]
    sure, wrong = math.log1p(math.exp(-1)), math.log1p(math.exp(1))
    expected = [4 * sure, 2 * sure + 2 * wrong, sure + 3 * LARGEST_LOSS, 2 * sure + 2 * LARGEST_LOSS]
    assert found.losses.tolist() == pytest.approx(expected, abs=1e-9, rel=0)


def test_no_image_costs_more_than_the_largest_loss_and_huge_logits_are_finite() -> None:
    huge = 3e38  # two of them exceed single precision
    supernet = Given({"huge": [[huge, huge], [-huge, huge], [-huge, huge], [-huge, -huge]]})
    found = given(supernet, "huge")
    assert found.correct.tolist() == [2]
    assert found.losses.tolist() == pytest.approx([2 * math.log(2) + LARGEST_LOSS])


def test_cross_entropy_orders_by_certainty_where_accuracies_tie() -> None:
    right = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 1.0]])
    supernet = Given({name: (sure * right).tolist() for name, sure in (("hardly", 0.1), ("surely", 3.0))})
    found = given(supernet, "hardly", "surely")
    assert found.by("accuracy").tolist() == [1.0, 1.0]
    hardly, surely = found.by("cross_entropy").tolist()
    assert hardly == pytest.approx(-math.log1p(math.exp(-0.1)))
    assert hardly < surely < 0


@pytest.mark.parametrize("at_once", [1, 5, 64])
def test_an_architectures_judgement_does_not_depend_on_which_are_judged_with_it(
    at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    supernet = trained()
    expected = rank_pool(supernet, pool(), *task())
    monkeypatch.setattr(evaluate, "JUDGED_AT_ONCE", at_once)
    found = rank_pool(supernet, pool()[::-1], *task())
    assert found.losses.tolist() == expected.losses[::-1].tolist()
    # The first comes up twice.
    assert expected.losses[0] == expected.losses[-1]


def test_mode_is_restored_where_the_network_fails() -> None:
    supernet = Given({}).train()
    with pytest.raises(RuntimeError, match="absent"):
        rank_pool(supernet, ["absent"], torch.zeros(4, 1, 2, 2), torch.zeros(4))
    assert supernet.training
