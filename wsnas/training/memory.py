"""What a training is going to take of a device's memory, told before it begins."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import Tensor

    from wsnas.spaces import Space
    from wsnas.supernets.base import SuperNet

_ARCHITECTURES = 8
_BESIDE = 1.4
"""Peak over what is kept for the way back, at most: 1.39, 0.98 and 1.19 on an H200 with the super-nets of
NAS-Bench-201, NAS-Bench-101 and DARTS at the paper's sizes. Convolutions work in the difference."""
_WEIGHTS = 3
"""A weight, its gradient and its momentum."""


def estimate_bytes(
    supernet: SuperNet, space: Space[Any], *, in_channels: int, resolution: int, batch_size: int
) -> int:
    """Return about what one training takes on a GPU, in bytes, and rather too much than too little.

    One image passes through some architectures, on torch's meta device, which computes sizes alone; what
    autograd keeps of it grows with the batch.

    Args:
        supernet: The network, on any device; it is moved to the meta device and of no use afterwards.
        space: Where architectures are drawn from.
        in_channels: Channels of the images.
        resolution: Height and width of the images in pixels.
        batch_size: Images of a step.
    """
    rng = np.random.default_rng(0)
    drawn = islice(filter(supernet.accepts, iter(lambda: space.sample(rng), None)), _ARCHITECTURES)
    supernet.to("meta")
    image = torch.zeros(1, in_channels, resolution, resolution, device="meta")
    weights = [weight.untyped_storage() for weight in supernet.parameters()]
    known = {storage._cdata for storage in weights}
    kept = max(sum(_kept(supernet, image, architecture, known)) for architecture in drawn)
    return round(_BESIDE * batch_size * kept + _WEIGHTS * sum(storage.nbytes() for storage in weights))


def _kept(supernet: SuperNet, image: Tensor, architecture: Any, known: set[int]) -> Iterator[int]:
    """Yield the sizes of the memory that autograd keeps of a forward pass, each once, without `known`."""
    found: dict[int, int] = {}

    def keep(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        found[storage._cdata] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        output = supernet.train()(image, architecture)
    # Until here the output holds what was kept, so that no storage took the place of another.
    del output
    yield from (size for storage, size in found.items() if storage not in known)
