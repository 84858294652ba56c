"""Building blocks of the page: elements that escape what they are given."""

from __future__ import annotations

import base64
import re
from html import escape
from typing import TYPE_CHECKING, Literal

from studies.pictures import style
from studies.pictures.svg import svg_element

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from matplotlib.figure import Figure


class Html(str):
    """Text that is markup already; any other string is escaped where it is put into an element."""

    __slots__ = ()


def element(tag: str, *children: str, **attributes: str) -> Html:
    """Return an element; `Html` children go in as they are, all other text is escaped."""
    written = "".join(f' {name.rstrip("_")}="{escape(value)}"' for name, value in attributes.items())
    return Html(f"<{tag}{written}>{join(children)}</{tag}>")


def join(children: Iterable[str]) -> Html:
    """Put markup and text together."""
    return Html("".join(child if isinstance(child, Html) else escape(child) for child in children))


def table(
    columns: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    classes: Sequence[str] = (),
    kind: Literal["numbers", "cards"] = "cards",
) -> Html:
    """Return a table.

    Args:
        columns: Their names.
        rows: Their cells.
        classes: One for each row; none where empty.
        kind: ``numbers`` sets all but the first column to the right and scrolls on a narrow screen, where
            ``cards`` becomes a list with one card for each row.
    """
    # A heading without text would be read aloud as one.
    heads = (element("th", name, scope="col") if name else element("td") for name in columns)
    head = element("tr", *heads)
    body = []
    for index, row in enumerate(rows):
        named = zip(columns, row, strict=True)
        cells = [
            element("td", cell, **({"data-label": name} if kind == "cards" and name else {}))
            for name, cell in named
        ]
        style = classes[index] if index < len(classes) else ""
        body.append(element("tr", *cells, class_=style) if style else element("tr", *cells))
    whole = element("table", element("thead", head), element("tbody", *body), class_=kind)
    return scrolling(whole, title=f"Table of {', '.join(filter(None, columns))}")


def scrolling(child: Html, *, title: str, classes: str = "scroll") -> Html:
    """Return what scrolls sideways where it is too wide, also by the keyboard; `title` is read aloud."""
    attributes = {"tabindex": "0", "role": "group", "aria-label": title}
    return element("div", child, class_=classes, **attributes)


def code_block(text: str) -> Html:
    """Return lines of a file or a command, which scroll by the keyboard, too."""
    return element("pre", text, tabindex="0")


def section(title: str, *children: str) -> Html:
    """Return a section with its heading, and an identifier made of it; nothing where it has no content."""
    content = [child for child in children if child]
    if not content:
        return Html("")
    return element("section", element("h2", title), *content, id=re.sub(r"[^a-z]+", "-", title.lower()))


def contents(sections: Iterable[Html]) -> Html:
    """Return links to the sections that there are."""
    found = [re.match(r'<section id="([^"]*)"><h2>(.*?)</h2>', one) for one in sections]
    links = [element("a", Html(one[2]), href=f"#{one[1]}") for one in found if one]
    items = element("ul", *(element("li", link) for link in links))
    return element("nav", items, **{"aria-label": "Contents"})


def folded(title: str, *children: str) -> Html:
    """Return what is shown on demand; nothing where there is nothing."""
    content = [child for child in children if child]
    return element("details", element("summary", title), *content) if content else Html("")


def download(name: str, text: str) -> Html:
    """Return a link that saves a text as a file; the page carries it, and so needs no other file."""
    packed = base64.b64encode(text.encode()).decode()
    kind = "text/csv" if name.endswith(".csv") else "text/plain"
    return element("a", name, href=f"data:{kind};charset=utf-8;base64,{packed}", download=name)


def paragraph(text: str, *, quiet: bool = False) -> Html:
    """Return a paragraph; nothing for no text."""
    if not text:
        return Html("")
    return element("p", text, class_="quiet") if quiet else element("p", text)


_COLOURS = {
    style.INK: "ink",
    style.QUIET: "quiet",
    style.GRID: "grid",
    style.PAPER: "paper",
    style.BLUE: "blue",
    style.ORANGE: "orange",
    style.GREEN: "green",
    style.RED: "red",
}
"""The page's variable for each colour of the figures, so that they follow light and dark."""


def inline_svg(figure: Figure, *, title: str) -> Html:
    """Return an ``<svg>`` element without scripts, links to elsewhere or identifiers that could clash."""
    svg = svg_element(figure, f'role="img" aria-label="{escape(title)}"')
    for colour, name in _COLOURS.items():
        svg = svg.replace(colour, f"var(--{name})")
    return Html(svg)
