"""The fast training and the plain loop take the same steps.

In double precision they agree to 1e-9 over twenty steps at the usual learning rate, so what differs in single
precision is roundings, which max pooling and many layers amplify from step to step.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
import torch

from tests.wsnas.tiny import draw, make_supernet, scripted
from tests.wsnas.training.plain_loop import LOGITS, PlainTraining
from wsnas.supernets import SharingMapping, _average_pooling, _narrow_batch_norm
from wsnas.training.protocol import Protocol
from wsnas.training.run import TrainingRun

if TYPE_CHECKING:
    from wsnas.supernets.base import SuperNet

STEPS, BATCH, STORED = 20, 32, 64
SINGLE = {"darts": 1e-3, "nb101": 1e-3, "nb201": 2e-5}
"""Tolerance of single precision at a small learning rate."""
CLIPPED = 1e-6
"""Tolerance of double precision with clipping, whose factor is a single-precision number."""
NEVER = 1e9
"""A norm that no gradient reaches."""
MAPPINGS = {
    "plain": SharingMapping(),
    "affine off": SharingMapping(bn_affine=False),
    "ofa_kernel": SharingMapping(ofa_kernel=True),
}


EACH_NETWORK = pytest.mark.parametrize(
    ("name", "channels"), [("nb201", 4), ("nb201", 8), ("nb101", 8), ("darts", 4)]
)


@EACH_NETWORK
@pytest.mark.parametrize("mapping", MAPPINGS.values(), ids=MAPPINGS.keys())
def test_losses_of_twenty_steps_are_those_of_the_plain_loop_in_double_precision(
    name: str, channels: int, mapping: SharingMapping, monkeypatch: pytest.MonkeyPatch
) -> None:
    fast, plain = losses(
        monkeypatch,
        name,
        make_supernet(name, mapping, channels=channels),
        make_supernet(name, mapping, channels=channels),
        dtype=torch.float64,
        learning_rate=0.025,
        gradient_clip=NEVER,
    )
    assert fast == pytest.approx(plain, rel=1e-9)


@EACH_NETWORK
def test_losses_with_clipped_gradients_are_those_of_the_plain_loop(
    name: str, channels: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def both(clip: float) -> tuple[list[float], list[float]]:
        networks = (make_supernet(name, channels=channels) for _ in range(2))
        return losses(
            monkeypatch, name, *networks, dtype=torch.float64, learning_rate=0.025, gradient_clip=clip
        )

    fast, plain = both(1.0)
    assert fast == pytest.approx(plain, rel=CLIPPED)
    assert fast != pytest.approx(both(NEVER)[0], rel=100 * CLIPPED)


@EACH_NETWORK
def test_losses_of_twenty_steps_are_those_of_the_plain_loop_up_to_roundings(
    name: str, channels: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    networks = (make_supernet(name, channels=channels) for _ in range(2))
    fast, plain = losses(
        monkeypatch, name, *networks, dtype=torch.float32, learning_rate=0.002, gradient_clip=2.0
    )
    assert fast == pytest.approx(plain, rel=SINGLE[name])


def losses(
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    fast: SuperNet,
    plain: SuperNet,
    *,
    dtype: torch.dtype,
    **settings: float,
) -> tuple[list[float], list[float]]:
    """Return the losses of all steps by our training and by the plain loop, from the same weights."""
    for module in (_average_pooling, _narrow_batch_norm):
        monkeypatch.setattr(module, "_WORTH_IT", 0)  # the fast way, though the batch is small
    script = draw(name, STEPS, seed=1)
    generator = torch.Generator().manual_seed(0)
    images = torch.randn(STORED, 3, 8, 8, generator=generator, dtype=dtype)
    labels = torch.randint(5, (STORED,), generator=generator)
    seen: list[torch.Tensor] = []

    def keep(batch: torch.Tensor, _generator: torch.Generator) -> torch.Tensor:
        seen.append(batch)
        return batch

    protocol: dict[str, Any] = {"weight_decay": 3e-3, **settings}
    run = TrainingRun(
        fast.to(dtype=dtype, memory_format=torch.channels_last),  # type: ignore[call-overload]
        scripted(name, script),
        images,
        labels,
        protocol=Protocol(
            batch_size=BATCH, epochs=STEPS, train_portion=1.0, learning_rate_schedule="constant", **protocol
        ),
        seed=0,
        augment=keep,
    )
    training = PlainTraining(
        partial(LOGITS[name], plain.to(dtype=dtype).train()), plain.parameters(), **protocol
    )
    classes = {tuple(image.flatten().tolist()): label for image, label in zip(images, labels, strict=True)}
    found, expected = [], []
    for step, architecture in enumerate(script):
        found.append(run.advance(step + 1))
        batch = seen[step].contiguous()
        known = torch.stack([classes[tuple(image.flatten().tolist())] for image in batch])
        expected.append(training.step(batch, known, architecture))
    return found, expected
