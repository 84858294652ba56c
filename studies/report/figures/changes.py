"""What each single change does at the reference recipe, with intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from studies.analysis.screen import MARGIN
from studies.pictures.plots import line_style, new_plot, plot_dots
from studies.pictures.style import BLUE, GREEN, GRID, INK, ORANGE, QUIET, RED, dots, label, legend, new_figure
from studies.report.figures.picture import Picture
from studies.report.words.change_lines import ChangeLine, change_lines, effect_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure

    from studies.report.answer import Answer

_EFFECT = "change in s-KdT, with 95 % interval"
_COLOURS = {"helps": GREEN, "hurts": RED, "negligible": BLUE, "undecided": QUIET}
_INERT = "cannot act: chance"
_LEAST = 0.1
"""So far the axis reaches at least to both sides."""
_MOST, _FIRST = 18, 11
"""How many changes a dashboard's card has room for, and a report's first screen."""


def _rows(answer: Answer) -> list[ChangeLine]:
    """Return the changes that are measured, in the order of the table."""
    return [line for line in change_lines(answer) if line.effect.mean is not None]


def _kind(line: ChangeLine) -> tuple[str, str]:
    """Return what a legend calls changes of its kind, and their colour."""
    return (line.effect.call, _COLOURS[line.effect.call]) if line.acts else (_INERT, ORANGE)


def _name(line: ChangeLine) -> str:
    return f"{line.factor}: {line.change}"


def _reach(rows: Sequence[ChangeLine]) -> float:
    """Return how far the axis goes: the intervals of few seeds are cut off, those of calls are not."""
    means, ends = [_LEAST], [_LEAST]
    for line in rows:
        effect = line.effect
        if effect.mean is not None and effect.low is not None and effect.high is not None:
            means.append(1.5 * abs(effect.mean))
            if effect.call != "undecided":
                ends += [abs(effect.low), abs(effect.high)]
    return 1.05 * max(*means, *ends)


def _spans(rows: Sequence[ChangeLine], reach: float) -> list[tuple[ChangeLine, float, float, float]]:
    """Return each change with its effect and the ends of its interval within the axis."""
    return [
        (line, effect.mean, max(effect.low, -reach), min(effect.high, reach))
        for line in rows
        for effect in (line.effect,)
        if effect.mean is not None and effect.low is not None and effect.high is not None
    ]


def _foremost(rows: list[ChangeLine], most: int) -> list[ChangeLine]:
    """Return the changes that matter most; the inert one, which is the last, stays."""
    return rows if len(rows) <= most else [*rows[: most - 1], rows[-1]]


def _lead(answer: Answer) -> Figure:
    return _drawn(_foremost(_rows(answer), _FIRST)[::-1])


def _draw(answer: Answer) -> Figure:
    return _drawn(_rows(answer)[::-1])


def _drawn(rows: Sequence[ChangeLine]) -> Figure:
    """Draw changes, the first of them at the bottom."""
    reach = _reach(rows)
    figure, (axes,) = new_figure(0.9 + 0.25 * len(rows))
    axes.axvspan(-MARGIN, MARGIN, color=GRID, alpha=0.5, linewidth=0)
    for height, (line, mean, low, high) in enumerate(_spans(rows, reach)):
        name, colour = _kind(line)
        axes.hlines(height, low, high, color=colour, linewidth=2)
        for end, marker in ((low, "<"), (high, ">")):
            if abs(end) >= reach:
                dots(axes, [end], [height], colour=colour, marker=marker, size=4)
        dots(axes, [mean], [height], colour=colour, size=6, name=name, hollow=not line.acts)
    axes.axvline(0, color=INK, linewidth=0.8, linestyle=":")
    axes.set_yticks(range(len(rows)), [_name(line) for line in rows], fontsize=8)
    axes.set_ylim(-0.7, len(rows) - 0.3)
    axes.set_xlim(-1.04 * reach, 1.04 * reach)
    axes.grid(visible=False, axis="y")
    label(axes, _EFFECT)
    legend(figure, axes)
    return figure


def _plot(answer: Answer) -> Any:
    rows = _foremost(_rows(answer), _MOST)[::-1]
    reach = _reach(rows)
    figure = new_plot(_EFFECT)
    named: set[str] = set()
    for height, (line, mean, low, high) in enumerate(_spans(rows, reach)):
        name, colour = _kind(line)
        hover = f"{_name(line)}: {effect_text(line.effect)}, {line.call}, seeds {line.seeds}"
        figure.add_scatter(
            x=[low, high],
            y=[height, height],
            mode="lines",
            line=line_style(colour),
            hoverinfo="skip",
            showlegend=False,
        )
        plot_dots(
            figure, [mean], [height], colour=colour, name=None if name in named else name, hover=[hover]
        )
        named.add(name)
    figure.add_vline(x=0, line=line_style(INK, 1, ":"))
    names = [_name(line) for line in rows]
    return figure.update_layout(
        xaxis={"range": [-1.04 * reach, 1.04 * reach]},
        yaxis={"tickvals": list(range(len(rows))), "ticktext": names},
    )


CHANGES = Picture(
    name="changes",
    title="What each change does at the reference recipe",
    caption="Right of the dotted line a change helps, left of it it hurts. Lines are 95 % intervals that "
    f"hold for all changes at once; the grey band is ±{MARGIN}, within which a difference is negligible. "
    "Arrowheads: the interval goes on. A grey dot is undecided, which does not show that it does nothing. "
    "The orange one cannot act at this recipe and shows what chance looks like.",
    table="screen",
    ready=lambda answer: bool(_rows(answer)),
    draw=_draw,
    lead=_lead,
    plot=_plot,
    hint="right of 0 it helps; lines: 95 % intervals for all changes at once",
)
