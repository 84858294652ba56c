"""The super-net's accuracy of each architecture of a pool."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from wsnas.precision import FLOAT32, computing_in

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray
    from torch import Tensor

    from wsnas.supernets.base import SuperNet

RANKING_BATCH = 250
"""Images per ranking batch. Batch statistics make accuracies depend on it, so it is fixed and recorded."""

JUDGED_AT_ONCE = 64
"""Architectures whose logits wait for one another: a GPU judges all of them in as many calls as one."""


def rank_pool(
    supernet: SuperNet,
    pool: Sequence[Any],
    images: Tensor,
    labels: Tensor,
    *,
    batch_size: int = RANKING_BATCH,
    calibration: Tensor | None = None,
    check: Callable[[], None] | None = None,
    precision: str = FLOAT32,
) -> NDArray[np.float64]:
    """Measure how often the super-net is right with each architecture.

    Args:
        supernet: The network; its mode (training or evaluation) is restored.
        pool: The architectures.
        images: Held-out images (n, channels, h, w) on the network's device, taken in their order.
        labels: Their classes (n,).
        batch_size: Images per batch; the last batch may be smaller.
        calibration: Training images (k, channels, h, w) whose statistics normalise every batch, for
            each architecture anew; None where tracked or batch statistics do.
        check: Called before the logits of every architecture are judged; it may raise to give up.
        precision: In which numbers forward passes compute (`wsnas.precision`).

    Returns:
        Accuracies in [0, 1], shape (len(pool),). Images with logits that are not finite count as wrong.
    """
    import torch

    was_training = supernet.training
    supernet.eval()
    counts: list[Tensor] = []
    order: list[int] = []
    skip = 0 if calibration is None else len(calibration)
    supernet.set_calibration(skip)
    try:
        with torch.inference_mode(), computing_in(precision, images.device.type):
            for start in range(0, len(images), batch_size):
                batch = images[start : start + batch_size]
                truth = labels[start : start + batch_size]
                if calibration is not None:
                    batch = torch.cat([calibration, batch])
                batch = batch.contiguous(memory_format=torch.channels_last)
                waiting: list[Tensor] = []
                for position, logits in supernet.forward_pool(batch, pool):
                    if check is not None:
                        check()
                    order.append(position)
                    waiting.append(logits[skip:])
                    if len(waiting) == JUDGED_AT_ONCE:
                        counts.append(_count_right(waiting, truth))
                        waiting.clear()
                if waiting:
                    counts.append(_count_right(waiting, truth))
    finally:
        supernet.set_calibration(0)
        supernet.train(was_training)
    correct = np.zeros(len(pool))
    if counts:
        np.add.at(correct, order, torch.cat(counts).cpu().numpy())
    return correct / len(images)


def _count_right(logits: list[Tensor], truth: Tensor) -> Tensor:
    """Return for each architecture of how many images (n,) the finite logits (n, classes) are right."""
    import torch

    found = torch.stack(logits)
    return (found.argmax(dim=2).eq(truth) & found.sum(dim=2).isfinite()).sum(dim=1)
