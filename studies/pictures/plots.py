"""The style of pictures that plotly draws for optuna-dashboard.

The dashboard's plotly may be too old for packed arrays, so that plots take lists and no arrays.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from studies.pictures.style import BLUE, INK

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plotly.graph_objects import Figure

_SYMBOLS = {"o": "circle", "D": "diamond", "s": "square", "x": "x"}
_DASHES = {"--": "dash", ":": "dot", "-": "solid"}
"""What plotly calls matplotlib's markers and lines."""


def new_plot(x: str = "", y: str = "", *, top: int = 60) -> Figure:
    """Return an empty plot with named axes; `top` is the room for its words in pixels."""
    import plotly.graph_objects as go

    titles = {"xaxis": {"title": x or None}, "yaxis": {"title": y or None}}
    return go.Figure(layout={**titles, "margin": {"t": top, "b": 50}})


def style_plot(figure: Figure, title: str, hint: str) -> None:
    """Give a plot its words and the size of a dashboard's card, which cuts off what is higher."""
    # At the left the plot's buttons do not cover the title, and what stands below it may be longer.
    text = f'{title}<br><span style="font-size: 12px">{hint}</span>'
    place = {"x": 0.02, "xanchor": "left", "y": 0.97, "yanchor": "top"}
    figure.update_layout(title={"text": text, "font": {"size": 15}, **place}, template="none", height=440)
    figure.update_yaxes(automargin=True)


def plot_dots(
    figure: Figure,
    x: Sequence[float],
    y: Sequence[float],
    *,
    colour: str = BLUE,
    marker: str = "o",
    size: float = 7,
    name: str | None = None,
    hover: Sequence[str] | None = None,
    place: dict[str, int] | None = None,
) -> None:
    """Draw points; `place` is the panel's row and column where there are several panels."""
    figure.add_scatter(
        x=x,
        y=y,
        mode="markers",
        name=name,
        showlegend=name is not None,
        marker={"color": colour, "symbol": _SYMBOLS[marker], "size": size},
        hovertext=hover,
        **(place or {}),
    )


def line_style(colour: str = INK, width: float = 2, style: str = "-") -> dict[str, Any]:
    """Return plotly's words for a line of a style that matplotlib knows."""
    return {"color": colour, "width": width, "dash": _DASHES[style]}
