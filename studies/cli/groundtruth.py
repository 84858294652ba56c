"""`wsnas groundtruth`: the tables that rankings are compared with."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class GroundTruthCommand:
    """Show the ground-truth tables of a space: origin, size and hash."""

    space: str = "nb201"
    """Search space."""
    table: str | None = None
    """A table's name or a CSV file (columns architecture, accuracy); all built-in ones by default."""

    def run(self) -> int:
        """Show the tables."""
        from rich.console import Console

        from wsnas.groundtruth import load, table_names
        from wsnas.spaces import get_space

        console = Console(highlight=False, soft_wrap=True)
        space = get_space(self.space)
        for name in [self.table] if self.table else table_names(space):
            table = load(space, name)
            console.print(
                f"[b]{table.name}[/b]: {len(table):,} of {space.size:,} architectures of {space.name}"
            )
            console.print(
                f"  accuracy {100 * table.accuracies.min():.2f} to {100 * table.accuracies.max():.2f} %"
                f"\n  SHA-256 {table.sha256}\n  {table.origin}"
            )
            if (ceiling := table.ceiling) is not None:
                shown = f"{ceiling.mean:.3f} [{ceiling.low:.3f}, {ceiling.high:.3f}]: {ceiling.source}"
                console.print(f"  noise ceiling {shown}", markup=False)
        return 0
