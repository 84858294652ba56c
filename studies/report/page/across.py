"""Confirmed recipes of several studies in one picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studies.pictures.style import BLUE, GREEN, INK, ORANGE, QUIET, dots, label, legend, new_figure
from studies.report.words.recommend import is_baseline

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure

    from studies.report.answer import Answer
    from studies.report.words.wording import Interval


def is_confirmed(answer: Answer) -> bool:
    """Return whether anything was measured afresh."""
    return answer.winner is not None or answer.baseline is not None


def draw_across(answers: Sequence[Answer]) -> Figure:
    """Draw each study's recipe, baseline, parameter count and ceiling with their intervals."""
    figure, (axes,) = new_figure(1.1 + 0.8 * len(answers))
    for row, answer in enumerate(reversed(answers)):
        for step, (name, colour, estimate) in enumerate(_lines(answer)):
            height = row + 0.27 - 0.18 * step
            axes.hlines(height, estimate.low, estimate.high, color=colour, linewidth=2)
            dots(axes, [estimate.mean], [height], colour=colour, size=6.5, name=name)
    axes.axvline(0, color=INK, linewidth=0.8, linestyle=":")
    axes.set_yticks(range(len(answers)), [answer.name for answer in reversed(answers)])
    axes.set_ylim(-0.6, len(answers) - 0.4)
    axes.grid(visible=False, axis="y")
    label(axes, "s-KdT")
    legend(figure, axes, columns=3)
    return figure


def _lines(answer: Answer) -> list[tuple[str, str, Interval]]:
    lines: list[tuple[str, str, Interval]] = []
    if answer.winner is not None and not is_baseline(answer):
        lines.append(("best recipe", BLUE, answer.winner.skdt))
    if answer.baseline is not None:
        lines.append(("baseline", ORANGE, answer.baseline.skdt))
    if "parameters" in answer.reference_rankers:
        lines.append(("counting parameters", QUIET, answer.reference_rankers["parameters"]))
    if answer.ceiling is not None:
        lines.append(("noise ceiling", GREEN, answer.ceiling))
    return lines
