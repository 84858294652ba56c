"""Ranking a pool of architectures beside the plain loop: one after another, eager, contiguous.

Run: python -m benchmarks ranking. Both sides use the same weights, which were trained for a few steps, and
the same batches; accuracies must be equal up to float error.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from benchmarks.timing import compare
from benchmarks.training_step import our_training
from tests.wsnas.training.plain_loop import LOGITS
from wsnas.ranking.evaluate import RANKING_BATCH, rank_pool

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from torch import Tensor

    from benchmarks.settings import Setting
    from wsnas.supernets.base import SuperNet

TRAINING = 4096
"""Training images."""
STEPS = 200
"""Steps of training before the ranking, so that architectures differ."""


def plain_ranking(
    setting: Setting, supernet: SuperNet, pool: Sequence[Any], images: Tensor, labels: Tensor
) -> NDArray[np.float64]:
    """Return the accuracy of each architecture."""
    accuracies = np.zeros(len(pool))
    with torch.inference_mode():
        for position, architecture in enumerate(pool):
            right = 0
            for start in range(0, len(images), RANKING_BATCH):
                batch = slice(start, start + RANKING_BATCH)
                logits = LOGITS[setting.space](supernet, images[batch], architecture)
                right += int(logits.argmax(dim=1).eq(labels[batch]).sum())
            accuracies[position] = right / len(images)
    return accuracies


def measure(setting: Setting, *, pool_size: int, images: int, repeats: int) -> dict[str, Any]:
    """Time the ranking of a pool on so many images, and compare the accuracies."""
    torch.set_num_threads(setting.threads)
    pool = setting.architectures(pool_size)
    held_out, labels = setting.images("validation", images)
    supernet = setting.supernet(memory_format=torch.channels_last)
    run = our_training(setting, pool, *setting.images("train", TRAINING), supernet=supernet)
    run.advance(STEPS)
    plain = setting.supernet(memory_format=torch.contiguous_format).eval()
    plain.load_state_dict(supernet.state_dict())
    found: dict[str, NDArray[np.float64]] = {}

    def ours() -> None:
        found["ours"] = rank_pool(supernet, pool, held_out, labels).accuracies

    def theirs() -> None:
        found["plain"] = plain_ranking(setting, plain, pool, held_out, labels)

    timed = compare(ours, theirs, repeats=repeats, synchronise=setting.synchronise, warm_up=False)
    apart = np.abs(found["ours"] - found["plain"]) * images
    return {
        "setting": str(setting),
        "architectures": pool_size,
        "images": images,
        "architectures_per_second": pool_size / timed.ours,
        "equal": int((apart < 0.5).sum()),
        "most_images_apart": round(float(apart.max())),
        "distinct_accuracies": len(np.unique(found["ours"])),
        **asdict(timed),
    }
