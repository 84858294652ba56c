"""The networks of a chain, which is repeated `cells` times: the super-net, and one chain alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from torch import Generator, Tensor, nn
from torch.nn import functional as F

from wsnas.supernets.extension import (
    BatchNorm,
    Convolution,
    SharingMapping,
    SuperNet,
    average_pool_3x3,
    drop_features,
    drop_paths,
)
from wsnas_toy.space import LAYERS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wsnas_toy.space import Chain

KERNELS = {"conv3x3": 3, "conv1x1": 1}


class Block(nn.Module):
    """Convolution, batch norm and ReLU."""

    def __init__(self, inputs: int, width: int, kernel: int, generator: Generator | None, **norm: bool):
        super().__init__()
        self.conv = Convolution(inputs, width, kernel, generator=generator)
        self.norm = BatchNorm(width, **norm)

    def forward(self, x: Tensor) -> Tensor:
        """Map (n, inputs, h, w) to (n, width, h, w)."""
        return F.relu(self.norm(self.conv(x)))


def make_layer(
    operations: Iterable[str], *, channels: int, generator: Generator | None, **norm: bool
) -> nn.ModuleDict:
    """Make the weights of operations of one layer; pooling and skip have none."""
    return nn.ModuleDict(
        {name: Block(channels, channels, KERNELS[name], generator, **norm) for name in operations}
    )


class Body(nn.Module):
    """Stem, layers, mean over pixels, classifier."""

    def __init__(
        self,
        layers: Iterable[nn.ModuleDict],
        *,
        track: bool,
        in_channels: int,
        num_classes: int,
        channels: int,
        generator: Generator | None,
    ):
        super().__init__()
        self.stem = Block(in_channels, channels, 3, generator, track=track)
        self.layers = nn.ModuleList(layers)
        self.classifier = nn.Linear(channels, num_classes)
        nn.init.xavier_uniform_(self.classifier.weight, generator=generator)
        nn.init.zeros_(self.classifier.bias)

    def features(self, images: Tensor, operations: Chain, drop: float = 0.0, random: Any = None) -> Tensor:
        """Map images to (n, channels); `drop` is the probability that the last operation is dropped."""
        x: Tensor = self.stem(images)
        for depth, (layer, operation) in enumerate(zip(self.layers, operations, strict=True), start=1):
            if operation != "skip":
                x = average_pool_3x3(x) if operation == "pool" else layer.get_submodule(operation)(x)
                x = drop_paths(x, drop * depth / len(operations), random) if drop else x
        return x.mean(dim=(2, 3))


class ToySuperNet(SuperNet):
    """Both convolutions in every layer, or one pair for all layers where they are tied."""

    def __init__(self, *, mapping: SharingMapping, cells: int, **sizes: Any):
        super().__init__()
        self.mapping, self.cells = mapping, cells
        tied, depth = mapping.get("tied_layers", False), LAYERS * cells
        track = mapping.bn_statistics == "tracked"
        own = {"affine": mapping.bn_affine, **{name: sizes[name] for name in ("channels", "generator")}}
        layers = [make_layer(KERNELS, track=track, **own) for _ in range(1 if tied else depth)]
        self.body = Body(layers * depth if tied else layers, track=track, **sizes)

    def forward(self, images: Tensor, architecture: Chain) -> Tensor:
        """Return the logits of one chain."""
        how, random = self.mapping, self.path_generator
        drop = how.path_dropout if self.training else 0.0
        features = self.body.features(images, architecture * self.cells, drop, random)
        if self.training and how.global_dropout:
            features = drop_features(features, how.global_dropout, random)
        logits: Tensor = self.body.classifier(features)
        return logits

    def standalone_state(self, architecture: Chain) -> dict[str, Tensor]:
        """Return the part of the state that the chain uses, with all that its batch norms lack."""
        state = dict(self.state_dict())
        for prefix, module in self.named_modules(remove_duplicate=False):
            if isinstance(module, BatchNorm):
                state.update({f"{prefix}.{name}": value for name, value in module.full_state().items()})
        used = [f"body.layers.{i}.{name}." for i, name in enumerate(architecture * self.cells)]
        used += ["body.stem.", "body.classifier."]
        return {name: value.clone() for name, value in state.items() if name.startswith(tuple(used))}


class ToyNetwork(nn.Module):
    """One chain with weights of its own."""

    def __init__(self, architecture: Chain, *, cells: int, **sizes: Any):
        super().__init__()
        self.operations = architecture * cells
        own = {name: sizes[name] for name in ("channels", "generator")}
        layers = [make_layer(KERNELS.keys() & {name}, track=True, **own) for name in self.operations]
        self.body = Body(layers, track=True, **sizes)

    def forward(self, images: Tensor) -> Tensor:
        """Return the logits (n, classes)."""
        logits: Tensor = self.body.classifier(self.body.features(images, self.operations))
        return logits
