"""The catalogue of factors: every heuristic is one file in this folder and one line in `NAMES`."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from objectives.factor import Factor
from objectives.provided import provided_factors, with_provided_levels
from wsnas.spaces import get_space

if TYPE_CHECKING:
    from wsnas.spaces import Space

__all__ = ["NAMES", "Factor", "catalogue"]

NAMES = (
    "dynamic_channels",
    "ofa_kernel",
    "wsbn",
    "op_placement",
    "path_dropout",
    "global_dropout",
    "cells",
    "channels",
    "train_portion",
    "batch_size",
    "bn_affine",
    "bn_statistics",
    "learning_rate",
    "learning_rate_schedule",
    "weight_decay",
    "epochs",
    "path_sampling",
    "strategy",
    "paths_per_step",
    "label_smoothing",
    "learning_rate_cooldown",
)
"""Files of the built-in factors, each with its `FACTOR`. A factor's place is its dimension of the screening
design, so new ones come last."""


def catalogue(space: Space[Any] | str, *, on_request: bool = False) -> tuple[Factor, ...]:
    """Return the factors of a space in a fixed order, those of other installed packages last.

    A package's factor that cannot be used is named in a warning and left out.

    Args:
        space: The space or its name.
        on_request: Whether those are wanted, too, that only studies have which ask for them by name.
    """
    space = get_space(space) if isinstance(space, str) else space
    factors: list[Factor] = [
        *(import_module(f"{__name__}.{name}").FACTOR for name in NAMES),
        *provided_factors(NAMES),
    ]
    return tuple(
        with_provided_levels(factor)
        for factor in factors
        if (on_request or not factor.on_request)
        and (factor.spaces is None or space.name in factor.spaces)
        and factor.name not in space.unused_factors
    )
