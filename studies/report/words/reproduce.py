"""Where an answer's numbers come from and the commands that make them again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from objectives.domains import Categorical, domain_to_json
from objectives.question.choices import parse_value
from studies.config.commands import shell_command, without_password
from wsnas.errors import InputError
from wsnas.files import toml_value

if TYPE_CHECKING:
    from objectives.factors import Factor
    from studies.report.answer import Answer

DOMAINS = "domains.toml"
"""How the file is called that a study needs whose values are not those of its scale."""


def study_command(answer: Answer) -> str:
    """Return the command that makes or resumes the study; it may want the file of `domains_toml`."""
    settings = answer.settings
    held, changed = _apart(answer)
    return shell_command(
        "study",
        space=settings.space,
        scale=settings.scale,
        data=settings.data,
        table=settings.table,
        seed=settings.seed,
        **_study(answer),
        trials=max(answer.budget, 1),
        screen=None if settings.screen == "changes" else settings.screen,
        fix=tuple(f"{factor.name}={_text(factor)}" for factor in held),
        domains=DOMAINS if changed else None,
    )


def domains_toml(answer: Answer) -> str:
    """Return the file for `--domains` that the study was made with; empty where its scale says it all."""
    lines = []
    for factor in _apart(answer)[1]:
        spec = {"domain": domain_to_json(factor.domain), "default": factor.default}
        lines.append(f"{factor.name} = {toml_value(spec)}\n")
    return "".join(lines)


def report_command(answer: Answer) -> str:
    """Return the command that makes the report again from the study's database."""
    settings = answer.settings
    return shell_command("report", space=settings.space, scale=settings.scale, **_study(answer))


def export_command(answer: Answer, table: str) -> str:
    """Return the command that writes a table of the answer as CSV."""
    return shell_command("export", **_study(answer), table=table)


def search_command(answer: Answer, *, retrain: bool = False) -> str:
    """Return the command that searches with the study's best super-nets."""
    return shell_command("search", **_study(answer), retrain=retrain)


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
        f"with the file {DOMAINS}": domains_toml(answer),
        "this report by": report_command(answer),
    }
    return {name: value for name, value in found.items() if value}


def _study(answer: Answer) -> dict[str, str]:
    return {"study": answer.name, "storage": without_password(answer.storage)}


def _apart(answer: Answer) -> tuple[list[Factor], list[Factor]]:
    """Return the factors that --fix holds, and those whose values or default a file must give."""
    from objectives.question.scales import scaled_catalogue

    settings = answer.settings
    known = scaled_catalogue(settings.space, settings.sizes(), on_request=True)
    usual = {factor.name: factor for factor in known}
    held, changed = [], []
    for factor in settings.factors:
        if _can_be_fixed(factor, usual.get(factor.name)):
            held.append(factor)
        elif factor.name in usual and (
            # A file that names a factor asks for it.
            factor.on_request or _kept(factor) != _kept(usual[factor.name])
        ):
            changed.append(factor)
    return held, changed


def _kept(factor: Factor) -> tuple[object, object]:
    return domain_to_json(factor.domain), factor.default


def _can_be_fixed(factor: Factor, usual: Factor | None) -> bool:
    """Return whether `--fix` makes this factor of the scale's: it has one level, which can be written."""
    if usual is None or not factor.held or not isinstance(factor.domain, Categorical):
        return False
    try:
        return factor.domain.contains(parse_value(usual, _text(factor)))
    except InputError:
        return False


def _text(factor: Factor) -> str:
    return str(factor.default).lower()


def _distinct(answer: Answer, attribute: str) -> str:
    values = dict.fromkeys(
        str(trial.attributes[attribute]) for trial in answer.trials if attribute in trial.attributes
    )
    return "; ".join(values)
