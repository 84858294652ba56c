"""Published results to stand beside a search, each with how it is known.

Only what could be read in a source, or in another text that quotes it, is listed. The accuracies that Yu,
Ranftl and Salzmann report for their own random search on tuned super-nets could not be read, so none is.
"""

from __future__ import annotations

from dataclasses import dataclass

_NB201 = "Dong and Yang, NAS-Bench-201 (ICLR 2020), as later papers quote it"
_PHASE = "Yu et al., Evaluating the Search Phase (ICLR 2020)"
READ = "read in an excerpt"
"""The figure itself was read, in the source or in a table that quotes it; the whole text was not."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Published:
    """One published figure."""

    method: str
    """What was done."""
    figure: str
    """What came of it."""
    sure: str
    """How it is known."""
    source: str
    """Where it was published."""


def _nb201(method: str, figure: str) -> Published:
    return Published(method=method, figure=figure, sure=READ, source=_NB201)


def _phase(method: str, probability: float) -> Published:
    figure = f"surpasses random search with probability {probability:.2f}"
    return Published(method=method, figure=figure, sure=READ, source=_PHASE)


_RESULTS: dict[str, tuple[Published, ...]] = {
    "nb201": (
        _nb201("best cell of the benchmark", "94.37 %"),
        _nb201("ResNet", "93.97 %"),
        _nb201("REINFORCE, trains each cell", "93.85 ± 0.37 %"),
        _nb201("GDAS, weight sharing", "93.61 ± 0.09 %"),
        _nb201("RSPS: random search, weight sharing", "87.66 ± 1.69 %"),
        _nb201("ENAS, weight sharing", "54.30 %"),
        _nb201("DARTS, weight sharing", "54.30 %"),
    ),
    "nb101": (
        _phase("NAO, weight sharing", 0.62),
        _phase("NAO, no weight sharing", 0.92),
        _phase("ENAS, weight sharing", 0.07),
        _phase("ENAS, no weight sharing", 0.90),
    ),
}

_COMPARABLE = {
    "nb201": "CIFAR-10 test accuracies of the benchmark's own trainings. Another table has other accuracies"
    " for the same cells, so compare ranks and distances to the best rather than percentages.",
    "nb101": "Against the benchmark's own table, with that paper's n and formula.",
}


def published(space: str) -> tuple[Published, ...]:
    """Return the published results for a space; none where none could be read."""
    return _RESULTS.get(space, ())


def comparable(space: str) -> str:
    """Return in words what the published results of a space may be compared with."""
    return _COMPARABLE.get(space, f"No published result for {space} could be read.")
