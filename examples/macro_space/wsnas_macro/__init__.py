"""The macro space of NAS-Bench-Macro: eight layers, each an identity or one of two inverted residuals.

Source: Su et al., "Prioritized Architecture Sampling with Monto-Carlo Tree Search" (CVPR 2021).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from torch import Tensor, nn

from wsnas.errors import InputError
from wsnas.spaces import Space

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np

IDENTITY, BLOCKS = "0", {"1": (3, 3), "2": (5, 6)}  # kernel and expansion of the inverted residuals
STAGES = (2, 3, 3)
"""Layers of each stage; the first of them halves the resolution and doubles the channels."""
LAYERS = sum(STAGES)


class Macro(Space[str]):
    """The 6,561 networks; one is written as in the benchmark: ``01201201``, an operation for each layer."""

    name = "macro"
    size = (1 + len(BLOCKS)) ** LAYERS

    def sample(self, rng: np.random.Generator) -> str:
        """Draw a network uniformly."""
        return "".join(map(str, rng.integers(1 + len(BLOCKS), size=LAYERS)))

    def fair_paths(self, rng: np.random.Generator) -> list[str]:
        """Draw three networks that use each operation of each layer once."""
        orders = rng.permuted([[IDENTITY, *BLOCKS]] * LAYERS, axis=1)
        return ["".join(path) for path in orders.T]

    def mutate(self, architecture: str, rng: np.random.Generator) -> str:
        """Give one layer another operation; without this, evolution would draw at random."""
        layer = int(rng.integers(LAYERS))
        others = [name for name in (IDENTITY, *BLOCKS) if name != architecture[layer]]
        return architecture[:layer] + others[rng.integers(len(others))] + architecture[layer + 1 :]

    def parse(self, text: str) -> str:
        """Read a network."""
        self.validate(text)
        return text

    def format(self, architecture: str) -> str:
        """Write a network."""
        return architecture

    def validate(self, architecture: str) -> None:
        """Raise `InputError` unless there are eight operations."""
        if len(architecture) != LAYERS or not set(architecture) <= {IDENTITY, *BLOCKS}:
            raise InputError(f"macro architecture {architecture!r}: eight of 0, 1 and 2 are wanted")


def unit(inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1) -> Iterator[nn.Module]:
    """Yield a convolution and its batch norm."""
    yield nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False)
    yield nn.BatchNorm2d(outputs)


class Layer(nn.ModuleDict):
    """The operations of one layer."""

    def __init__(self, inputs: int, outputs: int, stride: int):
        super().__init__()
        self.residual = stride == 1
        self[IDENTITY] = nn.Sequential(*(() if self.residual else unit(inputs, outputs, 1, stride)))
        for name, (kernel, expansion) in BLOCKS.items():
            wide = inputs * expansion
            depthwise = (*unit(wide, wide, kernel, stride, groups=wide), nn.ReLU())
            self[name] = nn.Sequential(*unit(inputs, wide, 1), nn.ReLU(), *depthwise, *unit(wide, outputs, 1))


class MacroSuperNet(nn.Module):
    """A plain module: `forward(images, architecture)` is all that wsnas needs."""

    def __init__(self, *, in_channels: int, num_classes: int, channels: int, **_: Any) -> None:
        super().__init__()
        self.stem = nn.Sequential(*unit(in_channels, channels, 3), nn.ReLU())
        self.layers, width = nn.ModuleList(), channels
        for count in STAGES:
            for stride in [2] + [1] * (count - 1):
                self.layers.append(Layer(width, width * stride, stride))
                width *= stride
        self.head = nn.Sequential(*unit(width, 5 * width, 1), nn.ReLU())
        self.classifier = nn.Linear(5 * width, num_classes)

    def forward(self, images: Tensor, architecture: str) -> Tensor:
        """Return the logits (n, classes) of one network."""
        x = self.stem(images)
        for layer, name in zip(self.layers, architecture, strict=True):
            x = layer[name](x) + (x if layer.residual and name != IDENTITY else 0)
        return self.classifier(self.head(x).mean(dim=(2, 3)))
