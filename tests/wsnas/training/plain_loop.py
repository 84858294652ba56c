"""The plain side of comparisons: super-nets as one would write them down first, and their training.

The same weights as in the super-net, but contiguous images, every operation on its own, whether or not the
output can see it, and torch's own loop over all parameters. Each function maps images (n, channels, h, w)
and an architecture to logits (n, classes), in training and, with the batch's statistics, in evaluation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from wsnas.spaces import darts, nb101, nb201
from wsnas.supernets._darts_forms import FORMS, POOLS
from wsnas.supernets._darts_graph import STEM
from wsnas.supernets._nb101_skeleton import vertex_widths
from wsnas.supernets._nb201_skeleton import ResidualBlock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from wsnas.supernets import _darts_skeleton
    from wsnas.supernets import darts as darts_net
    from wsnas.supernets import nb101 as nb101_net
    from wsnas.supernets import nb201 as nb201_net
    from wsnas.supernets._batch_norm import BatchNorm
    from wsnas.supernets._darts_blocks import BlockConvolution


def normalise(x: Tensor, norm: BatchNorm, count: int | None = None) -> Tensor:
    """Normalise by the batch's own statistics, with the first `count` entries of scale and shift."""
    weight = None if norm.weight is None else norm.weight[:count]
    bias = None if norm.bias is None else norm.bias[:count]
    return F.batch_norm(x, None, None, weight, bias, True, 0.0, 1e-5)


def convolve(x: Tensor, weight: Tensor, **options: Any) -> Tensor:
    """Convolve with a contiguous kernel."""
    return F.conv2d(x, weight.contiguous(), **options)


def average(x: Tensor, stride: int = 1) -> Tensor:
    """Average each 3x3 neighbourhood over the pixels inside the image."""
    return F.avg_pool2d(x, 3, stride, 1, count_include_pad=False)


def nb201_logits(supernet: nb201_net.NB201SuperNet, images: Tensor, cell: nb201.NB201Architecture) -> Tensor:
    """Run NAS-Bench-201's super-net."""
    skeleton = supernet.skeleton
    x = normalise(convolve(images, skeleton.stem.weight, padding=1), skeleton.stem_norm)
    for layer in skeleton.layers:
        if isinstance(layer, ResidualBlock):
            main = convolve(F.relu(x), layer.conv_a.weight, stride=2, padding=1)
            main = convolve(F.relu(normalise(main, layer.norm_a)), layer.conv_b.weight, padding=1)
            x = normalise(main, layer.norm_b) + convolve(F.avg_pool2d(x, 2, 2), layer.shortcut.weight)
        else:
            x = _nb201_cell(cast("nb201_net.SuperCell", layer), x, cell)
    pooled = F.relu(normalise(x, skeleton.last_norm)).mean(dim=(2, 3))
    return cast("Tensor", skeleton.classifier(pooled))


