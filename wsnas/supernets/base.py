"""What every super-net offers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from torch import Tensor, nn

from wsnas.supernets._layers import batch_norms, drop_features

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import torch

    from wsnas.supernets.mapping import SharingMapping


class SuperNet(nn.Module, ABC):
    """One network that holds the weights of all architectures of a space.

    Only what the output depends on is computed: operations off the architecture's live paths get no
    gradient (it stays None), so an optimiser that skips such weights changes them in no way.
    """

    mapping: SharingMapping
    """How architectures map to weights."""
    path_generator: torch.Generator | None = None
    """Source of the randomness of dropout; the global one where None."""

    def accepts(self, architecture: Any) -> bool:
        """Return whether the mapping has weights for the architecture; training draws only such."""
        return True

    @abstractmethod
    def forward(self, images: Tensor, architecture: Any) -> Tensor:
        """Return the logits (n, classes) of one architecture for images (n, channels, h, w)."""

    @abstractmethod
    def standalone_state(self, architecture: Any) -> dict[str, Tensor]:
        """Return the state with which the stand-alone network gives the super-net's logits."""

    def forward_pool(self, images: Tensor, pool: Sequence[Any]) -> Iterator[tuple[int, Tensor]]:
        """Yield (position in the pool, logits) for every architecture, in an order of its own."""
        for position, architecture in enumerate(pool):
            yield position, self(images, architecture)

    def drop_globally(self, features: Tensor) -> Tensor:
        """In training, drop pooled features (n, width) at the mapping's rate of global dropout."""
        if self.training and self.mapping.global_dropout:
            return drop_features(features, self.mapping.global_dropout, self.path_generator)
        return features

    def set_calibration(self, samples: int) -> None:
        """In evaluation, let the first `samples` of each batch provide the statistics; 0 ends that."""
        for norm in batch_norms(self):
            norm.calibration = samples
