"""Where an answer's numbers come from and the commands that make them again."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from objectives.domains import domain_to_json

if TYPE_CHECKING:
    from studies.report.answer import Answer


def study_command(answer: Answer) -> str:
    """Return the command that makes or resumes the study."""
    settings = answer.settings
    words = ["wsnas", "study", "--space", settings.space, "--scale", settings.scale, "--data", settings.data]
    words += ["--table", settings.table, "--seed", str(settings.seed), "--study", answer.name]
    words += ["--trials", str(max(answer.budget, 1))]
    if settings.screen != "changes":
        words += ["--screen", settings.screen]
    held = [factor for factor in settings.factors if factor.held]
    if held:
        words += ["--fix", *(f"{factor.name}={str(factor.default).lower()}" for factor in held)]
    return shlex.join(words)


def report_command(answer: Answer) -> str:
    """Return the command that makes the report again from the study's database."""
    settings = answer.settings
    words = ["wsnas", "report", "--space", settings.space, "--scale", settings.scale, "--study", answer.name]
    return shlex.join([*words, "--storage", answer.storage])


def export_command(answer: Answer, table: str) -> str:
    """Return the command that writes a table of the answer as CSV."""
    return shlex.join(
        ["wsnas", "export", "--study", answer.name, "--storage", answer.storage, "--table", table]
    )


def changed_domains(answer: Answer) -> list[str]:
    """Return the names of factors whose values are not those of the scale; held ones are left out."""
    from studies.config.scales import scaled_catalogue

    settings = answer.settings
    usual = {factor.name: factor for factor in scaled_catalogue(settings.space, settings.sizes())}
    return [
        factor.name
        for factor in settings.factors
        if not factor.held
        and factor.name in usual
        and domain_to_json(factor.domain) != domain_to_json(usual[factor.name].domain)
    ]


def provenance(answer: Answer) -> dict[str, str]:
    """Return what a reader needs in order to trust or repeat the numbers, by what it is."""
    settings = answer.settings
    found = {
        "study": f"{answer.name} in {answer.storage}",
        "images": settings.data,
        "ground truth": f"{settings.table}, SHA-256 {settings.table_sha256}",
        "its origin": answer.origin,
        "seed of the study": str(settings.seed),
        "versions": _distinct(answer, "versions"),
        "device": _distinct(answer, "device"),
        "values tried": "; ".join(f"{factor.name}: {factor.domain}" for factor in settings.factors),
        "made by": study_command(answer),
        "this report by": report_command(answer),
    }
    changed = changed_domains(answer)
    if changed:
        found["needs also"] = f"--domains FILE with the values above of {', '.join(changed)}"
    return {name: value for name, value in found.items() if value}


def _distinct(answer: Answer, attribute: str) -> str:
    values = dict.fromkeys(
        str(trial.attributes[attribute]) for trial in answer.trials if attribute in trial.attributes
    )
    return "; ".join(values)
