"""The training of one super-net, readable from top to bottom."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch.nn import functional as F

from wsnas.errors import InputError
from wsnas.precision import FLOAT32, computing_in, products_of
from wsnas.training.descent import PathSGD
from wsnas.training.samplers import get_sampler
from wsnas.training.streams import numpy_stream, torch_stream

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from torch import Tensor

    from wsnas.spaces import Space
    from wsnas.supernets.base import SuperNet
    from wsnas.training.protocol import Protocol


class TrainingRun:
    """Trains a super-net step by step; `advance` may stop at any step, so that ranking can come between.

    A step draws one batch and the sampler's architectures, sums their gradients and moves only weights
    that have one: weights off the path get neither gradient nor decay nor momentum.
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

        Raises:
            InputError: the portion of the images holds no whole batch.
        """
        used = round(protocol.train_portion * len(images))
        self.steps_per_epoch = used // protocol.batch_size
        if self.steps_per_epoch < 1:
            raise InputError(f"batch_size {protocol.batch_size} exceeds the {used} training images in use")
        self._sample = get_sampler(protocol.path_sampling)
        passes_per_step = len(self._sample(space, np.random.default_rng(0))) if protocol.count_passes else 1
        self.total_steps = max(1, self.steps_per_epoch * protocol.epochs // passes_per_step)
        self.step = 0
        self.passes = 0
        """Images seen, counted once for every architecture that they passed through."""
        self._supernet = supernet
        self._space = space
        self._protocol = protocol
        self._augment = augment
        self._precision = precision
        device = images.device
        self._order = torch_stream(seed, "order")
        self._augmentation = torch_stream(seed, "augmentation", device)
        self._paths = numpy_stream(seed, "paths")
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
        self._supernet.train()
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
        dropout = self._supernet.path_generator
        return {
            "step": self.step,
            "passes": self.passes,
            "supernet": self._supernet.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "epoch_order": self._epoch_order,
            "position": self._position,
            "order": self._order.get_state(),
            "augmentation": self._augmentation.get_state(),
            "paths": self._paths.bit_generator.state,
            "dropout": None if dropout is None else dropout.get_state(),
            "loss": self._loss,
            "loss_since": self._loss_since,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over what `state_dict` returned, from any device.

        Raises:
            KeyError, RuntimeError, ValueError: the state belongs to another network or is incomplete.
        """
        self._supernet.load_state_dict(state["supernet"])
        self._optimizer.load_state_dict(state["optimizer"])
        self._order.set_state(state["order"].cpu())
        self._augmentation.set_state(state["augmentation"].cpu())
        self._paths.bit_generator.state = state["paths"]
        if self._supernet.path_generator is not None and state["dropout"] is not None:
            self._supernet.path_generator.set_state(state["dropout"].cpu())
        self._epoch_order = state["epoch_order"].to(self._images.device)
        self._position = state["position"]
        self._loss.copy_(state["loss"])
        self._loss_since = state["loss_since"]
        self.step, self.passes = state["step"], state["passes"]

    def learning_rate(self) -> float:
        """Return the learning rate of the next step."""
        start = self._protocol.learning_rate
        if self._protocol.learning_rate_schedule == "constant":
            return start
        end = min(start, self._protocol.final_learning_rate)
        return end + (start - end) * 0.5 * (1 + math.cos(math.pi * self.step / self.total_steps))

    def _train_step(self) -> None:
        images, labels = self._next_batch()
        architectures = self._draw_architectures()
        self._optimizer.zero_grad(set_to_none=True)
        for architecture in architectures:
            with computing_in(self._precision, images.device.type):
                logits = self._supernet(images, architecture)
            exact = logits.to(torch.promote_types(logits.dtype, torch.float32))
            loss = F.cross_entropy(exact, labels)
            loss.backward()  # type: ignore[no-untyped-call]
            self._loss += loss.detach() / len(architectures)
        self._optimizer.descend(
            learning_rate=self.learning_rate(), gradient_clip=self._protocol.gradient_clip
        )
        self.step += 1
        self.passes += len(images) * len(architectures)

    def _draw_architectures(self) -> list[Any]:
        while True:
            drawn = self._sample(self._space, self._paths)
            if all(self._supernet.accepts(architecture) for architecture in drawn):
                return drawn

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
