"""The pictures of one trial."""

from __future__ import annotations

from xml.etree import ElementTree

import numpy as np
import pytest

from studies.pictures.trial import curve_svg, ranking_svg
from tests.studies.pictures.reading import SVG, dots

TRUTH = np.linspace(0.1, 0.9, 12)


def test_a_perfect_ranking_lies_on_the_diagonal_and_titles_are_escaped() -> None:
    picture = ranking_svg(TRUTH, TRUTH, title="a<b & c")
    assert np.corrcoef(dots(picture), rowvar=False)[0, 1] < -0.9999
    assert "a<b & c" in [text.text for text in ElementTree.fromstring(picture).iter(f"{SVG}text")]


@pytest.mark.parametrize(
    ("rungs", "value", "points"), [({}, 0.4, 1), ({50: -0.2}, None, 1), ({25: -1.0, 50: 0.1}, 1.0, 3)]
)
def test_every_point_of_a_curve_is_inside_the_picture(
    rungs: dict[int, float], value: float | None, points: int
) -> None:
    picture = curve_svg(rungs, value, title="t")
    (window,) = ElementTree.fromstring(picture).iter(f"{SVG}clipPath")
    x, y, width, height = (float(window[0].attrib[name]) for name in ("x", "y", "width", "height"))
    assert len(dots(picture)) == points
    assert all(x <= across <= x + width and y <= down <= y + height for across, down in dots(picture))


def test_a_picture_is_small_and_the_same_at_each_call() -> None:
    truth = np.linspace(0.1, 0.9, 200)
    first, second = (ranking_svg(truth[::-1], truth, title="t") for _ in range(2))
    assert first == second
    assert len(first) < 20_000
    assert len(curve_svg({25: 0.1, 50: 0.2}, 0.3, title="t")) < 10_000
    for unwanted in ("<metadata", "<script", "font-family:", "<!--"):
        assert unwanted not in first
