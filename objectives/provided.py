"""Factors of other installed packages: which of them can be used, and which of them a super-net reads."""

from __future__ import annotations

import logging
from functools import cache
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any

from objectives.domains import Categorical, coerced
from objectives.factor import Factor
from objectives.recipe import Recipe, known_fields, mapping_fields
from wsnas.errors import InputError
from wsnas.plugins import load_provided
from wsnas.spaces import BUILT_IN

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


def with_provided_levels(factor: Factor) -> Factor:
    """Return the factor with the levels that packages provide; one that is broken is warned of once."""
    levels = [] if factor.provided_levels is None else _levels(factor.provided_levels)
    if not (levels and isinstance(factor.domain, Categorical)):
        return factor
    return factor.with_domain(
        Categorical(tuple(dict.fromkeys((*factor.domain.choices, *levels)))), factor.default
    )


def _levels(group: str) -> list[str]:
    found = []
    for point in sorted(entry_points(group=group), key=lambda point: point.name):
        try:
            load_provided(point)
        except InputError as error:
            _warn_once(str(error))
        else:
            found.append(point.name)
    return found


def unread(space: Space[Any], names: Collection[str]) -> frozenset[str]:
    """Return the names of factors that nobody reads.

    Neither the space's super-net nor a package's training strategy asks for them. Of the factors that are
    fields, only those of the mapping are asked about, and only where the space is another package's.
    """
    wanted = frozenset(names) - known_fields()
    if space.name not in BUILT_IN:
        wanted |= frozenset(names) & mapping_fields()
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
    """Return what a small super-net and packages' strategies ask for while they are built and train."""
    import numpy as np
    import torch

    from wsnas.supernets import SharingMapping, build_supernet
    from wsnas.supernets.extension import batch_norms
    from wsnas.training.protocol import Protocol
    from wsnas.training.run import TrainingRun
    from wsnas.training.strategies import NAMES, strategy_names

    asked: set[str] = set()
    fields = known_fields()

    class Listening:
        def get(self, name: str, default: Any) -> Any:
            asked.add(name)
            return default

        def __getattribute__(self, name: str) -> Any:
            asked.update(names - fields if name == "extra" else {name})
            return super().__getattribute__(name)

    class ListeningMapping(Listening, SharingMapping):
        pass

    class ListeningProtocol(Listening, Protocol):
        pass

    rng, generator = np.random.default_rng(0), torch.Generator().manual_seed(0)
    sizes = {"in_channels": 1, "num_classes": 2, "channels": 16, "cells": 1}
    mapping = ListeningMapping()
    asked.clear()  # what it checks itself says nothing
    supernet = build_supernet(space, mapping, **sizes, generator=generator)
    if any(batch_norms(supernet)):
        asked.add("bn_statistics")  # ranking reads it
    supernet.path_generator = generator
    for architecture in filter(supernet.accepts, [space.sample(rng) for _ in range(_PROBED)]):
        supernet(torch.zeros(4, 1, 16, 16), architecture)
        supernet.standalone_state(architecture)
    images, labels = torch.zeros(4, 1, 16, 16), torch.zeros(4, dtype=torch.int64)
    for name in strategy_names()[len(NAMES) :] if names - fields - asked else ():
        protocol = ListeningProtocol(strategy=name, batch_size=4, train_portion=1.0)
        TrainingRun(supernet, space, images, labels, protocol=protocol, seed=0).advance(1)
    return asked
