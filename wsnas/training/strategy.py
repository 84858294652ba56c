"""A training strategy: what one step does with a batch, a super-net and a source of paths."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import torch
from torch.nn import functional as F

from wsnas.precision import FLOAT32, computing_in

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

    from wsnas.spaces import Space
    from wsnas.supernets.base import SuperNet
    from wsnas.training.paths import Paths
    from wsnas.training.protocol import Protocol


@dataclass(kw_only=True, eq=False, slots=True)
class Step:
    """What a strategy has for one step: the gradients that it leaves on the weights make the step."""

    images: Tensor
    """A batch (n, channels, h, w), augmented."""
    labels: Tensor
    """Its classes (n,)."""
    supernet: SuperNet
    """The network, in training mode and without gradients; `logits` runs it."""
    paths: Paths
    """Where architectures come from."""
    precision: str = FLOAT32
    """In which numbers the network computes."""
    label_smoothing: float = 0.0
    """Share of each label's weight that `loss` spreads over all classes."""
    scale: float = 1.0
    """By what all gradients of the step are multiplied: 1 by how often the strategy is called in it."""
    losses: list[Tensor] = field(default_factory=list)
    """The loss of every backward pass, detached; their mean is the step's loss."""
    passes: int = 0
    """Architectures that the batch passed through."""

    def logits(self, architecture: Any) -> Tensor:
        """Return the logits (n, classes) of an architecture, in single precision or better."""
        self.passes += 1
        with computing_in(self.precision, self.images.device.type):
            logits: Tensor = self.supernet(self.images, architecture)
        return logits.to(torch.promote_types(logits.dtype, torch.float32))

    def loss(self, logits: Tensor) -> Tensor:
        """Return the loss of the recipe: the batch's mean cross-entropy, with smoothed labels or without."""
        return F.cross_entropy(logits, self.labels, label_smoothing=self.label_smoothing)

    def backward(self, loss: Tensor, *, weight: float = 1.0) -> None:
        """Add the gradients of so many times a loss to those of the step."""
        self.losses.append(loss.detach())
        factor = weight * self.scale
        (loss if factor == 1.0 else factor * loss).backward()  # type: ignore[no-untyped-call]

    def learn(self, architecture: Any, *, weight: float = 1.0) -> None:
        """Add the gradients of so many times the recipe's loss of an architecture."""
        self.backward(self.loss(self.logits(architecture)), weight=weight)


class Strategy(ABC):
    """Which architectures a step trains (`draw`), and how: calling it leaves gradients on the weights.

    One that only chooses architectures leaves the call as it is, which sums their gradients. All randomness
    is that of `Paths.rng`; what else a later step depends on belongs into the state. `wsnas.testing` checks
    strategies.
    """

    def __init__(self, space: Space[Any], protocol: Protocol) -> None:
        """Prepare for a run in a space; `protocol.get` has the values of other packages' factors."""
        self.space = space
        self.protocol = protocol

    @abstractmethod
    def draw(self, paths: Paths) -> list[Any]:
        """Return the architectures of one step, at least one and mostly equally many.

        Where passes count (`Protocol.count_passes`), a run has fewer steps by their number.
        """

    def __call__(self, step: Step) -> None:
        """Leave the gradients of one step on the weights."""
        for architecture in self.draw(step.paths):
            step.learn(architecture)

    def state_dict(self) -> dict[str, Any]:
        """Return what later steps depend on, as plain values and tensors; nothing for most strategies."""
        return {}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over what `state_dict` returned."""
        if state:
            raise NotImplementedError(f"{type(self).__name__} has a state that it does not take over")
