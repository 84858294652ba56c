"""The super-net of DARTS; `cells` are all of its cells.

Source: Yu et al. for the two placements of operations: on the 14 edges of a cell, or in eight slots, two
for each node, of which the first serves a node's lower input. Operations that read an input of a reduction
cell are separate copies with stride 2. A cell's output has room for all four nodes; those that an
architecture does not put there count as zeros. Batch norms of stem and cell inputs are always affine,
those after pooling never.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from torch import Tensor, nn

from wsnas.spaces.darts import INPUTS, NODES, SKIP
from wsnas.supernets._batch_norm import BatchNorm
from wsnas.supernets._darts_blocks import BlockConvolution, BlockLinear
from wsnas.supernets._darts_graph import STEM, Output, Value, reads, run_cell
from wsnas.supernets._darts_operations import SharedOperations
from wsnas.supernets._darts_skeleton import STEM_MULTIPLIER, Halving, Normalised, Skeleton
from wsnas.supernets._layers import drop_paths
from wsnas.supernets.base import SuperNet

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import torch

    from wsnas.spaces.darts import DartsArchitecture, DartsCell
    from wsnas.supernets._darts_graph import Place
    from wsnas.supernets.mapping import SharingMapping

Blocks = tuple[tuple[int, ...], int]
"""The blocks that an output may have, and the channels of each."""


class SuperCell(nn.Module):
    """A cell that holds every operation of every choice."""

    def __init__(
        self,
        place: Place,
        inputs: Sequence[Blocks],
        *,
        mapping: SharingMapping,
        drop: float,
        generator: torch.Generator | None,
    ) -> None:
        super().__init__()
        self._place = place
        self._drop = drop
        self._by_edge = mapping.op_placement == "edge"
        halved = (place.after_reduction, False)
        self.entries = nn.ModuleList(
            _entry(blocks, place.width, halve=halve, mapping=mapping, generator=generator)
            for blocks, halve in zip(inputs, halved, strict=True)
        )
        sources: dict[str, dict[int, None]] = {}
        for node in NODES:
            for source in range(node):
                for position in range(2):
                    sources.setdefault(self._name(node, position, source), {})[source] = None
        self.operations = nn.ModuleDict(
            {
                name: SharedOperations(
                    place.width,
                    stride=place.stride(min(served)),
                    sources=tuple(served),
                    mapping=mapping,
                    generator=generator,
                )
                for name, served in sources.items()
            }
        )

    def choice(self, node: int, position: int, source: int) -> SharedOperations:
        """Return the operations that serve the first or second pair of `node` where it reads `source`."""
        return cast("SharedOperations", self.operations[self._name(node, position, source)])

    def forward(
        self,
        cell: DartsCell,
        first: Output | None,
        second: Output | None,
        generator: torch.Generator | None,
    ) -> Output:
        """Compute the cell from the outputs of the two cells before; each may be None if it is not read."""
        inputs = [
            Value(entry(output.rectified, output.blocks))
            if output is not None and reads(cell, node)
            else None
            for node, (entry, output) in enumerate(zip(self.entries, (first, second), strict=True))
        ]
        drop = self._drop if self.training else 0.0

        def apply(node: int, position: int, operation: int, source: int, value: Value) -> Tensor:
            out: Tensor = self.choice(node, position, source)(value, operation, source)
            identity = operation == SKIP and self._place.stride(source) == 1
            return drop_paths(out, drop, generator) if drop and not identity else out

        return run_cell(cell, inputs, apply)

    def _name(self, node: int, position: int, source: int) -> str:
        if self._by_edge:
            return f"{source}_{node}"
        return f"{node}_{position}_stride{self._place.stride(source)}"


class DartsSuperNet(SuperNet):
    """Every operation of every choice of every cell, with weights of its own per cell."""

    def __init__(
        self,
        *,
        mapping: SharingMapping,
        in_channels: int,
        num_classes: int,
        channels: int,
        cells: int,
        generator: torch.Generator | None,
    ) -> None:
        super().__init__()
        self.mapping = mapping
        outputs: list[Blocks] = [(STEM, STEM_MULTIPLIER * channels)] * INPUTS

        def make_cell(place: Place) -> SuperCell:
            drop = mapping.path_dropout * (place.index + 1) / cells
            cell = SuperCell(place, outputs[-INPUTS:], mapping=mapping, drop=drop, generator=generator)
            outputs.append((NODES, place.width))
            return cell

        self.skeleton = Skeleton(
            make_cell,
            in_channels=in_channels,
            channels=channels,
            cells=cells,
            track=mapping.bn_statistics == "tracked",
            generator=generator,
        )
        blocks, width = outputs[-1]
        self.classifier = BlockLinear(blocks, width, num_classes, generator=generator)

    def forward(self, images: Tensor, architecture: DartsArchitecture) -> Tensor:
        """Return the logits (n, classes) of one architecture for images (n, channels, h, w)."""
        return self._after_stem(self.skeleton.embed(images), architecture)

    def forward_pool(self, images: Tensor, pool: Sequence[DartsArchitecture]) -> Iterator[tuple[int, Tensor]]:
        """Yield (position, logits); the stem is computed once."""
        stem = self.skeleton.embed(images)
        for position, architecture in enumerate(pool):
            yield position, self._after_stem(stem, architecture)

    def standalone_state(self, architecture: DartsArchitecture) -> dict[str, Tensor]:
        """Return the state of the stand-alone network, which has weights of present blocks only."""
        state: dict[str, Tensor] = {}

        def add(prefix: str, tensors: dict[str, Tensor]) -> None:
            state.update({f"{prefix}.{name}": tensor.detach().clone() for name, tensor in tensors.items()})

        skeleton = self.skeleton
        add("skeleton.stem", skeleton.stem.state_dict())
        add("skeleton.stem_norm", skeleton.stem_norm.full_state())
        blocks: list[tuple[int, ...]] = [STEM] * INPUTS
        for place, layer in zip(skeleton.places, skeleton.cells, strict=True):
            prefix = f"skeleton.cells.{place.index}"
            super_cell, cell = cast("SuperCell", layer), place.cell(architecture)
            for index, entry in enumerate(super_cell.entries):
                add(f"{prefix}.entries.{index}", _entry_state(entry, blocks[index - INPUTS]))
            for node, pairs in zip(NODES, cell.nodes, strict=True):
                for position, (operation, source) in enumerate(pairs):
                    operations = super_cell.choice(node, position, source)
                    add(
                        f"{prefix}.operations.{node}_{position}",
                        operations.standalone_state(operation, source),
                    )
            blocks.append(cell.concat)
        add("classifier", {"weight": self.classifier.weight(blocks[-1]), "bias": self.classifier.bias})
        return state

    def _after_stem(self, stem: Output, architecture: DartsArchitecture) -> Tensor:
        last = self.skeleton.run(stem, architecture, self.path_generator)
        logits: Tensor = self.classifier(self.drop_globally(last.features), last.blocks)
        return logits


def _entry(
    blocks: Blocks, outputs: int, *, halve: bool, mapping: SharingMapping, generator: torch.Generator | None
) -> Normalised:
    def convolution(channels: int) -> BlockConvolution:
        return BlockConvolution(*blocks, channels, generator=generator)

    half = outputs // 2
    conv = Halving(convolution(half), convolution(outputs - half)) if halve else convolution(outputs)
    return Normalised(conv, BatchNorm(outputs, track=mapping.bn_statistics == "tracked"))


def _entry_state(entry: nn.Module, blocks: tuple[int, ...]) -> dict[str, Tensor]:
    weights = {
        f"{name}.weight": module.weight(blocks)
        for name, module in entry.named_modules()
        if isinstance(module, BlockConvolution)
    }
    norm = cast("Normalised", entry).norm.full_state()
    return weights | {f"norm.{name}": tensor for name, tensor in norm.items()}
