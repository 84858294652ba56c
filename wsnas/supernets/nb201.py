"""The super-net of NAS-Bench-201.

Source: Dong and Yang (ICLR 2020) for the network; the node placement ties operations as the official
code of Yu et al. does: into each node, the edge from the cell's input has operations of its own and all
other edges share one set. Batch norms outside the cells are always affine.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from wsnas.spaces.nb201 import AVG_POOL, CONV_1X1, CONV_3X3, EDGES, NONE, OUTPUT_NODE, SKIP
from wsnas.spaces.nb201 import NB201Architecture as Architecture
from wsnas.supernets._average_pooling import average_pool_3x3
from wsnas.supernets._batch_norm import BatchNorm
from wsnas.supernets._layers import Convolution, drop_paths
from wsnas.supernets._nb201_skeleton import ResidualBlock, Skeleton
from wsnas.supernets.base import SuperNet

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Unpack

    from wsnas.supernets._layers import Options
    from wsnas.supernets.mapping import SharingMapping

_KERNELS = {CONV_1X1: 1, CONV_3X3: 3}


class _EdgeConvolutions(nn.Module):
    """The two convolutions of one set of operations, each followed by batch norm."""

    def __init__(
        self, width: int, sources: tuple[int, ...], mapping: SharingMapping, generator: torch.Generator | None
    ) -> None:
        super().__init__()
        self.conv_3x3 = Convolution(width, width, 3, generator=generator)
        if mapping.ofa_kernel:
            # The centre of a 3x3 kernel is one number per pair of channels, so the transform is one factor.
            self.transform = nn.Parameter(torch.ones(1, 1))
        else:
            self.conv_1x1 = Convolution(width, width, 1, generator=generator)
        own = sources if mapping.wsbn else sources[:1]
        track = mapping.bn_statistics == "tracked"
        self.norms = nn.ModuleDict(
            {
                f"{kernel}x{kernel}_{source}": BatchNorm(width, affine=mapping.bn_affine, track=track)
                for kernel in _KERNELS.values()
                for source in own
            }
        )
        self._norm_of = {source: source if mapping.wsbn else sources[0] for source in sources}

    def weight(self, operation: int) -> Tensor:
        """Return the kernel (width, width, k, k) of an operation."""
        if operation == CONV_3X3:
            return self.conv_3x3.weight
        if hasattr(self, "transform"):
            return self.conv_3x3.weight[:, :, 1:2, 1:2] * self.transform
        return self.conv_1x1.weight

    def norm(self, operation: int, source: int) -> BatchNorm:
        """Return the batch norm of an operation that reads node `source`."""
        kernel = _KERNELS[operation]
        return cast("BatchNorm", self.norms[f"{kernel}x{kernel}_{self._norm_of[source]}"])

    def forward(self, x: Tensor, operation: int, source: int) -> Tensor:
        """Convolve and normalise; `x` has passed the ReLU."""
        y = F.conv2d(x, self.weight(operation), None, 1, _KERNELS[operation] // 2)
        normalised: Tensor = self.norm(operation, source)(y)
        return normalised


class _Node:
    """A node's value, with what several operations read from it computed once."""

    def __init__(self, value: Tensor) -> None:
        self.value = value
        self._rectified: Tensor | None = None
        self._pooled: Tensor | None = None

    @property
    def rectified(self) -> Tensor:
        if self._rectified is None:
            self._rectified = F.relu(self.value)
        return self._rectified

    @property
    def pooled(self) -> Tensor:
        if self._pooled is None:
            self._pooled = average_pool_3x3(self.value)
        return self._pooled


class SuperCell(nn.Module):
    """A cell that holds every operation of every edge."""

    def __init__(
        self, width: int, *, mapping: SharingMapping, drop: float, generator: torch.Generator | None
    ) -> None:
        super().__init__()
        self._drop = drop
        self._set_of: dict[tuple[int, int], str] = {}
        sources: dict[str, tuple[int, ...]] = {}
        for source, target in EDGES:
            shared = mapping.op_placement == "node" and source > 0
            name = f"inner_{target}" if shared else f"{source}_{target}"
            self._set_of[source, target] = name
            sources[name] = (*sources.get(name, ()), source)
        self.convolutions = nn.ModuleDict(
            {name: _EdgeConvolutions(width, read, mapping, generator) for name, read in sources.items()}
        )

    def edge(self, source: int, target: int) -> _EdgeConvolutions:
        """Return the convolutions of an edge."""
        return cast("_EdgeConvolutions", self.convolutions[self._set_of[source, target]])

    def apply(  # type: ignore[override]  # an operation is applied here, not a function to modules
        self, operation: int, node: _Node, source: int, target: int, generator: torch.Generator | None
    ) -> Tensor:
        """Return what the edge from `source` to `target` delivers."""
        if operation == SKIP:
            return node.value
        if operation == AVG_POOL:
            out = node.pooled
        else:
            out = self.edge(source, target)(node.rectified, operation, source)
        return drop_paths(out, self._drop, generator) if self.training and self._drop else out

    def forward(self, x: Tensor, architecture: Architecture, generator: torch.Generator | None) -> Tensor:
        """Map (n, width, h, w) to the same shape."""
        nodes: list[_Node | None] = [_Node(x), None, None, None]
        live = architecture.live_edges
        for position, (source, target) in enumerate(EDGES):
            origin = nodes[source]
            if not live[position] or origin is None:
                continue
            out = self.apply(architecture.operations[position], origin, source, target, generator)
            known = nodes[target]
            nodes[target] = _Node(out if known is None else out + known.value)
        output = nodes[OUTPUT_NODE]
        return torch.zeros_like(x) if output is None else output.value


