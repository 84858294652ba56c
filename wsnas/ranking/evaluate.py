"""The super-net's accuracy of each architecture of a pool."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray
    from torch import Tensor

    from wsnas.supernets._base import SuperNet

RANKING_BATCH = 250
"""Images per ranking batch. Batch statistics make accuracies depend on it, so it is fixed and recorded."""


def rank_pool(
    supernet: SuperNet,
    pool: Sequence[Any],
    images: Tensor,
    labels: Tensor,
    *,
    batch_size: int = RANKING_BATCH,
    calibration: Tensor | None = None,
    check: Callable[[], None] | None = None,
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

    Returns:
        Accuracies in [0, 1], shape (len(pool),). Images with logits that are not finite count as wrong.
    """
    import torch

    was_training = supernet.training
    supernet.eval()
    correct = torch.zeros(len(pool), dtype=torch.int64, device=images.device)
    skip = 0 if calibration is None else len(calibration)
    supernet.set_calibration(skip)
    try:
        with torch.inference_mode():
            for start in range(0, len(images), batch_size):
                batch = images[start : start + batch_size]
                truth = labels[start : start + batch_size]
                if calibration is not None:
                    batch = torch.cat([calibration, batch])
                batch = batch.contiguous(memory_format=torch.channels_last)
                for position, logits in supernet.forward_pool(batch, pool):
                    if check is not None:
                        check()
                    found = logits[skip:]
                    finite = found.sum(dim=1).isfinite()
                    correct[position] += (found.argmax(dim=1).eq(truth) & finite).sum()
    finally:
        supernet.set_calibration(0)
        supernet.train(was_training)
    return correct.cpu().numpy().astype(np.float64) / len(images)
