"""The sections of the page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studies.analysis.wide.contrasts import show
from studies.report.figures import CHANGES, IMPORTANCE, MEASURED, PICTURES
from studies.report.page.elements import (
    Html,
    code_block,
    element,
    folded,
    inline_svg,
    join,
    paragraph,
    scrolling,
    section,
    table,
)
from studies.report.recipe_file import recipe_toml
from studies.report.trials import BY_ACCURACY
from studies.report.words import wording
from studies.report.words.change_lines import COLUMNS as CHANGES_COLUMNS
from studies.report.words.change_lines import INTERVALS as INTERVALS_OF_CHANGES
from studies.report.words.change_lines import ChangeLine, change_lines
from studies.report.words.comparison import COLUMNS, OTHERS, ceiling_note, comparison, signal
from studies.report.words.factor_lines import FactorLine, factor_lines, factors_summary
from studies.report.words.factor_notes import INTERVALS, divergence_summary, interactions_summary, rate
from studies.report.words.mattering import is_wide
from studies.report.words.recommend import best_recipe, settings_of
from studies.report.words.reproduce import export_command, provenance
from studies.report.words.wording import count_of
from studies.schedule import attributes
from studies.search.wording import cells

if TYPE_CHECKING:
    from studies.report.answer import Answer, TrialRecord
    from studies.report.figures import Picture


_OTHERS_NOTE = (
    "By accuracy is how the paper ranks; given parameters is the partial tau with the parameter count held "
    "equal; among like sizes compares architectures of the same fifth by parameter count."
)


def measured_section(answer: Answer) -> Html:
    """Return what was measured afresh beside trivial rankers."""
    rows = comparison(answer)
    if not rows:
        return Html("")
    others = [row.other_cells for row in rows if row.ranking is not None]
    return section(
        f"Measured on {len(answer.truth)} fresh architectures",
        table(COLUMNS, [row.cells for row in rows], kind="numbers"),
        how_to_read(answer, MEASURED),
        table(OTHERS, others, kind="numbers") if others else "",
        paragraph(_OTHERS_NOTE, quiet=True) if others else "",
        paragraph(ceiling_note(answer)),
        paragraph(signal(answer)),
    )


def recipe_section(answer: Answer) -> Html:
    """Return the recommended recipe as a table and as a file."""
    if best_recipe(answer) is None:
        return Html("")
    settings = settings_of(answer)
    rows = [(*one.cells, one.factor.summary) for one in settings]
    title = "The best recipe" if answer.winner is not None else "The best recipe so far, not confirmed"
    return section(
        title,
        table(
            ("factor", "value", "baseline", "", "what it is"),
            rows,
            classes=["changed" if one.changed else "dim" for one in settings],
        ),
        element("h3", "As a file"),
        paragraph("Save it as best.toml and run it again with the command below it.", quiet=True),
        code_block(recipe_toml(answer)),
        code_block("wsnas train --recipe best.toml"),
    )


def factors_section(answer: Answer) -> Html:
    """Return which factors matter, of whichever screen there is."""
    return _wide_section(answer) if is_wide(answer) else _changes_section(answer)


def _changes_section(answer: Answer) -> Html:
    lines = change_lines(answer)
    if not lines:
        return Html("")
    classes = ["changed" if line.called else "dim" if _open(line) else "" for line in lines]
    told: set[str] = set()
    rows = []
    for line in lines:
        factor, change, effect, call, seeds, by_accuracy, paper = line.cells
        # Once for each factor: what the paper says is not about single levels.
        paper = "" if factor in told and line.acts else paper
        told.add(factor)
        rows.append(
            (
                factor,
                change,
                element("span", effect, class_="nowrap"),
                call,
                seeds,
                element("span", by_accuracy, class_="nowrap"),
                element("span", paper, class_="aside"),
            )
        )
    return section(
        "Which heuristics matter",
        table(CHANGES_COLUMNS, rows, classes=classes),
        paragraph(INTERVALS_OF_CHANGES, quiet=True),
        folded("Every change as a picture", figure_of(answer, CHANGES)),
    )


def _open(line: ChangeLine) -> bool:
    return not line.acts or line.effect.call == "undecided"


def _wide_section(answer: Answer) -> Html:
    lines = factor_lines(answer)
    if not lines:
        return Html("")
    rows = [
        (
            line.name,
            element("span", line.share, class_="nowrap"),
            line.top,
            _finding(line),
            line.paper,
        )
        for line in lines
    ]
    columns = ("factor", "share of variance", "in the top 3", "this study", "the paper")
    return section(
        "Which factors matter",
        paragraph(factors_summary(answer)),
        table(columns, rows, classes=["" if line.significant else "dim" for line in lines]),
        paragraph(
            "Share of the variance of all main effects among the recipes of the screen, with its 95 % "
            "interval; the probability that the factor is among the three largest. Differences are in s-KdT "
            f"with the other factors equal. {INTERVALS}",
            quiet=True,
        ),
        how_to_read(answer, IMPORTANCE),
        paragraph(interactions_summary(answer)),
        paragraph(divergence_summary(answer)),
        _divergence(answer),
    )


def _divergence(answer: Answer) -> Html:
    """Return how often trials diverged for each value, folded up; nothing where none did."""
    if not answer.divergence:
        return Html("")
    rows = [(one.factor, one.level, rate(one)) for one in answer.divergence]
    columns = ("factor", "value", "diverged, 95 % interval")
    return folded("Show how often trials diverged, by value", table(columns, rows))


def _finding(line: FactorLine) -> str:
    return line.said + (f". At equal time: {line.equal_compute}" if line.equal_compute else "")


def figure_of(answer: Answer, picture: Picture) -> Html:
    """Return a picture with its caption and the command that writes its numbers; nothing without data."""
    if not picture.ready(answer):
        return Html("")
    svg = inline_svg(picture.draw(answer), title=picture.title)
    shown = scrolling(svg, title=picture.title, classes="scroll wide") if picture.wide else svg
    return element(
        "figure",
        element("h3", picture.title),
        shown,
        element("figcaption", picture.caption),
        _numbers(answer, picture),
        id=picture.name,
    )


def how_to_read(answer: Answer, picture: Picture) -> Html:
    """Return the caption of a picture of the first screen, which has no room for it."""
    if not picture.ready(answer):
        return Html("")
    text = element("span", f"In the picture above: {picture.caption}")
    return join((element("p", text, class_="quiet"), _numbers(answer, picture)))


def _numbers(answer: Answer, picture: Picture) -> Html:
    command = export_command(answer, picture.table)
    return element("p", "Its numbers: ", element("code", command), class_="source")


def pictures_section(answer: Answer) -> Html:
    """Return every picture that there is data for, but those that stand above."""
    shown = [picture for picture in PICTURES if picture not in (MEASURED, CHANGES, IMPORTANCE)]
    large = [figure_of(answer, picture) for picture in shown if not picture.minor]
    small = [figure_of(answer, picture) for picture in shown if picture.minor and picture.ready(answer)]
    pair = element("div", *small, class_="pair") if small else Html("")
    return section("Pictures", *large, folded(f"How the study went: {count_of(len(small), 'picture')}", pair))


def search_section(answer: Answer) -> Html:
    """Return what the final search found."""
    if answer.search is None or not answer.search.picks:
        return section("What the super-net finds", paragraph(wording.search_summary(answer)))
    rows = [
        (element("span", architecture, class_="code"), *figures)
        for architecture, *figures in map(cells, answer.search.picks)
    ]
    return section(
        "What the super-net finds",
        paragraph(wording.search_summary(answer)),
        table(("architecture, best first", "super-net", "truth", "rank"), rows),
    )


def trials_section(answer: Answer) -> Html:
    """Return all trials, folded up."""
    columns, rows = trial_cells(answer)
    if not rows:
        return Html("")
    return section(
        "All trials",
        paragraph(wording.trials_summary(answer)),
        folded(f"Show {count_of(len(rows), 'trial')}", table(columns, rows, kind="numbers")),
    )


def trial_cells(answer: Answer) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Return columns and cells of the table of all trials, by number."""
    names = [factor.name for factor in answer.settings.factors if not factor.held]
    rows = [
        (
            str(trial.number),
            trial.phase,
            _change_of(trial),
            _outcome(trial),
            _by_accuracy(trial),
            f"{trial.seconds:.0f}",
            *(show(trial.recipe[name]) for name in names),
        )
        for trial in sorted((*answer.trials, *answer.extra), key=lambda trial: trial.number)
    ]
    return ("trial", "phase", "change", "s-KdT", "by accuracy", "seconds", *names), rows


def _change_of(trial: TrialRecord) -> str:
    """Return which change of the reference a trial measures."""
    change = trial.attributes.get(attributes.CHANGE)
    return "" if change is None else change or "the reference"


def _by_accuracy(trial: TrialRecord) -> str:
    value = trial.attributes.get(BY_ACCURACY)
    return f"{value:.3f}" if trial.usable and isinstance(value, float) else ""


def _outcome(trial: TrialRecord) -> str:
    if trial.diverged:
        return "diverged"
    return "stopped early" if trial.value is None else f"{trial.value:.3f}"


def provenance_section(answer: Answer) -> Html:
    """Return where the numbers come from and how to make them again."""
    pairs = []
    for name, value in provenance(answer).items():
        # A file keeps its lines.
        shown = code_block(value) if value.endswith("\n") else element("span", value, class_="code")
        pairs += [element("dt", name), element("dd", shown)]
    return section("Where these numbers come from", element("dl", *pairs))
