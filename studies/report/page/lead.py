"""The first screen: the answer in a sentence, what was measured, what matters, and where to go on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studies.config.places import dashboard_address
from studies.report.figures import CHANGES, IMPORTANCE, MEASURED
from studies.report.page.elements import Html, download, element, inline_svg, join, paragraph
from studies.report.page.sections import trial_cells
from studies.report.recipe_file import recipe_toml
from studies.report.tables.files import csv_text
from studies.report.words import wording
from studies.report.words.comparison import benchmarks
from studies.report.words.mattering import is_wide, what_matters
from studies.report.words.recommend import best_recipe
from studies.report.words.reproduce import dashboard_command

if TYPE_CHECKING:
    from studies.report.answer import Answer
    from studies.report.figures import Picture


def lead(answer: Answer, *, about: str, contents: Html) -> Html:
    """Return the first screen; `about` says what the study is about, `contents` links to the sections."""
    sentence, *more = wording.found_and_advice(answer)
    foremost = IMPORTANCE if is_wide(answer) else CHANGES
    return join(
        (
            element(
                "header",
                element("h1", f"How to train this super-net: {answer.name}"),
                paragraph(about, quiet=True),
                contents,
            ),
            element(
                "div",
                element("p", element("strong", sentence)),
                paragraph(" ".join(filter(None, more))),
                class_="answer",
            ),
            _links(answer),
            element(
                "div",
                _panel(answer, MEASURED, benchmarks(answer)),
                _panel(answer, foremost, what_matters(answer)),
                class_="lead",
            ),
            paragraph(" ".join(filter(None, (wording.changes(answer), wording.beside_reference(answer))))),
            paragraph(wording.METRIC, quiet=True),
        )
    )


def _panel(answer: Answer, picture: Picture, text: str) -> Html:
    """Return a picture with what it says; the words alone where it has no data."""
    if not picture.ready(answer):
        return paragraph(text)
    figure = (picture.lead or picture.draw)(answer)
    return element(
        "figure",
        element("h2", picture.title),
        inline_svg(figure, title=picture.title),
        element("figcaption", text),
        id=f"first-{picture.name}",
    )


def _links(answer: Answer) -> Html:
    """Return the files, which the page carries, and the dashboard."""
    parts = []
    if best_recipe(answer) is not None:
        parts.append(element("span", "Recipe: ", download("best.toml", recipe_toml(answer))))
    columns, rows = trial_cells(answer)
    if rows:
        table = csv_text([dict(zip(columns, row, strict=True)) for row in rows])
        parts.append(element("span", "Trials: ", download("trials.csv", table)))
    dashboard = element("a", "Dashboard", href=dashboard_address())
    parts.append(element("span", dashboard, ", while ", element("code", dashboard_command(answer)), " runs"))
    return element("p", *parts, class_="links")
