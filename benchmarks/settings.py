"""What is measured: a network's size, and the same architectures and images for both sides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from wsnas.data import load_images
from wsnas.precision import FLOAT32
from wsnas.spaces import get_space
from wsnas.supernets import build_supernet

if TYPE_CHECKING:
    from torch import Tensor

    from wsnas.spaces import Space
    from wsnas.supernets.base import SuperNet

CLASSES = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class Setting:
    """One configuration."""

    space: str
    """The search space's name."""
    channels: int
    """Channels of the stem."""
    cells: int
    """Cells in each stage; in darts all cells."""
    resolution: int
    """Height and width of the images in pixels."""
    threads: int
    """Threads on a CPU."""
    batch: int = 64
    """Images per step."""
    precision: str = FLOAT32
    """In which numbers both sides compute (`wsnas.precision`)."""
    device: str = "cpu"
    """Where it runs."""
    seed: int = 0
    """Source of architectures and weights."""

    def __str__(self) -> str:
        """Return the configuration in short, e.g. ``nb201 C=8 N=1 16x16 b=64, 1 thread``."""
        where = (
            f"{self.threads} thread{'s' * (self.threads > 1)}" if self.device == "cpu" else f"{self.device}"
        )
        size = f"C={self.channels} N={self.cells} {self.resolution}x{self.resolution} b={self.batch}"
        precision = "" if self.precision == FLOAT32 else f", {self.precision}"
        return f"{self.space} {size}, {where}{precision}"

    def architectures(self, count: int) -> list[Any]:
        """Draw architectures uniformly from the space."""
        space: Space[Any] = get_space(self.space)
        rng = np.random.default_rng(self.seed)
        return [space.sample(rng) for _ in range(count)]

    def images(self, split: str, count: int) -> tuple[Tensor, Tensor]:
        """Return the first images of `fashion-clutter` as colour images, and their labels (count,)."""
        images = load_images("fashion-clutter", resolution=self.resolution)
        chosen: Tensor = getattr(images, f"{split}_images")[:count]
        labels: Tensor = getattr(images, f"{split}_labels")[:count]
        colour = chosen.expand(-1, 3, -1, -1).contiguous()
        return colour.to(self.device), labels.to(self.device)

    def supernet(self, *, memory_format: torch.memory_format) -> SuperNet:
        """Build the super-net; two calls give the same weights."""
        supernet = build_supernet(
            self.space,
            in_channels=3,
            num_classes=CLASSES,
            channels=self.channels,
            cells=self.cells,
            generator=torch.Generator().manual_seed(self.seed),
        )
        return supernet.to(self.device, memory_format=memory_format)  # type: ignore[call-overload, no-any-return]

    def synchronise(self) -> None:
        """Wait until the device has done what was asked of it."""
        if self.device.startswith("cuda"):
            torch.cuda.synchronize()


MINI = Setting(space="nb201", channels=8, cells=1, resolution=16, threads=1)
PAPER = Setting(space="nb201", channels=16, cells=5, resolution=32, threads=2)
NB101_MINI = Setting(space="nb101", channels=8, cells=1, resolution=16, threads=1)
DARTS_MINI = Setting(space="darts", channels=4, cells=3, resolution=8, threads=1)
GPU_SETTINGS = (
    Setting(space="nb201", channels=16, cells=5, resolution=32, threads=1, batch=64),
    Setting(space="nb201", channels=16, cells=5, resolution=32, threads=1, batch=256),
    Setting(space="nb101", channels=128, cells=3, resolution=32, threads=1, batch=256),
    Setting(space="darts", channels=36, cells=12, resolution=32, threads=1, batch=128),
)
"""The paper's super-nets, for `benchmarks.gpu_check`."""
