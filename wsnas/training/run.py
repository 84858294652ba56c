"""The training of one super-net, readable from top to bottom."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from wsnas.errors import InputError
from wsnas.precision import FLOAT32, products_of
from wsnas.training.descent import PathSGD
from wsnas.training.paths import Paths
from wsnas.training.protocol import SAMPLED
from wsnas.training.strategies import get_strategy
from wsnas.training.strategy import Step
from wsnas.training.streams import numpy_stream, torch_stream

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from torch import Tensor

    from wsnas.spaces import Space
    from wsnas.supernets.base import SuperNet
    from wsnas.training.protocol import Protocol
    from wsnas.training.strategy import Strategy

_COOLED = 0.1
"""Share of the learning rate that a cooldown leaves."""


class TrainingRun:
    """Trains a super-net step by step; `advance` may stop at any step, so that ranking can come between.

    A step draws one batch, has the strategy leave gradients on weights and moves only those that have one:
    weights off the paths get neither gradient nor decay nor momentum.
    """

    def __init__(
        self,
        supernet: SuperNet,
        space: Space[Any],
        images: Tensor,
        labels: Tensor,
        *,
        protocol: Protocol,
        seed: int,
        augment: Callable[[Tensor, torch.Generator], Tensor] | None = None,
        precision: str = FLOAT32,
        strategy: type[Strategy] | None = None,
    ) -> None:
        """Prepare a run.

        Args:
            supernet: The network, on the device of the images.
            space: Where architectures are drawn from.
            images: All training images (n, channels, h, w), on the device.
            labels: Their classes (n,), on the device.
            protocol: How to train.
            seed: Source of the streams of data order, augmentation, paths and dropout.
            augment: From a batch and a generator to a batch, on the device.
            precision: In which numbers it computes (`wsnas.precision`).
            strategy: What a step does; the protocol's where None.

        Raises:
            InputError: the portion of the images holds no whole batch, or the protocol names a strategy that
                is not there.
        """
        used = round(protocol.train_portion * len(images))
        self.steps_per_epoch = used // protocol.batch_size
        if self.steps_per_epoch < 1:
            raise InputError(f"batch_size {protocol.batch_size} exceeds the {used} training images in use")
        self._space = space
        self._protocol = protocol
        self.supernet = supernet
        self._strategies, self._paths = self._prepare(strategy, numpy_stream(seed, "paths"))
        passes_per_step = self._passes_per_step(strategy) if protocol.count_passes else 1
        self.total_steps = max(1, self.steps_per_epoch * protocol.epochs // passes_per_step)
        self.step = 0
        self.passes = 0
        """Images seen, counted once for every architecture that they passed through."""
        self._augment = augment
        self._precision = precision
        device = images.device
        self._order = torch_stream(seed, "order")
        self._augmentation = torch_stream(seed, "augmentation", device)
        supernet.path_generator = torch_stream(seed, "dropout", device)
        chosen = torch.randperm(len(images), generator=torch_stream(seed, "portion"))[:used].to(device)
        self._images, self._labels = images[chosen], labels[chosen]
        self._epoch_order = torch.empty(0, dtype=torch.int64)
        self._position = self.steps_per_epoch
        self._optimizer = PathSGD(
            supernet.parameters(),
            lr=protocol.learning_rate,
            momentum=protocol.momentum,
            weight_decay=protocol.weight_decay,
        )
        self._loss = torch.zeros((), dtype=torch.promote_types(images.dtype, torch.float32), device=device)
        self._loss_since = 0

    def advance(self, until: int, *, check: Callable[[], None] | None = None) -> float:
        """Train until `until` steps are done in all and return the mean loss since the last full advance.

        The loss is NaN or infinite where the run diverged; it is 0.0 where there was nothing to do.

        Args:
            until: Steps to be done in all, at most `total_steps`.
            check: Called before every step; it may raise to interrupt the run, which goes on from there
                with the next advance.
        """
        self.supernet.train()
        with products_of(self._precision):
            while self.step < min(until, self.total_steps):
                if check is not None:
                    check()
                self._train_step()
        mean = float(self._loss) / max(1, self.step - self._loss_since)
        self._loss.zero_()
        self._loss_since = self.step
        return mean

    def epoch_ends(self) -> list[int]:
        """Return the steps at which an epoch of the images is complete, the last step included."""
        whole = range(self.steps_per_epoch, self.total_steps, self.steps_per_epoch)
        return [*whole, self.total_steps]

    def state_dict(self) -> dict[str, Any]:
        """Return all that the rest of the run depends on, as plain values and tensors.

        The tensors are the run's own, not copies: write them before the next step. A run made with the
        same arguments that loads the state ends with the same bits on the same device, as if it had never
        been interrupted.
        """
        dropout = self.supernet.path_generator
        return {
            "step": self.step,
            "passes": self.passes,
            "supernet": self.supernet.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "epoch_order": self._epoch_order,
            "position": self._position,
            "order": self._order.get_state(),
            "augmentation": self._augmentation.get_state(),
            "paths": self._paths.rng.bit_generator.state,
            "strategies": [strategy.state_dict() for strategy in self._strategies],
            "dropout": None if dropout is None else dropout.get_state(),
            "loss": self._loss,
            "loss_since": self._loss_since,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over what `state_dict` returned, from any device.

        Raises:
            KeyError, RuntimeError, ValueError: the state belongs to another network or is incomplete.
        """
        self.supernet.load_state_dict(state["supernet"])
        self._optimizer.load_state_dict(state["optimizer"])
        self._order.set_state(state["order"].cpu())
        self._augmentation.set_state(state["augmentation"].cpu())
        self._paths.rng.bit_generator.state = state["paths"]
        # States of earlier versions have none, and their strategies needed none.
        for strategy, kept in zip(self._strategies, state.get("strategies", ()), strict=False):
            strategy.load_state_dict(kept)
        if self.supernet.path_generator is not None and state["dropout"] is not None:
            self.supernet.path_generator.set_state(state["dropout"].cpu())
        self._epoch_order = state["epoch_order"].to(self._images.device)
        self._position = state["position"]
        self._loss.copy_(state["loss"])
        self._loss_since = state["loss_since"]
        self.step, self.passes = state["step"], state["passes"]

    def learning_rate(self) -> float:
        """Return the learning rate of the next step."""
        rate, done = self._protocol.learning_rate, self.step / self.total_steps
        if self._protocol.learning_rate_schedule == "cosine":
            end = min(rate, self._protocol.final_learning_rate)
            rate = end + (rate - end) * 0.5 * (1 + math.cos(math.pi * self.step / self.total_steps))
        cooldown = self._protocol.learning_rate_cooldown
        if done > 1 - cooldown:
            rate *= 1 - (1 - _COOLED) * (done - (1 - cooldown)) / cooldown
        return rate

    def _train_step(self) -> None:
        images, labels = self._next_batch()
        self._paths.progress = self.step / self.total_steps
        step = Step(
            images=images,
            labels=labels,
            supernet=self.supernet,
            paths=self._paths,
            precision=self._precision,
            label_smoothing=self._protocol.label_smoothing,
            scale=1 / self._protocol.paths_per_step,
        )
        self._optimizer.zero_grad(set_to_none=True)
        for _ in range(self._protocol.paths_per_step):
            self._strategies[0](step)
        for loss in step.losses:
            self._loss += loss / len(step.losses)
        self._optimizer.descend(
            learning_rate=self.learning_rate(), gradient_clip=self._protocol.gradient_clip
        )
        self.step += 1
        self.passes += len(images) * step.passes

    def _prepare(
        self, chosen: type[Strategy] | None, rng: np.random.Generator
    ) -> tuple[tuple[Strategy, ...], Paths]:
        """Return what a step does, what samples paths where that is another, and the source of paths."""
        protocol = self._protocol
        sampler = get_strategy(protocol.path_sampling)(self._space, protocol)
        paths = Paths(self._space, rng, accepts=self.supernet.accepts, sample=sampler.draw)
        if chosen is None and protocol.strategy == SAMPLED:
            return (sampler,), paths
        chosen = chosen or get_strategy(protocol.strategy)
        return (chosen(self._space, protocol), sampler), paths

    def _passes_per_step(self, chosen: type[Strategy] | None) -> int:
        # Asked of others of its kind, so that nothing of the run's own changes.
        (strategy, *_), paths = self._prepare(chosen, np.random.default_rng(0))
        return len(strategy.draw(paths)) * self._protocol.paths_per_step

    def _next_batch(self) -> tuple[Tensor, Tensor]:
        if self._position == self.steps_per_epoch:
            order = torch.randperm(len(self._images), generator=self._order)
            self._epoch_order, self._position = order.to(self._images.device), 0
        size = self._protocol.batch_size
        index = self._epoch_order[self._position * size : (self._position + 1) * size]
        self._position += 1
        batch = self._images[index]
        if self._augment is not None:
            batch = self._augment(batch, self._augmentation)
        return batch.contiguous(memory_format=torch.channels_last), self._labels[index]
