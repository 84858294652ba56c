"""A matplotlib figure as SVG that lives inside a page, in the page's own colours."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from studies.pictures import style
from studies.pictures.svg import svg_element

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
    svg = svg_element(figure, f'role="img" aria-label="{escape(title)}"')
    for colour, name in COLOURS.items():
        svg = svg.replace(colour, f"var(--{name})")
    return svg
