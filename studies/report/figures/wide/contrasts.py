"""What changing one factor does, with intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studies.analysis.wide.contrasts import show
from studies.pictures.style import BLUE, INK, QUIET, label, legend, new_figure
from studies.report.figures.picture import Picture

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from studies.analysis.wide import Contrast
    from studies.report.answer import Answer

_Row = tuple[str, "Contrast", "Contrast | None", bool]


def _rows(answer: Answer) -> list[_Row]:
    """Return each change from a default: its name, its two differences and whether it is significant."""
    order = [one.name for one in answer.importance]
    effects = sorted(
        answer.effects, key=lambda effect: order.index(effect.name) if effect.name in order else len(order)
    )
    rows: list[_Row] = []
    for effect in effects:
        compute = effect.equal_compute
        equal = {} if compute is None else {one.first: one for one in compute.from_default}
        for one in effect.equal_recipe.from_default:
            change = f"{show(one.second)} to {show(one.first)}"
            rows.append(
                (f"{effect.name}: {change}", one, equal.get(one.first), effect.equal_recipe.significant)
            )
    return rows


def _draw(answer: Answer) -> Figure:
    rows = _rows(answer)[::-1]
    figure, (axes,) = new_figure(0.9 + 0.27 * len(rows))
    for height, (_, recipe, compute, significant) in enumerate(rows):
        marks = [(recipe, height + 0.14, "o", "equal recipe")]
        if compute is not None:
            marks.append((compute, height - 0.18, "D", "equal time"))
        for one, at, marker, name in marks:
            colour = BLUE if significant else QUIET
            axes.hlines(at, one.low, one.high, color=colour, linewidth=2.2 if marker == "o" else 0.9)
            if marker == "o":
                axes.hlines(at, one.low_among_all, one.high_among_all, color=colour, linewidth=0.8)
            axes.plot(
                one.difference,
                at,
                marker=marker,
                markersize=5 if marker == "o" else 3.5,
                markerfacecolor=colour if marker == "o" else "none",
                markeredgecolor=colour,
                linestyle="",
                label=name,
            )
    axes.axvline(0, color=INK, linewidth=0.8, linestyle=":")
    axes.set_yticks(range(len(rows)), [name for name, *_ in rows], fontsize=8)
    axes.set_ylim(-0.7, len(rows) - 0.3)
    axes.grid(visible=False, axis="y")
    label(axes, "change in s-KdT, with 95 % interval")
    legend(figure, axes)
    return figure


CONTRASTS = Picture(
    name="contrasts",
    title="Changing one factor from its default",
    caption="Right of the dotted line the change helps, left of it it hurts. Circles hold all other factors "
    "equal, open diamonds also the time a trial takes. Thick lines are 95 % intervals of each change "
    "alone: of twenty changes that do nothing, about one misses the dotted line by chance. The thin lines "
    "that go on from them hold for all changes at once. Blue factors are significant; the thin lines of grey "
    "ones reach the dotted line.",
    table="effects",
    ready=lambda answer: bool(_rows(answer)),
    draw=_draw,
)
