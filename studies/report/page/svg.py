"""A matplotlib figure as SVG that lives inside a page: small, offline, in the page's own colours."""

from __future__ import annotations

import io
import re
from html import escape
from typing import TYPE_CHECKING

from studies.report.figures import picture as style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLOURS = {
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


def inline_svg(figure: Figure, *, title: str) -> str:
    """Return an ``<svg>`` element without scripts, links to elsewhere or identifiers that could clash."""
    import matplotlib

    buffer = io.StringIO()
    # Text stays text, and equal markers get equal names in every figure of a page.
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "wsnas"}):
        figure.savefig(buffer, format="svg", metadata={"Date": None})
    svg = buffer.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r"<!--.*?-->", "", svg, flags=re.DOTALL)
    svg = re.sub(r'\sxmlns(:\w+)?="[^"]*"', "", svg).replace("xlink:href", "href")
    svg = re.sub(r'<g id="[^"]*"', "<g", svg)
    svg = re.sub(r"<[^>]*>", _shorten, svg)
    svg = re.sub(r"\n\s*", "\n", svg)
    svg = re.sub(r'<g( clip-path="[^"]*")?>\n((?:<use [^>]*/>\n)+)</g>', _share_style, svg)
    for colour, name in COLOURS.items():
        svg = svg.replace(colour, f"var(--{name})")
    head, rest = svg.split(">", 1)
    box = re.search(r'viewBox="[^"]*"', head)
    shape = box.group() if box else ""
    return f'<svg {shape} role="img" aria-label="{escape(title)}">{rest.strip()}'


def _shorten(tag: re.Match[str]) -> str:
    """Cut decimals that no eye sees and name no font; what stands between tags stays as it is."""
    text = re.sub(r"(\d+\.\d\d)\d+", r"\1", tag.group())
    return re.sub(r"font: [^;\"]*?(\d[\d.]*px)[^;\"]*", r"font-size: \1", text)


def _share_style(group: re.Match[str]) -> str:
    """Say once for a group of marks what matplotlib says for each; it halves a page of many trials."""
    clip, marks = group.groups(default="")
    styles = set(re.findall(r' style="[^"]*"', marks))
    if len(styles) != 1 or marks.count("<use ") != marks.count(" style="):
        return group.group()
    (style,) = styles
    return f"<g{clip}{style}>\n{marks.replace(style, '')}</g>"
