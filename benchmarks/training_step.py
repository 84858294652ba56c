"""A training step beside `xautodl` and beside the plain loop: images per second, as ratios within one run.

Run: python -m benchmarks training_step. `xautodl` 1.0.0 is NAS-Bench-201's author's own super-net; it is
wanted for the benchmark only: pip install --no-deps xautodl==1.0.0.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import torch

from benchmarks.settings import CLASSES
from benchmarks.timing import compare
from tests.wsnas.tiny import scripted
from tests.wsnas.training.plain_loop import LOGITS, PlainTraining
from wsnas.precision import computing_in, products_of
from wsnas.training.protocol import Protocol
from wsnas.training.run import TrainingRun

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from torch import Tensor

    from benchmarks.settings import Setting
    from wsnas.supernets.base import SuperNet

STORED = 512
"""Images to draw batches from."""
PROTOCOL: dict[str, Any] = {"learning_rate": 0.025, "weight_decay": 3e-4, "gradient_clip": 5.0}


def our_training(
    setting: Setting,
    script: Sequence[Any],
    images: Tensor,
    labels: Tensor,
    *,
    supernet: SuperNet | None = None,
) -> TrainingRun:
    """Prepare our training, as a trial runs it, but for augmentation."""
    torch.manual_seed(setting.seed)
    protocol = Protocol(
        batch_size=setting.batch,
        epochs=10**6,
        train_portion=1.0,
        learning_rate_schedule="constant",
        **PROTOCOL,
    )
    supernet = supernet or setting.supernet(memory_format=torch.channels_last)
    space = scripted(setting.space, script)
    return TrainingRun(
        supernet,
        space,
        images,
        labels,
        protocol=protocol,
        seed=setting.seed,
        precision=setting.precision,
    )


def plain_training(setting: Setting) -> Callable[[Tensor, Tensor, Any], float]:
    """Prepare the plain loop over the same modules."""
    supernet = setting.supernet(memory_format=torch.contiguous_format).train()
    run = LOGITS[setting.space]

    def logits(images: Tensor, architecture: Any) -> Tensor:
        with computing_in(setting.precision, images.device.type):
            return run(supernet, images, architecture).float()

    return PlainTraining(logits, supernet.parameters(), **PROTOCOL).step


def xautodl_training(setting: Setting) -> Callable[[Tensor, Tensor, Any], float]:
    """Prepare the training of the author's super-net, with affine and tracked statistics off as he has it."""
    from xautodl.models import CellStructure, get_cell_based_tiny_net
    from xautodl.models.cell_operations import NAS_BENCH_201

    torch.manual_seed(setting.seed)
    network = get_cell_based_tiny_net(
        {
            "name": "RANDOM",
            "C": setting.channels,
            "N": setting.cells,
            "max_nodes": 4,
            "num_classes": CLASSES,
            "space": NAS_BENCH_201,
            "affine": False,
            "track_running_stats": False,
        }
    )
    network.to(setting.device).train()
    structures: dict[Any, Any] = {}

    def logits(images: Tensor, architecture: Any) -> Tensor:
        if architecture not in structures:
            structures[architecture] = CellStructure.str2structure(str(architecture))
        network.arch_cache = structures[architecture]
        with computing_in(setting.precision, images.device.type):
            return network(images)[1].float()  # type: ignore[no-any-return]

    return PlainTraining(logits, network.parameters(), **PROTOCOL).step


PEERS = {"plain": plain_training, "xautodl": xautodl_training}


def rounds(
    setting: Setting, side: str, script: Sequence[Any], images: Tensor, labels: Tensor
) -> Callable[[], object]:
    """Return what takes a step for each architecture of a script: ``ours``, or that of one of `PEERS`."""
    if side == "ours":
        run = our_training(setting, script, images, labels)
        return lambda: run.advance(run.step + len(script))
    step = PEERS[side](setting)
    order = torch.Generator().manual_seed(setting.seed)

    def theirs() -> None:
        with products_of(setting.precision):
            for architecture in script:
                index = torch.randperm(STORED, generator=order)[: setting.batch].to(setting.device)
                step(images[index], labels[index], architecture)

    return theirs


def measure(setting: Setting, peer: str, *, steps: int, repeats: int) -> dict[str, Any]:
    """Time `steps` steps of both sides, `repeats` times."""
    torch.set_num_threads(setting.threads)
    script = setting.architectures(steps)
    images, labels = setting.images("train", STORED)
    ours, theirs = (rounds(setting, side, script, images, labels) for side in ("ours", peer))
    found = compare(ours, theirs, repeats=repeats, synchronise=setting.synchronise)
    seen = steps * setting.batch
    return {
        "setting": str(setting),
        "peer": peer,
        "ms_per_step": 1e3 * found.ours / steps,
        "peer_ms_per_step": 1e3 * found.other / steps,
        "images_per_second": seen / found.ours,
        **asdict(found),
    }
