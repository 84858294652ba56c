"""Verdicts on the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studies.verdicts.wording import method, rows_of, summary

if TYPE_CHECKING:
    from rich.console import Console

    from studies.verdicts.findings import Findings

STYLES = {"confirmed": "bold green", "refuted": "bold red", "undecided": "dim"}


def print_findings(findings: Findings, console: Console) -> None:
    """Show the verdicts."""
    from rich.padding import Padding
    from rich.text import Text

    settings = findings.settings
    console.print(Text(f"{settings.space}, {settings.scale} scale, study {findings.study}", style="bold"))
    console.print(Text(summary(findings)))
    console.print()
    for finding in findings.claims:
        line = Text(f"{finding.verdict:<10}", style=STYLES[finding.verdict])
        console.print(line.append(f" {finding.claim.text}", style="default"), soft_wrap=False)
        parts = [f"{what}: {figures}, {counted}" for what, figures, counted in rows_of(finding)]
        for part in parts or [finding.reason]:
            console.print(Padding(Text(part), (0, 0, 0, 11)), soft_wrap=False)
    console.print()
    for text in method(findings):
        console.print(Text(text), soft_wrap=False)
