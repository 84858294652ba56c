"""Reads SVG pictures."""

from __future__ import annotations

from xml.etree import ElementTree

SVG = "{http://www.w3.org/2000/svg}"


def dots(picture: str) -> list[tuple[float, float]]:
    """Return where the marks of a picture are, but for those at its axes."""
    marks = ElementTree.fromstring(picture).findall(f".//{SVG}g[@clip-path]/{SVG}use")
    return [(float(mark.attrib["x"]), float(mark.attrib["y"])) for mark in marks]
