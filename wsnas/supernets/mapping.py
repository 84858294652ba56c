"""The weight-sharing mapping: how an architecture of a space maps to the super-net's weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeVar, cast

from wsnas.errors import InputError

OpPlacement = Literal["edge", "node"]
BnStatistics = Literal["batch", "tracked", "recalibrated"]
DynamicChannels = Literal["fixed", "shuffle", "interpolate", "disabled"]
V = TypeVar("V", bound=bool | int | float | str)


@dataclass(frozen=True, kw_only=True, slots=True)
class SharingMapping:
    """What the paper calls f_ws, apart from the size of the network."""

    ofa_kernel: bool = False
    """Whether small kernels are the transformed centre of large ones (Cai et al., "Once-for-All")."""
    wsbn: bool = False
    """Whether an operation that serves several sources has one batch norm for each of them."""
    op_placement: OpPlacement = "edge"
    """Whether every edge has its own operations, or the edges into a node share them."""
    dynamic_channels: DynamicChannels = "fixed"
    """Which of an operation's channels serve an architecture that has fewer: the first, random ones,
    averages of neighbours; or no such architecture is taken, only those with one width throughout."""
    path_dropout: float = 0.0
    """Probability in [0, 1) that an operation's output is dropped for a sample, at the last cell."""
    global_dropout: float = 0.0
    """Probability in [0, 1) that a pooled feature is dropped before the classifier."""
    bn_affine: bool = True
    """Whether the batch norms of searched operations learn a scale and a shift."""
    bn_statistics: BnStatistics = "batch"
    """Statistics used for ranking: the ranked batch's, tracked in training, or re-estimated."""
    extra: tuple[tuple[str, bool | int | float | str], ...] = ()
    """Names and values of factors that other packages provide; `get` reads them."""

    def __post_init__(self) -> None:
        for name in ("path_dropout", "global_dropout"):
            value = getattr(self, name)
            if not 0.0 <= value < 1.0:
                raise InputError(f"{name} {value!r} is not a probability in [0, 1)")
        if self.op_placement not in ("edge", "node"):
            raise InputError(f"op_placement {self.op_placement!r} is neither 'edge' nor 'node'")
        if self.dynamic_channels not in ("fixed", "shuffle", "interpolate", "disabled"):
            raise InputError(
                f"dynamic_channels {self.dynamic_channels!r} is none of 'fixed', 'shuffle', 'interpolate',"
                " 'disabled'"
            )
        if self.bn_statistics not in ("batch", "tracked", "recalibrated"):
            raise InputError(
                f"bn_statistics {self.bn_statistics!r} is none of 'batch', 'tracked', 'recalibrated'"
            )

    def get(self, name: str, default: V) -> V:
        """Return the value in `extra` of the factor that is called `name`, or else `default`."""
        return cast("V", dict(self.extra).get(name, default))
