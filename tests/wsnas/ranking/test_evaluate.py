from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from tests.wsnas.tiny import draw, make_supernet
from wsnas.ranking.evaluate import RANKING_BATCH, rank_pool
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
) -> list[float]:
    supernet.eval()
    skip = 0 if calibration is None else len(calibration)
    supernet.set_calibration(skip)
    accuracies = []
    for architecture in architectures:
        right = 0
        for start in range(0, len(images), batch_size):
            batch = images[start : start + batch_size]
            if calibration is not None:
                batch = torch.cat([calibration, batch])
            with torch.no_grad():
                found = supernet(batch, architecture)[skip:].argmax(dim=1).tolist()
            truth = labels[start : start + batch_size].tolist()
            right += sum(a == b for a, b in zip(found, truth, strict=True))
        accuracies.append(right / len(images))
    supernet.set_calibration(0)
    return accuracies


@pytest.mark.parametrize("statistics", ["batch", "tracked", "recalibrated"])
@pytest.mark.parametrize("batch_size", [20, 90])
def test_ranking_equals_a_plain_loop(statistics: str, batch_size: int) -> None:
    supernet = trained(statistics)
    images, labels = task()
    calibration = torch.flip(images[:25], dims=[0]) if statistics == "recalibrated" else None
    found = rank_pool(supernet, pool(), images, labels, batch_size=batch_size, calibration=calibration)
    assert found.dtype == np.float64
    assert found.tolist() == plain_loop(supernet, pool(), images, labels, batch_size, calibration)
    assert found.max() > found.min()


def test_ranking_takes_batches_of_the_recorded_size() -> None:
    supernet = trained()
    images, labels = task(RANKING_BATCH + 30)
    assert (
        rank_pool(supernet, pool(), images, labels).tolist()
        == rank_pool(supernet, pool(), images, labels, batch_size=RANKING_BATCH).tolist()
        != rank_pool(supernet, pool(), images, labels, batch_size=40).tolist()
    )


def test_trained_network_is_at_chance_with_the_empty_cell_only() -> None:
    found = rank_pool(trained(), pool(), *task())
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


def test_images_with_logits_that_are_not_finite_count_as_wrong() -> None:
    nan, inf = float("nan"), float("inf")
    supernet = Given(
        {
            "right": [[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 1.0]],
            "half": [[1.0, 0.0], [0.0, 1.0], [0.0, 1.0], [1.0, 0.0]],
            "nan": [[nan, 0.0], [nan, nan], [0.0, 1.0], [0.0, nan]],
            "inf": [[inf, 0.0], [1.0, -inf], [0.0, 1.0], [0.0, 1.0]],
        }
    )
    labels = torch.tensor([0, 0, 1, 1])
    found = rank_pool(supernet, ["right", "half", "nan", "inf"], torch.zeros(4, 1, 2, 2), labels)
    assert found.tolist() == [1.0, 0.5, 0.25, 0.5]


def test_mode_is_restored_where_the_network_fails() -> None:
    supernet = Given({}).train()
    with pytest.raises(RuntimeError, match="absent"):
        rank_pool(supernet, ["absent"], torch.zeros(4, 1, 2, 2), torch.zeros(4))
    assert supernet.training
