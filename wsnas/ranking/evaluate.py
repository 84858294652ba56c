"""The super-net's judgement of each architecture of a pool."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from wsnas.precision import FLOAT32, computing_in, products_of
from wsnas.ranking.judged import LARGEST_LOSS, Judged

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

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
) -> Judged:
    """Measure how often, and how surely, the super-net is right with each architecture.

    Args:
        supernet: The network; its mode (training or evaluation) is restored.
        pool: The architectures.
        images: Held-out images (n, channels, h, w) on the network's device, taken in their order.
        labels: Their classes (n,).
        batch_size: Images per batch; the last batch may be smaller.
        calibration: Training images (k, channels, h, w) whose statistics normalise every batch, for
            each architecture anew; None where tracked or batch statistics do.
        check: Called before the logits of every architecture are judged; it may raise to give up.
        precision: In which numbers it computes (`wsnas.precision`).

    Returns:
        Counts and losses of the architectures in the pool's order. Images with logits that are not finite
        count as wrong, and with the largest loss.
    """
    import torch

    was_training = supernet.training
    supernet.eval()
    found: list[Tensor] = []
    order: list[int] = []
    skip = 0 if calibration is None else len(calibration)
    supernet.set_calibration(skip)
    try:
        with torch.inference_mode(), products_of(precision), computing_in(precision, images.device.type):
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
                        found.append(_judge(waiting, truth))
                        waiting.clear()
                if waiting:
                    found.append(_judge(waiting, truth))
    finally:
        supernet.set_calibration(0)
        supernet.train(was_training)
    correct, losses = np.zeros(len(pool), np.int64), np.zeros(len(pool))
    if found:
        # One copy to the host: counts are exact in double precision, too.
        counts, sums = torch.cat(found, dim=1).cpu().numpy()
        np.add.at(correct, order, counts.astype(np.int64))
        np.add.at(losses, order, sums)
    return Judged(correct=correct, losses=losses, images=len(images))


def _judge(logits: list[Tensor], truth: Tensor) -> Tensor:
    """Return counts and losses, shape (2, architectures), of each architecture's logits (n, classes)."""
    import torch
    from torch.nn.functional import cross_entropy

    found = torch.stack(logits).double()
    finite = found.sum(dim=2).isfinite()
    right = (found.argmax(dim=2).eq(truth) & finite).sum(dim=1)
    losses = cross_entropy(found.movedim(2, 1), truth.expand(len(found), -1), reduction="none")
    losses = torch.where(finite, losses, LARGEST_LOSS).clamp(max=LARGEST_LOSS)
    return torch.stack([right, losses.sum(dim=1)])
