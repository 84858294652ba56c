"""Building blocks of the page: elements that escape what they are given, and the style sheet."""

from __future__ import annotations

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
    head = element("tr", *(element("th", name, scope="col") for name in columns))
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
    return element("div", whole, class_="scroll")


def section(title: str, *children: str) -> Html:
    """Return a section with its heading; nothing where it has no content."""
    content = [child for child in children if child]
    return element("section", element("h2", title), *content) if content else Html("")


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


_LIGHT = (
    "--ink:#1d1d23;--quiet:#6e6e78;--grid:#e3e3e8;--paper:#fff;--card:#f5f5f8;"
    "--blue:#0072b2;--orange:#c77700;--green:#008a64;--red:#c04308;"
)
_DARK = (
    "--ink:#ececf1;--quiet:#9c9ca8;--grid:#383843;--paper:#17171c;--card:#22222a;"
    "--blue:#58b4ec;--orange:#f0a83c;--green:#3fc79b;--red:#ff8a57;"
)

STYLE = f"""
:root{{color-scheme:light dark;{_LIGHT}}}
@media (prefers-color-scheme:dark){{:root{{{_DARK}}}}}
*{{box-sizing:border-box}}
body{{margin:0 auto;max-width:62rem;padding:1.2rem;background:var(--paper);color:var(--ink);
font:1rem/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}}
h1{{font-size:1.5rem;line-height:1.25;margin:.4rem 0;overflow-wrap:anywhere}}
h2{{font-size:1.2rem;margin:2.4rem 0 .6rem;padding-top:.5rem;border-top:1px solid var(--grid)}}
h3{{font-size:1rem;margin:1.2rem 0 .4rem}}
p{{margin:.5rem 0}} .quiet,figcaption,dt{{color:var(--quiet)}}
.answer{{background:var(--card);border-left:.35rem solid var(--blue);border-radius:.3rem;
padding:.9rem 1.1rem;font-size:1.15rem;margin:1rem 0}}
.scroll{{overflow-x:auto}}
table{{border-collapse:collapse;width:100%;font-size:.92rem}}
th{{text-align:left;color:var(--quiet);font-weight:500;white-space:nowrap}}
th,td{{padding:.3rem .9rem .3rem 0;border-bottom:1px solid var(--grid);vertical-align:top}}
td{{font-variant-numeric:tabular-nums}} .numbers td+td,.numbers th+th{{text-align:right}}
.numbers td{{white-space:nowrap}} .nowrap{{white-space:nowrap}}
.changed td{{font-weight:600}} .dim td{{color:var(--quiet)}} .aside{{font-weight:400;color:var(--quiet)}}
pre{{background:var(--card);padding:.8rem;border-radius:.3rem;overflow-x:auto;font-size:.85rem;line-height:1.4}}
code,.code{{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;font-size:.88em}}
td .code{{overflow-wrap:anywhere}}
figure{{margin:1.6rem 0}} figure h3{{margin:0 0 .3rem}} figcaption{{font-size:.92rem;margin-top:.3rem}}
.source{{font-size:.8rem;color:var(--quiet);overflow-wrap:anywhere}}
svg{{display:block;width:100%;max-width:42rem;height:auto}} .wide svg{{max-width:none}}
svg text{{font-family:system-ui,Arial,sans-serif}}
dl{{display:grid;grid-template-columns:max-content 1fr;gap:.3rem 1rem;font-size:.92rem}}
dd{{margin:0;overflow-wrap:anywhere}} summary{{cursor:pointer;color:var(--blue);padding:.4rem 0}}
a{{color:var(--blue)}}
@media (max-width:40rem){{body{{padding:.8rem}} .wide svg{{min-width:32rem}}
dl{{grid-template-columns:1fr;gap:0}} dd{{margin-bottom:.5rem}} th,td{{padding-right:.6rem}}
.cards thead,.cards td:empty{{display:none}} .cards tr,.cards td{{display:block}}
.cards tr{{border-bottom:1px solid var(--grid);padding:.4rem 0}} .cards td{{border:0;padding:0}}
.cards td:first-child{{font-weight:600}} .cards td+td[data-label]::before{{content:attr(data-label) ": ";
color:var(--quiet);font-weight:400}}}}
@media print{{:root{{{_LIGHT}}} body{{max-width:none;padding:0;font-size:10pt}}
svg{{max-width:12.5cm;max-height:17cm}} .wide svg{{max-width:15cm;max-height:20cm}}
figure,tr,pre,.answer{{break-inside:avoid}} h2{{break-after:avoid}} .scroll,pre{{overflow:visible}}
pre{{white-space:pre-wrap}}}}
"""
