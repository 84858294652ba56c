from __future__ import annotations

from functools import partial
from itertools import cycle
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from benchmarks.plain import LOGITS, PlainTraining
from wsnas.spaces import get_space
from wsnas.supernets import Mapping, _average_pooling, build_supernet
from wsnas.training.protocol import Protocol
from wsnas.training.run import TrainingRun

if TYPE_CHECKING:
    from wsnas.supernets._base import SuperNet

STEPS, BATCH, STORED = 20, 32, 64
# Max pooling and many layers amplify roundings from step to step.
TOLERANCE = {"darts": 1e-3, "nb101": 1e-3, "nb201": 2e-5}
CELLS = {"darts": 3, "nb101": 1, "nb201": 1}
MAPPINGS = {
    "plain": Mapping(),
    "affine off": Mapping(bn_affine=False),
    "ofa_kernel": Mapping(ofa_kernel=True),
}


def scripted(name: str, script: list[Any]) -> Any:
    following = cycle(script)

    class Scripted(type(get_space(name))):  # type: ignore[misc]
        def sample_apart(self, rng: np.random.Generator) -> Any:
            return next(following)

    return Scripted()


def build(name: str, mapping: Mapping, channels: int) -> SuperNet:
    return build_supernet(
        name,
        mapping,
        in_channels=3,
        num_classes=10,
        channels=channels,
        cells=CELLS[name],
        generator=torch.Generator().manual_seed(0),
    )


@pytest.mark.parametrize("mapping", MAPPINGS.values(), ids=MAPPINGS.keys())
@pytest.mark.parametrize(("name", "channels"), [("nb201", 4), ("nb201", 8), ("nb101", 8), ("darts", 4)])
def test_losses_of_twenty_steps_are_those_of_the_plain_loop(
    name: str, channels: int, mapping: Mapping, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_average_pooling, "_WORTH_IT", 0)  # the fast way, though the batch is small
    space = get_space(name)
    rng = np.random.default_rng(1)
    script = [space.sample(rng) for _ in range(STEPS)]
    generator = torch.Generator().manual_seed(0)
    images = torch.randn(STORED, 3, 16, 16, generator=generator)
    labels = torch.randint(10, (STORED,), generator=generator)
    seen: list[torch.Tensor] = []

    def keep(batch: torch.Tensor, _generator: torch.Generator) -> torch.Tensor:
        seen.append(batch)
        return batch

    settings: dict[str, Any] = {"learning_rate": 0.002, "weight_decay": 3e-3, "gradient_clip": 2.0}
    fast = build(name, mapping, channels).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    run = TrainingRun(
        fast,
        scripted(name, script),
        images,
        labels,
        protocol=Protocol(
            batch_size=BATCH, epochs=STEPS, train_portion=1.0, learning_rate_schedule="constant", **settings
        ),
        seed=0,
        augment=keep,
    )
    plain = build(name, mapping, channels).train()
    training = PlainTraining(partial(LOGITS[name], plain), plain.parameters(), **settings)
    classes = {tuple(image.flatten().tolist()): label for image, label in zip(images, labels, strict=True)}
    for step, architecture in enumerate(script):
        found = run.advance(step + 1)
        batch = seen[step].contiguous()
        known = torch.stack([classes[tuple(image.flatten().tolist())] for image in batch])
        expected = training.step(batch, known, architecture)
        assert found == pytest.approx(expected, rel=TOLERANCE[name]), step
