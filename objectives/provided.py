"""Factors of other installed packages: which of them can be used, and which of them a super-net reads."""

from __future__ import annotations

import logging
from functools import cache
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any

from objectives.domains import coerced
from objectives.factor import Factor
from objectives.recipe import Recipe, known_fields
from wsnas.errors import InputError
from wsnas.plugins import load_provided

if TYPE_CHECKING:
    from collections.abc import Collection
    from importlib.metadata import EntryPoint

    from wsnas.spaces import Space

_ENTRY_POINTS = "wsnas.factors"
_RESERVED = {"extra": "the mapping keeps other packages' values there", "count_passes": "a scale sets it"}
_PROBED = 4
"""Architectures by which a super-net is asked what it reads."""
_log = logging.getLogger(__name__)


def provided_factors(taken: Collection[str]) -> list[Factor]:
    """Return the factors of other packages by their name; one that cannot be used is warned of once.

    Args:
        taken: Names of the built-in factors.
    """
    found: dict[str, Factor] = {}
    for point in sorted(entry_points(group=_ENTRY_POINTS), key=lambda point: (point.name, point.value)):
        factor = _load(point)
        if factor is None:
            continue
        if factor.name in found or factor.name in taken:
            _warn_once(f"factor {factor.name!r} of {point.value}: another factor has its name")
        else:
            found[factor.name] = factor
    return list(found.values())


def unread(space: Space[Any], names: Collection[str]) -> frozenset[str]:
    """Return the names of factors that are fields of nothing and that the space's super-net never reads."""
    wanted = frozenset(names) - known_fields()
    if not wanted:
        return wanted
    try:
        return wanted - _asked_for(space, wanted)
    # Sizes that suit the probe need not suit another package's networks: then nothing is known of them.
    except Exception as error:
        _log.debug("space %s: its super-net was not probed: %s", space.name, error)
        return frozenset()


@cache
def _load(point: EntryPoint) -> Factor | None:
    try:
        factor = load_provided(point)
        if not isinstance(factor, Factor):
            raise InputError(f"{point.value}: is no Factor")
        _check(factor)
    except InputError as error:
        _warn_once(str(error))
        return None
    return factor


def _check(factor: Factor) -> None:
    """Raise `InputError` where a value of the factor is none that a network or training can have."""
    if factor.name in _RESERVED:
        raise InputError(f"factor {factor.name!r}: {_RESERVED[factor.name]}; no factor can have this name")
    for value in (factor.default, *factor.domain.ends):
        Recipe({factor.name: coerced(factor.name, value, factor.kind)}).check()


@cache
def _warn_once(words: str) -> None:
    _log.warning("%s; it is left out", words)


def _asked_for(space: Space[Any], names: frozenset[str]) -> set[str]:
    """Return what a small super-net asks its mapping for while it is built and trained."""
    import numpy as np
    import torch

    from wsnas.supernets import SharingMapping, build_supernet

    asked: set[str] = set()

    class Listening(SharingMapping):
        def get(self, name: str, default: Any) -> Any:
            asked.add(name)
            return default

        def __getattribute__(self, name: str) -> Any:
            if name == "extra":
                asked.update(names)
            return super().__getattribute__(name)

    rng, generator = np.random.default_rng(0), torch.Generator().manual_seed(0)
    sizes = {"in_channels": 1, "num_classes": 2, "channels": 16, "cells": 1}
    supernet = build_supernet(space, Listening(), **sizes, generator=generator)
    supernet.path_generator = generator
    for architecture in filter(supernet.accepts, [space.sample(rng) for _ in range(_PROBED)]):
        supernet(torch.zeros(4, 1, 16, 16), architecture)
        supernet.standalone_state(architecture)
    return asked
