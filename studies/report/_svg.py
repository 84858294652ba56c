"""A matplotlib figure as SVG that lives inside a page: small, offline, in the page's own colours."""

from __future__ import annotations

import io
import re
from html import escape
from typing import TYPE_CHECKING

from studies.report.figures import _picture as style

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
    svg = re.sub(r"(\d+\.\d\d)\d+", r"\1", svg)
    svg = re.sub(r"font: [^;\"]*?(\d[\d.]*px)[^;\"]*", r"font-size: \1", svg)
    svg = re.sub(r"\n\s*", "\n", svg)
    for colour, name in COLOURS.items():
        svg = svg.replace(colour, f"var(--{name})")
    head, rest = svg.split(">", 1)
    box = re.search(r'viewBox="[^"]*"', head)
    shape = box.group() if box else ""
    return f'<svg {shape} role="img" aria-label="{escape(title)}">{rest.strip()}'
