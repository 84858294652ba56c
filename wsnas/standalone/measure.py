"""The accuracy of one architecture with weights of its own."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from wsnas.errors import InputError
from wsnas.memory import check_memory
from wsnas.precision import FLOAT32, products_of
from wsnas.supernets import build_standalone
from wsnas.training.run import TrainingRun
from wsnas.training.streams import torch_stream

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

    from wsnas.data import ImageSet
    from wsnas.spaces import Space
    from wsnas.standalone.protocol import StandaloneProtocol

CROP_PADDING = 8
"""Images are padded by their resolution divided by this before the random crop."""
VIEWS_SEED = 0
"""All architectures are scored on the same views."""
SCORING_BATCH = 500
"""Images per batch of scoring; tracked statistics make accuracies independent of it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Measurement:
    """One training of one architecture."""

    accuracy: float
    """Accuracy on the test images, in [0, 1]; a run whose loss is not finite scores what it then says."""
    seconds: float
    """Time for training and scoring."""
    device: str
    """``cpu`` or ``cuda``."""


def measure(
    space: Space[Any], architecture: Any, images: ImageSet, *, protocol: StandaloneProtocol, seed: int
) -> Measurement:
    """Train an architecture from scratch and score it.

    Args:
        space: Where the architecture is from.
        architecture: What to train.
        images: The data set, on the device to train on.
        protocol: How to train.
        seed: Source of initial weights, data order and augmentation; the same seed on the same CPU with the
            same number of threads gives the same bits.
    """
    from wsnas.data.augment import augment

    started = time.perf_counter()
    network = build_standalone(
        space,
        architecture,
        in_channels=images.in_channels,
        num_classes=images.num_classes,
        channels=protocol.channels,
        cells=protocol.cells,
        generator=torch_stream(seed, "initialisation"),
    ).to(images.train_images.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    padding = max(1, images.train_images.shape[-1] // CROP_PADDING)

    def crop_and_flip(batch: Tensor, generator: torch.Generator) -> Tensor:
        return augment(batch, generator=generator, pad=padding, flip=images.flip)

    run = TrainingRun(
        _Alone(network),  # type: ignore[arg-type]
        _Single(architecture),  # type: ignore[arg-type]
        images.train_images,
        images.train_labels,
        protocol=protocol.training(),
        seed=seed,
        augment=crop_and_flip,
    )
    run.advance(run.total_steps)
    generator = torch_stream(VIEWS_SEED, "views", images.test_images.device)
    correct = _count_correct(network, images.test_images, images.test_labels)
    for _ in range(protocol.views - 1):
        view = crop_and_flip(images.test_images, generator)
        correct += _count_correct(network, view, images.test_labels)
    # Divided once, so that no rounding tells architectures apart that are right equally often.
    accuracy = correct / (protocol.views * len(images.test_labels))
    seconds = time.perf_counter() - started
    return Measurement(accuracy=accuracy, seconds=seconds, device=images.train_images.device.type)


def check(
    space: Space[Any],
    architectures: Sequence[Any],
    images: ImageSet,
    *,
    protocol: StandaloneProtocol,
    device: str,
) -> None:
    """Raise `InputError` where the protocol fits not the images, these architectures' networks or memory."""
    if protocol.batch_size > len(images.train_images):
        raise InputError(
            f"batch_size {protocol.batch_size} exceeds the {len(images.train_images)} training images"
        )

    def build(architecture: Any, channels: int, cells: int) -> nn.Module:
        return build_standalone(
            space,
            architecture,
            in_channels=images.in_channels,
            num_classes=images.num_classes,
            channels=channels,
            cells=cells,
            generator=torch_stream(0, "initialisation"),
        )

    check_memory(
        partial(build, architectures[0]),
        device=device,
        channels=protocol.channels,
        cells=protocol.cells,
        batch_size=protocol.batch_size,
        epochs=protocol.epochs,
        resolution=protocol.resolution,
    )
    for architecture in architectures:
        build(architecture, protocol.channels, protocol.cells)


def _count_correct(network: nn.Module, images: Tensor, labels: Tensor) -> int:
    network.eval()
    correct = 0
    with torch.inference_mode(), products_of(FLOAT32):
        for start in range(0, len(images), SCORING_BATCH):
            batch = images[start : start + SCORING_BATCH].contiguous(memory_format=torch.channels_last)
            correct += int(network(batch).argmax(dim=1).eq(labels[start : start + SCORING_BATCH]).sum())
    return correct


class _Alone(nn.Module):
    """A stand-alone network in the place of a super-net, so that one loop trains both."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network
        self.path_generator: torch.Generator | None = None

    def accepts(self, _architecture: Any) -> bool:
        return True

    def forward(self, images: Tensor, _architecture: Any) -> Tensor:
        logits: Tensor = self.network(images)
        return logits


class _Single:
    """A space with one architecture."""

    def __init__(self, architecture: Any) -> None:
        self._architecture = architecture

    def sample_apart(self, _rng: np.random.Generator) -> Any:
        return self._architecture
