"""A matplotlib figure as a small SVG without scripts, fonts, dates or links, the same at each call."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def svg_file(figure: Figure) -> str:
    """Return the text of a file that a browser shows as it is."""
    width, height = (f"{72 * side:g}pt" for side in figure.get_size_inches())
    return svg_element(
        figure,
        f'xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" font-family="sans-serif"',
    )


def svg_element(figure: Figure, attributes: str) -> str:
    """Return an ``<svg>`` element with these attributes beside its ``viewBox``.

    Its text is of the font that surrounds it, and its identifiers are those of equal shapes: elements on one
    page do not clash.
    """
    import matplotlib

    buffer = io.StringIO()
    # Text stays text, and equal markers get equal names in every figure of a page.
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "wsnas"}):
        figure.savefig(buffer, format="svg", metadata={"Date": None})
    svg = buffer.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r"<!--.*?-->", "", svg, flags=re.DOTALL)
    svg = svg.replace("xlink:href", "href")
    svg = re.sub(r'<g id="[^"]*"', "<g", svg)
    svg = re.sub(r"<[^>]*>", _shorten, svg)
    svg = re.sub(r"\n\s*", "\n", svg)
    svg = re.sub(r'<g( clip-path="[^"]*")?>\n((?:<use [^>]*/>\n)+)</g>', _share_style, svg)
    head, rest = svg.split(">", 1)
    box = re.search(r'viewBox="[^"]*"', head)
    return f"<svg {box.group() if box else ''} {attributes}>{rest.strip()}"


def _shorten(tag: re.Match[str]) -> str:
    """Cut what no eye sees, and name no font; what stands between tags stays as it is."""
    text = re.sub(r"(\d+\.\d\d)\d+", r"\1", tag.group())
    text = re.sub(r' transform="rotate\(-0 [^"]*"', "", text)
    # Versions of matplotlib differ in how they name fonts.
    text = re.sub(r"font: [^;\"]*?(\d[\d.]*px)[^;\"]*", r"font-size: \1", text)
    return re.sub(r"font-family: [^;\"]*(; )?", "", text)


def _share_style(group: re.Match[str]) -> str:
    """Say once for a group of marks what matplotlib says for each; it halves a page of many trials."""
    clip, marks = group.groups(default="")
    styles = set(re.findall(r' style="[^"]*"', marks))
    if len(styles) != 1 or marks.count("<use ") != marks.count(" style="):
        return group.group()
    (style,) = styles
    return f"<g{clip}{style}>\n{marks.replace(style, '')}</g>"
