"""A study of one's own as a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from studies.pictures.curves import SKDT
from studies.pictures.style import BLUE, GREEN, dots, label, legend, new_figure
from studies.report.own import words
from studies.report.own.terminal import front_title
from studies.report.page.elements import Html, element, inline_svg, join, paragraph, section, table
from studies.report.page.html import whole_page
from studies.report.words import wording
from studies.report.words.factor_lines import factor_lines, factors_summary
from studies.report.words.factor_notes import INTERVALS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from studies.report.own.study import OwnStudy


def render(own: OwnStudy) -> str:
    """Return the page's text."""
    asked = own.settings
    about = (
        f"Search space {asked.space}, scale {asked.scale}, images {asked.data}, ground truth {asked.table}."
    )
    body = join(
        (
            element(
                "header",
                element("h1", f"{own.name}: a study by the objective alone"),
                paragraph(about, quiet=True),
            ),
            element("p", words.answer(own), class_="answer"),
            *(paragraph(one) for one in words.unknown(own)),
            paragraph(wording.METRIC, quiet=True),
            _front(own),
            _factors(own),
            _provenance(own),
        )
    )
    return whole_page(f"{own.name}: a study by the objective alone", body)


def _front(own: OwnStudy) -> Html:
    if not own.front:
        return Html("")
    columns = ("trial", *words.value_names(own), "changes of the baseline")
    rows = [(str(trial.number), *words.values(own, trial), words.changed(own, trial)) for trial in own.front]
    title = front_title(own)
    if len(own.metrics) == 1:
        return section(title, table(columns, rows))
    drawn = inline_svg(draw_front(own), title=title)
    return section(
        title,
        element("figure", drawn, element("figcaption", _CAPTION)),
        table(columns, rows),
    )


_CAPTION = (
    "Each mark is a complete trial with one seed; those that diverged are left out. No other trial beats one"
    " of the front in all values. The front is optimistic, as each of its trials is the best of several."
)


def draw_front(own: OwnStudy) -> Figure:
    """Draw s-KdT against each cost: all usable trials, and those of the front."""
    names = words.value_names(own)[1:]
    figure, panels = new_figure(3.3, columns=len(names), share_y=True)
    values = np.array([trial.values for trial in own.usable])
    best = np.array([trial.values for trial in own.front])
    for index, (axes, name) in enumerate(zip(panels, names, strict=True), start=1):
        dots(axes, values[:, index], values[:, 0], colour=BLUE, name="trial")
        dots(axes, best[:, index], best[:, 0], colour=GREEN, marker="D", name="Pareto front")
        if len(names) == 1:
            order = np.argsort(best[:, index])
            axes.step(best[order, index], best[order, 0], where="post", color=GREEN, linewidth=1.6)
        label(axes, name, SKDT if index == 1 else "")
    legend(figure, panels[0])
    return figure


def _factors(own: OwnStudy) -> Html:
    lines = factor_lines(own)
    if not lines:
        return Html("")
    rows = [(line.name, line.share, line.said, line.paper) for line in lines]
    return section(
        "Which factors matter",
        paragraph(factors_summary(own)),
        table(
            ("factor", "share of variance", "this study", "the paper"),
            rows,
            classes=["" if line.significant else "dim" for line in lines],
        ),
        paragraph(INTERVALS, quiet=True),
    )


def _provenance(own: OwnStudy) -> Html:
    known = {
        "seed": str(own.settings.seed),
        "architectures": f"pool {own.pool}",
        "SHA-256 of the table": own.settings.table_sha256,
        **{name: _distinct(own, name) for name in ("device", "precision", "versions")},
        "values tried": "; ".join(f"{factor.name}: {factor.domain}" for factor in own.settings.factors),
    }
    parts = [part for name, value in known.items() for part in (element("dt", name), element("dd", value))]
    return section("Where these numbers come from", element("dl", *parts))


def _distinct(own: OwnStudy, attribute: str) -> str:
    found = (one.user_attrs[attribute] for one in own.trials if attribute in one.user_attrs)
    return "; ".join(dict.fromkeys(map(str, found)))
