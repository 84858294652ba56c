"""The floor of a training step: the same convolutions, pools and normalisations called alone.

Run: python -m benchmarks roofline. The calls of each architecture's step are recorded with their shapes and
repeated forward and backward on tensors that are laid out as in the step, without what connects them (ReLU,
sums, loss, optimiser, autograd's bookkeeping, Python). Each kind of call is made with torch's own kernels.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import torch
from torch import Tensor
from torch.nn import functional as F

from benchmarks.timing import compare
from benchmarks.training_step import STORED, our_training
from wsnas.supernets import _average_pooling

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks.settings import Setting

Call = tuple[str, tuple[int, ...], bool, tuple[Any, ...]]
"""Kind, shape of the input, whether its gradient is wanted, and what else the kind needs."""


def record(setting: Setting, script: Sequence[Any], images: Tensor, labels: Tensor) -> Counter[Call]:
    """Train on a script once and count its calls."""
    calls: Counter[Call] = Counter()

    def spy(kind: str, function: Callable[..., Tensor]) -> Callable[..., Tensor]:
        def spied(x: Tensor, *args: Any, **options: Any) -> Tensor:
            rest: tuple[Any, ...] = args
            if kind == "convolution":
                rest = (tuple(args[0].shape), *args[1:])
            elif kind == "normalisation":
                rest = (args[2] is not None,)
            calls[kind, tuple(x.shape), x.requires_grad, (*rest, *sorted(options.items()))] += 1
            return function(x, *args, **options)

        return spied

    run = our_training(setting, script, images, labels)
    with (
        patch.object(F, "conv2d", spy("convolution", F.conv2d)),
        patch.object(F, "batch_norm", spy("normalisation", F.batch_norm)),
        patch.object(F, "avg_pool2d", spy("average", F.avg_pool2d)),
        patch.object(F, "max_pool2d", spy("maximum", F.max_pool2d)),
        patch.object(_average_pooling, "_WORTH_IT", 1 << 62),  # pools are recorded as pools
        patch("wsnas.supernets._narrow_batch_norm.pays", lambda x: False),
    ):
        run.advance(len(script))
    return calls


def prepare(call: Call, device: str) -> Callable[[], object]:
    """Return a function that makes one call, forward and backward."""
    kind, shape, wanted, rest = call
    x = _like(shape, device).requires_grad_(wanted)
    inputs = [x] if wanted else []
    options = dict(
        item for item in rest if isinstance(item, tuple) and len(item) == 2 and isinstance(item[0], str)
    )
    if kind == "convolution":
        weight = _like(rest[0], device).requires_grad_()
        inputs.append(weight)
        args = [
            item for item in rest[1:] if not (isinstance(item, tuple) and item and isinstance(item[0], str))
        ]

        def run() -> Tensor:
            return F.conv2d(x, weight, *args, **options)
    elif kind == "normalisation":
        scale, shift = (torch.ones(shape[1], device=device, requires_grad=rest[0]) for _ in range(2))
        inputs += [scale, shift] if rest[0] else []

        def run() -> Tensor:
            return F.batch_norm(x, None, None, scale, shift, True, 0.0, 1e-5)
    elif kind == "average":
        args = [item for item in rest if not isinstance(item, tuple)]
        same_size = args[0] == 3 and args[1] == 1

        def run() -> Tensor:
            pooled = _average_pooling.average_pool_3x3(x) if same_size else F.avg_pool2d(x, *args, **options)
            return pooled
    else:
        args = [item for item in rest if not isinstance(item, tuple)]

        def run() -> Tensor:
            pooled: Tensor = F.max_pool2d(x, *args, **options)
            return pooled

    gradient = torch.randn_like(run())

    def both() -> None:
        torch.autograd.grad(run(), inputs, gradient)

    return both


def _like(shape: tuple[int, ...], device: str) -> Tensor:
    return torch.randn(shape, device=device).contiguous(memory_format=torch.channels_last)


def measure(setting: Setting, *, steps: int, repeats: int) -> dict[str, Any]:
    """Time whole steps beside their calls alone."""
    torch.set_num_threads(setting.threads)
    script = setting.architectures(steps)
    images, labels = setting.images("train", STORED)
    calls = [
        (prepare(call, setting.device), count)
        for call, count in record(setting, script, images, labels).items()
    ]
    run = our_training(setting, script, images, labels)

    def floor() -> None:
        for call, count in calls:
            for _ in range(count):
                call()

    found = compare(
        floor, lambda: run.advance(run.step + steps), repeats=repeats, synchronise=setting.synchronise
    )
    return {
        "setting": str(setting),
        "floor_ms_per_step": 1e3 * found.ours / steps,
        "ms_per_step": 1e3 * found.other / steps,
        **asdict(found),
    }
