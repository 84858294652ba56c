"""`wsnas importance`: which factors matter, of a wide screen beside Optuna's own evaluators."""

from __future__ import annotations

import json
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
        from studies.report.own.study import OwnStudy
        from studies.report.own.terminal import print_own_factors
        from studies.report.own.words import unknown
        from studies.report.tables.catalogue import evaluator_rows, factors_json
        from studies.report.terminal.changes import print_changes
        from studies.report.terminal.factors import print_factors
        from studies.report.words.mattering import is_wide
        from wsnas.errors import InputError

        if self.rounds < 20:
            raise InputError(f"rounds {self.rounds}: at least 20 are wanted")
        check_counts(self, "rounds")
        opened = self.open_any(rounds=self.rounds)
        if isinstance(opened, OwnStudy):
            others = optuna_importances(opened.study, several=len(opened.metrics) > 1)
            if self.json:
                tables = {name: opened.table(name) for name in ("importance", "effects")}
                content = {"study": opened.name, **tables, "optuna": evaluator_rows(others)}
                sys.stdout.write(json.dumps({**content, "unknown": unknown(opened)}, indent=1) + "\n")
            else:
                print_own_factors(opened, others, Console())
            return 0
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
