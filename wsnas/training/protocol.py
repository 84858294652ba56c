"""The training protocol: how the shared weights are trained."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Literal, TypeVar, cast

from wsnas.errors import InputError, show

_WHOLE = ("epochs", "batch_size", "paths_per_step")
_POSITIVE = (*_WHOLE, "learning_rate", "final_learning_rate", "gradient_clip")
_SHARES = ("momentum", "label_smoothing")
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
    paths_per_step: int = 1
    """How often the strategy is called in a step, with the same batch; gradients are those of the mean."""
    label_smoothing: float = 0.0
    """Share of each label's weight that is spread over all classes, in [0, 1)."""
    count_passes: bool = False
    """Whether each architecture that an image passes through counts towards `epochs`, so that samplers
    with several passes in a step cost what the others do; in the paper FairNAS costs several times more."""
    momentum: float = 0.9
    """Momentum of SGD, in [0, 1)."""
    final_learning_rate: float = 0.001
    """Learning rate at the end of the cosine."""
    learning_rate_cooldown: float = 0.0
    """Share of the schedule, at its end, over which the rate falls linearly to a tenth, in [0, 1]."""
    gradient_clip: float = 5.0
    """Largest norm of the gradient of all weights of the path."""
    extra: tuple[tuple[str, bool | int | float | str], ...] = ()
    """Names and values of factors that other packages provide; `get` reads them."""

    def __post_init__(self) -> None:
        for name in (*_POSITIVE, *_SHARES, "train_portion", "learning_rate_cooldown", "weight_decay"):
            value = getattr(self, name)
            if type(value) not in (int, float):
                raise InputError(f"{name} {show(value)} is not a number")
        for name in _POSITIVE:
            value = getattr(self, name)
            if not 0 < value <= sys.float_info.max:
                raise InputError(f"{name} {show(value)} is not a positive number")
        for name in _WHOLE:
            if type(getattr(self, name)) is not int:
                raise InputError(f"{name} {show(getattr(self, name))} is not a whole number")
        for name in _SHARES:
            if not 0 <= getattr(self, name) < 1:
                raise InputError(f"{name} {show(getattr(self, name))} is not in [0, 1)")
        if not 0 <= self.learning_rate_cooldown <= 1:
            raise InputError(f"learning_rate_cooldown {show(self.learning_rate_cooldown)} is not in [0, 1]")
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
