"""`wsnas importance`: the ranking of the factors, beside Optuna's own evaluators."""

from __future__ import annotations

import sys
from dataclasses import dataclass

from studies.cli._options import StudyChoice


@dataclass(frozen=True, kw_only=True)
class ImportanceCommand(StudyChoice):
    """Rank the factors by what they explain, beside Optuna's evaluators."""

    rounds: int = 200
    """Bootstrap and permutation rounds."""
    json: bool = False
    """Print JSON for programs."""

    def run(self) -> int:
        """Rank."""
        from rich.console import Console

        from studies.analysis import optuna_importances
        from studies.report.gather import gather
        from studies.report.tables.catalogue import factors_json
        from studies.report.terminal.factors import print_factors
        from wsnas.errors import InputError

        if self.rounds < 20:
            raise InputError(f"rounds {self.rounds}: at least 20 are wanted")
        opened = self.open()
        answer = gather(opened, rounds=self.rounds)
        others = optuna_importances(opened.study)
        if self.json:
            sys.stdout.write(factors_json(answer, others))
        else:
            print_factors(answer, others, Console())
        return 0
