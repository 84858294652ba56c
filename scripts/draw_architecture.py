"""Draw docs/architecture.svg from the imports: rooms, and which of them uses which.

An arrow that a chain of others implies is left out.

    python scripts/draw_architecture.py

`tests/test_docs.py` fails where the drawing and the imports differ.
"""

from __future__ import annotations

from pathlib import Path

import grimp
import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

ROOT = Path(__file__).parents[1]
FILE = ROOT / "docs" / "architecture.svg"
PACKAGES = ("wsnas", "objectives", "studies")
COLOURS = {"wsnas": "#d7e8f4", "objectives": "#fbe3cf", "studies": "#e3efdc"}
TITLES = {"wsnas": "errors, files, precision .."}
"""What the loose modules of a package are called."""
WIDTH, HEIGHT, GAP = 1.7, 0.62, 0.9


def rooms_and_arrows() -> tuple[dict[str, int], dict[tuple[str, str], int]]:
    """Return the modules of each room, and how many imports lead from one room to another.

    A room is a folder of a package, or the package itself for the modules that lie loose in it;
    ``objectives`` is a single one. The two doors of ``studies``, its ``__main__`` and its ``notebook``, are
    no rooms.
    """
    graph = grimp.build_graph(*PACKAGES)
    modules = {
        module: room for module in graph.modules if module.count(".") and (room := _room(module)) != "studies"
    }
    rooms: dict[str, int] = {}
    for room in modules.values():
        rooms[room] = rooms.get(room, 0) + 1
    arrows: dict[tuple[str, str], int] = {}
    for module, room in modules.items():
        for used in graph.find_modules_directly_imported_by(module):
            other = modules.get(used) or (_room(used) if used in rooms else room)
            if other != room:
                arrows[room, other] = arrows.get((room, other), 0) + 1
    return rooms, arrows


def _room(module: str) -> str:
    package, *rest = module.split(".")
    inside = bool(rest) and package != "objectives" and (ROOT / package / rest[0]).is_dir()
    return f"{package}.{rest[0]}" if inside else package


def floors(rooms: dict[str, int], arrows: dict[tuple[str, str], int]) -> dict[str, int]:
    """Return each room's floor, one above the highest that it uses; ValueError where rooms form a circle."""
    found: dict[str, int] = {}

    def floor(room: str, above: tuple[str, ...]) -> int:
        if room in above:
            raise ValueError(f"rooms in a circle: {' -> '.join((*above, room))}")
        if room not in found:
            used = [low for high, low in arrows if high == room]
            found[room] = 1 + max((floor(one, (*above, room)) for one in used), default=0)
        return found[room]

    for room in rooms:
        floor(room, ())
    return found


def direct(arrows: dict[tuple[str, str], int]) -> dict[tuple[str, str], int]:
    """Return the arrows that no chain of others implies."""
    below: dict[str, set[str]] = {}
    for high, low in arrows:
        below.setdefault(high, set()).add(low)

    def reaches(high: str, low: str) -> bool:
        return low in below.get(high, ()) or any(reaches(one, low) for one in below.get(high, ()))

    return {
        (high, low): imports
        for (high, low), imports in arrows.items()
        if not any(reaches(one, low) for one in below[high] - {low})
    }


def words(arrows: dict[tuple[str, str], int]) -> str:
    """Return all arrows in one line, which the drawing carries as its description."""
    return "; ".join(f"{high} uses {low}" for high, low in sorted(arrows))


def draw() -> None:
    """Write the drawing."""
    rooms, arrows = rooms_and_arrows()
    levels = floors(rooms, arrows)
    places: dict[str, tuple[float, float]] = {}
    for level in sorted(set(levels.values())):
        row = sorted(room for room in rooms if levels[room] == level)
        for index, room in enumerate(row):
            places[room] = ((index - (len(row) - 1) / 2) * (WIDTH + GAP), 1.0 * level)
    figure = Figure(figsize=(7, 0.62 * max(levels.values()) + 0.4))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    for (high, low), imports in direct(arrows).items():
        (x0, y0), (x1, y1) = places[high], places[low]
        axes.add_patch(
            FancyArrowPatch(
                (x0, y0 - HEIGHT / 2),
                (x1, y1 + HEIGHT / 2),
                arrowstyle="-|>",
                mutation_scale=10,
                connectionstyle="arc3,rad=0.06",
                linewidth=min(0.8 + imports / 25, 2.4),
                color="#6b6b76",
                alpha=0.8,
                zorder=1,
            )
        )
    for room, (x, y) in places.items():
        package, _, name = room.partition(".")
        box = FancyBboxPatch(
            (x - WIDTH / 2, y - HEIGHT / 2),
            *(WIDTH, HEIGHT),
            boxstyle="round,pad=0,rounding_size=0.08",
            facecolor=COLOURS[package],
            edgecolor="#44444c",
            linewidth=0.8,
            zorder=2,
        )
        axes.add_patch(box)
        title = name or TITLES.get(package, package)
        axes.text(x, y + 0.09, title, ha="center", va="center", fontsize=9, zorder=3)
        small = f"{package}, {rooms[room]} modules"
        axes.text(x, y - 0.17, small, ha="center", va="center", fontsize=6, color="#44444c", zorder=3)
    axes.autoscale_view()
    axes.margins(0.02)
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "wsnas"}):
        figure.savefig(FILE, metadata={"Date": None, "Creator": None, "Description": words(arrows)})


if __name__ == "__main__":
    draw()
