from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.image_sets import image_set
from wsnas.data import ImageSet
from wsnas.standalone.job import Job
from wsnas.standalone.measure import Measurement
from wsnas.standalone.protocol import StandaloneProtocol

CLASSES = 4
MakeJob = Callable[..., Job]
Fill = Callable[[Path, Job], Job]


@pytest.fixture
def protocol() -> StandaloneProtocol:
    """The smallest training that the spaces allow."""
    return StandaloneProtocol(resolution=8, channels=4, epochs=1, batch_size=32)


@pytest.fixture
def make_job(protocol: StandaloneProtocol) -> MakeJob:
    """Make a small job; keywords change its fields."""

    def make(**changes: object) -> Job:
        fields = {"space": "nb201", "seed": 0, "size": 6, "seeds": 2, "repeated": 2, "protocol": protocol}
        return Job(**{**fields, **changes})  # type: ignore[arg-type]

    return make


@pytest.fixture
def images() -> ImageSet:
    """Bright quadrants in noise; whoever reads the validation images gets NaN."""
    rng = np.random.default_rng(0)

    def draw(count: int) -> tuple[torch.Tensor, torch.Tensor]:
        labels = rng.integers(CLASSES, size=count)
        pixels = rng.normal(size=(count, 1, 8, 8))
        for pixel, label in zip(pixels, labels, strict=True):
            pixel[:, 4 * (label // 2) :, 4 * (label % 2) :][:, :4, :4] += 1.0
        return torch.tensor(pixels, dtype=torch.float32), torch.tensor(labels)

    nobody = torch.full((8, 1, 8, 8), torch.nan), torch.full((8,), -1)
    return image_set(draw(256), nobody, draw(200), num_classes=CLASSES)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Replace training by accuracies that depend on the architecture and the seed; returns the seeds."""
    seeds: list[int] = []

    def measure(space, architecture, images, *, protocol, seed):  # type: ignore[no-untyped-def]
        seeds.append(seed)
        quality = sum(map(ord, space.format(architecture))) % 97 / 200
        return Measurement(accuracy=0.3 + quality + seed % 7 / 1000, seconds=0.5, device="cpu")

    monkeypatch.setattr("wsnas.standalone.measure.measure", measure)
    return seeds


@pytest.fixture
def fill(quick: list[int], images: ImageSet) -> Fill:
    """Open a job in a folder and measure all of it, quickly."""
    from wsnas.standalone.job import open_job
    from wsnas.standalone.work import work

    def run(folder: Path, job: Job) -> Job:
        job = open_job(folder, job)
        work(folder, job, images, done=lambda unit, measurement: None)
        return job

    return run
