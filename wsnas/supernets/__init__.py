"""f_ws: networks with shared weights, the mapping heuristics, and stand-alone networks."""

from __future__ import annotations

from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any

from wsnas.errors import InputError
from wsnas.plugins import find_provided
from wsnas.spaces import BUILT_IN, get_space
from wsnas.supernets.mapping import SharingMapping

if TYPE_CHECKING:
    from collections.abc import Iterator

    import torch
    from torch import Tensor, nn

    from wsnas.spaces import Space
    from wsnas.supernets.base import SuperNet

__all__ = ["SharingMapping", "build_standalone", "build_supernet", "standalone_state"]


def build_supernet(
    space: Space[Any] | str,
    mapping: SharingMapping | None = None,
    *,
    in_channels: int,
    num_classes: int,
    channels: int,
    cells: int,
    generator: torch.Generator | None = None,
) -> SuperNet:
    """Build a space's super-net; `supernet(images, architecture)` gives logits.

    Args:
        space: The space or its name.
        mapping: How architectures map to weights; the plain mapping where None.
        in_channels: Channels of the images.
        num_classes: Number of logits.
        channels: Channels of the stem.
        cells: Cells in each stage; in darts all cells.
        generator: Source of the initial weights; torch's global one where None.

    Raises:
        InputError: the space has no super-net, or a size is not positive.
    """
    _check_sizes(in_channels=in_channels, num_classes=num_classes, channels=channels, cells=cells)
    from wsnas.supernets._plain import PlainSuperNet
    from wsnas.supernets.base import SuperNet

    mapping = mapping or SharingMapping()
    make = _find(space, "{}", "SUPERNET", "wsnas.supernets")
    with _initialised_by(generator):
        network: nn.Module = make(
            mapping=mapping,
            in_channels=in_channels,
            num_classes=num_classes,
            channels=channels,
            cells=cells,
            generator=generator,
        )
    return network if isinstance(network, SuperNet) else PlainSuperNet(network, mapping)


def build_standalone(
    space: Space[Any] | str,
    architecture: Any,
    *,
    in_channels: int,
    num_classes: int,
    channels: int,
    cells: int,
    generator: torch.Generator | None = None,
) -> nn.Module:
    """Build the network of one architecture with weights of its own; sizes as in `build_supernet`.

    Where a package has a plain module for a super-net and no such network, it is that module with this
    architecture, of which only the weights in use are trained.
    """
    _check_sizes(in_channels=in_channels, num_classes=num_classes, channels=channels, cells=cells)
    from wsnas.supernets._plain import PlainSuperNet, SinglePath

    (get_space(space) if isinstance(space, str) else space).validate(architecture)
    sizes: dict[str, Any] = {
        "in_channels": in_channels,
        "num_classes": num_classes,
        "channels": channels,
        "cells": cells,
        "generator": generator,
    }
    name = space if isinstance(space, str) else space.name
    if name not in BUILT_IN and find_provided("wsnas.networks", name) is None:
        supernet = build_supernet(space, **sizes)
        if isinstance(supernet, PlainSuperNet):
            return SinglePath(supernet.network, architecture, in_channels=in_channels)
    with _initialised_by(generator):
        network: nn.Module = _find(space, "{}_standalone", "NETWORK", "wsnas.networks")(architecture, **sizes)
    return network


def standalone_state(supernet: SuperNet, architecture: Any) -> dict[str, Tensor]:
    """Return the state dict with which the stand-alone network gives the super-net's logits.

    Without tracked statistics both normalise by the batch, in evaluation as in training.
    """
    return supernet.standalone_state(architecture)


def _find(space: Space[Any] | str, module: str, attribute: str, group: str) -> Any:
    """Return a built-in space's attribute of a module of this folder, or what an entry point has."""
    name = space if isinstance(space, str) else space.name
    if name in BUILT_IN:
        return getattr(import_module(f"{__name__}.{module.format(name)}"), attribute)
    if (provided := find_provided(group, name)) is not None:
        return provided
    raise InputError(f"space {name!r} has no network: built in are {', '.join(sorted(BUILT_IN))}")


@contextmanager
def _initialised_by(generator: torch.Generator | None) -> Iterator[None]:
    """Let what modules draw by torch's global generator follow from a generator's seed, and nothing else."""
    import torch

    if generator is None:
        yield
        return
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(generator.initial_seed())
        yield


def _check_sizes(**sizes: int) -> None:
    for name, size in sizes.items():
        if type(size) is not int or size < 1:
            raise InputError(f"{name} {size!r} is not a positive whole number")
