"""What a stand-alone network costs: the trivial rankers that every result stands beside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wsnas.spaces import Space


@dataclass(frozen=True, kw_only=True, slots=True)
class Cost:
    """The size of one stand-alone network."""

    parameters: int
    """Trainable numbers, those of operations that the output cannot see included."""
    flops: int
    """Floating-point operations of one image's forward pass (two for a multiply-add), convolutions and
    the classifier only; operations that the output cannot see are not executed."""


def measure_cost(
    space: Space[Any],
    architecture: Any,
    *,
    channels: int = 16,
    cells: int = 1,
    resolution: int = 8,
    in_channels: int = 3,
    num_classes: int = 10,
) -> Cost:
    """Measure the cost of an architecture.

    Small images and one cell per stage keep this fast; they give the order of the benchmark's full size,
    since every cell of a network is the same and convolutions scale alike with the resolution.
    """
    import torch
    from torch import Tensor, nn

    from wsnas.supernets import build_standalone
    from wsnas.supernets._layers import Convolution

    flops = 0

    def count(layer: nn.Module, _inputs: tuple[Tensor], output: Tensor) -> None:
        nonlocal flops
        weight = layer.weight
        assert isinstance(weight, Tensor)
        # Each output element takes one multiply-add for each weight of its filter.
        flops += 2 * output[0].numel() * weight[0].numel()

    with torch.inference_mode():
        network = build_standalone(
            space,
            architecture,
            in_channels=in_channels,
            num_classes=num_classes,
            channels=channels,
            cells=cells,
        ).train()
        for layer in network.modules():
            if isinstance(layer, (Convolution, nn.Conv2d, nn.Linear)):
                layer.register_forward_hook(count)
        # Two images, since one of a single pixel in the last layers has no statistics.
        network(torch.zeros(2, in_channels, resolution, resolution))
    parameters = sum(parameter.numel() for parameter in network.parameters() if parameter.requires_grad)
    return Cost(parameters=parameters, flops=flops)
