"""`wsnas importance`: which factors matter, of a wide screen beside Optuna's own evaluators."""

from __future__ import annotations

import sys
from dataclasses import dataclass

from studies.cli._options import StudyChoice, check_counts


@dataclass(frozen=True, kw_only=True)
class ImportanceCommand(StudyChoice):
    """Rank the factors by what they do; in a study with --screen sobol beside Optuna's evaluators."""

    rounds: int = 200
    """Bootstrap and permutation rounds of a wide screen's analysis."""
    json: bool = False
    """Print JSON for programs."""

    def run(self) -> int:
        """Rank."""
        from rich.console import Console

        from studies.analysis.wide import optuna_importances
        from studies.report.gather import gather
        from studies.report.tables.catalogue import factors_json
        from studies.report.terminal.changes import print_changes
        from studies.report.terminal.factors import print_factors
        from studies.report.words.mattering import is_wide
        from wsnas.errors import InputError

        if self.rounds < 20:
            raise InputError(f"rounds {self.rounds}: at least 20 are wanted")
        check_counts(self, "rounds")
        opened = self.open()
        answer = gather(opened, rounds=self.rounds)
        if not is_wide(answer):
            if self.json:
                sys.stdout.write(factors_json(opened, answer, ()))
            else:
                print_changes(answer, Console())
            return 0
        others = optuna_importances(opened.study)
        if self.json:
            sys.stdout.write(factors_json(opened, answer, others))
        else:
            print_factors(answer, others, Console())
        return 0
