"""One page across studies: which recipes held, and what mattered where."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studies.analysis.wide.contrasts import show
from studies.pictures.style import BLUE, GREEN, INK, ORANGE, QUIET, RED, dots, label, legend, new_figure
from studies.report.page.elements import (
    Html,
    code_block,
    element,
    inline_svg,
    join,
    paragraph,
    section,
    table,
)
from studies.report.page.html import whole_page
from studies.report.words import wording
from studies.report.words.factor_lines import listed
from studies.report.words.mattering import findings
from studies.report.words.recommend import is_baseline, settings_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.figure import Figure

    from objectives.domains import Value
    from studies.analysis.estimates import Interval
    from studies.report.answer import Answer

TITLE = "How to train super-nets: all studies"
_MEASURED = "How well each study's recipe ranks, and beside what"


def render_overview(
    answers: Sequence[Answer], *, links: Mapping[str, str], command: str, left_out: Sequence[str] = ()
) -> str:
    """Return the text of the page.

    Args:
        answers: The studies' answers, in the order in which they are shown.
        links: Where each study's own report is, by the study's name.
        command: What makes the page again.
        left_out: Why studies are missing, a line each.
    """
    body = join(
        (
            element("header", element("h1", "How to train super-nets: all studies")),
            element("p", conclusion(answers), class_="answer"),
            paragraph(what_mattered(answers)),
            paragraph(wording.METRIC, quiet=True),
            section("Measured on fresh architectures", _figure(answers), _studies(answers, links)),
            section(
                "What each factor does, by study",
                _factors(answers),
                paragraph(
                    "The finding where a study tells the factor apart from chance, else a dash, which does "
                    "not show that it does nothing. Differences are in s-KdT: of one change of the study's "
                    "reference recipe, or in a wide screen with the other factors equal. "
                    "Studies differ in space, images, sizes and values tried: compare directions, not "
                    "heights.",
                    quiet=True,
                ),
            ),
            section("The recipes", _recipes(answers)),
            section(
                "Where these numbers come from",
                paragraph("Each study's own report names its data, table, seeds and versions."),
                code_block(command),
                *(paragraph(f"Left out: {line}", quiet=True) for line in left_out),
            ),
        )
    )
    return whole_page(TITLE, body)


def conclusion(answers: Sequence[Answer]) -> str:
    """Return on which studies a recipe was shown to beat its baseline, and on which not."""
    better, kept, open_ = [], [], []
    for answer in answers:
        if answer.winner is None:
            open_.append(answer.name)
        elif answer.gain is not None and answer.gain.low > 0 and not is_baseline(answer):
            better.append(f"{answer.name} (by {wording.interval(answer.gain)})")
        else:
            kept.append(answer.name)
    parts = []
    if better:
        parts.append(f"A recipe was shown to beat its baseline on {listed(better)}.")
    if kept:
        parts.append(f"None was shown to do so on {listed(kept)}.")
    if open_:
        parts.append(f"Not confirmed yet: {listed(open_)}.")
    return " ".join(parts) if parts else "No study has begun."


def what_mattered(answers: Sequence[Answer]) -> str:
    """Return which factors are significant, and in which studies."""
    found: dict[str, list[str]] = {}
    for answer in answers:
        for name in findings(answer):
            found.setdefault(name, []).append(answer.name)
    if not found:
        return "No study tells a factor apart from chance at its budget: nothing here says which matters."
    parts = [f"{name} ({listed(where)})" for name, where in found.items()]
    return f"Factors that a study tells apart from chance: {'; '.join(parts)}."


def _figure(answers: Sequence[Answer]) -> Html:
    shown = [answer for answer in answers if answer.winner is not None or answer.baseline is not None]
    if not shown:
        return Html("")
    return element(
        "figure",
        element("h3", _MEASURED),
        inline_svg(_draw(shown), title=_MEASURED),
        element(
            "figcaption",
            "Further right is better; lines are 95 % intervals. Where a recipe's line overlaps that of "
            "counting parameters, look into the study's report before you claim that training was worth it. "
            "A study that kept its baseline shows that alone.",
        ),
    )


def _draw(answers: Sequence[Answer]) -> Figure:
    """Draw each study's recipe, baseline, parameter count and ceiling with their intervals."""
    figure, (axes,) = new_figure(1.1 + 0.8 * len(answers))
    for row, answer in enumerate(reversed(answers)):
        for step, (name, colour, estimate) in enumerate(_lines(answer)):
            height = row + 0.3 - 0.15 * step
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
        lines.append(("best recipe", BLUE, answer.winner.single.skdt))
        if len(answer.winner.values) > 1:
            lines.append(("its ensemble", RED, answer.winner.ensemble.skdt))
    if answer.baseline is not None:
        lines.append(("baseline", ORANGE, answer.baseline.single.skdt))
    if "parameters" in answer.reference_rankers:
        lines.append(("counting parameters", QUIET, answer.reference_rankers["parameters"]))
    if answer.ceiling is not None:
        lines.append(("noise ceiling", GREEN, answer.ceiling))
    return lines


