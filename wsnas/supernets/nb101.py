"""The super-net of NAS-Bench-101.

Source: Ying et al. (ICML 2019) for the network; operations sit on vertices, as in the official code of Yu
et al. Interior vertex i of an architecture uses vertex i of the super-net. An architecture whose vertices
are narrower than the weights uses a part of these, as `SharingMapping.dynamic_channels` says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from wsnas.errors import InputError
from wsnas.spaces.nb101 import MOST_FEEDERS, NB101, OUTPUT_FEEDERS
from wsnas.spaces.nb101 import NB101Architecture as Architecture
from wsnas.supernets._nb101_cell import KERNELS, Projection, SuperCell
from wsnas.supernets._nb101_plan import plan
from wsnas.supernets._nb101_shared import SharedFirstCell
from wsnas.supernets._nb101_skeleton import Skeleton
from wsnas.supernets.base import SuperNet

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Unpack

    from torch import Tensor

    from wsnas.supernets._layers import Options
    from wsnas.supernets._nb101_channels import Channels
    from wsnas.supernets.mapping import SharingMapping


class NB101SuperNet(SuperNet):
    """Every operation of every vertex of every cell, with weights of its own per cell."""

    def __init__(self, *, mapping: SharingMapping, **options: Unpack[Options]) -> None:
        """Build a super-net; arguments as in `wsnas.supernets.build_supernet`.

        Raises:
            InputError: a vertex of some architecture would have no channel.
        """
        super().__init__()
        _check_channels(options["channels"], mapping)
        self.mapping = mapping
        depth = 3 * options["cells"]
        place = iter(range(1, depth + 1))

        def make_cell(before: int, width: int) -> SuperCell:
            drop = mapping.path_dropout * next(place) / depth
            return SuperCell(before, width, mapping=mapping, drop=drop, generator=options["generator"])

        self.skeleton = Skeleton(
            make_cell,
            track=mapping.bn_statistics == "tracked",
            **options,
        )

    def accepts(self, architecture: Architecture) -> bool:
        """Return whether there are weights of the architecture's widths."""
        return self.mapping.dynamic_channels != "disabled" or NB101().comparable(architecture)

    def forward(self, images: Tensor, architecture: Architecture) -> Tensor:
        """Return the logits (n, classes) of one architecture for images (n, channels, h, w)."""
        self._check_accepts(architecture)
        return self._classify(self._cells(self.skeleton.embed(images), architecture, after=0))

    def forward_pool(self, images: Tensor, pool: Sequence[Architecture]) -> Iterator[tuple[int, Tensor]]:
        """Yield (position, logits); in evaluation, the first cell's common parts are computed once."""
        if self.training:
            yield from super().forward_pool(images, pool)
            return
        for architecture in pool:
            self._check_accepts(architecture)
        shared = SharedFirstCell(cast("SuperCell", self.skeleton.cells[0]), self.skeleton.embed(images))
        keys = [shared.key(architecture) for architecture in pool]
        for position in sorted(range(len(pool)), key=keys.__getitem__):
            first = shared(pool[position])
            yield position, self._classify(self._cells(first, pool[position], after=1))

    def standalone_state(self, architecture: Architecture) -> dict[str, Tensor]:
        """Return the state of the stand-alone network, which holds what the architecture has alone."""
        self._check_accepts(architecture)
        state: dict[str, Tensor] = {}

        def add(prefix: str, tensors: dict[str, Tensor]) -> None:
            state.update({f"{prefix}.{name}": tensor.detach().clone() for name, tensor in tensors.items()})

        def add_projection(prefix: str, projection: Projection, channels: Channels | None) -> None:
            add(f"{prefix}.conv", {"weight": projection.weight(channels)})
            add(f"{prefix}.norm", projection.norm.part_state(channels))

        skeleton = self.skeleton
        add("skeleton.stem", skeleton.stem.state_dict())
        add("skeleton.stem_norm", skeleton.stem_norm.full_state())
        add("skeleton.classifier", skeleton.classifier.state_dict())
        for index, module in enumerate(skeleton.cells):
            cell = cast("SuperCell", module)
            prefix = f"skeleton.cells.{index}"
            for step in plan(architecture, cell.width):
                vertex, channels = cell.vertex(step.vertex), cell.ranking_channels(step.width)
                if step.reads_input:
                    add_projection(f"{prefix}.projections.{step.vertex}", vertex.projection, channels)
                if step.operation in KERNELS:
                    place = f"{prefix}.operations.{step.vertex}"
                    add(f"{place}.conv", {"weight": vertex.weight(step.operation, channels)})
                    add(f"{place}.norm", vertex.norm(step.operation, step.input_set).part_state(channels))
            if architecture.reads_input_at_output:
                output = len(architecture.operations) + 1
                add_projection(f"{prefix}.projections.{output}", cell.output_projection, None)
        return state

    def _cells(self, x: Tensor, architecture: Architecture, *, after: int) -> Tensor:
        for index, cell in enumerate(self.skeleton.cells):
            if index >= after:
                x = cell(self.skeleton.between(x, index), architecture, self.path_generator)
        return x

    def _classify(self, x: Tensor) -> Tensor:
        logits: Tensor = self.skeleton.classifier(self.drop_globally(self.skeleton.pool(x)))
        return logits

    def _check_accepts(self, architecture: Architecture) -> None:
        if not self.accepts(architecture):
            raise InputError(
                f"dynamic_channels 'disabled' has no weights for {architecture}: {OUTPUT_FEEDERS} vertices"
                f" have to feed the output, not {len(architecture.output_feeders)}"
            )


def _check_channels(channels: int, mapping: SharingMapping) -> None:
    if mapping.dynamic_channels == "disabled":
        if channels % OUTPUT_FEEDERS:
            raise InputError(
                f"channels {channels} do not halve: dynamic_channels 'disabled' wants an even number"
            )
    elif channels < MOST_FEEDERS:
        raise InputError(
            f"channels {channels} are too few for nb101: some cells share them among {MOST_FEEDERS} vertices"
        )


SUPERNET = NB101SuperNet