def _nb201_cell(layer: nb201_net.SuperCell, x: Tensor, cell: nb201.NB201Architecture) -> Tensor:
    nodes: list[Tensor | None] = [x, None, None, None]
    for operation, (source, target) in zip(cell.operations, nb201.EDGES, strict=True):
        value = nodes[source]
        if operation == nb201.NONE or value is None:  # what nothing feeds is absent, its norms' shifts too
            continue
        if operation == nb201.SKIP:
            out = value
        elif operation == nb201.AVG_POOL:
            out = average(value)
        else:
            edge = layer.edge(source, target)
            weight = edge.weight(operation)
            out = convolve(F.relu(value), weight, padding=weight.shape[-1] // 2)
            out = normalise(out, edge.norm(operation, source))
        known = nodes[target]
        nodes[target] = out if known is None else known + out
    output = nodes[nb201.OUTPUT_NODE]
    return torch.zeros_like(x) if output is None else output


def nb101_logits(supernet: nb101_net.NB101SuperNet, images: Tensor, cell: nb101.NB101Architecture) -> Tensor:
    """Run NAS-Bench-101's super-net with the mapping `dynamic_channels="fixed"`."""
    skeleton = supernet.skeleton
    x = F.relu(normalise(convolve(images, skeleton.stem.weight, padding=1), skeleton.stem_norm))
    for index, layer in enumerate(skeleton.cells):
        if index and index % (len(skeleton.cells) // 3) == 0:
            x = F.max_pool2d(x, 2, ceil_mode=True)
        x = _nb101_cell(cast("nb101_net.SuperCell", layer), x, cell)
    return cast("Tensor", skeleton.classifier(x.mean(dim=(2, 3))))


def _nb101_cell(layer: nb101_net.SuperCell, x: Tensor, cell: nb101.NB101Architecture) -> Tensor:
    def project(projection: nb101_net.Projection, width: int) -> Tensor:
        out = convolve(x, projection.conv.weight[:width])
        return F.relu(normalise(out, projection.norm, width))

    values = [x]
    widths = vertex_widths(cell, layer.width)
    for vertex, (operation, width) in enumerate(zip(cell.operations, widths, strict=True), start=1):
        weights = layer.vertex(vertex)
        read = [
            values[source][:, :width] if source else project(weights.projection, width)
            for source in cell.inputs[vertex - 1]
        ]
        total = torch.stack(read).sum(dim=0) if len(read) > 1 else read[0]
        if operation == nb101.MAX_POOL:
            values.append(F.max_pool2d(total, 3, 1, 1))
            continue
        weight = weights.weight(operation, None)[:width, :width]
        out = convolve(total, weight, padding=weight.shape[-1] // 2)
        input_set = sum(1 << source for source in cell.inputs[vertex - 1])
        values.append(F.relu(normalise(out, weights.norm(operation, input_set), width)))
    outputs = [values[vertex] for vertex in cell.output_feeders]
    joined = torch.cat(outputs, dim=1) if outputs else torch.zeros_like(x)
    return joined + project(layer.output_projection, layer.width) if cell.reads_input_at_output else joined


def darts_logits(supernet: darts_net.DartsSuperNet, images: Tensor, pair: darts.DartsArchitecture) -> Tensor:
    """Run DARTS's super-net; weights of blocks that a cell does not put out are left out."""
    skeleton = supernet.skeleton
    stem = normalise(convolve(images, skeleton.stem.weight, padding=1), skeleton.stem_norm)
    outputs: list[tuple[Tensor, tuple[int, ...]]] = [(stem, STEM), (stem, STEM)]
    for place, layer in zip(skeleton.places, skeleton.cells, strict=True):
        cell = place.cell(pair)
        weights = cast("darts_net.SuperCell", layer)
        values = [
            _darts_entry(cast("_darts_skeleton.Normalised", entry), *output)
            for entry, output in zip(weights.entries, outputs[-2:], strict=True)
        ]
        for node, terms in zip(darts.NODES, cell.nodes, strict=True):
            out = [
                _darts_operation(
                    weights.choice(node, position, source),
                    values[source],
                    operation,
                    source,
                    place.stride(source),
                )
                for position, (operation, source) in enumerate(terms)
            ]
            values.append(out[0] + out[1])
        outputs.append((torch.cat([values[node] for node in cell.concat], dim=1), cell.concat))
    features, blocks = outputs[-1]
    return F.linear(features.mean(dim=(2, 3)), supernet.classifier.weight(blocks), supernet.classifier.bias)


def _darts_entry(entry: _darts_skeleton.Normalised, x: Tensor, blocks: tuple[int, ...]) -> Tensor:
    def apply(conv: nn.Module, part: Tensor) -> Tensor:
        return convolve(part, cast("BlockConvolution", conv).weight(blocks))

    x = F.relu(x)
    if hasattr(entry.conv, "even"):
        out = _halve(x, lambda part: apply(entry.conv.even, part), lambda part: apply(entry.conv.odd, part))
    else:
        out = apply(entry.conv, x)
    return normalise(out, entry.norm)


def _halve(x: Tensor, even: Callable[[Tensor], Tensor], odd: Callable[[Tensor], Tensor]) -> Tensor:
    height, width = x.shape[2:]
    shifted = F.pad(x[:, :, 1::2, 1::2], (0, width % 2, 0, height % 2))
    return torch.cat((even(x[:, :, ::2, ::2]), odd(shifted)), dim=1)


def _darts_operation(weights: Any, x: Tensor, operation: int, source: int, stride: int) -> Tensor:
    if operation == darts.SKIP:
        if stride == 1:
            return x
        halving = weights.halving
        out = _halve(
            F.relu(x),
            lambda part: convolve(part, halving.even.weight),
            lambda part: convolve(part, halving.odd.weight),
        )
        return normalise(out, weights.halving_norms.of(source))
    if operation in POOLS:
        pooled = F.max_pool2d(x, 3, stride, 1) if operation == darts.MAX_POOL else average(x, stride)
        return normalise(pooled, weights.pool_norm(operation, source))
    form = FORMS[operation]
    for index, step in enumerate(weights.steps(operation)):
        out = convolve(
            F.relu(x),
            step.depthwise(form.kernel),
            stride=stride if index == 0 else 1,
            padding=form.dilation * (form.kernel // 2),
            dilation=form.dilation,
            groups=x.shape[1],
        )
        x = normalise(convolve(out, step.pointwise(form.kernel)), step.norm(form.kernel, source))
    return x


LOGITS: dict[str, Callable[[Any, Tensor, Any], Tensor]] = {
    "darts": darts_logits,
    "nb101": nb101_logits,
    "nb201": nb201_logits,
}
"""By space."""


class PlainTraining:
    """Torch's own SGD and clipping over all parameters."""

    def __init__(
        self,
        logits: Callable[[Tensor, Any], Tensor],
        parameters: Iterable[nn.Parameter],
        *,
        learning_rate: float,
        weight_decay: float,
        gradient_clip: float,
    ) -> None:
        self._logits = logits
        self._parameters = list(parameters)
        self._clip = gradient_clip
        self._optimizer = torch.optim.SGD(
            self._parameters, lr=learning_rate, momentum=0.9, weight_decay=weight_decay
        )

    def step(self, images: Tensor, labels: Tensor, architecture: Any) -> float:
        """Take one step and return the loss before it."""
        self._optimizer.zero_grad()
        loss = F.cross_entropy(self._logits(images, architecture), labels)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self._parameters, self._clip)
        self._optimizer.step()
        return float(loss.detach())