def _studies(answers: Sequence[Answer], links: Mapping[str, str]) -> Html:
    rows = []
    for answer in answers:
        name = element("a", answer.name, href=links[answer.name]) if answer.name in links else answer.name
        counted = answer.reference_rankers.get("parameters")
        rows.append(
            (
                name,
                f"{answer.settings.space}, {answer.settings.scale}, {answer.settings.table}",
                str(len(answer.trials)),
                _best(answer),
                _ensemble(answer),
                "-" if answer.baseline is None else wording.interval(answer.baseline.single.skdt),
                "-" if counted is None else wording.interval(counted),
                "-" if answer.ceiling is None else wording.interval(answer.ceiling),
            )
        )
    columns = (
        "study",
        "asks about",
        "trials",
        "best recipe",
        "ensemble",
        "baseline",
        "parameters",
        "noise ceiling",
    )
    return table(columns, rows)


def _best(answer: Answer) -> str:
    if answer.winner is None:
        return "not confirmed"
    return "the baseline" if is_baseline(answer) else wording.interval(answer.winner.single.skdt)


def _ensemble(answer: Answer) -> str:
    if answer.winner is None or len(answer.winner.values) < 2:
        return "-"
    return wording.interval(answer.winner.ensemble.skdt)


def _factors(answers: Sequence[Answer]) -> Html:
    found = {answer.name: findings(answer) for answer in answers}
    papers = {factor.name: factor.verdict for answer in answers for factor in answer.settings.factors}
    known = dict.fromkeys(name for names in found.values() for name in names)
    rows = [
        (name, *(found[answer.name].get(name, "-") for answer in answers), papers[name])
        for name in (*known, *(name for name in papers if name not in known))
    ]
    classes = ["" if any(cell != "-" for cell in row[1:-1]) else "dim" for row in rows]
    columns = ("factor", *(answer.name for answer in answers), "the paper")
    return table(columns, rows, classes=classes) if rows else Html("")


def _recipes(answers: Sequence[Answer]) -> Html:
    shown = [answer for answer in answers if settings_of(answer)]
    values = {answer.name: {one.factor.name: one for one in settings_of(answer)} for answer in shown}
    names = dict.fromkeys(name for settings in values.values() for name in settings)
    rows = [
        (
            name,
            *(
                _value(values[answer.name][name].value, changed=values[answer.name][name].changed)
                if name in values[answer.name]
                else "-"
                for answer in shown
            ),
        )
        for name in names
    ]
    if not rows:
        return Html("")
    return join(
        (
            table(("factor", *(answer.name for answer in shown)), rows),
            paragraph("Bold: other than in the baseline.", quiet=True),
        )
    )


def _value(value: Value, *, changed: bool) -> str:
    shown = show(value)
    return element("b", shown) if changed else shown
