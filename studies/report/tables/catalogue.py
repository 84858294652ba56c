"""Every table behind a report, as flat rows, and what is known of the factors as JSON for programs."""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any

from studies.analysis.wide import Contrast, DivergenceRate, FactorImportance, Interaction
from studies.report.tables.trial_rows import trial_columns, trial_rows
from studies.report.words.change_lines import change_lines
from studies.report.words.comparison import comparison
from studies.report.words.mattering import is_wide
from studies.report.words.recommend import settings_of
from studies.schedule import attributes, budget
from studies.schedule.readings import diverged
from studies.search.outcome import Pick

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from studies.analysis.estimates import Interval
    from studies.analysis.wide import EvaluatorResult, FactorEffect
    from studies.report.answer import Answer
    from studies.schedule.study import OpenStudy

Row = dict[str, Any]
"""Values by column."""


def _plain(entries: Iterable[Any]) -> list[Row]:
    return [asdict(one) for one in entries]


def _curves(opened: OpenStudy, answer: Answer) -> list[Row]:
    """Return s-KdT at each rung of each trial, long: the end of a schedule is its rung at 100 per cent."""
    rows = []
    for study in (opened.study, opened.confirm):
        for trial in budget.finished(study):
            about = {
                "study": study.study_name,
                "number": trial.number,
                "phase": trial.user_attrs[attributes.PHASE],
                "state": trial.state.name.lower(),
            }
            points = dict(trial.intermediate_values)
            if trial.value is not None and not diverged(trial):
                points[100] = trial.value
            rows += [
                {**about, "per_cent": step, "sparse_kendall_tau": value}
                for step, value in sorted(points.items())
            ]
    return rows


def _measured(opened: OpenStudy, answer: Answer) -> list[Row]:
    rows = []
    for row in comparison(answer):
        figures: dict[str, Interval | None] = {
            "": row.skdt,
            **{f"above_{name.lower()}_": row.over.get(name) for name in ("parameters", "FLOPs", "baseline")},
            "by_accuracy_": None if row.ranking is None else row.ranking.by_accuracy,
            "partial_tau_given_parameters_": None if row.ranking is None else row.ranking.partial_tau,
            "within_sizes_": None if row.ranking is None else row.ranking.within_sizes,
        }
        ends = ("mean", "low", "high")
        part = row.measured
        single = part is not None and row.of == "single"
        rows.append(
            {
                "what": row.what,
                "of": row.of,
                **{
                    f"{name}{end}": None if one is None else getattr(one, end)
                    for name, one in figures.items()
                    for end in ends
                },
                "seeds": None if part is None else len(part.values),
                "diverged": None if part is None else part.diverged,
                "values": " ".join(f"{value:.6g}" for value in part.values) if part and single else None,
                "seconds": None if part is None else part.seconds,
            }
        )
    return rows


def _ranking(opened: OpenStudy, answer: Answer) -> list[Row]:
    """Return what each super-net, each ensemble and each trivial ranker makes of the fresh architectures.

    A super-net's column holds what it ranks by, an ensemble's the mean rank.
    """
    from objectives.question.inputs import FRESH, load_pools
    from wsnas.ranking.ensemble import mean_ranks
    from wsnas.spaces import get_space

    space = get_space(answer.settings.space)
    pool = load_pools(answer.settings)[FRESH]
    parts = [("best", answer.winner), ("baseline", answer.baseline)]
    together = {name: mean_ranks(part.predicted) for name, part in parts if part is not None}
    return [
        {
            "architecture": space.format(architecture),
            "truth": float(answer.truth[index]),
            "parameters": int(answer.parameters[index]),
            "flops": int(answer.flops[index]),
            **{
                f"{name}_seed_{seed}{ending}": float(values[row, index])
                for name, part in parts
                if part is not None
                for ending, values in (("", part.predicted), ("_accuracy", part.accuracies))
                for row, seed in enumerate(part.seeds)
            },
            **{f"{name}_ensemble": float(ranks[index]) for name, ranks in together.items()},
        }
        for index, architecture in enumerate(pool.architectures)
    ]


def effect_rows(effects: Iterable[FactorEffect]) -> list[Row]:
    """Return each difference between two values of a factor, at equal recipe and at equal time."""
    rows = []
    for effect in effects:
        for held, found in (("recipe", effect.equal_recipe), ("recipe and time", effect.equal_compute)):
            if found is None:
                continue
            contrasts = {(one.first, one.second): one for one in (*found.from_best, *found.from_default)}
            rows += [
                {
                    "factor": effect.name,
                    "equal": held,
                    **asdict(one),
                    "significant": found.significant,
                    "p_value": found.p_value,
                    "method": found.method,
                    "trials": effect.trials,
                }
                for one in contrasts.values()
            ]
    return rows