class _SharedFirstCell:
    """The first cell for many architectures in sorted order: what two neighbours share is kept.

    Sorted by their live operations in the order of `EDGES`, architectures with equal operations into
    node 1 (then node 2) follow one another, so that only values of the current prefix must be held.
    """

    _KNOWN_AFTER = (0, 1, 3)
    """How many operations determine the value of nodes 0, 1 and 2."""

    def __init__(self, cell: SuperCell, x: Tensor) -> None:
        self._cell = cell
        self._zero = torch.zeros_like(x)
        self._nodes: dict[tuple[int, ...], _Node] = {(): _Node(x)}
        self._edges: dict[tuple[tuple[int, ...], int, int, int], Tensor] = {}

    def __call__(self, live: tuple[int, ...]) -> Tensor:
        """Return the cell's output for one tuple of live operations."""
        self._forget_other_prefixes(live)
        values: list[Tensor | None] = [None] * (OUTPUT_NODE + 1)
        for operation, (source, target) in zip(live, EDGES, strict=True):
            if operation == NONE:
                continue
            prefix = live[: self._KNOWN_AFTER[source]]
            node = self._nodes.get(prefix)
            if node is None:
                node = self._nodes[prefix] = _Node(cast("Tensor", values[source]))
            key = (prefix, operation, source, target)
            if key not in self._edges:
                self._edges[key] = self._cell.apply(operation, node, source, target, None)
            known = values[target]
            values[target] = self._edges[key] if known is None else known + self._edges[key]
        output = values[OUTPUT_NODE]
        return self._zero if output is None else output

    def _forget_other_prefixes(self, live: tuple[int, ...]) -> None:
        self._nodes = {prefix: node for prefix, node in self._nodes.items() if live[: len(prefix)] == prefix}
        self._edges = {key: out for key, out in self._edges.items() if live[: len(key[0])] == key[0]}


class NB201SuperNet(SuperNet):
    """Every operation of every edge of every cell, with weights of its own per cell."""

    def __init__(self, *, mapping: SharingMapping, **options: Unpack[Options]) -> None:
        super().__init__()
        self.mapping = mapping
        depth = 3 * options["cells"]
        place = iter(range(1, depth + 1))

        def make_cell(width: int) -> SuperCell:
            drop = mapping.path_dropout * next(place) / depth
            return SuperCell(width, mapping=mapping, drop=drop, generator=options["generator"])

        self.skeleton = Skeleton(
            make_cell,
            track=mapping.bn_statistics == "tracked",
            **options,
        )

    def forward(self, images: Tensor, architecture: Architecture) -> Tensor:
        """Return the logits (n, classes) of one architecture for images (n, channels, h, w)."""
        return self._classify(self._layers(self.skeleton.embed(images), architecture, first=0))

    def forward_pool(self, images: Tensor, pool: Sequence[Architecture]) -> Iterator[tuple[int, Tensor]]:
        """Yield (position, logits); the first cell's common parts and equal networks are computed once."""
        shared = _SharedFirstCell(cast("SuperCell", self.skeleton.layers[0]), self.skeleton.embed(images))
        live = [_live_operations(architecture) for architecture in pool]
        for operations, positions in groupby(
            sorted(range(len(pool)), key=live.__getitem__), live.__getitem__
        ):
            members = list(positions)
            logits = self._classify(self._layers(shared(operations), pool[members[0]], first=1))
            for position in members:
                yield position, logits

    def standalone_state(self, architecture: Architecture) -> dict[str, Tensor]:
        """Return the state of the stand-alone network; edges without convolution have none."""
        state: dict[str, Tensor] = {}

        def add(prefix: str, tensors: dict[str, Tensor]) -> None:
            state.update({f"{prefix}.{name}": tensor.detach().clone() for name, tensor in tensors.items()})

        skeleton = self.skeleton
        add("skeleton.stem", skeleton.stem.state_dict())
        add("skeleton.stem_norm", skeleton.stem_norm.full_state())
        add("skeleton.last_norm", skeleton.last_norm.full_state())
        add("skeleton.classifier", skeleton.classifier.state_dict())
        for index, layer in enumerate(skeleton.layers):
            prefix = f"skeleton.layers.{index}"
            if isinstance(layer, ResidualBlock):
                for name, module in layer.named_children():
                    part = module.full_state() if isinstance(module, BatchNorm) else module.state_dict()
                    add(f"{prefix}.{name}", part)
                continue
            for operation, (source, target) in zip(architecture.operations, EDGES, strict=True):
                if operation in _KERNELS:
                    edge = cast("SuperCell", layer).edge(source, target)
                    add(f"{prefix}.edges.{source}_{target}.conv", {"weight": edge.weight(operation)})
                    add(f"{prefix}.edges.{source}_{target}.norm", edge.norm(operation, source).full_state())
        return state

    def _layers(self, x: Tensor, architecture: Architecture, *, first: int) -> Tensor:
        for layer in list(self.skeleton.layers)[first:]:
            x = layer(x, architecture, self.path_generator) if isinstance(layer, SuperCell) else layer(x)
        return x

    def _classify(self, x: Tensor) -> Tensor:
        logits: Tensor = self.skeleton.classifier(self.drop_globally(self.skeleton.pool(x)))
        return logits


def _live_operations(architecture: Architecture) -> tuple[int, ...]:
    return tuple(
        operation if live else NONE
        for operation, live in zip(architecture.operations, architecture.live_edges, strict=True)
    )


SUPERNET = NB201SuperNet
