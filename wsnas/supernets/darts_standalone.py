"""A stand-alone network of DARTS, without auxiliary head; `cells` are all of its cells.

Pooling is followed by a batch norm without parameters, as in the super-net: so both compute the same
function, and the parameter counts are those of the authors' networks, which pool without batch norm.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from wsnas.spaces.darts import INPUTS, NODES, SKIP
from wsnas.supernets._batch_norm import BatchNorm
from wsnas.supernets._darts_forms import FORMS, POOLS, reads_even_pixels
from wsnas.supernets._darts_graph import Output, Value, reads, run_cell
from wsnas.supernets._darts_skeleton import STEM_MULTIPLIER, Normalised, Skeleton, halving
from wsnas.supernets._layers import Convolution, linear

if TYPE_CHECKING:
    from wsnas.spaces.darts import DartsArchitecture, DartsCell
    from wsnas.supernets._darts_graph import Place


class _Step(nn.Module):
    """Convolves each channel, then each pixel, then normalises."""

    def __init__(
        self, width: int, kernel: int, *, stride: int, dilation: int, generator: torch.Generator | None
    ) -> None:
        super().__init__()
        self._even = reads_even_pixels(stride, dilation)
        if self._even:
            stride = dilation = 1
        self.depthwise = Convolution(
            width, width, kernel, stride=stride, dilation=dilation, groups=width, generator=generator
        )
        self.pointwise = Convolution(width, width, 1, generator=generator)
        self.norm = BatchNorm(width, track=True)

    def forward(self, x: Tensor) -> Tensor:
        if self._even:
            x = x[:, :, ::2, ::2]
        normalised: Tensor = self.norm(self.pointwise(self.depthwise(x)))
        return normalised


class _Operation(nn.Module):
    def __init__(self, operation: int, width: int, stride: int, generator: torch.Generator | None) -> None:
        super().__init__()
        self._operation = operation
        self._stride = stride
        if operation in POOLS:
            self.norm = BatchNorm(width, affine=False, track=True)
        elif operation == SKIP and stride > 1:
            self.halving = Normalised(halving(width, width, generator), BatchNorm(width, track=True))
        elif operation != SKIP:
            form = FORMS[operation]
            self.steps = nn.ModuleList(
                _Step(
                    width,
                    form.kernel,
                    stride=stride if step == 0 else 1,
                    dilation=form.dilation,
                    generator=generator,
                )
                for step in range(form.steps)
            )

    def forward(self, value: Value) -> Tensor:
        if self._operation in POOLS:
            out: Tensor = self.norm(value.pooled(self._operation, self._stride))
        elif self._operation != SKIP:
            out = self.steps[0](value.rectified)
            for step in self.steps[1:]:
                out = step(F.relu_(out))
        else:
            out = value.value if self._stride == 1 else self.halving(value.rectified)
        return out


class _Cell(nn.Module):
    def __init__(
        self, cell: DartsCell, place: Place, inputs: tuple[int, int], generator: torch.Generator | None
    ) -> None:
        super().__init__()
        width = place.width
        halved = (place.after_reduction, False)
        self.entries = nn.ModuleList(
            Normalised(
                halving(channels, width, generator)
                if halve
                else Convolution(channels, width, 1, generator=generator),
                BatchNorm(width, track=True),
            )
            for channels, halve in zip(inputs, halved, strict=True)
        )
        self.operations = nn.ModuleDict(
            {
                f"{node}_{position}": _Operation(operation, width, place.stride(source), generator)
                for node, pairs in zip(NODES, cell.nodes, strict=True)
                for position, (operation, source) in enumerate(pairs)
            }
        )

    def forward(self, cell: DartsCell, *outputs: Output | None) -> Output:
        inputs = [
            Value(entry(output.rectified)) if output is not None and reads(cell, node) else None
            for node, (entry, output) in enumerate(zip(self.entries, outputs, strict=True))
        ]

        def apply(node: int, position: int, operation: int, source: int, value: Value) -> Tensor:
            out: Tensor = self.operations[f"{node}_{position}"](value)
            return out

        return run_cell(cell, inputs, apply)


class DartsNetwork(nn.Module):
    """One architecture of DARTS with weights of its own."""

    def __init__(
        self,
        architecture: DartsArchitecture,
        *,
        in_channels: int,
        num_classes: int,
        channels: int,
        cells: int,
        generator: torch.Generator | None,
    ) -> None:
        super().__init__()
        self._architecture = architecture
        widths = [STEM_MULTIPLIER * channels] * INPUTS

        def make_cell(place: Place) -> _Cell:
            cell = place.cell(architecture)
            made = _Cell(cell, place, (widths[-2], widths[-1]), generator)
            widths.append(len(cell.concat) * place.width)
            return made

        self.skeleton = Skeleton(
            make_cell,
            in_channels=in_channels,
            channels=channels,
            cells=cells,
            track=True,
            generator=generator,
        )
        self.classifier = linear(widths[-1], num_classes, generator)

    def forward(self, images: Tensor) -> Tensor:
        """Return the logits (n, classes) for images (n, channels, h, w)."""
        last = self.skeleton.run(self.skeleton.embed(images), self._architecture)
        logits: Tensor = self.classifier(last.features)
        return logits


NETWORK = DartsNetwork
