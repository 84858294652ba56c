"""`wsnas importance`: the ranking of the factors, beside Optuna's own evaluators."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from studies.cli._options import StudyChoice

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, kw_only=True)
class ImportanceCommand(StudyChoice):
    """Rank the factors by what they explain, beside Optuna's evaluators."""

    rounds: int = 200
    """Bootstrap and permutation rounds."""

    def run(self) -> int:
        """Rank."""
        from rich.console import Console
        from rich.table import Table

        from studies.analysis import optuna_importances
        from studies.answer import gather
        from wsnas.errors import InputError

        if self.rounds < 20:
            raise InputError(f"rounds {self.rounds}: at least 20 are wanted")
        handle = self.open()
        answer = gather(handle, rounds=self.rounds)
        others = optuna_importances(handle.study)
        table = Table("factor", "share", "95 % interval", "told apart", *(result.name for result in others))
        for entry in answer.importance:
            table.add_row(
                entry.name,
                f"{entry.share:.3f}",
                f"{entry.low:.3f} to {entry.high:.3f}",
                "yes" if entry.told_apart else "no",
                *(_cell(result.importances, entry.name) for result in others),
            )
        console = Console()
        console.print(table)
        for result in others:
            if result.reason:
                console.print(f"{result.name}: {result.reason}", highlight=False)
        return 0


def _cell(values: Mapping[str, float] | None, name: str) -> str:
    return "-" if values is None or name not in values else f"{values[name]:.3f}"
