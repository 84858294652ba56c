"""What a super-net cell has to do for one architecture, worked out once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from wsnas.supernets._nb101_skeleton import vertex_widths

if TYPE_CHECKING:
    from wsnas.spaces.nb101 import NB101Architecture as Architecture
    from wsnas.spaces.nb101_graph import Inputs


@dataclass(frozen=True, slots=True)
class Step:
    """The computation of one interior vertex."""

    vertex: int
    operation: int
    width: int
    reads_input: bool
    sources: tuple[int, ...]
    """The interior vertices that it reads."""
    input_set: int
    """All that it reads, one bit for each vertex."""
    spare: bool
    """Whether some path from input to output does without this vertex."""


@lru_cache(maxsize=1 << 14)
def plan(architecture: Architecture, width: int) -> tuple[Step, ...]:
    """Return the steps of a cell that puts out `width` channels."""
    widths = vertex_widths(architecture, width)
    steps = []
    for vertex, (operation, own) in enumerate(zip(architecture.operations, widths, strict=True), start=1):
        sources = architecture.inputs[vertex - 1]
        steps.append(
            Step(
                vertex=vertex,
                operation=operation,
                width=own,
                reads_input=0 in sources,
                sources=tuple(source for source in sources if source),
                input_set=sum(1 << source for source in sources),
                spare=_connected_without(vertex, architecture.inputs),
            )
        )
    return tuple(steps)


def _connected_without(removed: int, inputs: Inputs) -> bool:
    fed = {0}
    for target, sources in enumerate(inputs, start=1):
        if target != removed and fed.intersection(sources):
            fed.add(target)
    return len(inputs) in fed
