"""What a picture is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from matplotlib.figure import Figure
    from plotly.graph_objects import Figure as Plot

    from studies.report.answer import Answer


@dataclass(frozen=True, kw_only=True, slots=True)
class Picture:
    """A picture of an answer."""

    name: str
    """Stem of its file."""
    title: str
    """What it is."""
    caption: str
    """How to read it."""
    table: str
    """The table of `wsnas export` that holds its numbers."""
    ready: Callable[[Answer], bool]
    """Whether the answer has the data that it shows."""
    draw: Callable[[Answer], Figure]
    """Draw it; only where it is ready."""
    wide: bool = False
    """Whether it is too wide for a phone."""
    minor: bool = False
    """Whether a report folds it away: it says how the study went, and not what it found."""
    lead: Callable[[Answer], Figure] | None = None
    """Draw what a report's first screen has room for; None where that is the whole picture."""
    plot: Callable[[Answer], Plot] | None = None
    """Draw the same data by plotly, for optuna-dashboard; None where it is not shown there."""
    hint: str = ""
    """How to read the plot, in a line: a dashboard has no captions."""
    plot_ready: Callable[[Answer], bool] | None = None
    """Whether there is the data that the plot shows; None where it shows what the picture shows."""

    @property
    def plot_id(self) -> str:
        """Identifier of its plot in optuna-dashboard; publishing again replaces it."""
        return f"wsnas-{self.name}"
