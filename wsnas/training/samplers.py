"""Path samplers: which architectures each optimiser step trains.

Source of the three: Yu, Ranftl and Salzmann, section on sampling; FairNAS is Chu et al. (2019).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from wsnas.errors import InputError

if TYPE_CHECKING:
    import numpy as np

    from wsnas.spaces import Space

PathSampler = Callable[["Space[Any]", "np.random.Generator"], list[Any]]
"""From a space and a generator to the architectures of one step; their gradients are summed."""


def random_a(space: Space[Any], rng: np.random.Generator) -> list[Any]:
    """One architecture, uniform over the space's distinct functions."""
    return [space.sample_unique(rng)]


def random_nas(space: Space[Any], rng: np.random.Generator) -> list[Any]:
    """One architecture whose operations and topology are drawn apart."""
    return [space.sample_apart(rng)]


def fairnas(space: Space[Any], rng: np.random.Generator) -> list[Any]:
    """As many architectures as there are operations; together they use each operation once."""
    return space.fair_paths(rng)


SAMPLERS: dict[str, PathSampler] = {
    sampler.__name__: sampler
    for sampler in (
        random_a,
        random_nas,
        fairnas,
    )
}
"""The samplers by name; the levels of the factor `path_sampling`."""


def get_sampler(name: str) -> PathSampler:
    """Return a sampler by its name; `InputError` where there is none."""
    if name not in SAMPLERS:
        raise InputError(f"path_sampling {name!r} is none of {', '.join(SAMPLERS)}")
    return SAMPLERS[name]
