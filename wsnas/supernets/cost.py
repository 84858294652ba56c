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
    resolution: int = 32,
    in_channels: int = 3,
    num_classes: int = 10,
) -> Cost:
    """Measure the cost of an architecture without allocating its weights.

    With one cell per stage the order of architectures is that of the benchmark's full depth, since
    every cell of a network is the same.
    """
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    from wsnas.supernets import build_standalone

    with torch.device("meta"), torch.no_grad():
        network = build_standalone(
            space,
            architecture,
            in_channels=in_channels,
            num_classes=num_classes,
            channels=channels,
            cells=cells,
        ).train()
        with FlopCounterMode(display=False) as counter:
            network(torch.empty(2, in_channels, resolution, resolution))
    parameters = sum(parameter.numel() for parameter in network.parameters())
    return Cost(parameters=parameters, flops=counter.get_total_flops() // 2)
