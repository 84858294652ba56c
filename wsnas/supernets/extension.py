"""What another package needs to provide a super-net; `examples/toy_space` shows how."""

from __future__ import annotations

from wsnas.supernets._average_pooling import average_pool_3x3
from wsnas.supernets._batch_norm import BatchNorm
from wsnas.supernets._layers import Convolution, batch_norms, drop_features, drop_paths, max_pool_3x3
from wsnas.supernets.base import SuperNet
from wsnas.supernets.mapping import SharingMapping

__all__ = [
    "BatchNorm",
    "Convolution",
    "SharingMapping",
    "SuperNet",
    "average_pool_3x3",
    "batch_norms",
    "drop_features",
    "drop_paths",
    "max_pool_3x3",
]