def _screen(opened: OpenStudy, answer: Answer) -> list[Row]:
    """Return what each change does at the reference recipe, in the report's order."""
    rows = []
    for line in change_lines(answer):
        change, effect, other, size = line.measured.change, line.effect, line.other, line.size
        rows.append(
            {
                "factor": change.factor,
                "reference": change.reference,
                "alternative": change.alternative,
                "effect": effect.mean,
                "low": effect.low,
                "high": effect.high,
                "standard_error": effect.deviation,
                "call": effect.call,
                "can_act": change.acts,
                "seeds": effect.seeds,
                "diverged": effect.diverged,
                "effect_by_accuracy": None if other is None else other.mean,
                "low_by_accuracy": None if other is None else other.low,
                "high_by_accuracy": None if other is None else other.high,
                "factor_size": None if size is None else size.mean,
                "factor_low": None if size is None else size.low,
                "factor_high": None if size is None else size.high,
                "paper": line.paper,
            }
        )
    return rows


def _interactions(opened: OpenStudy, answer: Answer) -> list[Row]:
    rows = []
    for one in answer.interactions:
        row = asdict(one)
        best = row.pop("best")
        rows.append({**row, "best_first": best[0], "best_second": best[1]})
    return rows


def _recipe(opened: OpenStudy, answer: Answer) -> list[Row]:
    return [
        {
            "factor": one.factor.name,
            "value": one.value,
            "baseline": one.baseline,
            "changed": one.changed,
            "held": one.held,
            "in_force": one.in_force,
            "domain": str(one.factor.domain),
            "summary": one.factor.summary,
            "paper": one.factor.verdict,
        }
        for one in settings_of(answer)
    ]


TABLES: dict[str, Callable[[OpenStudy, Answer], list[Row]]] = {
    "trials": lambda opened, _: trial_rows(opened),
    "curves": _curves,
    "measured": _measured,
    "ranking": _ranking,
    "screen": _screen,
    "importance": lambda _, answer: _plain(answer.importance),
    "effects": lambda _, answer: effect_rows(answer.effects),
    "interactions": _interactions,
    "divergence": lambda _, answer: _plain(answer.divergence),
    "recipe": _recipe,
    "search": lambda _, answer: _plain(answer.search.picks if answer.search else ()),
}
"""All tables by name; ``trials`` comes first, as the one that people want most."""
_ABOUT_CURVES = ("study", "number", "phase", "state")
_FIGURES = (
    *("", "above_parameters_", "above_flops_", "above_baseline_"),
    *("by_accuracy_", "partial_tau_given_parameters_", "within_sizes_"),
)
_ENDS = ("mean", "low", "high")
COLUMNS: dict[str, tuple[str, ...]] = {
    "curves": (*_ABOUT_CURVES, "per_cent", "sparse_kendall_tau"),
    "measured": (
        *("what", "of", *(f"{figure}{end}" for figure in _FIGURES for end in _ENDS)),
        *("seeds", "diverged", "values", "seconds"),
    ),
    "ranking": ("architecture", "truth", "parameters", "flops"),
    "screen": (
        *("factor", "reference", "alternative", "effect", "low", "high", "standard_error", "call"),
        *("can_act", "seeds", "diverged", "effect_by_accuracy", "low_by_accuracy", "high_by_accuracy"),
        *("factor_size", "factor_low", "factor_high", "paper"),
    ),
    "importance": tuple(field.name for field in fields(FactorImportance)),
    "effects": (
        *("factor", "equal", *(field.name for field in fields(Contrast))),
        *("significant", "p_value", "method", "trials"),
    ),
    "interactions": (
        *(field.name for field in fields(Interaction) if field.name != "best"),
        *("best_first", "best_second"),
    ),
    "divergence": tuple(field.name for field in fields(DivergenceRate)),
    "recipe": (
        *("factor", "value", "baseline", "changed", "held", "in_force", "domain", "summary", "paper"),
    ),
    "search": tuple(field.name for field in fields(Pick)),
}


def columns(name: str, opened: OpenStudy) -> tuple[str, ...]:
    """Return the columns of a table of a study while it has no rows; with rows it may have more."""
    return trial_columns(opened) if name == "trials" else COLUMNS[name]


def evaluator_rows(others: Sequence[EvaluatorResult]) -> dict[str, Row]:
    """Return what Optuna's evaluators say, by their names."""
    return {one.name: {"importances": one.importances, "reason": one.reason} for one in others}


def factors_json(opened: OpenStudy, answer: Answer, others: Sequence[EvaluatorResult]) -> str:
    """Return what is known of the factors, and in a wide screen what Optuna's evaluators say of them."""
    names = ("importance", "effects", "interactions", "divergence") if is_wide(answer) else ("screen",)
    content: dict[str, Any] = {"study": answer.name}
    for name in names:
        content[name] = TABLES[name](opened, answer)
    if is_wide(answer):
        content["optuna"] = evaluator_rows(others)
    return json.dumps(content, indent=1) + "\n"
