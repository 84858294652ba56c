"""The training protocol: how the shared weights are trained."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Literal, TypeVar, cast

from wsnas.errors import InputError, show

_POSITIVE = ("learning_rate", "final_learning_rate", "epochs", "batch_size", "gradient_clip")
SAMPLED = "sampled"
"""The strategy of a step that does no more than the recipe's `path_sampling` says."""
V = TypeVar("V", bound=bool | int | float | str)
LearningRateSchedule = Literal["cosine", "constant"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Protocol:
    """What the paper calls P_ws, with the low-fidelity choices that concern the data.

    SGD without Nesterov momentum, a cosine schedule and clipped gradients, as in the official code of
    Yu et al.; the cosine is followed at every step, since short schedules have few epochs. The constant
    rate is not in the paper.
    """

    learning_rate: float = 0.025
    """Learning rate at the start of the schedule."""
    learning_rate_schedule: LearningRateSchedule = "cosine"
    """Whether the rate falls to `final_learning_rate` along a cosine, or stays."""
    weight_decay: float = 3e-4
    """L2 penalty on the weights of the path that a step trains."""
    epochs: int = 16
    """Passes over the training images."""
    batch_size: int = 32
    """Images per optimiser step."""
    train_portion: float = 0.9
    """Share of the training images that is used, in (0, 1]."""
    path_sampling: str = "random_nas"
    """How each step's architectures are drawn: the name of a training strategy."""
    strategy: str = SAMPLED
    """What a step does: the name of a training strategy, or it sums the gradients of what is sampled."""
    count_passes: bool = False
    """Whether each architecture that an image passes through counts towards `epochs`, so that samplers
    with several passes in a step cost what the others do; in the paper FairNAS costs several times more."""
    momentum: float = 0.9
    """Momentum of SGD, in [0, 1)."""
    final_learning_rate: float = 0.001
    """Learning rate at the end of the cosine."""
    gradient_clip: float = 5.0
    """Largest norm of the gradient of all weights of the path."""
    extra: tuple[tuple[str, bool | int | float | str], ...] = ()
    """Names and values of factors that other packages provide; `get` reads them."""

    def __post_init__(self) -> None:
        for name in (*_POSITIVE, "momentum", "train_portion", "weight_decay"):
            value = getattr(self, name)
            if type(value) not in (int, float):
                raise InputError(f"{name} {show(value)} is not a number")
        for name in _POSITIVE:
            value = getattr(self, name)
            if not 0 < value <= sys.float_info.max:
                raise InputError(f"{name} {show(value)} is not a positive number")
        for name in ("epochs", "batch_size"):
            if type(getattr(self, name)) is not int:
                raise InputError(f"{name} {show(getattr(self, name))} is not a whole number")
        if not 0 <= self.momentum < 1:
            raise InputError(f"momentum {show(self.momentum)} is not in [0, 1)")
        if not 0 < self.train_portion <= 1:
            raise InputError(f"train_portion {show(self.train_portion)} is not in (0, 1]")
        if self.learning_rate_schedule not in ("cosine", "constant"):
            raise InputError(
                f"learning_rate_schedule {show(self.learning_rate_schedule)} is neither 'cosine' nor"
                " 'constant'"
            )
        if not 0 <= self.weight_decay <= sys.float_info.max:
            raise InputError(f"weight_decay {show(self.weight_decay)} is not a number of at least 0")

    def get(self, name: str, default: V) -> V:
        """Return the value in `extra` of the factor that is called `name`, or else `default`."""
        return cast("V", dict(self.extra).get(name, default))
