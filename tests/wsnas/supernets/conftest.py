from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch

from wsnas.spaces.nb201 import NB201
from wsnas.supernets import SharingMapping, build_supernet
from wsnas.training.protocol import Protocol
from wsnas.training.run import TrainingRun

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from wsnas.supernets.base import SuperNet


@pytest.fixture
def images() -> Tensor:
    return torch.randn(24, 3, 8, 8, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def labels() -> Tensor:
    return torch.randint(5, (24,), generator=torch.Generator().manual_seed(1))


@pytest.fixture
def make_supernet() -> Callable[..., SuperNet]:
    """A function that builds a tiny super-net for five classes, by default of four channels."""

    def make(
        mapping: SharingMapping | None = None, *, channels: int = 4, cells: int = 1, seed: int = 0
    ) -> SuperNet:
        return build_supernet(
            "nb201",
            mapping,
            in_channels=3,
            num_classes=5,
            channels=channels,
            cells=cells,
            generator=torch.Generator().manual_seed(seed),
        )

    return make


@pytest.fixture
def train(images: Tensor, labels: Tensor) -> Callable[..., None]:
    """A function that trains a super-net for a few steps, so that no weight is where it began."""

    def train(supernet: SuperNet, steps: int = 12) -> None:
        protocol = Protocol(
            learning_rate=0.1, epochs=steps, batch_size=24, train_portion=1.0, path_sampling="fairnas"
        )
        TrainingRun(supernet, NB201(), images, labels, protocol=protocol, seed=0).advance(steps)

    return train
