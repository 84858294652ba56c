"""The shared weights of one choice of operation in DARTS's super-net: an edge, or a slot of a node."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from wsnas.spaces.darts import DIL_CONV_3X3, SEP_CONV_3X3, SKIP
from wsnas.supernets._batch_norm import BatchNorm
from wsnas.supernets._darts_forms import FORMS, POOLS, reads_even_pixels
from wsnas.supernets._darts_skeleton import halving
from wsnas.supernets._layers import Convolution

if TYPE_CHECKING:
    from wsnas.supernets._darts_graph import Value
    from wsnas.supernets.mapping import SharingMapping

_KERNELS = (3, 5)


class SourceNorms(nn.Module):
    """The batch norms after one operation: one for all nodes that it may read or, with wsbn, one each."""

    def __init__(
        self, width: int, sources: tuple[int, ...], mapping: SharingMapping, *, affine: bool
    ) -> None:
        super().__init__()
        own = sources if mapping.wsbn else sources[:1]
        track = mapping.bn_statistics == "tracked"
        self.norms = nn.ModuleDict(
            {str(source): BatchNorm(width, affine=affine, track=track) for source in own}
        )
        self._name_of = {source: str(source if mapping.wsbn else sources[0]) for source in sources}

    def of(self, source: int) -> BatchNorm:
        """Return the batch norm of the operation where it reads node `source`."""
        return cast("BatchNorm", self.norms[self._name_of[source]])


class SharedStep(nn.Module):
    """A step of the convolutions of both kernel sizes.

    With `ofa_kernel` they share the pointwise convolution, and the depthwise kernel of 3x3 is the centre
    of that of 5x5 through a transform; batch norms stay apart, since their statistics differ.
    """

    def __init__(
        self,
        width: int,
        *,
        stride: int,
        dilation: int,
        sources: tuple[int, ...],
        mapping: SharingMapping,
        generator: torch.Generator | None,
    ) -> None:
        super().__init__()
        self._even = reads_even_pixels(stride, dilation)
        self._stride, self._dilation = (1, 1) if self._even else (stride, dilation)
        self._ofa_kernel = mapping.ofa_kernel
        self.kernels = nn.ParameterDict()
        for kernel in _KERNELS[1:] if mapping.ofa_kernel else _KERNELS:
            depthwise = Convolution(width, width, kernel, groups=width, generator=generator)
            pointwise = Convolution(width, width, 1, generator=generator)
            self.kernels[f"depthwise_{kernel}x{kernel}"] = depthwise.weight
            self.kernels[f"pointwise_{kernel}x{kernel}"] = pointwise.weight
        if mapping.ofa_kernel:
            self.transform = nn.Parameter(torch.eye(_KERNELS[0] ** 2))
        self.norms = nn.ModuleDict(
            {
                f"{kernel}x{kernel}": SourceNorms(width, sources, mapping, affine=mapping.bn_affine)
                for kernel in _KERNELS
            }
        )

    def depthwise(self, kernel: int) -> Tensor:
        """Return the depthwise kernel (width, 1, k, k)."""
        if kernel == _KERNELS[0] and self._ofa_kernel:
            centre = self.kernels["depthwise_5x5"][:, :, 1:-1, 1:-1]
            return F.linear(centre.flatten(1), self.transform).view(-1, 1, kernel, kernel)
        return cast("Tensor", self.kernels[f"depthwise_{kernel}x{kernel}"])

    def pointwise(self, kernel: int) -> Tensor:
        """Return the pointwise kernel (width, width, 1, 1)."""
        name = "pointwise_5x5" if self._ofa_kernel else f"pointwise_{kernel}x{kernel}"
        return cast("Tensor", self.kernels[name])

    def norm(self, kernel: int, source: int) -> BatchNorm:
        """Return the batch norm of a kernel size where the operation reads node `source`."""
        return cast("SourceNorms", self.norms[f"{kernel}x{kernel}"]).of(source)

    def forward(self, x: Tensor, kernel: int, source: int) -> Tensor:
        """Convolve and normalise; `x` has passed the ReLU."""
        if self._even:
            x = x[:, :, ::2, ::2]
        padding = self._dilation * (kernel // 2)
        y = F.conv2d(
            x, self.depthwise(kernel), None, self._stride, padding, self._dilation, groups=x.shape[1]
        )
        normalised: Tensor = self.norm(kernel, source)(F.conv2d(y, self.pointwise(kernel)))
        return normalised


class SharedOperations(nn.Module):
    """Every operation, for one stride and the nodes that it may read."""

    def __init__(
        self,
        width: int,
        *,
        stride: int,
        sources: tuple[int, ...],
        mapping: SharingMapping,
        generator: torch.Generator | None,
    ) -> None:
        super().__init__()
        self._stride = stride

        def steps(operation: int) -> nn.ModuleList:
            form = FORMS[operation]
            return nn.ModuleList(
                SharedStep(
                    width,
                    stride=stride if step == 0 else 1,
                    dilation=form.dilation,
                    sources=sources,
                    mapping=mapping,
                    generator=generator,
                )
                for step in range(form.steps)
            )

        self.separable = steps(SEP_CONV_3X3)
        self.dilated = steps(DIL_CONV_3X3)
        self.pools = nn.ModuleList(SourceNorms(width, sources, mapping, affine=False) for _ in POOLS)
        if stride > 1:
            self.halving = halving(width, width, generator)
            self.halving_norms = SourceNorms(width, sources, mapping, affine=mapping.bn_affine)

    def steps(self, operation: int) -> list[SharedStep]:
        """Return the steps of a convolution."""
        steps = self.separable if FORMS[operation].steps == len(self.separable) else self.dilated
        return cast("list[SharedStep]", list(steps))

    def pool_norm(self, operation: int, source: int) -> BatchNorm:
        """Return the batch norm after a pooling operation."""
        return cast("SourceNorms", self.pools[POOLS.index(operation)]).of(source)

    def forward(self, value: Value, operation: int, source: int) -> Tensor:
        """Return what an operation makes of the value of node `source`."""
        if operation == SKIP:
            out = value.value
            if self._stride > 1:
                out = self.halving_norms.of(source)(self.halving(value.rectified))
        elif operation in POOLS:
            out = self.pool_norm(operation, source)(value.pooled(operation, self._stride))
        else:
            kernel = FORMS[operation].kernel
            first, *others = self.steps(operation)
            out = first(value.rectified, kernel, source)
            for step in others:
                out = step(F.relu_(out), kernel, source)
        return out

    def standalone_state(self, operation: int, source: int) -> dict[str, Tensor]:
        """Return the state of the operation with weights of its own."""
        if operation in POOLS:
            norm = self.pool_norm(operation, source).full_state()
            return {f"norm.{name}": norm[name] for name in norm if name not in ("weight", "bias")}
        state: dict[str, Tensor] = {}

        def add(prefix: str, tensors: dict[str, Tensor]) -> None:
            state.update({f"{prefix}.{name}": tensor for name, tensor in tensors.items()})

        if operation in FORMS:
            kernel = FORMS[operation].kernel
            for index, step in enumerate(self.steps(operation)):
                add(f"steps.{index}.depthwise", {"weight": step.depthwise(kernel)})
                add(f"steps.{index}.pointwise", {"weight": step.pointwise(kernel)})
                add(f"steps.{index}.norm", step.norm(kernel, source).full_state())
        elif self._stride > 1:
            add("halving.conv", self.halving.state_dict())
            add("halving.norm", self.halving_norms.of(source).full_state())
        return state
