"""`wsnas groundtruth info`: which tables there are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import tyro

if TYPE_CHECKING:
    from rich.console import Console

    from wsnas.groundtruth import Table
    from wsnas.spaces import Space


@dataclass(frozen=True, kw_only=True)
class InfoCommand:
    """List the tables of a space with origin, size, hash and noise ceiling."""

    space: tyro.conf.Positional[str]
    """Search space."""
    table: str | None = None
    """A single table's name or path; all embedded and imported ones by default."""

    def run(self) -> int:
        """List them."""
        from rich.console import Console

        from wsnas.groundtruth import load, table_names
        from wsnas.spaces import get_space

        console = Console(highlight=False, soft_wrap=True)
        space = get_space(self.space)
        names = [self.table] if self.table else table_names(space)
        for name in names:
            _show(console, space, load(space, name))
        if not names:
            console.print(
                f"{space.name} has no table yet: `wsnas groundtruth build {space.name}` measures one",
                markup=False,
            )
        return 0


def _show(console: Console, space: Space[Any], table: Table[Any]) -> None:
    from rich.markup import escape

    name = escape(table.name)
    console.print(f"[b]{name}[/b]: {len(table):,} of {space.size:,} architectures of {space.name}")
    lines = [
        f"accuracy {100 * table.accuracies.min():.2f} to {100 * table.accuracies.max():.2f} %",
        f"SHA-256 {table.sha256}",
        table.origin,
    ]
    if space.comparable_part is not None and len(table) <= 10_000:
        part = sum(space.comparable(architecture) for architecture in table.architectures())
        lines.append(f"studies rank the {part:,} {space.comparable_part}")
    if (ceiling := table.ceiling) is not None:
        lines.append(
            f"noise ceiling {ceiling.mean:.3f} [{ceiling.low:.3f}, {ceiling.high:.3f}]: {ceiling.source}"
        )
        if ceiling.split_half is not None:
            mean, low, high = ceiling.split_half
            lines.append(f"one training against another {mean:.3f} [{low:.3f}, {high:.3f}], a lower bound")
    for line in lines:
        console.print(f"  {line}", markup=False)
