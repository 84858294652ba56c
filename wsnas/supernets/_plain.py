"""Plain modules as super-nets: all that `SuperNet` offers beside `forward(images, architecture)`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from wsnas.supernets._batch_norm import BatchNorm
from wsnas.supernets.base import SuperNet

if TYPE_CHECKING:
    from wsnas.supernets.mapping import SharingMapping

_PROBE = (2, 16)
"""Images and their height and width in a pass that finds which weights an architecture uses."""


class PlainSuperNet(SuperNet):
    """A module whose batch norms are replaced by ours, which have all statistics that a mapping asks for."""

    def __init__(self, network: nn.Module, mapping: SharingMapping) -> None:
        super().__init__()
        self.mapping = mapping
        self.network = network
        replace_norms(network, track=mapping.bn_statistics == "tracked")

    def forward(self, images: Tensor, architecture: Any) -> Tensor:
        """Return the module's logits."""
        logits: Tensor = self.network(images, architecture)
        return logits

    def standalone_state(self, architecture: Any) -> dict[str, Tensor]:
        """Return the state of a `SinglePath` of the same module."""
        state = dict(self.state_dict())
        for prefix, module in self.named_modules():
            if isinstance(module, BatchNorm):
                state |= {f"{prefix}.{name}": value for name, value in module.full_state().items()}
        return {name: value.clone() for name, value in state.items()}


class SinglePath(nn.Module):
    """The network of one architecture of a plain super-net; weights that it does not use are not trained."""

    def __init__(self, network: nn.Module, architecture: Any, *, in_channels: int) -> None:
        super().__init__()
        self.network = network
        self.architecture = architecture
        replace_norms(network, track=True, affine=True)
        used: set[nn.Module] = set()
        hooks = [
            module.register_forward_pre_hook(lambda module, _inputs: used.add(module))
            for module in self.modules()
        ]
        images, side = _PROBE
        # In evaluation, so that no statistics are tracked.
        with torch.no_grad():
            self.eval()(torch.zeros(images, in_channels, side, side))
        for hook in hooks:
            hook.remove()
        for module in set(self.modules()) - used:
            for weight in module.parameters(recurse=False):
                weight.requires_grad_(False)
        self.train()

    def forward(self, images: Tensor) -> Tensor:
        """Return the logits (n, classes)."""
        logits: Tensor = self.network(images, self.architecture)
        return logits


def replace_norms(network: nn.Module, *, track: bool, affine: bool = False) -> None:
    """Put our batch norms in the place of torch's, in all of a module.

    Args:
        network: The module.
        track: Whether they track statistics.
        affine: Whether they have a scale and a shift where those that they replace have none, too.
    """
    for parent in network.modules():
        for name, norm in parent.named_children():
            if isinstance(norm, (nn.BatchNorm2d, BatchNorm)):
                channels = norm.channels if isinstance(norm, BatchNorm) else norm.num_features
                scaled = affine or norm.weight is not None
                setattr(parent, name, BatchNorm(channels, affine=scaled, track=track))
