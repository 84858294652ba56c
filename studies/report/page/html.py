"""The answer as one page that needs no network, no script and no other file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studies.report.page import sections
from studies.report.page.elements import Html, contents, element, join
from studies.report.page.lead import lead
from studies.report.page.style_sheet import STYLE
from wsnas.files import write_whole

if TYPE_CHECKING:
    from pathlib import Path

    from studies.report.answer import Answer


def write_html(answer: Answer, path: Path) -> None:
    """Write an answer as a self-contained page; the file is replaced as a whole or not at all."""
    write_whole(path, render(answer))


def render(answer: Answer) -> str:
    """Return the page's text."""
    settings = answer.settings
    about = (
        f"Search space {settings.space}, scale {settings.scale}, images {settings.data}, "
        f"ground truth {settings.table}."
    )
    parts = (
        sections.measured_section(answer),
        sections.factors_section(answer),
        sections.recipe_section(answer),
        sections.pictures_section(answer),
        sections.search_section(answer),
        sections.trials_section(answer),
        sections.provenance_section(answer),
    )
    body = join((lead(answer, about=about, contents=contents(parts)), *parts))
    return whole_page(f"{answer.name}: how to train this super-net", body)


def whole_page(title: str, body: Html) -> str:
    """Return the text of a page with its style sheet."""
    head = join(
        (
            Html('<meta charset="utf-8">'),
            Html('<meta name="viewport" content="width=device-width, initial-scale=1">'),
            element("title", title),
            element("style", Html(STYLE)),
        )
    )
    page = element("html", element("head", head), element("body", element("main", body)), lang="en")
    return f"<!doctype html>\n{page}\n"
