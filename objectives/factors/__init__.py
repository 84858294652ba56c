"""The catalogue of factors: every heuristic is one file and one line here."""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any

from objectives.factors import (
    batch_size,
    bn_affine,
    bn_statistics,
    cells,
    channels,
    dynamic_channels,
    epochs,
    global_dropout,
    learning_rate,
    learning_rate_schedule,
    ofa_kernel,
    op_placement,
    path_dropout,
    path_sampling,
    train_portion,
    weight_decay,
    wsbn,
)
from objectives.factors._factor import Factor
from wsnas.spaces import get_space

if TYPE_CHECKING:
    from wsnas.spaces import Space

__all__ = ["Factor", "catalogue"]

_BUILT_IN: tuple[Factor, ...] = tuple(
    module.FACTOR
    for module in (
        dynamic_channels,
        ofa_kernel,
        wsbn,
        op_placement,
        path_dropout,
        global_dropout,
        cells,
        channels,
        train_portion,
        batch_size,
        bn_affine,
        bn_statistics,
        learning_rate,
        learning_rate_schedule,
        weight_decay,
        epochs,
        path_sampling,
    )
)
_ENTRY_POINTS = "wsnas.factors"


def catalogue(space: Space[Any] | str) -> tuple[Factor, ...]:
    """Return the factors of a space in a fixed order, those of other installed packages last."""
    space = get_space(space) if isinstance(space, str) else space
    provided = sorted(entry_points(group=_ENTRY_POINTS), key=lambda point: point.name)
    factors: tuple[Factor, ...] = (*_BUILT_IN, *(point.load() for point in provided))
    return tuple(
        factor
        for factor in factors
        if (factor.spaces is None or space.name in factor.spaces) and factor.name not in space.unused_factors
    )
